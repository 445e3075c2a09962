"""Messages of envoy.extensions.regex_engines.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class GoogleRE2(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.regex_engines.v3.GoogleRE2"
