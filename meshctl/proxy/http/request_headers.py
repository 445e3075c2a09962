"""The headers that a connection manager writes and takes away before a route is chosen.

Theory of operation. What belongs to the connection goes; x-forwarded-for, -proto, -port and :scheme are written from
the connection or kept from a trusted hop; headers that only internal callers may send are taken from the others;
x-request-id, via and x-forwarded-client-cert are written. Early mutations come before all of this.
Follows source/common/http/conn_manager_utility.cc (mutateRequestHeaders).
"""

from __future__ import annotations

from meshctl.envoy.api.extensions_filters_network_http_connection_manager_v3 import HttpConnectionManager
from meshctl.envoy.api.extensions_http_early_header_mutation_header_mutation_v3 import HeaderMutation
from meshctl.envoy.message import Undecidable
from meshctl.match import header_change
from meshctl.match.address_ranges import number
from meshctl.match.request_view import Drawn, Headers, Opaque, PartlyKnown, Peer
from meshctl.match.substitution import Known
from meshctl.proxy.http import client_address
from meshctl.proxy.http.client_address import Client
from meshctl.proxy.http.connection_header import is_upgrade
from meshctl.values import Struct

# Stripped from every request that is not internal, and from edge requests.
_FROM_EXTERNAL = frozenset(
    """
    x-envoy-expected-rq-timeout-ms x-envoy-force-trace x-envoy-hedge-on-per-try-timeout x-envoy-ip-tags
    x-envoy-max-retries x-envoy-original-url x-envoy-retriable-header-names x-envoy-retriable-status-codes
    x-envoy-retry-grpc-on x-envoy-retry-on x-envoy-upstream-alt-stat-name x-envoy-upstream-rq-per-try-timeout-ms
    x-envoy-upstream-rq-timeout-alt-response x-envoy-upstream-rq-timeout-ms
    """.split()
)
_FROM_EDGE = _FROM_EXTERNAL.union(
    """
    x-envoy-decorator-operation x-envoy-downstream-service-cluster x-envoy-downstream-service-node
    x-envoy-original-host x-envoy-original-path
    """.split()
)
_REQUEST_ID = Drawn("00000000-0000-4000-8000-000000000000")


class Edge(Struct, frozen=True):
    """The connection a request came by, as these rules see it; ``own_ip`` is the proxy's own address."""

    peer_ip: str
    local: tuple[str, int]
    tls: bool
    certificate: Peer | None = None
    multiplexed: bool = False
    own_ip: str = ""
    node_id: str = ""
    node_cluster: str = ""
    internal_only: tuple[str, ...] = ()


def early(config: HttpConnectionManager, headers: Headers, known: Known) -> None:
    """early_header_mutation_extensions."""
    for extension in config.early_header_mutation_extensions:
        found = extension.typed_config.as_(HeaderMutation) if extension.typed_config is not None else None
        if found is None:
            raise Undecidable(f"the early header mutation {extension.name} is not known")
        header_change.mutate(headers, found.mutations, known)


def rewrite(config: HttpConnectionManager, headers: Headers, edge: Edge) -> Client:
    """Write and take away what mutateRequestHeaders does; the client that was found."""
    _hop_by_hop(headers)
    client = client_address.of(config, headers, edge.peer_ip)
    if client.rejected:
        return client
    _forwarded(config, headers, edge, client)
    internal = client_address.is_internal(config, client)
    at_edge = bool(config.use_remote_address) and not internal
    if internal:
        headers["x-envoy-internal"] = ["true"]
    else:
        removed = headers.keys() & (_FROM_EDGE if at_edge else _FROM_EXTERNAL)
        for name in (*removed, *edge.internal_only):
            headers.pop(name, None)
        if at_edge and number(client.address):
            headers["x-envoy-external-address"] = [client.address]
    _node(config, headers, edge)
    _request_id(config, headers, at_edge=at_edge)
    if config.via:
        headers["via"] = [", ".join([*headers.get("via", ()), config.via])]
    _client_certificate(config, headers, edge)
    return client


