"""Whether a client's TLS fits its server's, seen from both sides: needs the client's Envoy and the server pod's.

Theory of operation. Of each sidecar it is found out, on the real choice of a chain and the real handshake, which ports take
plain text and which the mesh's mutual TLS (``Server``); of each proxy, how it speaks to the hosts of the clusters that
something leads to (``Call``). The two meet by the host's address. Addresses of pods that were not given, gateways, ambient
pods and ports that the rules leave out of capture say nothing.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence

from meshctl.check.check import Hits, MeshCheck
from meshctl.check.checks.capture import lint_subject
from meshctl.check.checks.certificates import WORKLOAD, held
from meshctl.check.finding import Hit, Severity
from meshctl.check.subject import Subject, World
from meshctl.check.uses import users
from meshctl.envoy import certificates
from meshctl.envoy.message import Undecidable
from meshctl.match.filter_chains import Facts
from meshctl.match.request_view import Peer
from meshctl.netfilter.packet import Family
from meshctl.netfilter.walk.summary import ports_of
from meshctl.plain import object_at, some
from meshctl.proxy.listen import accept
from meshctl.proxy.listen.handshake import handshake
from meshctl.proxy.listen.listeners import Listener
from meshctl.proxy.model import Connection, Tls
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.upstream.hosts import Health
from meshctl.values import Struct

_CLIENT = "203.0.113.77"
_MESH_ALPN = (("istio-peer-exchange", "istio"), ("istio-http/1.1", "istio", "http/1.1"), ("istio",))
_ANY = 0  # stands for a port that no chain names


class Speech(enum.StrEnum):
    """How a proxy speaks to a host."""

    PLAIN = "plain text"
    MUTUAL = "mutual TLS"


class Call(Struct, frozen=True):
    """One way a proxy speaks to a host: the cluster, the address, how, and which identities it takes."""

    cluster: str
    ip: str
    port: int
    speech: Speech
    names: tuple[str, ...]


class Server(Struct, frozen=True):
    """What a pod takes, by port; ``_ANY`` for ports that no chain names. None: nothing ends TLS there, it has no proxy."""

    ips: tuple[str, ...]
    takes: dict[int, frozenset[Speech]] | None
    identity: str = ""
    excluded: frozenset[int] = frozenset()

    def at(self, port: int) -> frozenset[Speech] | None:
        """What a port takes; None where it is not known."""
        if self.takes is None:
            return frozenset({Speech.PLAIN})
        return None if port in self.excluded else self.takes.get(port, self.takes.get(_ANY))


class _Side(Struct, frozen=True):
    server: Server | None
    calls: tuple[Call, ...]


def _collect(subject: Subject) -> _Side | None:
    one_of = subject.world.one_of
    calls = dict.fromkeys(map(one_of, _calls(subject.proxy))) if subject.proxy is not None else ()
    side = _Side(_server(subject), one_of(tuple(calls)))
    return side if side.server is not None or side.calls else None


def _server(subject: Subject) -> Server | None:
    """What a pod takes on its ports; None where that is not known."""
    pod = subject.pod
    if pod.is_gateway or pod.ambient or not pod.ips or pod.proxy_unseen:
        return None
    if object_at(subject.manifest, "spec").get("hostNetwork"):
        return None  # its address is the node's, which other pods have, too
    if subject.proxy is None:
        return Server(pod.ips, None)
    excluded = uncaptured_ports(subject)
    inbound = next((one for one in subject.proxy.listeners.all if one.name == "virtualInbound"), None)
    if excluded is None or inbound is None or inbound.tree is not None:
        return None
    ports = {_ANY, *(chain.criteria.port for chain in inbound.chains)}
    ip = pod.ips[0]
    try:
        takes = {port: frozenset(_taken(inbound, ip, port or 47321)) for port in ports}
    except Undecidable:
        return None
    return Server(pod.ips, takes, _identity(subject), excluded)


def uncaptured_ports(subject: Subject) -> frozenset[int] | None:
    """The inbound ports that the rules do not capture; None where inbound traffic is not captured, or that is not known."""
    rules = subject.pod.rules
    if rules is None or rules.failure:
        return frozenset() if rules is None else None
    inbound = lint_subject(subject).summary(Family.V4).inbound
    if not inbound.default.captured:
        return None
    ports = (value for kinds in inbound.exceptions.values() for value in kinds.get("port", ()))
    return frozenset(number for port in ports for number in ports_of(port))


def _taken(listener: Listener, ip: str, port: int) -> Iterator[Speech]:
    plain = Facts(ip, port, _CLIENT, 50505, _CLIENT)
    if any(_through(listener, facts, ()) for facts in (plain, _with_alpn(plain, ("http/1.1",)))):
        yield Speech.PLAIN
    peer = Peer(("spiffe://cluster.local/ns/default/sa/default",))
    for alpn in _MESH_ALPN:
        session = Tls("outbound_.80_._.a.b.svc.cluster.local", alpn, peer, mesh=True)
        if _through(listener, Facts(ip, port, _CLIENT, 50505, _CLIENT, session.sni, "tls", alpn), (session,)):
            yield Speech.MUTUAL
            return


def _with_alpn(facts: Facts, alpn: tuple[str, ...]) -> Facts:
    return Facts(facts.dst_ip, facts.dst_port, facts.src_ip, facts.src_port, facts.direct_src_ip, alpn=alpn)


def _through(listener: Listener, facts: Facts, layers: tuple[Tls, ...]) -> bool:
    """Whether a connection gets through the choice of a chain and its handshake; mutual TLS must end there."""
    connection = Connection(facts.src_ip, facts.dst_ip, facts.dst_port, facts.src_port, layers=layers)
    for choice in accept.chain_choices(listener, facts):
        if choice.chain is None:
            continue
        ended = handshake(choice.chain, connection)
        if ended.verdict is None and ended.terminated == bool(layers):
            return True
    return False


def _identity(subject: Subject) -> str:
    """The name in its workload certificate, else the one that its service account gives it."""
    assert subject.snapshot is not None
    for one in held(subject.snapshot):
        if one.name == WORKLOAD and one.ders and not one.authorities:
            leaf = certificates.parse(one.ders[0])
            if leaf is not None and leaf.names:
                return leaf.names[0]
    return subject.pod.identity


def _calls(proxy: Proxy) -> Iterator[Call]:
    """How a proxy speaks to the hosts of its used clusters, as far as that can be read."""
    for name, found in users(proxy).items():
        cluster = proxy.cluster(name)
        if cluster is None or not name.startswith("outbound|") or not any(user.use.counts for user in found):
            continue
        try:
            hosts = [host for host in cluster.hosts if host.health is Health.HEALTHY and host.shown]
            for host in hosts:
                ip, _, port = host.address.rpartition(":")
                if not port.isdigit() or not ip or "tunnel" in host.metadata:
                    continue
                tls, _ = cluster.tls_to(host.metadata)
                if tls is not None and tls.client_certificate != WORKLOAD:
                    continue  # a TLS of the user's own: what the server makes of it is not told by the mesh
                speech = Speech.PLAIN if tls is None else Speech.MUTUAL
                yield Call(
                    name, ip.strip("[]"), int(port), speech, tls.server_names if tls is not None else ()
                )
        except Undecidable:
            continue


class _Clash(Struct):
    """One cluster's mismatch: clients and servers."""

    cluster: str
    clients: dict[str, None]
    servers: dict[str, None]


