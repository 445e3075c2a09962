"""Rows of what `meshctl check` finds in a pod.

Checks cost far more than tables do, so they are asked for (``--check``), and those of routing, which look at nothing but
listeners, routes and clusters, are made once for all proxies in which these are equal byte for byte.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from meshctl.check.check import Check, of_pod
from meshctl.check.finding import Finding, merged, worst_first
from meshctl.check.subject import Subject, World
from meshctl.check.table import THEMES
from meshctl.envoy.notes import Notes
from meshctl.fleet.batch import Row
from meshctl.reader.given import Given
from meshctl.reader.pod import GivenPod
from meshctl.sources.check_pods import subject_of

_SHARED = frozenset({"Routing"})
_MOST = 200  # different configurations that are remembered


class Checks:
    """The findings of pods."""

    def __init__(self) -> None:
        self._known: dict[Hashable, list[Finding]] = {}

    def of(self, pod: GivenPod, given: Given, now: float | None, key: Hashable) -> Iterator[Row]:
        """The rows of a pod's findings. key: equal for pods whose listeners, routes and clusters are equal."""
        subject = subject_of(pod, World(now, given.objects, given.complete), Notes())
        if key not in self._known:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[key] = _found(subject, shared=True)
        for one in worst_first(merged([*self._known[key], *_found(subject, shared=False)])):
            evidence = "; ".join(one.evidence) or None
            yield one.code, one.severity.value, one.object, one.message, evidence, one.fix or None


def _found(subject: Subject, *, shared: bool) -> list[Finding]:
    checks = (
        row for t in THEMES if (t.name in _SHARED) is shared for row in t.rows if isinstance(row, Check)
    )
    return [one for check in checks for one in of_pod(check, subject) if isinstance(one, Finding)]