def doubts_of(config: HttpConnectionManager, by: str) -> Opaque:
    """What of the headers hangs on a client that is not known, and on who finds it."""
    ranges = config.internal_address_config.cidr_ranges if config.internal_address_config else ()
    internal = (*_FROM_EXTERNAL, "x-envoy-internal") if ranges else ()
    return dict.fromkeys(("x-forwarded-for", *internal), by)


def _hop_by_hop(headers: Headers) -> None:
    if not is_upgrade(headers):
        headers.pop("connection", None)
        headers.pop("upgrade", None)
        _sanitize_te(headers)
    for name in ("x-envoy-internal", "keep-alive", "proxy-connection", "transfer-encoding"):
        headers.pop(name, None)


def _sanitize_te(headers: Headers) -> None:
    """TE is "trailers" or nothing."""
    if not any(headers.get("te") or ()):
        return
    if "trailers" in [value.strip() for value in headers["te"][0].split(",")]:
        headers["te"] = ["trailers"]
    else:
        del headers["te"]


def _forwarded(config: HttpConnectionManager, headers: Headers, edge: Edge, client: Client) -> None:
    """x-forwarded-for, -proto and -port, and :scheme where the client sent none."""
    if client.append and edge.peer_ip:
        loopback = edge.peer_ip.startswith("127.") or edge.peer_ip == "::1"
        address = edge.own_ip if loopback and edge.own_ip else edge.peer_ip
        headers["x-forwarded-for"] = [",".join([*filter(None, headers.get("x-forwarded-for", ())), address])]
    wire = "https" if edge.tls else "http"
    untrusted = bool(config.use_remote_address) and not config.xff_num_trusted_hops
    if untrusted or "x-forwarded-proto" not in headers:
        headers["x-forwarded-proto"] = [wire]
    if config.append_x_forwarded_port and (untrusted or "x-forwarded-port" not in headers):
        headers["x-forwarded-port"] = [str(edge.local[1])]
    if ":scheme" not in headers:
        proto = headers["x-forwarded-proto"][0].lower()
        headers[":scheme"] = [proto if proto in ("http", "https") else wire]
    change = config.scheme_header_transformation
    if change is not None and change.scheme_to_overwrite:
        headers[":scheme"] = headers["x-forwarded-proto"] = [change.scheme_to_overwrite]


def _node(config: HttpConnectionManager, headers: Headers, edge: Edge) -> None:
    """add_user_agent: the node's names, for requests that leave a service."""
    if not config.add_user_agent:
        return
    headers["x-envoy-downstream-service-cluster"] = [edge.node_cluster]
    if not headers.get("user-agent", [""])[0]:
        headers["user-agent"] = [edge.node_cluster]
    if edge.node_id:
        headers["x-envoy-downstream-service-node"] = [edge.node_id]


def _request_id(config: HttpConnectionManager, headers: Headers, *, at_edge: bool) -> None:
    if config.generate_request_id is False:
        return
    if "x-request-id" not in headers or (at_edge and not config.preserve_external_request_id):
        headers["x-request-id"] = [_REQUEST_ID]


def _client_certificate(config: HttpConnectionManager, headers: Headers, edge: Edge) -> None:
    """x-forwarded-client-cert; it has a hash of the certificate, so its text is not known in full."""
    name = "x-forwarded-client-cert"
    mode = config.forward_client_cert_details
    if mode == "ALWAYS_FORWARD_ONLY":
        return
    if mode == "SANITIZE" or edge.certificate is None:
        headers.pop(name, None)
        return
    if mode == "FORWARD_ONLY":
        return
    before = headers.get(name, []) if mode == "APPEND_FORWARD" else []
    headers[name] = [PartlyKnown(",".join([*before, _certificate_element(config, edge.certificate)]))]


def _certificate_element(config: HttpConnectionManager, certificate: Peer) -> str:
    wanted = config.set_current_client_cert_details
    parts = ["Hash="]
    if wanted is not None and wanted.subject:
        parts.append(f'Subject="{certificate.subject}"')
    if wanted is not None and wanted.uri:
        parts += [f"URI={uri}" for uri in certificate.uris] or ["URI="]
    if wanted is not None and wanted.dns:
        parts += [f"DNS={name}" for name in certificate.dns]
    return ";".join(parts)
