"""A request from an application through the mesh: packets, proxies and networks joined into one trace.

Theory of operation. A packet leaves a process: the pod's rules decide (``capture``) whether it goes to the pod's
own proxy, to a local port or into the network. A proxy is asked (``visit``) what it does with the connection;
each endpoint it may choose is a new packet, now of the proxy's own uid. In the network an address is a pod, a
service (kube-proxy picks one of its endpoints), or outside. The walk ends at an application, at a proxy that
answers, or at a failure; what came back then gives each hop the code and flags its log would show (``answers``).
Every function returns all the ways that chance leaves open, each with its probability.

A way ends UNDETERMINED where it leaves what was given: an endpoint of the mesh whose pod is missing, rules or
listeners that were not shown. What is taken for granted on the way is told as assumed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from meshctl.envoy.addresses import bracketed, host_and_port
from meshctl.envoy.message import Undecidable
from meshctl.errors import MeshctlError
from meshctl.match.address_ranges import number
from meshctl.proxy.listen.listeners import Listener
from meshctl.proxy.model import Connection, Disposition, Endpoint, Passage, Request, Upstream
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.visit import visit
from meshctl.trace import answers, capture, passes
from meshctl.trace.answers import Failure
from meshctl.trace.capture import Arrived, Captured, Sent
from meshctl.trace.flows import Flow, Landing, Visit
from meshctl.trace.membership import is_told_external, may_be_inside, service_at, service_behind
from meshctl.trace.pods import Pod, PodSource
from meshctl.trace.services import Service, ServiceMap, service_map
from meshctl.trace.streams import Stream, outgoing, reachable, source_address
from meshctl.trace.ways import (
    Hop,
    Way,
    admin_answer,
    application,
    closed_port,
    ended,
    loop,
    no_listener,
    not_our_tls,
    of_unseen_proxy,
    outside,
    undetermined,
    unseen_listeners,
    unseen_sockets,
)
from meshctl.values import Struct, field, replace

MAX_HOPS = 12
_SAME_PLACE = 3  # a request may pass a proxy again, changed on the way; more often nothing of it is new
_HBONE = 15008


End = TypeVar("End", Sent, Arrived)


def _of_all(ends: Sequence[End], follow: Callable[[End], list[Way]]) -> list[Way]:
    """The ways from every end that a packet's walk through rules may come to: as often as is known, else nothing decides."""
    if len(ends) == 1:
        return follow(ends[0])
    if all(end.share is not None for end in ends):
        return [
            replace(way, probability=way.probability * (end.share or 0.0))
            for end in ends
            for way in follow(end)
        ]
    return [
        replace(
            way,
            probability=way.probability / len(ends),
            decided=False,
            undetermined=passes.joined(end.undetermined, way.undetermined),
        )
        for end in ends
        for way in follow(end)
    ]


def _decided(walk: Callable[[], list[Way]]) -> list[Way]:
    """The ways; one that is undetermined where the choice of a listener hangs on a value that cannot be read."""
    try:
        return walk()
    except Undecidable as unknown:
        return [undetermined(unknown.reason)]


