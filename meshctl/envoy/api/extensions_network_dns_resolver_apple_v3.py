"""Messages of envoy.extensions.network.dns_resolver.apple.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class AppleDnsResolverConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.network.dns_resolver.apple.v3.AppleDnsResolverConfig"
    include_unroutable_families: bool
    SPEC = """\
include_unroutable_families Flag"""
