"""Two snapshots compared: the resources in force, by kind and name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from meshctl.diff.values import Change, Kind, compare, ordered
from meshctl.envoy.notes import Notes
from meshctl.envoy.schema.convert import Converter, Names
from meshctl.envoy.snapshot import Resource, SectionKind, Snapshot, State
from meshctl.plain import Json, object_at, objects_at
from meshctl.proxy.upstream.clusters import istio_config
from meshctl.values import Struct, field

KINDS: dict[SectionKind, str] = {
    SectionKind.LISTENERS: "listener",
    SectionKind.ROUTES: "route table",
    SectionKind.CLUSTERS: "cluster",
    SectionKind.ENDPOINTS: "endpoints",
    SectionKind.ECDS: "extension",
    SectionKind.SECRETS: "secret",
    SectionKind.SCOPED_ROUTES: "scoped routes",
}
_OWN = "(own address)"
_OF_THE_AGENT = frozenset(
    ["default", "ROOTCA"]
)  # secrets that the pod's agent makes, so that istiod's answer has none


class Different(Struct, frozen=True):
    """One resource that differs. origin: the Istio resource that it came from; note: its state where it is not in force."""

    word: str
    name: str
    kind: Kind
    changes: tuple[Change, ...] = ()
    origin: str = ""
    note: str = ""


class Side(Struct, frozen=True):
    """One side: what it is called, its snapshot, the pod's own addresses."""

    name: str
    snapshot: Snapshot
    ips: tuple[str, ...] = ()
    dynamic_only: bool = False  # istiod's answer has no static resources


class Difference(Struct, frozen=True):
    """What differs, what could not be compared and why, how many resources are alike."""

    before: str
    after: str
    resources: tuple[Different, ...] = ()
    open: tuple[str, ...] = ()
    same: int = 0
    outcomes: tuple[Any, ...] = field(default=())

    @property
    def differs(self) -> bool:
        return bool(self.resources or self.outcomes)


def difference(before: Side, after: Side, *, everything: bool = False) -> Difference:
    """What differs from one side to the other."""
    notes = Notes()
    pairing = _Pairing(before, after, Converter(Names.PROTO, notes), everything)
    found = [different for kind in KINDS for different in pairing.of_kind(kind)]
    if everything:
        found += pairing.bootstrap()
    return Difference(before.name, after.name, tuple(found), tuple(pairing.open), pairing.same)


class _Pairing:
    """One comparison in the making."""

    def __init__(self, before: Side, after: Side, convert: Converter, everything: bool) -> None:
        self._sides = (before, after)
        self._convert = convert
        self._everything = everything
        self._dynamic = before.dynamic_only or after.dynamic_only
        self.open: list[str] = []
        self.same = 0

    def of_kind(self, kind: SectionKind) -> Iterator[Different]:
        before, after = self._sides
        gaps = [side.snapshot.gap(kind) for side in self._sides]
        left, right = (self._in_force(side.snapshot, kind) for side in self._sides)
        for side, gap, mine, theirs in zip(self._sides, gaps, (left, right), (right, left), strict=True):
            if gap is not None and theirs.keys() - mine.keys():
                self.open.append(f"{side.name}: {gap.sentence}")
        for name in dict.fromkeys((*left, *right)):
            if name not in right:
                if gaps[1] is None:
                    yield self._single(kind, left[name], Kind.REMOVED, after)
            elif name not in left:
                if gaps[0] is None:
                    yield self._single(kind, right[name], Kind.ADDED, before)
            else:
                yield from self._both(kind, left[name], right[name])

    def _in_force(self, snapshot: Snapshot, kind: SectionKind) -> dict[str, Resource]:
        """Resources by name. Route tables inside listeners stand there, too, and are compared there; hosts of clusters that
        connect to the original destination come and go with connections."""
        dynamic = self._dynamic or kind is SectionKind.ROUTES
        states = (State.ACTIVE,) if dynamic else (State.ACTIVE, State.STATIC)
        found = {r.name: r for r in snapshot.resources(kind, *states) if r.raw is not None and r.name}
        if kind is SectionKind.ENDPOINTS and not self._everything:
            clusters = snapshot.resources(SectionKind.CLUSTERS)
            passing = {r.name for r in clusters if r.raw is not None and b"ORIGINAL_DST" in bytes(r.raw)}
            return {name: r for name, r in found.items() if name not in passing}
        if kind is SectionKind.SECRETS and self._dynamic:
            return {name: r for name, r in found.items() if name not in _OF_THE_AGENT}
        return found

    def _single(self, kind: SectionKind, resource: Resource, what: Kind, other: Side) -> Different:
        states = {
            r.state
            for r in other.snapshot.resources(kind, State.WARMING, State.ERROR)
            if r.name == resource.name
        }
        note = (
            "there it is still warming"
            if State.WARMING in states
            else "there Envoy refused it"
            if states
            else ""
        )
        return Different(KINDS[kind], resource.name, what, (), istio_config(resource.value), note)

    def _both(self, kind: SectionKind, left: Resource, right: Resource) -> Iterator[Different]:
        assert left.raw is not None and right.raw is not None
        if bytes(left.raw) == bytes(right.raw) or left.value == right.value:
            self.same += 1
            return
        bodies = _without_equal_parts(left.value, right.value)
        before, after = (self._canonical(left, body, side) for side, body in enumerate(bodies))
        changes = tuple(compare(before, after)) if before != after else ()
        if not changes:
            self.same += 1
            return
        yield Different(
            KINDS[kind],
            left.name,
            Kind.CHANGED,
            changes,
            istio_config(right.value) or istio_config(left.value),
        )

    def _canonical(self, resource: Resource, body: Any, side: int) -> Any:
        """What a resource means."""
        if resource.section is SectionKind.SECRETS and not self._everything:
            return _without_own_certificate(body)
        if self._everything:
            return body
        found = ordered(self._convert.any(body) if "@type" in body else body)
        ips = frozenset(self._sides[side].ips)
        if resource.section is SectionKind.ENDPOINTS:
            own = ips if resource.name.startswith("inbound|") else frozenset[str]()
            return _by_host(_with_own(found, own) if own else found)
        return _with_own(found, ips) if ips else found

    def bootstrap(self) -> Iterator[Different]:
        """The bootstraps, which are each proxy's own."""
        left, right = (side.snapshot.bootstrap or {} for side in self._sides)
        changes = tuple(compare(left, right))
        if changes:
            yield Different("bootstrap", "", Kind.CHANGED, changes)


