"""A request from an application through the mesh: packets, proxies and networks joined into one trace.

Theory of operation. A packet leaves a process: the pod's rules decide (``capture``) whether it goes to the pod's
own proxy, to a local port or into the network. A proxy is asked (``visit``) what it does with the connection;
each endpoint it may choose is a new packet, now of the proxy's own uid. In the network an address is a pod, a
service (kube-proxy picks one of its endpoints), or outside. The walk ends at an application, at a proxy that
answers, or at a failure; what came back then gives each hop the code and flags its log would show (``answers``).
Every function returns all the ways that chance leaves open, each with its probability.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from meshctl.envoy.addresses import bracketed
from meshctl.match.address_ranges import number
from meshctl.proxy.listen.listeners import Listener
from meshctl.proxy.model import (
    Connection,
    Disposition,
    Endpoint,
    Passage,
    Upstream,
)
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.visit import visit
from meshctl.trace import answers, capture
from meshctl.trace.answers import Answer, Failure
from meshctl.trace.capture import Captured
from meshctl.trace.pods import Pod, PodSource
from meshctl.trace.services import ServiceMap, endpoints_of, service_map
from meshctl.trace.streams import Stream, is_grpc, outgoing, reachable, source_address
from meshctl.trace.ways import Hop, Target, Way, admin_answer, application, ended, not_our_tls

MAX_HOPS = 12


@dataclass
class Journey:
    """The walker: where pods come from, and whether steps are recorded."""

    source: PodSource
    silent: bool = False
    _services: dict[int, ServiceMap] = field(default_factory=dict)

    def start(
        self, pod: Pod, ip: str, port: int, stream: Stream, uid: int | None = None, gid: int | None = None
    ) -> list[Way]:
        """All ways of a connection that a process in the pod opens."""
        uid = pod.app_uid if uid is None else uid
        return self._depart(pod, ip, port, stream, uid, pod.app_gid if gid is None else gid, 0)

    def arrive(self, pod: Pod, ip: str, port: int, stream: Stream) -> list[Way]:
        """All ways of a connection that comes to the pod from outside."""
        return self._arrive(pod, ip if ip in pod.ips else (pod.ips[0] if pod.ips else ip), port, stream, 0)

    def at_proxy(self, pod: Pod, ip: str, port: int, stream: Stream) -> list[Way]:
        """All ways of a connection that the pod's proxy is given, without asking the capture rules."""
        proxy = pod.proxy
        listener = None
        if proxy is not None:
            outbound = next((x for x in proxy.listeners.all if x.bound and x.hands_over), None)
            listener = outbound or proxy.listeners.bound_to(port) or proxy.listeners.at(ip, port)[0]
            listener = listener or _waypoint(proxy)
        if proxy is None or listener is None:
            return [ended(Disposition.NO_LISTENER, Failure.REFUSED, f"no listener takes {ip}:{port}")]
        socket = (ip, port)
        if listener.hands_over and listener.addresses:
            socket = ("::1" if ":" in ip else "127.0.0.1", listener.addresses[0][1])
        source = replace(stream, src_ip=stream.src_ip or source_address(pod, ip))
        return self._proxy(pod, listener, ip, port, socket, source, (), 0)

    def _depart(
        self, pod: Pod, ip: str, port: int, stream: Stream, uid: int, gid: int, depth: int, mark: int = 0
    ) -> list[Way]:
        if depth > MAX_HOPS:
            return [Way(Answer(Disposition.LOOP, 503, Failure.RESET, f"more than {MAX_HOPS} hops: a loop"))]
        if not stream.src_ip:
            stream = replace(stream, src_ip=source_address(pod, ip))
        sent = capture.send(pod, stream.src_ip, ip, port, uid, gid, mark)
        if (
            sent.undetermined
            and sent.dropped is False
            and sent.hooks
            and sent.hooks[0].verdict == "UNDETERMINED"
        ):
            reason = "; ".join(sent.undetermined)
            return [ended(Disposition.UNDETERMINED, None, reason, sent.hooks, undetermined=sent.undetermined)]
        if sent.dropped:
            return [
                ended(
                    Disposition.DROPPED,
                    Failure.REFUSED,
                    f"a rule of pod {pod.name} drops the packet",
                    sent.hooks,
                )
            ]
        if sent.local:
            ways = self._local(pod, ip, port, sent.port, sent.redirected, stream, sent.hooks, depth)
        else:
            ways = self._network(pod, ip, port, stream, depth)
        return [replace(way, sent=sent.hooks) for way in ways]

    def _local(
        self,
        pod: Pod,
        ip: str,
        port: int,
        local_port: int,
        redirected: bool,
        stream: Stream,
        hooks: tuple[Captured, ...],
        depth: int,
        transparent: bool = False,
    ) -> list[Way]:
        """A connection to a port of the pod: the proxy's, the admin interface's or the application's."""
        loopback = "::1" if ":" in ip else "127.0.0.1"
        output = bool(hooks) and hooks[0].hook == "output"
        socket_ip = loopback if redirected and output and not transparent else ip
        if pod.proxy is not None:
            accepting = pod.proxy.listeners.accepting(socket_ip, local_port)
            if accepting is not None:
                socket = (ip, port) if transparent else (socket_ip, local_port)
                return self._proxy(pod, accepting, ip, port, socket, stream, hooks, depth)
            admin = admin_answer(pod, socket_ip, local_port)
            if admin is not None:
                return [admin]
        if redirected:
            return [
                ended(
                    Disposition.NO_LISTENER,
                    Failure.REFUSED,
                    f"no listener of pod {pod.name} has port {local_port}, to which the packet is redirected",
                )
            ]
        return [application(pod, ip, local_port, stream)]

    def _network(self, pod: Pod, ip: str, port: int, stream: Stream, depth: int) -> list[Way]:
        """A packet that left a pod: to another pod, through kube-proxy, or outside."""
        target = self.source.by_ip(ip)
        if target is not None:
            return self._arrive(target, ip, port, stream, depth)
        service = self.source.service(ip, port) or self._known_service(pod, ip, port)
        if service is None:
            return [self._outside(ip, port, stream)]
        host, addresses = service
        if host.startswith("("):
            reason = f"{ip} is the address of service {host.strip('()')}, which has no port {port}"
            return [ended(Disposition.CONNECTION_FAILED, Failure.REFUSED, reason)]
        if not addresses:
            return [
                ended(
                    Disposition.NO_HEALTHY_ENDPOINT,
                    Failure.REFUSED,
                    f"service {host} port {port} has no ready endpoint: kube-proxy refuses",
                )
            ]
        ways: list[Way] = []
        text = f"kube-proxy: {ip}:{port} is service {host}"
        for address in addresses:
            endpoint_ip, _, endpoint_port = address.rpartition(":")
            for way in self._network(pod, endpoint_ip.strip("[]"), int(endpoint_port), stream, depth + 1):
                ways.append(
                    replace(
                        way,
                        probability=way.probability / len(addresses),
                        network=f"{text}, endpoint {address}",
                    )
                )
        return ways

    def _known_service(self, pod: Pod, ip: str, port: int) -> tuple[str, list[str]] | None:
        """The service behind a VIP by what the pod's proxy knows."""
        if pod.proxy is None:
            return None
        services = self._services.get(id(pod.proxy))
        if services is None:
            services = self._services[id(pod.proxy)] = service_map(pod.proxy)
        host = services.hosts.get((ip, port))
        if host is None:
            owner = services.owner(ip)
            return (f"({owner})", []) if owner else None
        addresses = endpoints_of(pod.proxy, host, port)
        return None if addresses is None else (host, addresses)

    def _outside(self, ip: str, port: int, stream: Stream) -> Way:
        where = bracketed(ip, port)
        reason = f"{where} is no pod and no service that is known: whether it answers is not known"
        target = Target("external", where, "assumed to answer")
        code = 200 if stream.request is not None else None
        return Way(
            Answer(Disposition.DELIVERED, code, None, f"delivered outside, to {where}"),
            target=target,
            undetermined=(reason,),
        )

    def _arrive(self, pod: Pod, ip: str, port: int, stream: Stream, depth: int) -> list[Way]:
        arrived = capture.arrive(pod, stream.src_ip, ip, port)
        if arrived.dropped:
            return [
                ended(
                    Disposition.DROPPED,
                    Failure.REFUSED,
                    f"a rule of pod {pod.name} drops the packet",
                    arrived=arrived.hooks,
                )
            ]
        if arrived.undetermined and arrived.hooks[0].verdict == "UNDETERMINED":
            reason = "; ".join(arrived.undetermined)
            return [
                ended(
                    Disposition.UNDETERMINED,
                    None,
                    reason,
                    arrived=arrived.hooks,
                    undetermined=arrived.undetermined,
                )
            ]
        ways = self._local(
            pod, ip, port, arrived.port, arrived.redirected, stream, arrived.hooks, depth, arrived.transparent
        )
        return [replace(way, arrived=arrived.hooks) for way in ways]

    def _proxy(
        self,
        pod: Pod,
        accepting: Listener,
        ip: str,
        port: int,
        socket: tuple[str, int],
        stream: Stream,
        hooks: tuple[Captured, ...],
        depth: int,
    ) -> list[Way]:
        """Everything a pod's proxy may do with the connection, and what follows."""
        assert pod.proxy is not None
        connection = Connection(
            stream.src_ip,
            ip,
            port,
            capture.CLIENT_PORT,
            stream.payload,
            stream.layers,
            carried=stream.carried if accepting.internal else None,
            socket=socket,
        )
        ways: list[Way] = []
        for passage in visit(pod.proxy, accepting, connection, stream.request, silent=self.silent):
            ways += self._behind(pod, passage, connection, stream, hooks, depth)
        return ways

    def _behind(
        self,
        pod: Pod,
        passage: Passage,
        connection: Connection,
        stream: Stream,
        hooks: tuple[Captured, ...],
        depth: int,
    ) -> Iterator[Way]:
        """A passage and what happens behind it, as ways."""
        assert pod.proxy is not None
        listener = pod.proxy.listeners.by_name.get(passage.listener or "")
        direction = _direction(pod, listener)
        original = f"{connection.dst_ip}:{connection.dst_port}"
        if ":" in connection.dst_ip:
            original = f"[{connection.dst_ip}]:{connection.dst_port}"
        if passage.upstream is None:
            hop = Hop(pod, direction, passage, passage.verdict, original, capture=hooks)
            yield Way(
                answers.of_verdict(passage),
                passage.probability,
                (hop,),
                undetermined=passage.undetermined,
                notes=passage.notes,
                decided=passage.decided,
            )
            return
        grpc = is_grpc(stream.request)
        for endpoint in passage.upstream.endpoints:
            for way in self._upstream(pod, passage.upstream, endpoint, connection, stream, depth):
                if passage.verdict.disposition is Disposition.DENIED:
                    way = replace(
                        way, answer=answers.of_verdict(passage), hops=(), target=None, undetermined=()
                    )
                verdict = answers.logged(passage, way.answer, grpc=grpc)
                hop = Hop(
                    pod,
                    direction,
                    passage,
                    verdict,
                    original,
                    endpoint,
                    hooks,
                    way.sent,
                    way.arrived,
                    way.network,
                )
                yield Way(
                    answers.behind(passage, way.answer, verdict),
                    passage.probability * endpoint.probability * way.probability,
                    (hop, *way.hops),
                    target=way.target,
                    undetermined=tuple(dict.fromkeys(passage.undetermined + way.undetermined)),
                    notes=tuple(dict.fromkeys(passage.notes + way.notes)),
                    decided=passage.decided and way.decided,
                )

    def _upstream(
        self,
        pod: Pod,
        upstream: Upstream,
        endpoint: Endpoint,
        connection: Connection,
        stream: Stream,
        depth: int,
    ) -> list[Way]:
        """The connection a proxy opens to an endpoint."""
        assert pod.proxy is not None
        onward = outgoing(pod, upstream, endpoint, stream)
        if endpoint.address.startswith("envoy://"):
            return self._internal(pod, endpoint, connection, onward, depth)
        if not number(endpoint.ip):
            code = 200 if stream.request is not None else None
            kind = "the socket" if endpoint.address.startswith(("/", "@")) else "outside,"
            return [
                Way(
                    Answer(Disposition.DELIVERED, code, None, f"delivered to {kind} {endpoint.address}"),
                    target=Target(
                        "external" if kind == "outside," else pod.name, endpoint.address, "assumed"
                    ),
                )
            ]
        for source in upstream.source_ips:
            if (":" in source) == (":" in endpoint.ip):
                onward = replace(onward, src_ip=source)
        endpoint = reachable(pod, endpoint)
        ways = self._depart(
            pod, endpoint.ip, endpoint.port, onward, pod.proxy_uid, pod.proxy_gid, depth + 1, upstream.mark
        )
        if onward.layers != upstream.layers:
            return ways
        return [not_our_tls(way) for way in ways]

    def _internal(
        self, pod: Pod, endpoint: Endpoint, connection: Connection, stream: Stream, depth: int
    ) -> list[Way]:
        """An internal listener of the same proxy; the destination may come in the endpoint's metadata."""
        assert pod.proxy is not None
        name = endpoint.address.removeprefix("envoy://").split("/", 1)[0]
        listener = pod.proxy.listeners.by_name.get(name)
        if listener is None or depth > MAX_HOPS:
            return [
                ended(Disposition.NO_LISTENER, Failure.REFUSED, f"internal listener {name} does not exist")
            ]
        restored = (endpoint.metadata.get("envoy.filters.listener.original_dst") or {}).get("local")
        ip, port = connection.dst_ip, connection.dst_port
        if isinstance(restored, str) and restored.rpartition(":")[2].isdigit():
            ip, port = restored.rpartition(":")[0].strip("[]"), int(restored.rpartition(":")[2])
        return self._proxy(pod, listener, ip, port, (ip, port), stream, (), depth + 1)


def _waypoint(proxy: Proxy) -> Listener | None:
    """A waypoint's inner listener, where connections stand once their HBONE tunnel has ended."""
    return next((x for x in proxy.listeners.all if x.internal and x.tree is not None), None)


def _direction(pod: Pod, listener: Listener | None) -> str:
    if pod.is_gateway:
        return "gateway"
    return "outbound" if listener is not None and listener.direction == "OUTBOUND" else "inbound"
