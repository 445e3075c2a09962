"""What a rule set captures, in a few sentences, found by walking packets and not by reading rules.

Every port, network, interface and owner that a rule names is a case worth trying, and one of each that
no rule names stands for "all others". So the answer is right for rules nobody has seen before, and the
same engine answers here as in ``walk``.
"""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Iterable, Iterator, Sequence

from meshctl.netfilter.model import AnyOf, Backend, Criterion, Dispatch, Field, RuleSet, Verb
from meshctl.netfilter.packet import Family, Hook, Packet
from meshctl.netfilter.pod import PodNet
from meshctl.netfilter.walk.explain import KNOWN_PORTS
from meshctl.netfilter.walk.packet_walk import Verdict, WalkResult
from meshctl.netfilter.walk.passages import passages
from meshctl.values import Struct, field, replace

# Documentation addresses stand for "anywhere else"; the first that no rule names is used.
ELSEWHERE = {
    Family.V4: ("203.0.113.77", "198.51.100.77", "192.0.2.77", "100.127.1.77"),
    Family.V6: ("2001:db8:ffff::77", "2001:db8:eeee::77", "fd99:77::77"),
}
POD = {Family.V4: "192.0.2.10", Family.V6: "2001:db8:10::10"}
UNNAMED_PORTS = (47321, 39119, 27773)
_LAST_PORT = 65535
UNNAMED_OWNERS = (987654, 876543)
MOST = 120  # values of a field that are tried; a node's rules name thousands, a pod's a few


class Outcome(Struct, frozen=True):
    """What happens to a kind of traffic: to a port of Envoy (or of the agent), as it is, or not at all."""

    verdict: Verdict
    port: int | None = None

    def __str__(self) -> str:
        if self.verdict in (Verdict.REDIRECT, Verdict.TPROXY) and self.port is not None:
            return f"to {self.port}"
        return {
            Verdict.ACCEPT: "not captured",
            Verdict.DROP: "dropped",
            Verdict.REJECT: "rejected",
            Verdict.UNDETERMINED: "undetermined",
        }.get(self.verdict, self.verdict.value)

    @property
    def captured(self) -> bool:
        """Whether it goes to a port of the proxy."""
        return self.verdict in (Verdict.REDIRECT, Verdict.TPROXY)


def outcome(result: WalkResult) -> Outcome:
    """The outcome of a walk."""
    return Outcome(result.verdict, result.redirect_port)


def connection_outcome(rules: RuleSet, packet: Packet, pod: PodNet) -> Outcome:
    """What becomes of a connection: where it is captured, on the way out or back in over lo, else its last word."""
    found = [outcome(passage.result) for passage in passages(rules, packet, pod, all_tried=False)]
    return next((one for one in found if one.captured), found[-1])


class Direction(Struct, frozen=True):
    """One direction: what happens to most traffic, and the exceptions by outcome."""

    default: Outcome
    exceptions: dict[str, dict[str, tuple[str, ...]]] = field(
        default_factory=dict
    )  # outcome -> kind -> values


class Summary(Struct, frozen=True):
    """The sentences of ``capture show``, as data."""

    family: Family
    inbound: Direction
    outbound: Direction
    envoy: Outcome
    envoy_to_own_pod: Outcome
    own_pod: Outcome
    localhost: Outcome
    udp: Outcome
    dns: tuple[Outcome, Outcome]  # UDP, TCP, to a server that no rule names
    dns_servers: Direction  # UDP to the servers that rules name, where it differs
    mode: str
    backends: tuple[Backend, ...]
    origin: str
    made_by: str
    untried: int  # values that rules name and that were not tried, because there are so many
    envoy_owner: str  # "uid 1337", or "mark 0x539" in ambient mode


class Named(Struct, frozen=True):
    """Values that rules name, by field; ports as ranges that rules do not tell apart within."""

    ports: tuple[tuple[int, int], ...]
    networks: tuple[tuple[int, int, Family], ...]
    uids: tuple[int, ...]
    gids: tuple[int, ...]
    in_ifs: tuple[str, ...]
    out_ifs: tuple[str, ...]
    sources: tuple[tuple[int, int, Family], ...]
    untried: int = 0


