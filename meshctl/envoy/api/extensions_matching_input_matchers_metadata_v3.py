"""Messages of envoy.extensions.matching.input_matchers.metadata.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import type_matcher_v3


class Metadata(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.matching.input_matchers.metadata.v3.Metadata"
    value: type_matcher_v3.ValueMatcher | None
    invert: bool
    SPEC = """\
value One type_matcher_v3:ValueMatcher
invert Flag"""
