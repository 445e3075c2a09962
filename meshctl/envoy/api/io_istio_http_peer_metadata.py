"""Messages of io.istio.http.peer_metadata; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message


class Config(Message):
    __slots__ = ()
    TYPE = "io.istio.http.peer_metadata.Config"

    class Baggage(Message):
        __slots__ = ()
        TYPE = "io.istio.http.peer_metadata.Config.Baggage"

    class DiscoveryMethod(Message):
        __slots__ = ()
        TYPE = "io.istio.http.peer_metadata.Config.DiscoveryMethod"
        baggage: Config.Baggage | None
        workload_discovery: Config.WorkloadDiscovery | None
        istio_headers: Config.IstioHeaders | None
        method_specifier: typing.Literal["baggage", "workload_discovery", "istio_headers"] | None
        SPEC = """\
baggage One io_istio_http_peer_metadata:Config.Baggage
workload_discovery One io_istio_http_peer_metadata:Config.WorkloadDiscovery
istio_headers One io_istio_http_peer_metadata:Config.IstioHeaders
method_specifier OneOf baggage workload_discovery istio_headers"""

    class IstioHeaders(Message):
        __slots__ = ()
        TYPE = "io.istio.http.peer_metadata.Config.IstioHeaders"
        skip_external_clusters: bool
        SPEC = """\
skip_external_clusters Flag"""

    class PropagationMethod(Message):
        __slots__ = ()
        TYPE = "io.istio.http.peer_metadata.Config.PropagationMethod"
        istio_headers: Config.IstioHeaders | None
        method_specifier: typing.Literal["istio_headers"] | None
        SPEC = """\
istio_headers One io_istio_http_peer_metadata:Config.IstioHeaders
method_specifier OneOf istio_headers"""

    class WorkloadDiscovery(Message):
        __slots__ = ()
        TYPE = "io.istio.http.peer_metadata.Config.WorkloadDiscovery"

    downstream_discovery: tuple[Config.DiscoveryMethod, ...]
    upstream_discovery: tuple[Config.DiscoveryMethod, ...]
    downstream_propagation: tuple[Config.PropagationMethod, ...]
    upstream_propagation: tuple[Config.PropagationMethod, ...]
    shared_with_upstream: bool
    additional_labels: tuple[str, ...]
    SPEC = """\
downstream_discovery *One io_istio_http_peer_metadata:Config.DiscoveryMethod
upstream_discovery *One io_istio_http_peer_metadata:Config.DiscoveryMethod
downstream_propagation *One io_istio_http_peer_metadata:Config.PropagationMethod
upstream_propagation *One io_istio_http_peer_metadata:Config.PropagationMethod
shared_with_upstream Flag
additional_labels *Text"""
