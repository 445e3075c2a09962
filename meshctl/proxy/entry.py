"""An access log line in the making: what one proxy knows of a request so far.

The stages fill it in order; a branch (a weight, a percentage) goes on with a copy. ``end`` closes it.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

from meshctl.proxy.model import Endpoint, Log, MakeStep, Passage, Upstream, Verdict


@dataclass(slots=True)
class Entry:
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
    tls: bool = False
    http: bool = False
    decided: bool = True  # False where the split between branches is not known
    flags: str = ""  # set by a filter that lets pass (DI)
    logged: bool = True
    alpn: tuple[tuple[str, tuple[str, ...]], ...] = ()  # Istio's ALPN filter: upstream protocol -> ALPN

    def step(self, make: MakeStep) -> None:
        if not self.log.silent:
            self.log = self.log.add(make)

    def branch(self, probability: float) -> Entry:
        """A copy that goes on with a part of the probability."""
        other = copy.copy(self)
        other.probability = self.probability * probability
        return other

    def unknown(self, reason: str) -> None:
        if reason not in self.undetermined:
            self.undetermined = (*self.undetermined, reason)

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes = (*self.notes, text)

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
            verdict,
            self.probability,
            self.listener,
            self.filter_chain,
            self.route_config,
            self.virtual_host,
            self.route_name,
            self.cluster,
            tuple((endpoint.address, endpoint.probability) for endpoint in endpoints),
            location,
            upstream_path,
            upstream_req_host,
            self.log.steps,
            self.undetermined,
            upstream,
            self.notes,
            self.tls,
            self.http,
            self.decided,
            self.logged,
        )
