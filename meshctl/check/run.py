"""All checks over one pod, or over many, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from meshctl.check.check import Check, framed, of_pod
from meshctl.check.facts import SOURCES, Source
from meshctl.check.finding import Finding, Open, Severity, ignored, merged, worst_first
from meshctl.check.subject import Subject, World
from meshctl.check.table import CHECKS
from meshctl.values import Struct, replace


class Report(Struct, frozen=True):
    """Findings, worst first; what was not decidable; the pods that were checked; how many findings were left out."""

    findings: tuple[Finding, ...] = ()
    open: tuple[Open, ...] = ()
    pods: tuple[str, ...] = ()
    ignored: int = 0
    known: int = 0  # left out because the baseline has them

    def count(self, severity: Severity) -> int:
        return sum(finding.severity is severity for finding in self.findings)

    def without(self, patterns: Sequence[str]) -> Report:
        """What no pattern of ``--ignore`` names."""
        kept = tuple(finding for finding in self.findings if not ignored(finding, patterns))
        return replace(self, findings=kept, ignored=self.ignored + len(self.findings) - len(kept))

    def new_since(self, baseline: Iterable[tuple[str, str, str]]) -> Report:
        """What a baseline does not have."""
        before = set(baseline)
        kept = tuple(finding for finding in self.findings if finding.key not in before)
        return replace(self, findings=kept, known=self.known + len(self.findings) - len(kept))


def _has_something(subject: Subject) -> bool:
    """Whether a pod has a proxy, or rules that send to one, or was meant to have them."""
    rules = subject.pod.rules
    return (
        subject.proxy is not None or subject.pod.proxy_unseen or (rules is not None and bool(rules.failure))
    )


def examined(subject: Subject) -> Iterator[Finding | Open]:
    """Everything the checks of one pod say; nothing of a pod without a proxy."""
    if not _has_something(subject):
        return
    for check in CHECKS:
        yield from of_pod(check, subject)


def findings(subject: Subject) -> list[Finding]:
    """The findings of one pod, worst first; what needs other pods is not among them (``Survey``)."""
    return worst_first(merged(one for one in examined(subject) if isinstance(one, Finding)))


def judged(source: Source, facts: Sequence[tuple[str, Any]], world: World) -> Iterator[Finding | Open]:
    """Everything that the checks of a source say to the facts about all pods."""
    for check in source.checks:
        yield from framed(check, lambda check=check: check.judge(facts, world), ())  # type: ignore[misc]


class Survey:
    """Many pods, one after the other: of each only its findings and the facts that checks over pods want are kept."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._found: dict[tuple[str, str, str], tuple[Finding, dict[str, None]]] = {}
        self._open: dict[tuple[str, str], tuple[Open, dict[str, None]]] = {}
        self._facts: dict[str, list[tuple[str, Any]]] = {source.name: [] for source in SOURCES}
        self._pods: list[str] = []

    def add(self, subject: Subject) -> None:
        """Check one pod; one without a proxy only tells what it is to the others."""
        if _has_something(subject):
            self._pods.append(subject.name)
            self._say(examined(subject))
        for source in SOURCES:
            fact = source.of(subject)
            if isinstance(fact, Open):
                self._say([fact])
            elif fact is not None:
                self._facts[source.name].append((subject.name, fact))

    def _say(self, said: Iterable[Finding | Open]) -> None:
        """Keep what was said; the same of several pods once, with the pods."""
        for one in said:
            if isinstance(one, Finding):
                _, pods = self._found.setdefault(one.key, (one, {}))
            else:
                _, pods = self._open.setdefault((one.code, one.needs), (one, {}))
            pods.update(dict.fromkeys(one.pods))

    def report(self) -> Report:
        """What was found, when all pods are in."""
        for source in SOURCES:
            self._say(judged(source, self._facts[source.name], self._world))
        found = [replace(one, pods=tuple(pods)) for one, pods in self._found.values()]
        undecided = [replace(one, pods=tuple(pods)) for one, pods in self._open.values()]
        return Report(tuple(worst_first(found)), tuple(undecided), tuple(self._pods))


__all__ = ["Check", "Report", "Survey", "examined", "findings", "judged"]