def criteria(rules: RuleSet) -> Iterator[Criterion]:
    """Every criterion of every rule, those inside lists and maps too."""
    for _, _, _, rule in rules.rules():
        for step in rule.steps:
            match step:
                case Criterion():
                    yield step
                case AnyOf():
                    yield from (part for group in step.groups for part in group)
                case Dispatch():
                    yield from (
                        part for case, _ in step.cases for part in case if isinstance(part, Criterion)
                    )
                case _:
                    pass


def named(rules: RuleSet) -> Named:
    """All values that are worth trying."""
    ports: list[tuple[int, int]] = []
    uids: dict[int, None] = {}
    gids: dict[int, None] = {}
    networks: dict[tuple[int, int, Family], None] = {}
    sources: dict[tuple[int, int, Family], None] = {}
    in_ifs: dict[str, None] = {}
    out_ifs: dict[str, None] = {}
    numbers = {Field.UID: uids, Field.GID: gids}
    for criterion in criteria(rules):
        if criterion.field is Field.DPORT:
            ports += criterion.ranges
        elif criterion.field in numbers:
            for low, high in criterion.ranges:
                numbers[criterion.field] |= dict.fromkeys(sorted({low, high}))
        elif criterion.field in (Field.DST, Field.SRC) and criterion.family and criterion.mask is None:
            where = networks if criterion.field is Field.DST else sources
            where |= dict.fromkeys((low, high, criterion.family) for low, high in criterion.ranges)
        elif criterion.field in (Field.IN_IF, Field.OUT_IF):
            where_if = in_ifs if criterion.field is Field.IN_IF else out_ifs
            where_if |= dict.fromkeys(name.replace("*", "0") for name in criterion.names)
    everything = (
        port_ranges(ports),
        list(networks),
        list(uids),
        list(gids),
        list(in_ifs),
        list(out_ifs),
        list(sources),
    )
    untried = sum(max(0, len(values) - MOST) for values in everything)
    shown, nets, users, groups, ins, outs, froms = (tuple(values[:MOST]) for values in everything)
    return Named(shown, nets, users, groups, ins, outs, froms, untried)  # type: ignore[arg-type]