class Journey(Struct):
    """The walker: where pods come from, and whether steps are recorded. floor: endpoints that are chosen less often
    (of 1) are not followed, and their pods not asked for."""

    source: PodSource
    silent: bool = False
    floor: float = 0.0
    _services: dict[int, ServiceMap] = field(default_factory=dict)

    def start(
        self, pod: Pod, ip: str, port: int, stream: Stream, uid: int | None = None, gid: int | None = None
    ) -> list[Way]:
        """All ways of a connection that a process in the pod opens."""
        uid = pod.app_uid if uid is None else uid
        group = pod.app_gid if gid is None else gid
        return _decided(lambda: self._depart(Flow(pod, ip, port, stream), uid, group))

    def arrive(self, pod: Pod, ip: str, port: int, stream: Stream) -> list[Way]:
        """All ways of a connection that comes to the pod from outside."""
        own = ip if ip in pod.ips else (pod.ips[0] if pod.ips else ip)
        return _decided(lambda: self._arrive(Flow(pod, own, port, stream)))

    def at_proxy(self, pod: Pod, ip: str, port: int, stream: Stream) -> list[Way]:
        """All ways of a connection that the pod's proxy is given, without asking the capture rules."""
        return _decided(lambda: self._at_proxy(pod, ip, port, stream))

    def _at_proxy(self, pod: Pod, ip: str, port: int, stream: Stream) -> list[Way]:
        proxy = pod.proxy
        listener = None
        if proxy is not None:
            listener = (
                proxy.listeners.handing_over
                or proxy.listeners.bound_to(port)
                or proxy.listeners.at(ip, port)[0]
            )
            listener = listener or _waypoint(proxy)
        if proxy is None or listener is None:
            return [no_listener(pod, f"no listener takes {bracketed(ip, port)}")]
        socket = (ip, port)
        if listener.hands_over and listener.addresses:
            socket = ("::1" if ":" in ip else "127.0.0.1", listener.addresses[0][1])
        source = replace(stream, src_ip=stream.src_ip or source_address(pod, ip))
        return self._proxy(Flow(pod, ip, port, source), listener, socket, ())

    def _depart(self, flow: Flow, uid: int, gid: int, mark: int = 0) -> list[Way]:
        """A packet that a process of the pod sends."""
        pod = flow.pod
        if flow.depth > MAX_HOPS:
            return [loop(f"more than {MAX_HOPS} hops: a loop")]
        if not flow.stream.src_ip:
            flow = replace(flow, stream=replace(flow.stream, src_ip=source_address(pod, flow.ip)))
        ends = capture.send(pod, flow.stream.src_ip, flow.ip, flow.port, uid, gid, mark)
        return _of_all(ends, lambda sent: self._sent(flow, sent))

    def _sent(self, flow: Flow, sent: Sent) -> list[Way]:
        """A packet behind the rules of the pod that sends it."""
        pod = flow.pod
        if sent.dropped:
            reason = f"a rule of pod {pod.name} drops the packet"
            return [ended(Disposition.DROPPED, Failure.REFUSED, reason, sent.hooks)]
        if sent.undecided:
            return [undetermined("; ".join(sent.undetermined), sent=sent.hooks, more=sent.undetermined)]
        if sent.local:
            ways = self._local(flow, Landing(sent.port, sent.redirected, sent.hooks))
        else:
            ways = self._network(flow)
        assumed = pod.assumed if sent.hooks else ()
        return [replace(way, sent=sent.hooks, assumed=passes.joined(assumed, way.assumed)) for way in ways]

    def _local(self, flow: Flow, landing: Landing) -> list[Way]:
        """A connection to a port of the pod: the proxy's, the admin interface's or the application's."""
        pod = flow.pod
        loopback = "::1" if ":" in flow.ip else "127.0.0.1"
        output = bool(landing.hooks) and landing.hooks[0].hook == "output"
        socket_ip = loopback if landing.redirected and output and not landing.transparent else flow.ip
        if pod.proxy is not None:
            accepting = pod.proxy.listeners.accepting(socket_ip, landing.port)
            if accepting is not None:
                socket = (flow.ip, flow.port) if landing.transparent else (socket_ip, landing.port)
                return self._proxy(flow, accepting, socket, landing.hooks)
            admin = admin_answer(pod, socket_ip, landing.port)
            if admin is not None:
                return [admin]
        if pod.proxy_unseen and (
            landing.redirected
            or (pod.ambient and landing.port == _HBONE)
            or landing.port not in (pod.app_listens or {landing.port})
        ):
            return [undetermined(of_unseen_proxy(pod, landing.port))]
        if landing.redirected:
            port = landing.port
            return [
                no_listener(
                    pod, f"no listener of pod {pod.name} has port {port}, to which the packet is redirected"
                )
            ]
        if pod.is_gateway:
            return [closed_port(pod, flow.ip, landing.port, unseen_listeners(pod))]
        return [application(pod, flow.ip, landing.port, flow.stream, unseen_sockets(pod))]

    def _network(self, flow: Flow) -> list[Way]:
        """A packet that left a pod: to another pod, through kube-proxy, or outside."""
        if flow.depth > MAX_HOPS or flow.where in flow.vips:
            return [loop(f"{flow.where} leads back to itself: a loop")]
        try:
            target = self.source.by_ip(flow.ip)
        except (
            MeshctlError
        ) as error:  # a peer that cannot be read costs its branch, never the rest of the trace
            reason = f"the pod at {flow.where} could not be read: {error.what}"
            return [undetermined(reason, target=flow.where)]
        if target is not None:
            return self._arrive(replace(flow, pod=target))
        service = self.source.service(flow.ip, flow.port) or self._known_service(flow)
        if service is not None:
            return self._balanced(flow, service)
        if not flow.service and flow.pod.proxy is not None:
            flow = replace(flow, service=service_at(flow.pod.proxy, flow.ip))
        return [self._left(flow)]

    def _balanced(self, flow: Flow, service: Service) -> list[Way]:
        """kube-proxy's choice among a service's own endpoints, whatever the mesh's routes make of its name."""
        if service.foreign:
            reason = f"{flow.ip} is the address of service {service.host}, which has no port {flow.port}"
            return [ended(Disposition.CONNECTION_FAILED, Failure.REFUSED, reason)]
        if service.endpoints is None:
            reason = (
                f"{flow.where} is service {service.host}, whose endpoints were not shown"
                f" (to see them: kubectl get endpointslices, or take a snapshot)"
            )
            return [undetermined(reason, target=flow.where)]
        if not service.endpoints:
            reason = f"service {service.host} port {flow.port} has no ready endpoint: kube-proxy refuses"
            return [ended(Disposition.NO_HEALTHY_ENDPOINT, Failure.REFUSED, reason)]
        ways: list[Way] = []
        share = 1 / len(service.endpoints)
        if share < self.floor:
            return [self._unfollowed(len(service.endpoints), f"of service {service.host}")]
        self.source.expect([e.rpartition(":")[0].strip("[]") for e in service.endpoints], [service.host])
        for address in service.endpoints:
            ip, _, port = address.rpartition(":")
            onward = replace(
                flow,
                ip=ip.strip("[]"),
                port=int(port),
                depth=flow.depth + 1,
                service=service.host,
                vips=flow.vips | {flow.where},
            )
            text = f"kube-proxy: {flow.where} is service {service.host}, endpoint {address}"
            for way in self._network(onward):
                ways.append(replace(way, probability=way.probability * share, network=text))
        return ways

    def _known_service(self, flow: Flow) -> Service | None:
        """The service behind a VIP by what the pod's proxy knows."""
        proxy = flow.pod.proxy
        if proxy is None:
            return None
        services = self._services.get(id(proxy))
        if services is None:
            services = self._services[id(proxy)] = service_map(proxy)
        return services.service(proxy, flow.ip, flow.port)

    def _left(self, flow: Flow) -> Way:
        """A packet to an address that is no pod and no service of what was given."""
        known_outside = flow.external or not may_be_inside(flow.ip)
        if self.source.complete or (not flow.service and known_outside):
            return outside(flow.where, http=flow.stream.request is not None)
        what = (
            f"an endpoint of {flow.service}, and its pod"
            if flow.service
            else "not known: a pod of this address"
        )
        reason = (
            f"{flow.where} is {what} was not given, so what its rules and its proxy do is open"
            f" (give it with --peer, or take both with `meshctl snapshot --around`)"
        )
        return undetermined(reason, target=flow.where, service=flow.service)

    def _arrive(self, flow: Flow) -> list[Way]:
        """A packet that comes to a pod from outside of it."""
        pod = flow.pod
        ends = capture.arrive(pod, flow.stream.src_ip, flow.ip, flow.port)
        return _of_all(ends, lambda arrived: self._arrived(flow, arrived))

    def _arrived(self, flow: Flow, arrived: Arrived) -> list[Way]:
        """A packet behind the rules of the pod that it came to."""
        pod = flow.pod
        if arrived.dropped:
            reason = f"a rule of pod {pod.name} drops the packet"
            return [ended(Disposition.DROPPED, Failure.REFUSED, reason, arrived=arrived.hooks)]
        if arrived.undetermined and arrived.hooks[0].verdict == "UNDETERMINED":
            reason = "; ".join(arrived.undetermined)
            return [undetermined(reason, arrived=arrived.hooks, more=arrived.undetermined)]
        landing = Landing(arrived.port, arrived.redirected, arrived.hooks, arrived.transparent)
        assumed = pod.assumed if arrived.hooks else ()
        return [
            replace(way, arrived=arrived.hooks, assumed=passes.joined(assumed, way.assumed))
            for way in self._local(flow, landing)
        ]

    def _proxy(
        self, flow: Flow, accepting: Listener, socket: tuple[str, int], hooks: tuple[Captured, ...]
    ) -> list[Way]:
        """Everything a pod's proxy may do with the connection, and what follows."""
        assert flow.pod.proxy is not None
        stream = flow.stream
        if stream.unread:
            return [undetermined(f"what pod {flow.pod.name} reads is not known: {stream.unread}")]
        connection = Connection(
            stream.src_ip,
            flow.ip,
            flow.port,
            0,  # the kernel gives a client its port: nothing tells which
            stream.payload,
            stream.layers,
            carried=stream.carried if accepting.internal else None,
            socket=socket,
        )
        place = (flow.pod.full_name, accepting.name, flow.where)
        if flow.places.count(place) >= _SAME_PLACE:
            return [loop(f"{flow.where} leads back to listener {accepting.name} of {flow.pod.name}: a loop")]
        passed = replace(flow, places=(*flow.places, place), vips=frozenset())
        seen = Visit(flow, passed, accepting, connection, hooks)
        ways: list[Way] = []
        for passage in visit(flow.pod.proxy, accepting, connection, stream.request, silent=self.silent):
            ways += self._behind(seen, passage)
        return ways

    def _behind(self, seen: Visit, passage: Passage) -> Iterator[Way]:
        """A passage and what happens behind it, as ways."""
        pod, connection = seen.flow.pod, seen.connection
        assert pod.proxy is not None
        listener = pod.proxy.listeners.by_name.get(passage.listener or "")
        hop = Hop(
            pod,
            _direction(pod, listener),
            passage,
            passage.verdict,
            bracketed(connection.dst_ip, connection.dst_port),
            capture=seen.hooks,
        )
        if passage.upstream is None:
            yield Way(
                answers.of_verdict(passage),
                passage.probability,
                (hop,),
                undetermined=passage.undetermined,
                assumed=passage.assumed,
                notes=passage.notes,
                decided=passage.decided,
            )
            return
        followed = [one for one in passage.upstream.endpoints if self._follows(passage, one)]
        self._expect(pod.proxy, passage.upstream, followed)
        if left := [one for one in passage.upstream.endpoints if not self._follows(passage, one)]:
            rest = self._unfollowed(len(left), f"of cluster {passage.upstream.cluster}")
            share = passage.probability * sum(one.probability for one in left)
            yield passes.in_front(hop, replace(rest, probability=share), seen.flow.stream)
        for endpoint in followed:
            for way in self._upstream(seen.passed, passage.upstream, endpoint, connection):
                share = passage.probability * endpoint.probability
                way = passes.as_far_as_it_goes(passage, replace(way, probability=share * way.probability))
                asked = replace(
                    hop,
                    endpoint=endpoint,
                    upstream_capture=way.sent,
                    upstream_arrival=way.arrived,
                    network=way.network,
                )
                for named, answered, again in passes.after(passage, way, seen.flow.stream.request):
                    asked = replace(asked, passage=named)
                    if again is None:
                        yield passes.in_front(asked, answered, seen.flow.stream)
                    else:
                        yield from self._again(seen, asked, answered, again)

    def _again(self, seen: Visit, hop: Hop, first: Way, request: Request) -> Iterator[Way]:
        """The ways of the request that the proxy makes of a redirect, behind the pass that got it."""
        passage, verdict = passes.followed(hop.passage, first.answer, request)
        hop = replace(hop, passage=passage, verdict=verdict)
        flow = replace(seen.flow, stream=replace(seen.flow.stream, request=request))
        socket = seen.connection.socket or (flow.ip, flow.port)
        for way in self._proxy(flow, seen.accepting, socket, ()):
            yield replace(
                way,
                probability=first.probability * way.probability,
                hops=(hop, *first.hops, *way.hops),
                undetermined=passes.joined(passage.undetermined, first.undetermined, way.undetermined),
                assumed=passes.joined(passage.assumed, first.assumed, way.assumed),
                notes=passes.joined(passage.notes, first.notes, way.notes),
                decided=passage.decided and first.decided and way.decided,
            )

    def _follows(self, passage: Passage, endpoint: Endpoint) -> bool:
        """Whether an endpoint is chosen often enough."""
        return passage.probability * endpoint.probability >= self.floor

    def _unfollowed(self, count: int, what: str) -> Way:
        """Endpoints together that are chosen too seldom to be followed."""
        return undetermined(
            f"{count} endpoints {what} are each chosen less often than {100 * self.floor:g} % (--min-probability)"
        )

    def _expect(self, proxy: Proxy, upstream: Upstream, followed: Sequence[Endpoint]) -> None:
        """Tell the source which pods this choice may lead to."""
        endpoints = [endpoint for endpoint in followed if number(endpoint.ip)]
        hosts = {service_behind(proxy, upstream.cluster, endpoint) for endpoint in endpoints}
        self.source.expect([endpoint.ip for endpoint in endpoints], sorted(hosts - {""}))

    def _upstream(
        self, flow: Flow, upstream: Upstream, endpoint: Endpoint, connection: Connection
    ) -> list[Way]:
        """The connection a proxy opens to an endpoint."""
        pod = flow.pod
        assert pod.proxy is not None
        onward = outgoing(pod, upstream, endpoint, flow.stream)
        if endpoint.address.startswith("envoy://"):
            return self._internal(replace(flow, stream=onward), endpoint, connection)
        if endpoint.address.startswith(("/", "@")):
            return [outside(endpoint.address, http=onward.request is not None, pod=pod.name)]
        service = service_behind(pod.proxy, upstream.cluster, endpoint)
        if not number(endpoint.ip):  # a name: resolved by DNS, outside unless the mesh says otherwise
            return [self._left(Flow(pod, endpoint.ip, endpoint.port, onward, service=service))]
        for source in upstream.source_ips:
            if (":" in source) == (":" in endpoint.ip):
                onward = replace(onward, src_ip=source)
        endpoint = reachable(pod, endpoint)
        external = not service and is_told_external(pod.proxy, upstream.cluster)
        departing = Flow(
            pod, endpoint.ip, endpoint.port, onward, flow.depth + 1, service, external, flow.places
        )
        ways = self._depart(departing, pod.proxy_uid, pod.proxy_gid, upstream.mark)
        if onward.layers != upstream.layers:
            return ways
        return [not_our_tls(way) for way in ways]

    def _internal(self, flow: Flow, endpoint: Endpoint, connection: Connection) -> list[Way]:
        """An internal listener of the same proxy; the destination may come in the endpoint's metadata."""
        assert flow.pod.proxy is not None
        name = endpoint.address.removeprefix("envoy://").split("/", 1)[0]
        listener = flow.pod.proxy.listeners.by_name.get(name)
        if flow.depth > MAX_HOPS:
            return [loop(f"internal listener {name} leads back to itself: a loop")]
        if listener is None:
            return [no_listener(flow.pod, f"internal listener {name} does not exist")]
        restored = (endpoint.metadata.get("envoy.filters.listener.original_dst") or {}).get("local")
        ip, port = connection.dst_ip, connection.dst_port
        if isinstance(restored, str):
            ip, port = host_and_port(restored) or (ip, port)
        inner = replace(flow, ip=ip, port=port, depth=flow.depth + 1)
        return self._proxy(inner, listener, (ip, port), ())


def _waypoint(proxy: Proxy) -> Listener | None:
    """A waypoint's inner listener, where connections stand once their HBONE tunnel has ended."""
    return next((x for x in proxy.listeners.all if x.internal and x.tree is not None), None)


def _direction(pod: Pod, listener: Listener | None) -> str:
    if pod.is_gateway:
        return "gateway"
    return "outbound" if listener is not None and listener.direction == "OUTBOUND" else "inbound"