def _clashes(facts: Sequence[tuple[str, _Side]], wrong: object) -> list[_Clash]:
    by_ip = {
        ip: (name, side.server) for name, side in facts if side.server is not None for ip in side.server.ips
    }
    found: dict[str, _Clash] = {}
    for client, side in facts:
        for call in side.calls:
            met = by_ip.get(call.ip)
            if met is None or met[0] == client or met[1] is None:
                continue
            detail = wrong(call, met[1])  # type: ignore[operator]
            if detail:
                clash = found.setdefault(call.cluster, _Clash(call.cluster, {}, {}))
                clash.clients[client] = None
                clash.servers[f"{met[0]} ({call.ip}:{call.port}){detail}"] = None
    return list(found.values())


def _plain_to_strict(call: Call, server: Server) -> str:
    takes = server.at(call.port)
    wrong = call.speech is Speech.PLAIN and takes is not None and takes == frozenset({Speech.MUTUAL})
    return " takes mutual TLS only" if wrong else ""


def _mutual_to_plain(call: Call, server: Server) -> str:
    takes = server.at(call.port)
    wrong = call.speech is Speech.MUTUAL and takes is not None and Speech.MUTUAL not in takes
    return (
        (" has no sidecar" if server.takes is None else " does not end mutual TLS on this port")
        if wrong
        else ""
    )


