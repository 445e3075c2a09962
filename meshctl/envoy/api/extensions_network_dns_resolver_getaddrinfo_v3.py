"""Messages of envoy.extensions.network.dns_resolver.getaddrinfo.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class GetAddrInfoDnsResolverConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.network.dns_resolver.getaddrinfo.v3.GetAddrInfoDnsResolverConfig"
    num_retries: int | None
    num_resolver_threads: int | None
    SPEC = """\
num_retries OptionalInt
num_resolver_threads OptionalInt"""
