"""Proxies against their control plane: who is behind, who answers nothing, who is of another version.

Theory of operation. istiod knows of each proxy that is connected to it what it sent last and what was acknowledged
(``/debug/syncz``), and its own version (``/version``); a snapshot holds both pages, and live they are asked. What was sent
a moment ago may still be on its way. Without istiod's word two replicas tell: when a resource of theirs differs and one
has taken an update that the other, which ran at that time, has not, that other is behind.
Istio supports proxies that are up to one minor release older than their control plane, and none that are newer
(istio.io/latest/docs/releases/supported-releases, "Control Plane/Data Plane Skew").
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence

import msgspec

from meshctl.check.check import Hits, MeshCheck, Unsure
from meshctl.check.finding import Hit, Severity
from meshctl.check.moment import parse_time
from meshctl.check.subject import Subject, World
from meshctl.plain import object_at, some
from meshctl.values import Struct
from meshctl.views.sync.syncz import ProxyState, State, human, read
from meshctl.views.sync.versions import control_plane

ISTIODS, _SYNCZ, _VERSION = "istiods", "/debug/syncz", "/version"
_ON_ITS_WAY = 30.0  # seconds in which an answer may not have been acknowledged yet


class Member(Struct, frozen=True):
    """A proxy of the mesh: the version that it says, and whether it takes its configuration from a control plane."""

    version: str
    connects: bool


class _Plane(Struct, frozen=True):
    """What the istiods say: of each proxy its state, and of each istiod its version."""

    proxies: dict[str, ProxyState]
    versions: dict[str, str]
    whole: bool  # whether every istiod told of its proxies


def _member(subject: Subject) -> Member | None:
    snapshot = subject.snapshot
    if snapshot is None:
        return None
    metadata = object_at(object_at(snapshot.bootstrap, "node"), "metadata")
    connects = bool(object_at(object_at(snapshot.bootstrap, "dynamic_resources"), "ads_config"))
    return Member(str(metadata.get("ISTIO_VERSION") or ""), connects)


def _plane(world: World) -> _Plane | None:
    """The istiods' pages, read once for all checks; None where none were given."""
    return world.once("control plane", lambda: _read(world))


def _read(world: World) -> _Plane | None:
    items = world.objects(ISTIODS)
    if not items:
        return None
    proxies: dict[str, ProxyState] = {}
    versions: dict[str, str] = {}
    whole = True
    for item in items:
        name, pages = str(item.get("istiod") or ""), object_at(item, "pages")
        if _SYNCZ in pages:
            proxies |= {one.id: one for one in read(msgspec.json.encode(pages[_SYNCZ]), name)}
        else:
            whole = False
        if isinstance(pages.get(_VERSION), str):
            versions[name] = control_plane(name, str(item.get("revision") or ""), pages[_VERSION]).version
    return _Plane(proxies, versions, whole)


_NO_PLANE = Unsure("", "what istiod says of its proxies (/debug/syncz, /version): a snapshot has it")


def _since(proxy: ProxyState, now: float | None) -> float | None:
    """For how many seconds something has been waiting for an acknowledgement; None where no time is told."""
    times = [parse_time(one.at) for one in proxy.types if one.state is State.STALE and one.at]
    known = [time for time in times if time is not None and time.tzinfo is not None]
    if not known or now is None:
        return None
    return max(0.0, (datetime.datetime.fromtimestamp(now, datetime.UTC) - min(known)).total_seconds())


def _behind(
    facts: Sequence[tuple[str, Member]], world: World
) -> Iterator[tuple[str, ProxyState, str] | Unsure]:
    """The given proxies that have not acknowledged what was sent, and for how long."""
    plane = _plane(world)
    if plane is None:
        if facts:
            yield _NO_PLANE
        return
    for name, _ in facts:
        proxy = plane.proxies.get(name)
        if proxy is None or not any(one.state is State.STALE for one in proxy.types):
            continue
        waited = _since(proxy, world.now)
        if waited is None or waited >= _ON_ITS_WAY:
            yield name, proxy, f" for {human(waited)}" if waited is not None else ""


def _is_frozen(proxy: ProxyState) -> bool:
    return len(proxy.types) > 1 and all(one.state is State.STALE for one in proxy.types)


def stale(facts: Sequence[tuple[str, Member]], world: World) -> Hits:
    """Proxies that have not acknowledged the last answer of some type."""
    for found in _behind(facts, world):
        if isinstance(found, Unsure):
            yield found
            continue
        name, proxy, how_long = found
        if _is_frozen(proxy):
            continue
        types = [one for one in proxy.types if one.state is State.STALE]
        said = f"it has not acknowledged {', '.join(one.name for one in types)}{how_long}: it works with what it had before"
        yield Hit(f"proxy {name}", said, _evidence(proxy, [one.name for one in types]), pods=(name,))


def frozen(facts: Sequence[tuple[str, Member]], world: World) -> Hits:
    """Proxies that acknowledge nothing."""
    for found in _behind(facts, world):
        if isinstance(found, tuple) and _is_frozen(found[1]):
            name, proxy, how_long = found
            said = f"it is connected to istiod and has acknowledged nothing{how_long}: it works with what it had before"
            yield Hit(f"proxy {name}", said, _evidence(proxy, []), pods=(name,))
        elif isinstance(found, Unsure):
            yield found


