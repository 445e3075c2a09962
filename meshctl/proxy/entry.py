"""An access log line in the making: what one proxy knows of a request so far.

The stages fill it in order; a branch (a weight, a percentage) goes on with a copy. ``end`` closes it.
"""

from __future__ import annotations

from meshctl.coverage import Gap
from meshctl.match.request_view import Opaque, RequestView
from meshctl.proxy.model import Disposition, Endpoint, Log, MakeStep, Passage, Upstream, Verdict
from meshctl.values import Struct, field, replace


class Override(Struct, frozen=True):
    """The upstream host that a filter named for the request; ``unknown`` says why it cannot be told."""

    address: str
    strict: bool = False
    code: int = 503  # where a strict one is not there
    unknown: str = ""


MOST_ALTERNATIVES = 32


class Alternatives(Struct):
    """How many more open questions are followed both ways: one count for all branches of a visit."""

    left: int = MOST_ALTERNATIVES - 1


class Entry(Struct):
    """The fields of the access log, the steps and what is not known."""

    log: Log
    probability: float = 1.0
    listener: str | None = None
    filter_chain: str | None = None
    route_config: str | None = None
    virtual_host: str | None = None
    route_name: str | None = None
    cluster: str | None = None
    undetermined: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    tls: bool = False
    http: bool = False
    decided: bool = True  # False where the split between branches is not known
    flags: str = ""  # set by a filter that lets pass (DI)
    logged: bool = True
    alpn: tuple[tuple[str, tuple[str, ...]], ...] = ()  # Istio's ALPN filter: upstream protocol -> ALPN
    override: Override | None = None
    doubt: Opaque = field(
        default_factory=dict
    )  # what filters of unknown effect may have changed of the request
    buffered: bool = False  # a filter has waited for the whole body: those behind it get it in one piece
    seen: RequestView | None = None  # the request as the filters left it
    resolves: bool = False  # a filter has looked up the request's host (dynamic forward proxy)
    alternatives: Alternatives = field(default_factory=Alternatives)
    resolved: tuple[str, int] | None = None  # the server name and the port that a filter has looked up

    def step(self, make: MakeStep) -> None:
        if not self.log.silent:
            self.log = self.log.add(make)

    def branch(self, probability: float) -> Entry:
        """A copy that goes on with a part of the probability (all of it: to be changed apart from this one)."""
        return replace(self, probability=self.probability * probability)

    def unknown(self, reason: str) -> None:
        if reason not in self.undetermined:
            self.undetermined = (*self.undetermined, reason)

    def absent(self, verdict: Verdict, gap: Gap | None) -> Verdict:
        """The verdict over something that is not there; open where it may only not have been shown."""
        if gap is None:
            return verdict
        missing = f"{verdict.reason}, as far as was shown: {gap.sentence}"
        self.unknown(missing)
        return Verdict(Disposition.UNDETERMINED, reason=missing)

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes = (*self.notes, text)

    def _flagged(self, verdict: Verdict) -> Verdict:
        """The verdict with what a filter has flagged before it: Envoy prints flags in the order they were set."""
        if not self.flags or verdict.disposition is Disposition.UNDETERMINED:
            return verdict
        if self.flags in (verdict.flags or "").split(","):
            return verdict
        return replace(verdict, flags=",".join(filter(None, (self.flags, verdict.flags))))

    def end(
        self,
        verdict: Verdict,
        *,
        endpoints: tuple[Endpoint, ...] = (),
        location: str | None = None,
        upstream_path: str | None = None,
        upstream_req_host: str | None = None,
        upstream: Upstream | None = None,
    ) -> Passage:
        return Passage(
            self._flagged(verdict),
            probability=self.probability,
            listener=self.listener,
            filter_chain=self.filter_chain,
            route_config=self.route_config,
            virtual_host=self.virtual_host,
            route_name=self.route_name,
            cluster=self.cluster,
            upstream_hosts=_by_address(endpoints),
            location=location,
            upstream_path=upstream_path,
            upstream_req_host=upstream_req_host,
            steps=self.log.steps,
            undetermined=self.undetermined,
            upstream=upstream,
            notes=self.notes,
            assumed=self.assumed,
            tls=self.tls,
            http=self.http,
            decided=self.decided,
            logged=self.logged,
            seen=self.seen,
        )


def _by_address(endpoints: tuple[Endpoint, ...]) -> tuple[tuple[str, float], ...]:
    """The share of each address, which several clusters of an aggregate may have."""
    shares: dict[str, float] = {}
    for endpoint in endpoints:
        shares[endpoint.address] = shares.get(endpoint.address, 0.0) + endpoint.probability
    return tuple(shares.items())
