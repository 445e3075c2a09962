"""What only several proxies, or a proxy's counters, show: replicas that differ, clusters that nobody uses, orphans."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from meshctl.check.check import Check, Hits, MeshCheck, Unsure
from meshctl.check.finding import Hit, Severity
from meshctl.check.moment import parse_time, uptime_of
from meshctl.check.subject import Need, Subject, World
from meshctl.envoy.cluster_names import parts_of
from meshctl.envoy.documents import DocumentKind
from meshctl.envoy.sections import SectionKind
from meshctl.envoy.snapshot import Snapshot, State
from meshctl.plain import Json, list_at, object_at, objects_at, some
from meshctl.values import Struct

_COMPARED = {
    SectionKind.LISTENERS: "listener",
    SectionKind.CLUSTERS: "cluster",
    SectionKind.ROUTES: "route table",
}
_MANY, _SHARE, _LONG = 200, 10, 600.0  # hosts, percent of them, seconds


class _Replica(Struct, frozen=True):
    """One replica: its workload, its addresses, its resources by kind and name with a digest of what they say; labels:
    those by which istiod may have meant it otherwise than another; updated: by kind, when the last update came."""

    workload: str
    ips: tuple[str, ...]
    digests: dict[str, dict[str, bytes]]
    labels: tuple[tuple[str, str], ...]
    updated: dict[str, str]


def _metadata(snapshot: Snapshot) -> Json:
    return object_at(object_at(snapshot.bootstrap, "node"), "metadata")


def _replica(subject: Subject) -> _Replica | None:
    snapshot = subject.snapshot
    assert snapshot is not None
    owner = str(_metadata(snapshot).get("OWNER") or "")
    if not owner:
        return None
    labels = object_at(_metadata(snapshot), "LABELS")
    one_of = subject.world.one_of  # replicas have the same names, and should say the same
    digests = {
        word: {
            one_of(resource.name): one_of(_digest(bytes(resource.raw), subject.pod.ips))
            for resource in snapshot.resources(kind, State.ACTIVE)
            if resource.raw is not None
        }
        for kind, word in _COMPARED.items()
    }
    updated = {
        word: max((resource.last_updated for resource in snapshot.resources(kind, State.ACTIVE)), default="")
        for kind, word in _COMPARED.items()
    }
    workload = owner.removeprefix("kubernetes://apis/")
    return _Replica(workload, subject.pod.ips, digests, _template(labels), updated)


# Labels that each pod of a StatefulSet has for itself.
_OWN = frozenset(["statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index"])


def _template(labels: Json) -> tuple[tuple[str, str], ...]:
    """The labels that replicas of one template have in common."""
    return tuple(sorted((str(key), str(value)) for key, value in labels.items() if key not in _OWN))


def _digest(raw: bytes, ips: tuple[str, ...]) -> bytes:
    """What a resource says, whatever the order of its maps; the pod's own addresses are alike in all replicas.

    Envoy prints a field a line, so its lines in any order are the same whatever the order was.
    """
    for ip in ips:
        raw = raw.replace(f'"{ip}"'.encode(), b'"own address"')
    lines = raw.replace(b",\n", b"\n").split(b"\n")
    if len(lines) > 1:
        return hashlib.blake2b(b"\n".join(sorted(lines)), digest_size=12).digest()
    text = msgspec.json.encode(_sorted(msgspec.json.decode(raw)), order="sorted")
    return hashlib.blake2b(text, digest_size=12).digest()


_SETS = frozenset(
    ["domains", "headers", "query_parameters", "match_typed_subject_alt_names", "match_subject_alt_names"]
)


def _sorted(value: object, key: str = "") -> object:
    """A value whose lists without an order are in one."""
    if isinstance(value, dict):
        return {name: _sorted(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        items = [_sorted(inner) for inner in value]
        return (
            sorted(items, key=lambda one: msgspec.json.encode(one, order="sorted")) if key in _SETS else items
        )
    return value


def replicas(facts: Sequence[tuple[str, _Replica]], _: World) -> Hits:
    """Replicas of one workload whose configurations differ."""
    together: dict[tuple[str, tuple[tuple[str, str], ...]], list[tuple[str, _Replica]]] = {}
    for name, one in facts:
        together.setdefault((one.workload, one.labels), []).append((name, one))
    for (workload, _labels), members in together.items():
        if len(members) > 1:
            yield from _differing(workload, members)


def _differing(workload: str, members: list[tuple[str, _Replica]]) -> Iterator[Hit]:
    every = {ip for _, one in members for ip in one.ips}
    keys = {(kind, name) for _, one in members for kind, names in one.digests.items() for name in names}
    lines, apart, kinds = [], dict[str, None](), dict[str, None]()
    for kind, name in sorted(keys):
        if name.rpartition("_")[0] in every:
            continue  # a headless service's listener for another replica's address
        said = [(pod, one.digests[kind].get(name, b"")) for pod, one in members]
        digests = Counter(digest for _, digest in said)
        if len(digests) < 2:
            continue
        most = digests.most_common(1)[0][0]
        odd = [pod for pod, digest in said if digest != most]
        apart.update(dict.fromkeys(odd))
        lacking = [pod for pod, digest in said if not digest]
        what = f"is missing in {', '.join(lacking[:3])}" if lacking else f"is another in {', '.join(odd[:3])}"
        lines.append(f"{kind} {name} {what}")
        kinds[kind] = None
    if lines:
        behind = [line for kind in kinds if (line := _behind(kind, members))]
        summary = f"its {len(members)} replicas have different configurations: {len(lines)} resources differ"
        yield Hit(f"workload {workload}", summary, (*some(lines, 6), *behind), pods=tuple(apart))


_AT_ONCE = 30.0  # seconds that a push may take to reach every replica


def _behind(kind: str, members: list[tuple[str, _Replica]]) -> str:
    """Which replica's last update of a kind is the oldest, where another has had one since; "" where none has."""
    known = [(time, pod) for pod, one in members if (time := parse_time(one.updated[kind])) is not None]
    if len(known) < 2:
        return ""
    (first, oldest), (last, newest) = min(known), max(known)
    if (last - first).total_seconds() < _AT_ONCE:
        return ""
    return (
        f"{oldest} is behind: its last update of a {kind} came at {first:%Y-%m-%d %H:%M:%S}, "
        f"that of {newest} at {last:%Y-%m-%d %H:%M:%S}"
    )