def port_ranges(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The ports of some ranges, cut where one begins or ends: within a piece all ports are alike."""
    known = sorted(
        {(max(low, 1), min(high, _LAST_PORT)) for low, high in ranges if high > 0 and low <= _LAST_PORT}
    )
    cuts = sorted({cut for low, high in known for cut in (low, high + 1)})
    pieces = ((low, following - 1) for low, following in itertools.pairwise(cuts))
    return [piece for piece in pieces if any(low <= piece[0] <= high for low, high in known)]


def proxy_of(rules: RuleSet, pod: PodNet | None = None) -> PodNet:
    """The pod with the proxy's user as the rules have it.

    It is whoever the rules treat apart on output: in sidecar mode an owner, in ambient mode a mark.
    """
    pod = pod or PodNet()
    if pod.envoy_known:
        return pod
    owners: dict[Field, list[int]] = {Field.UID: [], Field.GID: []}
    marks: list[int] = []
    for criterion in criteria(rules):
        single = len(criterion.ranges) == 1 and criterion.ranges[0][0] == criterion.ranges[0][1]
        if criterion.field in owners and single:
            owners[criterion.field].append(criterion.ranges[0][0])
        elif criterion.field is Field.MARK and single and criterion.negate:
            marks.append(criterion.ranges[0][0])
    uids, gids = owners[Field.UID], owners[Field.GID]
    if uids or gids:
        uid = max(dict.fromkeys(uids), key=uids.count, default=pod.envoy_uid)
        gid = max(dict.fromkeys(gids), key=gids.count, default=pod.envoy_gid)
        if _mode(rules) == "TPROXY":
            uid = 0  # a transparent proxy runs as root; its gid is what the rules know it by
        return replace(pod, envoy_uid=uid, envoy_gid=gid)
    return replace(pod, envoy_mark=marks[0]) if marks else pod


def summarise(rules: RuleSet, family: Family = Family.V4, pod: PodNet | None = None) -> Summary:
    """Try everything that rules name, and one of everything else."""
    names = named(rules)
    pod = pod or proxy_of(rules)
    own = pod.address(family) or POD[family]
    pod = replace(pod or PodNet(), addresses=tuple(dict.fromkeys((pod.addresses if pod else ()) + (own,))))
    probe = _Probe(rules, family, pod, own, names)
    return Summary(
        family=family,
        inbound=probe.inbound(),
        outbound=probe.outbound(),
        envoy=probe.out(uid=pod.envoy_uid, gid=pod.envoy_gid, mark=pod.envoy_mark),
        envoy_to_own_pod=probe.out(uid=pod.envoy_uid, gid=pod.envoy_gid, mark=pod.envoy_mark, dst=own),
        own_pod=probe.out(dst=own),
        localhost=probe.out(dst="127.0.0.1" if family is Family.V4 else "::1"),
        udp=probe.out(protocol="udp"),
        dns=(probe.out(protocol="udp", dport=53), probe.out(dport=53)),
        dns_servers=probe.dns_servers(),
        mode=_mode(rules),
        backends=rules.backends,
        origin=rules.origin,
        made_by=rules.facts.get("log", rules.facts.get("made by", "")),
        envoy_owner=_owner_words(pod),
        untried=names.untried,
    )


def _owner_words(pod: PodNet) -> str:
    if pod.envoy_mark:
        return f"mark {pod.envoy_mark:#x}"
    same = pod.envoy_uid == pod.envoy_gid
    return f"uid {pod.envoy_uid}" if same else f"uid {pod.envoy_uid}, gid {pod.envoy_gid}"


def _mode(rules: RuleSet) -> str:
    verbs = {rule.action.verb for *_, rule in rules.rules() if hasattr(rule.action, "verb")}  # type: ignore[union-attr]
    if Verb.TPROXY in verbs:
        return "TPROXY"
    return "REDIRECT" if Verb.REDIRECT in verbs else "none"


def stand_ins(rules: RuleSet, family: Family) -> tuple[str, int, int]:
    """An address, a port and an owner that no rule names: they stand for all others."""
    found = list(criteria(rules))
    networks = [r for c in found if c.field is Field.DST and c.family is family for r in c.ranges]
    ports = [r for c in found if c.field in (Field.DPORT, Field.SPORT) for r in c.ranges]
    owners = [r for c in found if c.field in (Field.UID, Field.GID) for r in c.ranges]
    likely = [int(ipaddress.ip_address(address)) for address in ELSEWHERE[family]]
    address = _unnamed(networks, likely, (1 << (32 if family is Family.V4 else 128)) - 1)
    port = _unnamed(ports, UNNAMED_PORTS, 0xFFFF)
    return str(_inside(address, family)), port, _unnamed(owners, UNNAMED_OWNERS, 0xFFFFFFFF)


def _unnamed(ranges: list[tuple[int, int]], likely: Sequence[int], most: int) -> int:
    """The first of the likely numbers, else of those beside a range, that lies in no range but that of all."""
    narrow = [(low, high) for low, high in ranges if low > 1 or high < most]
    beside = (number for low, high in narrow for number in (high + 1, low - 1) if 0 < number < most)
    free = (n for n in (*likely, *beside) if not any(low <= n <= high for low, high in narrow))
    return next(free, likely[0])


class _Probe:
    """Packets of one family for one pod."""

    def __init__(self, rules: RuleSet, family: Family, pod: PodNet, own: str, names: Named) -> None:
        self.rules, self.family, self.pod, self.own, self.names = rules, family, pod, own, names
        self.elsewhere, self.port, self.owner = stand_ins(rules, family)

    def out(self, **changes: object) -> Outcome:
        """A new connection of the application (or whom ``changes`` names) to somewhere else."""
        packet = Packet(
            hook=Hook.OUTPUT,
            family=self.family,
            dst=self.elsewhere,
            sport=50505,
            dport=self.port,
            uid=self.owner,
            gid=self.owner,
        )
        return connection_outcome(self.rules, replace(packet, **changes), self.pod)  # type: ignore[arg-type]

    def come(self, **changes: object) -> Outcome:
        """A new connection from another pod."""
        packet = Packet(
            hook=Hook.PREROUTING,
            family=self.family,
            src=self.elsewhere,
            dst=self.own,
            sport=50505,
            dport=self.port,
            in_if=self.pod.interface,
        )
        return connection_outcome(self.rules, replace(packet, **changes), self.pod)  # type: ignore[arg-type]

    def inbound(self) -> Direction:
        """By port, interface and source."""
        tries: list[tuple[str, str, Outcome]] = []
        tries += [("port", _ports(low, high), self.come(dport=low)) for low, high in self.names.ports]
        tries += [("interface", name, self.come(in_if=name)) for name in self.names.in_ifs if name != "lo"]
        tries += [
            ("source", _network(low, high, family), self.come(src=str(_inside(low, family))))
            for low, high, family in self.names.sources
            if family is self.family and not _loopback(low, family)
        ]
        return _direction(self.come(), tries)

    def dns_servers(self) -> Direction:
        """Queries over UDP, by server; only single addresses are servers."""
        tries = [
            (
                "server",
                str(_inside(low, family)),
                self.out(protocol="udp", dport=53, dst=str(_inside(low, family))),
            )
            for low, high, family in self.names.networks
            if family is self.family and low == high and not _loopback(low, family)
        ]
        return _direction(self.out(protocol="udp", dport=53), tries)

    def outbound(self) -> Direction:
        """By port, network, interface and owner."""
        tries: list[tuple[str, str, Outcome]] = []
        tries += [
            ("port", _ports(low, high), self.out(dport=low))
            for low, high in self.names.ports
            if (low, high) != (53, 53)
        ]
        tries += [
            ("network", _network(low, high, family), self.out(dst=str(_inside(low, family)), out_if=None))
            for low, high, family in self.names.networks
            if family is self.family and not _loopback(low, family) and not _everything(low, high, family)
        ]
        tries += [("interface", name, self.out(out_if=name)) for name in self.names.out_ifs if name != "lo"]
        proxies = (self.pod.envoy_uid, self.pod.envoy_gid)
        tries += [("uid", str(uid), self.out(uid=uid)) for uid in self.names.uids if uid not in proxies]
        tries += [("gid", str(gid), self.out(gid=gid)) for gid in self.names.gids if gid not in proxies]
        return _direction(self.out(), tries)


def _direction(default: Outcome, tries: Iterable[tuple[str, str, Outcome]]) -> Direction:
    found: dict[str, dict[str, list[str]]] = {}
    for kind, value, what in tries:
        if what != default:
            found.setdefault(str(what), {}).setdefault(kind, []).append(value)
    return Direction(
        default,
        {what: {kind: tuple(values) for kind, values in kinds.items()} for what, kinds in found.items()},
    )


def _ports(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}-{high}"


def ports_of(text: str) -> range:
    """The ports of an exception: ``5432``, ``6000-6010``."""
    low, _, high = text.partition("-")
    return range(int(low), int(high or low) + 1)


def _everything(low: int, high: int, family: Family) -> bool:
    return (low, high) == (0, (1 << (32 if family is Family.V4 else 128)) - 1)


def _loopback(low: int, family: Family) -> bool:
    address = _inside(low, family)
    return address.is_loopback or str(address) in ("::6",)


def _inside(low: int, family: Family) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.IPv4Address(low) if family is Family.V4 else ipaddress.IPv6Address(low)


def _network(low: int, high: int, family: Family) -> str:
    from meshctl.netfilter.walk.explain import addresses

    return addresses(low, high, family is Family.V6)


def known_port(port: int | None) -> str:
    """``15006 (Envoy inbound)``."""
    if port is None:
        return "its own port"
    return f"{port} ({KNOWN_PORTS[port]})" if port in KNOWN_PORTS else str(port)
