"""Messages of envoy.extensions.internal_redirect.safe_cross_scheme.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class SafeCrossSchemeConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.internal_redirect.safe_cross_scheme.v3.SafeCrossSchemeConfig"
