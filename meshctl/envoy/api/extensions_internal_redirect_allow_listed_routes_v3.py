"""Messages of envoy.extensions.internal_redirect.allow_listed_routes.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class AllowListedRoutesConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.internal_redirect.allow_listed_routes.v3.AllowListedRoutesConfig"
    allowed_route_names: tuple[str, ...]
    SPEC = """\
allowed_route_names *Text"""