def unused_clusters(subject: Subject) -> Hits:
    """A sidecar that knows many hosts and has used few."""
    snapshot, proxy = subject.snapshot, subject.proxy
    assert snapshot is not None and proxy is not None
    if subject.pod.is_gateway:
        return
    known = {
        parts.host
        for name in proxy.cluster_names
        if (parts := parts_of(name)) is not None and parts.direction == "outbound"
    }
    if len(known) < _MANY:
        return
    uptime = uptime_of(snapshot)
    if uptime is None or uptime < _LONG:
        yield Unsure("", f"how long the proxy ran (/server_info), to call its {len(known)} hosts unused")
        return
    used = sorted(_used(snapshot))
    if len(used) * 100 > len(known) * _SHARE:
        return
    wanted = ["istio-system/*", *sorted({_egress(host) for host in used})]
    namespace = subject.pod.namespace
    yaml = (
        f"apiVersion: networking.istio.io/v1 | kind: Sidecar | metadata: {{name: default, namespace: {namespace}}} | "
        f"spec: {{egress: [{{hosts: [{', '.join(repr(host) for host in wanted[:20])}]}}]}}"
    )
    said = f"it knows {len(known)} hosts and has used {len(used)} in {uptime / 3600:.1f} h: a Sidecar resource would spare the rest"
    yield Hit("outbound clusters", said, (f"used: {', '.join(used[:8]) or 'none'}", yaml))


def _used(snapshot: Snapshot) -> set[str]:
    """The hosts of clusters to which a connection was made."""
    found = set()
    for status in objects_at(snapshot.json(DocumentKind.CLUSTERS), "cluster_statuses"):
        parts = parts_of(str(status.get("name") or ""))
        if parts is None or parts.direction != "outbound":
            continue
        for host in objects_at(status, "host_statuses"):
            counters = {str(one.get("name")): int(one.get("value") or 0) for one in objects_at(host, "stats")}
            if counters.get("cx_total") or counters.get("rq_total"):
                found.add(parts.host)
    return found


