"""What is checked: one pod with its Envoy and its rules, and what stands around it.

A ``Need`` is something that a check must have seen whole before it may stay silent; ``gap`` says what is missing of
it, and how to get it.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from meshctl.coverage import Basis, Gap
from meshctl.envoy.documents import DocumentKind
from meshctl.envoy.sections import SectionKind
from meshctl.envoy.snapshot import Snapshot
from meshctl.netfilter.pod import PodNet
from meshctl.plain import Json
from meshctl.proxy.proxy import Proxy
from meshctl.trace.pods import Pod

R = TypeVar("R")
T = TypeVar("T", bound=Hashable)


def _no_objects(_: str) -> list[Json] | None:
    return None


@dataclass(frozen=True, slots=True)
class World:
    """What is known beside the pods: the time at which they were asked (seconds since 1970; None: as the dumps tell), the
    cluster's objects by kind (``services``), whether every pod of the cluster is given."""

    now: float | None = None
    objects: Callable[[str], list[Json] | None] = _no_objects
    complete: bool = False
    _kept: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)
    _once: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def once(self, what: str, build: Callable[[], R]) -> R:
        """What checks find out of all that surrounds the pods, found out once."""
        if what not in self._once:
            self._once[what] = build()
        return cast(R, self._once[what])

    def one_of(self, value: T) -> T:
        """The first value that is equal to this one: what checks keep of many pods is mostly alike, and is kept once."""
        return cast(T, self._kept.setdefault(value, value))


@dataclass(frozen=True)
class Subject:
    """One pod. manifest: its object as the API gave it; net: its network as its rules and manifest tell it; log: that of
    its istio-init, where that failed; kept: what checks found out once."""

    pod: Pod
    world: World
    manifest: Json | None = None
    net: PodNet | None = None
    log: str = ""
    kept: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def name(self) -> str:
        return self.pod.full_name

    @property
    def proxy(self) -> Proxy | None:
        return self.pod.proxy

    @property
    def snapshot(self) -> Snapshot | None:
        return self.pod.proxy.snapshot if self.pod.proxy is not None else None

    @functools.cached_property
    def gaps(self) -> dict[Need, Gap | None]:
        """What is missing of each need, found out once."""
        return {need: _gap(self, need) for need in Need}


class Need(enum.Enum):
    """What a check must have seen; the value is what a reader calls it."""

    ENVOY = "an answer of its Envoy"
    BOOTSTRAP = "the bootstrap"
    LISTENERS = "the listeners"
    ROUTES = "the route tables"
    CLUSTERS = "the clusters"
    ENDPOINTS = "the endpoints"
    HEALTH = "the health of the hosts (/clusters)"
    SECRETS = "the certificates"
    RULES = "the capture rules"
    MANIFEST = "the pod's manifest"


_SECTIONS = {
    Need.BOOTSTRAP: SectionKind.BOOTSTRAP,
    Need.LISTENERS: SectionKind.LISTENERS,
    Need.ROUTES: SectionKind.ROUTES,
    Need.CLUSTERS: SectionKind.CLUSTERS,
    Need.ENDPOINTS: SectionKind.ENDPOINTS,
    Need.SECRETS: SectionKind.SECRETS,
}
_RULES = "iptables-save inside the pod's network, or `meshctl snapshot`"
_DUMP = "curl -s localhost:15000/config_dump?include_eds"


def _gap(subject: Subject, need: Need) -> Gap | None:
    snapshot = subject.snapshot
    match need:
        case Need.RULES:
            return _rules_gap(subject)
        case Need.MANIFEST:
            return (
                None
                if subject.manifest is not None
                else Gap("the pod's manifest", "it was not given", "kubectl get pod -o json")
            )
    if snapshot is None:
        return Gap("the pod's Envoy", "nothing of it was given", _DUMP)
    if need is Need.ENVOY:
        return None
    if need is Need.HEALTH:
        known = DocumentKind.CLUSTERS in snapshot.documents
        gap = Gap("/clusters", "it was not given", "curl -s 'localhost:15000/clusters?format=json'")
        return None if known else gap
    return snapshot.gap(_SECTIONS[need])


def _rules_gap(subject: Subject) -> Gap | None:
    rules = subject.pod.rules
    if rules is None:
        why = "nothing says what they are"
        return Gap("the capture rules", why, _RULES)
    if rules.origin is Basis.ASSUMED:
        return Gap("the capture rules", "none were given", _RULES)
    return None