def _evidence(proxy: ProxyState, names: Sequence[str]) -> tuple[str, ...]:
    lines = [
        f"/debug/syncz of {proxy.istiod}: {one.name} sent {one.at or one.sent}"
        for one in proxy.types
        if one.state is State.STALE and (not names or one.name in names)
    ]
    return tuple(lines[:4])


def unconnected(facts: Sequence[tuple[str, Member]], world: World) -> Hits:
    """Proxies that no istiod has connected."""
    plane = _plane(world)
    if plane is None or not plane.whole:
        if facts:
            yield _NO_PLANE
        return
    for name, member in facts:
        if member.connects and name not in plane.proxies:
            asked = ", ".join(str(item.get("istiod")) for item in world.objects(ISTIODS) or ())
            said = "no istiod has it connected: it works with what it was sent before, and takes no change"
            yield Hit(f"proxy {name}", said, (f"/debug/syncz of {asked}",), pods=(name,))


def apart(facts: Sequence[tuple[str, Member]], world: World) -> Hits:
    """Proxies whose version does not fit that of their control plane."""
    plane = _plane(world)
    if plane is None or not plane.versions:
        if facts:
            yield _NO_PLANE
        return
    together: dict[tuple[str, str], list[str]] = {}
    for name, member in facts:
        proxy = plane.proxies.get(name)
        mine = _minor(member.version)
        owners = (
            [proxy.istiod] if proxy is not None and proxy.istiod in plane.versions else list(plane.versions)
        )
        others = {plane.versions[owner] for owner in owners}
        steps = {other: _steps(mine, _minor(other)) for other in others}
        if mine is None or any(step is None or step in (0, 1) for step in steps.values()):
            continue
        together.setdefault((member.version, ", ".join(sorted(others))), []).append(name)
    for (version, planes), names in together.items():
        yield _skew(version, planes, names)


def _skew(version: str, planes: str, names: list[str]) -> Hit:
    newer = any(
        (step := _steps(_minor(version), _minor(one))) is not None and step < 0 for one in planes.split(", ")
    )
    what = (
        "newer than its control plane"
        if newer
        else "more than one minor release older than its control plane"
    )
    count = f"{len(names)} prox{'y' if len(names) == 1 else 'ies'}"
    said = f"{count} of version {version} with istiod {planes}: a proxy {what} is not supported"
    return Hit(f"version {version}", said, some(names, 4), pods=tuple(names))


_NUMBERS = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})(?:[.\-]|$)")


def _minor(version: str) -> tuple[int, int] | None:
    """Major and minor of a release; None for a build without a number of its own."""
    found = _NUMBERS.match(version)
    return (int(found[1]), int(found[2])) if found else None


def _steps(proxy: tuple[int, int] | None, plane: tuple[int, int] | None) -> int | None:
    """How many minor releases a proxy is behind its control plane; None where that is not known."""
    if proxy is None or plane is None or proxy[0] != plane[0]:
        return None
    return plane[1] - proxy[1]


CHECKS = (
    MeshCheck(
        "proxy-stale",
        Severity.WARNING,
        "A proxy that has not acknowledged what istiod sent",
        "It works with the form before, without a word: changes seem to have no effect.",
        "`meshctl ps -o wide` shows what waits; the log of istio-proxy says why. Restart the pod if it stays so.",
        _member,
        stale,
        (),
        f"istiod's /debug/syncz: what it sent {_ON_ITS_WAY:g} s ago or earlier is not acknowledged. Times are those of the snapshot.",
    ),
    MeshCheck(
        "proxy-frozen",
        Severity.ERROR,
        "A proxy that acknowledges nothing",
        "Envoy hangs, or does not get what istiod sends: no change reaches it, endpoints of pods that are gone included.",
        "Look at the CPU and memory of istio-proxy and at its connection to istiod; restart the pod.",
        _member,
        frozen,
        (),
        "As for proxy-stale, for every type that the proxy subscribes.",
    ),
    MeshCheck(
        "proxy-unconnected",
        Severity.WARNING,
        "A proxy that no istiod has connected",
        "It has lost its control plane, or never had it.",
        "Check that the pod reaches istiod (port 15012), its token and certificate, and its revision's istiod.",
        _member,
        unconnected,
        (),
        "Its bootstrap names a control plane, and /debug/syncz of every istiod of the mesh was given and does not have it.",
    ),
    MeshCheck(
        "version-skew",
        Severity.WARNING,
        "Proxies whose version does not fit that of their control plane",
        "What istiod sends may use fields that an older Envoy refuses; a newer proxy may miss what it expects.",
        "Restart the workloads, so that they get the proxy of their revision; upgrade the control plane first, one minor release at a time.",
        _member,
        apart,
        (),
        "ISTIO_VERSION of the proxy's bootstrap against /version of the istiod that has it connected, else of all of them. One minor "
        "release behind, and other patches, are as intended; builds without a release's number say nothing.",
    ),
)
