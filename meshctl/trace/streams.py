"""What a process sends once connected, and how a proxy's connection to an endpoint follows from what came in."""

from __future__ import annotations

from meshctl.envoy.message import Undecidable
from meshctl.match.request_view import Peer
from meshctl.proxy.model import Endpoint, Payload, Request, Tls, Upstream
from meshctl.trace.pods import Pod
from meshctl.values import Struct, replace


class Stream(Struct, frozen=True):
    """What a process sends once connected."""

    payload: Payload
    layers: tuple[Tls, ...] = ()
    request: Request | None = None
    src_ip: str = ""
    carried: Peer | None = None  # the identity of an HBONE tunnel that has already ended
    unread: str = ""  # why it is not known what stands round it on the wire


def reachable(pod: Pod, endpoint: Endpoint) -> Endpoint:
    """Of a host with several addresses the first whose family the pod has (happy eyeballs)."""
    families = {":" in ip for ip in pod.ips}
    if not families or (":" in endpoint.ip) in families:
        return endpoint
    for address in endpoint.additional:
        other = replace(endpoint, address=address)
        if (":" in other.ip) in families:
            return other
    return endpoint


def source_address(pod: Pod, dst: str) -> str:
    """The address the kernel gives a connection: that of the pod, or the destination's own on loopback."""
    wanted_v6 = ":" in dst
    if dst in pod.ips or dst.startswith("127.") or dst == "::1":
        return dst if not dst.startswith("127.") else "127.0.0.1"
    return next((ip for ip in pod.ips if (":" in ip) == wanted_v6), "")


def is_grpc(request: Request | None) -> bool:
    return request is not None and any(
        name.lower() == "content-type" and value.startswith("application/grpc")
        for name, value in request.headers
    )


def outgoing(pod: Pod, upstream: Upstream, endpoint: Endpoint, stream: Stream) -> Stream:
    """The bytes a proxy sends to an endpoint: the request or what it passes on, in the cluster's TLS."""
    assert pod.proxy is not None
    payload, layers, request = upstream.payload, upstream.layers, stream.request
    if upstream.request is not None:
        request = upstream.request
        payload, layers = (Payload.HTTP2 if upstream.http2 else Payload.HTTP1), ()
        request = replace(
            request,
            protocol="HTTP/2" if upstream.http2 else "HTTP/1.1",
            absolute_form="",
            scheme=request.scheme,
        )
    cluster = pod.proxy.cluster(endpoint.cluster or upstream.cluster)
    try:
        tls = cluster.tls_to(endpoint.metadata)[0] if cluster is not None else None
    except Undecidable as unknown:
        return Stream(payload, layers, request, unread=f"cluster {upstream.cluster}: {unknown.reason}")
    if cluster is not None and tls is not None:
        alpn = tls.alpn
        if upstream.alpn_override is not None and tls.mutual:
            alpn = upstream.alpn_override
        peer = None
        own = tls.client_certificate == "default"
        if tls.mutual:
            peer = Peer((pod.identity,)) if own and pod.identity else Peer(subject=tls.client_certificate)
        session = Tls(tls.sni, alpn, peer, own, tls.max_version, tls.server_names, cluster.proxy_protocol)
        layers = (session, *layers)
    return Stream(payload, layers, request)