def _other_name(call: Call, server: Server) -> str:
    if call.speech is not Speech.MUTUAL or not call.names or not server.identity or server.takes is None:
        return ""
    takes = server.at(call.port)
    if takes is None or Speech.MUTUAL not in takes or server.identity in call.names:
        return ""
    return f" is {server.identity}, accepted: {', '.join(call.names[:3])}"


def plain_to_strict(facts: Sequence[tuple[str, _Side]], _: World) -> Hits:
    """Clients that speak plain text to servers that take mutual TLS only."""
    for clash in _clashes(facts, _plain_to_strict):
        said = f"plain text is sent to {_counted(clash.servers)} that take mutual TLS only (STRICT): connections are reset"
        yield _hit(clash, said)


def mutual_to_plain(facts: Sequence[tuple[str, _Side]], _: World) -> Hits:
    """Clients that speak mutual TLS to servers that do not end it."""
    for clash in _clashes(facts, _mutual_to_plain):
        said = f"mutual TLS is spoken to {_counted(clash.servers)} that do not end it: the application gets bytes of TLS"
        yield _hit(clash, said)


def other_names(facts: Sequence[tuple[str, _Side]], _: World) -> Hits:
    """Clients that do not accept the server's identity."""
    for clash in _clashes(facts, _other_name):
        said = f"the identity of {_counted(clash.servers)} is none that the client accepts: the handshake fails (CERTIFICATE_VERIFY_FAILED)"
        yield _hit(clash, said)


def _counted(servers: dict[str, None]) -> str:
    return f"{len(servers)} pod{'' if len(servers) == 1 else 's'}"


def _hit(clash: _Clash, said: str) -> Hit:
    return Hit(f"cluster {clash.cluster}", said, some(list(clash.servers), 4), pods=tuple(clash.clients))


CHECKS = (
    MeshCheck(
        "mtls-plain-to-strict",
        Severity.ERROR,
        "Clients that send plain text to pods that take mutual TLS only",
        "The server's Envoy finds no filter chain and closes the connection: `connection reset` at the client (UC, UF).",
        "Set the DestinationRule's tls.mode to ISTIO_MUTUAL (or remove its tls), give the client a sidecar, or make the "
        "PeerAuthentication PERMISSIVE.",
        _collect,
        plain_to_strict,
        (),
        "The server's chains are asked on the real choice and handshake; the client's transport socket is that of the host.",
    ),
    MeshCheck(
        "mtls-to-plain",
        Severity.ERROR,
        "Clients that speak mutual TLS to pods that do not end it",
        "The application reads a TLS handshake where it expects its protocol (400, reset, protocol error).",
        "Set the DestinationRule's tls.mode to DISABLE for this host, or give the server a sidecar; a PeerAuthentication with "
        "DISABLE on the port needs a DestinationRule to match.",
        _collect,
        mutual_to_plain,
        (),
        "As for mtls-plain-to-strict.",
    ),
    MeshCheck(
        "mtls-san-mismatch",
        Severity.ERROR,
        "Clients that do not accept the server's identity",
        "The client verifies the name in the server's certificate, and the service's accounts that istiod told it are others.",
        "Check subjectAltNames of the DestinationRule or ServiceEntry, the service account of the server's pods, and trust domain aliases.",
        _collect,
        other_names,
        (),
        "The server's name is that of its own workload certificate.",
    ),
)
