"""Messages of envoy.extensions.http.custom_response.local_response_policy.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class LocalResponsePolicy(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.http.custom_response.local_response_policy.v3.LocalResponsePolicy"
    body: config_core_v3.DataSource | None
    body_format: config_core_v3.SubstitutionFormatString | None
    status_code: int | None
    response_headers_to_add: tuple[config_core_v3.HeaderValueOption, ...]
    SPEC = """\
body One config_core_v3:DataSource
body_format One config_core_v3:SubstitutionFormatString
status_code OptionalInt
response_headers_to_add *One config_core_v3:HeaderValueOption"""