def _egress(host: str) -> str:
    """A host as a Sidecar's egress names it: ``namespace/host``."""
    parts = host.split(".")
    return f"{parts[1]}/{host}" if len(parts) > 2 and parts[2] == "svc" else f"*/{host}"


_CONFIG = re.compile(rb'"/apis/[a-z.]+/v[0-9a-z]+/namespaces/([a-z0-9.-]+)/([a-z-]+)/([a-z0-9.-]+)"')
_POLICY = re.compile(rb"ns\[([a-z0-9.-]+)\]-policy\[([a-z0-9.-]+)\]-rule")


def _seen(subject: Subject) -> frozenset[tuple[str, str, str]]:
    """The Istio resources (kind, namespace, name) that a proxy's configuration names."""
    snapshot = subject.snapshot
    if snapshot is None:
        return frozenset()
    found = set()
    for section in snapshot.sections.values():
        raw = bytes(section.raw)
        found |= {(kind.decode(), ns.decode(), name.decode()) for ns, kind, name in _CONFIG.findall(raw)}
        found |= {("authorization-policy", ns.decode(), name.decode()) for ns, name in _POLICY.findall(raw)}
    return frozenset(found)


_KINDS = {
    "virtualservices": ("virtual-service", "VirtualService"),
    "destinationrules": ("destination-rule", "DestinationRule"),
    "authorizationpolicies": ("authorization-policy", "AuthorizationPolicy"),
}


def orphans(facts: Sequence[tuple[str, frozenset[tuple[str, str, str]]]], world: World) -> Hits:
    """Resources of Istio that no proxy shows."""
    if not world.complete:
        yield Unsure("", "every pod of the cluster: some resource may be in force in one that was not given")
        return
    seen = {one for _, names in facts for one in names}
    for plural, (kind, word) in _KINDS.items():
        for item in world.objects(plural) or ():
            metadata = object_at(item, "metadata")
            namespace, name = str(metadata.get("namespace") or ""), str(metadata.get("name") or "")
            if (kind, namespace, name) not in seen and _should_show(plural, object_at(item, "spec")):
                said = "no proxy of the mesh shows it: its hosts, selector, gateways or exportTo fit nothing"
                yield Hit(f"{word} {namespace}/{name}", said, ())


def _should_show(plural: str, spec: Json) -> bool:
    """Whether a resource in force would be named in some proxy's configuration."""
    if plural == "virtualservices":
        return bool(list_at(spec, "hosts")) and bool(list_at(spec, "http"))
    if plural == "authorizationpolicies":
        return str(spec.get("action") or "ALLOW") in ("ALLOW", "DENY")
    return True


CHECKS = (
    MeshCheck(
        "replicas-differ",
        Severity.WARNING,
        "Replicas of a workload with different configurations",
        "The same request is answered in different ways, depending on the replica. One of them has missed a push, refuses an "
        "update, or belongs to another revision.",
        "`istioctl proxy-status` shows which is stale; `meshctl diff POD POD` shows what differs.",
        _replica,
        replicas,
        (Need.LISTENERS, Need.CLUSTERS, Need.ROUTES),
        "Listeners, clusters and route tables are compared by what they say; versions, the order of fields, the pod's own addresses "
        "and listeners for other replicas' addresses do not count.",
    ),
    Check(
        "clusters-unused",
        Severity.INFO,
        "A sidecar that knows many hosts and uses few of them",
        "Every change of any of them is pushed to it, and each costs memory in the proxy and time in istiod.",
        "Apply a Sidecar resource with the hosts that are used (in the evidence), and add those that are used rarely.",
        unused_clusters,
        (Need.CLUSTERS, Need.HEALTH),
        f"At least {_MANY} hosts, at most {_SHARE} % of them with a connection since the proxy was started, ten minutes ago or more.",
    ),
    MeshCheck(
        "resource-orphan",
        Severity.INFO,
        "An Istio resource that no proxy shows",
        "It has no effect: a host or selector that fits nothing, a gateway that does not exist, an exportTo that hides it.",
        "Correct or remove it.",
        _seen,
        orphans,
        (),
        "Only where every pod of the cluster was given, and for VirtualServices with http routes, DestinationRules and "
        "AuthorizationPolicies, which Envoy's configuration names.",
    ),
)
