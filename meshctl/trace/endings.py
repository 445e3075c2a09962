"""The distinct endings of a trace, each with its share: what a reader compares.

Ways that end alike are one ending: the same verdict, code and flags, at the same pod, in the same subset, after the same
injected delay, with the same request. What differs between endings is what each names.
"""

from __future__ import annotations

from collections.abc import Sequence

from meshctl.envoy.cluster_names import parts_of
from meshctl.match.request_view import PartlyKnown
from meshctl.proxy.model import Disposition, Request
from meshctl.trace.causes import cause
from meshctl.trace.ways import NOT_GIVEN, Hop, Way
from meshctl.values import Struct

# Headers that proxies set for each other on every request; they are no news.
_USUAL = ("x-forwarded-", "x-request-id", "x-envoy-", "x-b3-", "traceparent", "tracestate", "via")


class Ending(Struct, frozen=True):
    """One distinct ending. way: the likeliest that ends so; share: None where nothing tells how often."""

    way: Way
    share: float | None
    code: str
    place: str
    subset: str
    extras: tuple[str, ...]

    @property
    def disposition(self) -> Disposition:
        return self.way.answer.disposition

    @property
    def percent(self) -> str:
        return percent(self.share)

    @property
    def words(self) -> str:
        """What it is but for its verdict and code: place, subset, what else happens."""
        return ", ".join(
            part for part in (self.place, self.subset and f"subset {self.subset}", *self.extras) if part
        )


def percent(share: float | None) -> str:
    """A share for people: as many digits as it takes to tell it from none and from all."""
    if share is None:
        return "? %"
    if 0 < share < 0.0005:
        return "<0.1 %"
    return f"{100 * share:.3g} %"


def endings(ways: Sequence[Way], asked: Request | None = None) -> list[Ending]:
    """The distinct endings, the likeliest first."""
    found: dict[tuple[object, ...], Ending] = {}
    for way in sorted(ways, key=lambda way: -way.probability):
        share = way.probability if way.decided else None
        one = Ending(way, share, code(way), _place(way), subset(way), (*delays(way), *changes(way, asked)))
        key = (one.disposition, one.code, one.place, one.subset, one.extras, share is None)
        before = found.get(key)
        if before is not None and before.share is not None and share is not None:
            share += before.share
        found[key] = one if before is None else Ending(before.way, share, *key[1:5])
    return sorted(found.values(), key=lambda ending: -(ending.share or 0))


def decider(way: Way) -> Hop | None:
    """The proxy whose log tells most: the first where it was delivered, else the last."""
    hops = way.logged_hops or way.hops
    if not hops:
        return None
    return hops[0] if way.answer.disposition is Disposition.DELIVERED else hops[-1]


def code(way: Way) -> str:
    """The code that the client sees, and the flags of the log, as ``503 NC``; how a connection fails."""
    hop = decider(way)
    flags = hop.verdict.flags if hop is not None else None
    seen = way.answer.code
    if way.answer.failure is not None or seen is None:
        seen = None if hop is None or not hop.verdict.code else hop.verdict.code
    return " ".join(str(part) for part in (seen, flags) if part)


def subset(way: Way) -> str:
    """The subset that was chosen on the way, where the cluster's name tells one."""
    for hop in way.hops:
        parts = parts_of(hop.passage.cluster or "")
        if parts is not None and parts.subset:
            return parts.subset
    return ""


def delays(way: Way) -> list[str]:
    """The delays that are injected on the way."""
    notes = [note for hop in way.hops for note in hop.passage.notes if note.startswith("delayed by ")]
    return list(dict.fromkeys(note.removesuffix(" (fault injection)") for note in notes))


def _place(way: Way) -> str:
    """Where it ends: the pod that answers, or why none does."""
    target = way.target
    if way.answer.disposition is Disposition.DELIVERED and target is not None:
        return target.address if target.pod == "external" else target.pod
    if way.answer.disposition is Disposition.DELIVERED or target is None or target.assumed != NOT_GIVEN:
        return cause(way)
    return f"{target.address} (a pod that was not given)"


def received(way: Way) -> Request | None:
    """The request as the last proxy that is known sends it on; None where none forwards HTTP."""
    for hop in reversed(way.hops):
        if hop.passage.upstream is not None:
            return hop.passage.upstream.request
    return None


def changes(way: Way, asked: Request | None) -> list[str]:
    """What of the request arrives otherwise than it was asked: path, method, Host, headers."""
    got = received(way)
    if asked is None or got is None:
        return []
    found = []
    for name, before, after in (
        ("method", asked.method, got.method),
        ("path", asked.path, got.path),
        ("Host", asked.authority, got.authority),
    ):
        if before != after:
            found.append(f"{name} {after}")
    before_headers, after_headers = _headers(asked), _headers(got)
    for name, value in after_headers.items():
        if before_headers.get(name) != value:
            found.append(f"header {name}: {value}")
    found += [f"no header {name}" for name in before_headers if name not in after_headers]
    return found


def _headers(request: Request) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for name, value in request.headers:
        if not name.lower().startswith(_USUAL):
            known = f"{value} (in part)" if isinstance(value, PartlyKnown) else value
            found.setdefault(name.lower(), []).append(known)
    return {name: ", ".join(values) for name, values in found.items()}
