"""The first value of a proxy's configuration that has not the JSON type that the API has there.

Asked only when an evaluation met something that it could not use: then it tells whether the configuration is to blame, and where. What
is read through the typed messages raises ``Undecidable`` by itself; this is for what is still read as plain values.
"""

from __future__ import annotations

from meshctl.envoy.snapshot import SectionKind
from meshctl.proxy.filters import readable
from meshctl.proxy.proxy import Proxy

_TYPES = {
    SectionKind.LISTENERS: "envoy.config.listener.v3.Listener",
    SectionKind.ROUTES: "envoy.config.route.v3.RouteConfiguration",
    SectionKind.CLUSTERS: "envoy.config.cluster.v3.Cluster",
    SectionKind.ENDPOINTS: "envoy.config.endpoint.v3.ClusterLoadAssignment",
}


def first(proxy: Proxy) -> str:
    """The resource and the value, as a sentence; "" where every value has its type."""
    for kind, type_name in _TYPES.items():
        for resource in proxy.snapshot.resources(kind):
            if not isinstance(resource.value, dict):
                continue
            problem = readable.problem(resource.value, type_name)
            if problem:
                return f"{type_name.rpartition('.')[2]} {resource.name} cannot be evaluated: {problem}"
    return ""