def _with_own(value: Any, ips: frozenset[str]) -> Any:
    """A value with the pod's own addresses made alike."""
    if isinstance(value, str):
        return _OWN if value in ips else value
    if isinstance(value, dict):
        return {key: _with_own(inner, ips) for key, inner in value.items()}
    return [_with_own(inner, ips) for inner in value] if isinstance(value, list) else value


_PARTS = ("virtual_hosts", "filter_chains", "endpoints")


def _without_equal_parts(before: Json, after: Json) -> tuple[Json, Json]:
    """Two bodies without the large parts that are literally equal: a table of a thousand hosts of which one changed."""
    for key in _PARTS:
        left, right = before.get(key), after.get(key)
        if not isinstance(left, list) or not isinstance(right, list) or len(left) != len(right):
            continue
        apart = [pair for pair in zip(left, right, strict=True) if pair[0] != pair[1]]
        if len(apart) < len(left):
            before = {**before, key: [one for one, _ in apart]}
            after = {**after, key: [one for _, one in apart]}
    return before, after


def _by_host(assignment: Json) -> Json:
    """A load assignment by its hosts, each with its place: a host that changed its priority is one field."""
    hosts: Json = {}
    for group in objects_at(assignment, "endpoints"):
        place = {
            "locality": "/".join(map(str, object_at(group, "locality").values())),
            "priority": group.get("priority") or 0,
            "locality_weight": group.get("load_balancing_weight") or 0,
        }
        for host in objects_at(group, "lb_endpoints"):
            endpoint = object_at(host, "endpoint")
            address = _address_text(object_at(endpoint, "address"))
            rest = {
                key: value
                for key, value in endpoint.items()
                if key not in ("address", "hostname", "health_check_config")
            }
            own = {key: value for key, value in host.items() if key != "endpoint"}
            named = endpoint.get("hostname")
            if (
                isinstance(named, str) and address not in named
            ):  # Envoy names a host without one by its address
                rest["hostname"] = named
            hosts[address] = {**place, **own, **rest}
    return {**{key: value for key, value in assignment.items() if key != "endpoints"}, "hosts": hosts}


def _address_text(address: Json) -> str:
    socket = object_at(address, "socket_address")
    if socket:
        host, port = str(socket.get("address") or ""), socket.get("port_value") or 0
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return encoded(address)


def _without_own_certificate(secret: Json) -> Json:
    """A secret without the chain of its holder: each pod has its own, and a new one every day. What is trusted counts."""
    if "tls_certificate" not in secret:
        return secret
    chain = object_at(object_at(secret, "tls_certificate"), "certificate_chain")
    return {
        **{k: v for k, v in secret.items() if k != "tls_certificate"},
        "tls_certificate": {"certificate_chain": bool(chain)},
    }


def grouped(found: Iterable[Different]) -> dict[str, list[tuple[Different, tuple[Change, ...]]]]:
    """Differences by the Istio resource they came from; "" for those that name none."""
    groups: dict[str, list[tuple[Different, tuple[Change, ...]]]] = {}
    for one in found:
        if not one.changes:
            groups.setdefault(one.origin, []).append((one, ()))
            continue
        by_origin: dict[str, list[Change]] = {}
        for change in one.changes:
            by_origin.setdefault(change.origin or one.origin, []).append(change)
        for origin, changes in by_origin.items():
            groups.setdefault(origin, []).append((one, tuple(changes)))
    return dict(sorted(groups.items(), key=lambda group: (not group[0], group[0])))


def encoded(value: Any, limit: int = 160) -> str:
    """A value as people see it."""
    text = value if isinstance(value, str) else msgspec.json.encode(value, order="sorted").decode()
    return text if len(text) <= limit else text[: limit - 3] + "..."
