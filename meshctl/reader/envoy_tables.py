"""What the parts of a dump are called: resources by their fields, arrays and entries of sections.

Layout: envoy/admin/v3/config_dump_shared.proto; the entries' types are those of ``?resource=``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from meshctl.envoy.sections import LAYOUT, SectionKind


def snake(key: str) -> str:
    """A field's proto name from its name in JSON."""
    return re.sub(r"([A-Z])", lambda m: "_" + m[1].lower(), key) if key != key.lower() else key


class Bare(msgspec.Struct, frozen=True):
    """A resource without an envelope: its section, the array it is entered in, its message, and the fields by
    which it is known where no type is named (any of ``signs``, all of ``needs``, none of ``never``)."""

    kind: SectionKind
    array: str
    message: str
    signs: frozenset[str]
    needs: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()


BARE: tuple[Bare, ...] = (
    Bare(
        SectionKind.LISTENERS,
        "dynamic_listeners",
        "envoy.config.listener.v3.Listener",
        frozenset({"filter_chains", "filter_chain_matcher", "default_filter_chain", "listener_filters", "api_listener",
                   "use_original_dst", "traffic_direction", "internal_listener"}),
    ),
    Bare(
        SectionKind.ROUTES,
        "dynamic_route_configs",
        "envoy.config.route.v3.RouteConfiguration",
        frozenset({"virtual_hosts", "vhds"}),
    ),
    Bare(
        SectionKind.ENDPOINTS,
        "dynamic_endpoint_configs",
        "envoy.config.endpoint.v3.ClusterLoadAssignment",
        frozenset({"cluster_name"}),
        never=frozenset({"name"}),
    ),
    Bare(
        SectionKind.CLUSTERS,
        "dynamic_active_clusters",
        "envoy.config.cluster.v3.Cluster",
        frozenset({"connect_timeout", "load_assignment", "eds_cluster_config", "lb_policy", "cluster_type",
                   "transport_socket_matches", "circuit_breakers", "lb_subset_config", "outlier_detection", "hosts",
                   "dns_lookup_family", "alt_stat_name", "typed_extension_protocol_options"}),
        needs=frozenset({"name"}),
        never=frozenset({"host_statuses"}),
    ),
    Bare(
        SectionKind.SECRETS,
        "dynamic_active_secrets",
        "envoy.extensions.transport_sockets.tls.v3.Secret",
        frozenset({"tls_certificate", "validation_context", "session_ticket_keys", "generic_secret"}),
    ),
    Bare(
        SectionKind.ECDS,
        "ecds_filters",
        "envoy.config.core.v3.TypedExtensionConfig",
        frozenset({"typed_config"}),
        needs=frozenset({"name"}),
        never=frozenset({"match", "filters", "transport_socket"}),
    ),
)  # fmt: skip
MESSAGES: Mapping[str, Bare] = {bare.message.rsplit(".", 1)[-1]: bare for bare in BARE}
BODIES = {bare.array: next(a.body for a in LAYOUT[bare.kind] if a.key == bare.array) for bare in BARE}

# One array of a section, by its key: whose it is.
ARRAYS: dict[str, SectionKind] = {array.key: kind for kind, arrays in LAYOUT.items() for array in arrays} | {
    f"dynamic_{state}_listeners": SectionKind.LISTENERS for state in ("active", "warming", "draining")
}
# The message of one entry, as ?resource= prints it, and the arrays it may have stood in; the first is taken.
ENTRIES: dict[str, tuple[str, ...]] = {
    "StaticListener": ("static_listeners",),
    "DynamicListener": ("dynamic_listeners",),
    "StaticCluster": ("static_clusters",),
    "DynamicCluster": ("dynamic_active_clusters", "dynamic_warming_clusters"),
    "StaticRouteConfig": ("static_route_configs",),
    "DynamicRouteConfig": ("dynamic_route_configs",),
    "InlineScopedRouteConfigs": ("inline_scoped_route_configs",),
    "DynamicScopedRouteConfigs": ("dynamic_scoped_route_configs",),
    "StaticEndpointConfig": ("static_endpoint_configs",),
    "DynamicEndpointConfig": ("dynamic_endpoint_configs",),
    "StaticSecret": ("static_secrets",),
    "DynamicSecret": ("dynamic_active_secrets", "dynamic_warming_secrets"),
    "EcdsFilterConfig": ("ecds_filters",),
}
# An entry of a section without a type: the field that holds its body, and the array.
ENVELOPES: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"active_state", "warming_state", "draining_state"}), "dynamic_listeners"),
    (frozenset({"listener"}), "static_listeners"),
    (frozenset({"route_config"}), "dynamic_route_configs"),
    (frozenset({"endpoint_config"}), "dynamic_endpoint_configs"),
    (frozenset({"ecds_filter"}), "ecds_filters"),
    (frozenset({"scoped_route_configs"}), "dynamic_scoped_route_configs"),
)
