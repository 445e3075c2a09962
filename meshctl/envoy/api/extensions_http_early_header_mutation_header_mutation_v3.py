"""Messages of envoy.extensions.http.early_header_mutation.header_mutation.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_common_mutation_rules_v3


class HeaderMutation(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation"
    mutations: tuple[config_common_mutation_rules_v3.HeaderMutation, ...]
    SPEC = """\
mutations *One config_common_mutation_rules_v3:HeaderMutation"""
