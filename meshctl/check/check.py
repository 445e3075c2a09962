"""A check as a row of the table, and how its hits become findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from meshctl.check.finding import Finding, Hit, Open, Severity
from meshctl.check.subject import Need, Subject, World
from meshctl.envoy.message import Undecidable
from meshctl.values import Struct

T = TypeVar("T")


class Unsure(Struct, frozen=True):
    """An object that a check could not judge, and why."""

    object: str
    reason: str


Hits = Iterator[Hit | Unsure]


class Check(Struct, frozen=True):
    """One check of one pod.

    title: what it finds, as a noun phrase; why: what goes wrong then; fix: what to do; needs: what must have been
    seen whole before it may stay silent; proved: how it is known, for its page.
    """

    code: str
    severity: Severity
    title: str
    why: str
    fix: str
    run: Callable[[Subject], Hits]
    needs: tuple[Need, ...] = (Need.ENVOY,)
    proved: str = ""


class MeshCheck(Struct, frozen=True):
    """One check over several pods: ``collect`` takes a small fact of each, ``judge`` sees all facts.

    For what it needs of the objects beside the pods, ``judge`` yields Unsure.
    """

    code: str
    severity: Severity
    title: str
    why: str
    fix: str
    collect: Callable[[Subject], Any]
    judge: Callable[[Sequence[tuple[str, Any]], World], Hits]
    needs: tuple[Need, ...] = (Need.ENVOY,)
    proved: str = ""


def each(items: Iterable[T], label: Callable[[T], str], judge: Callable[[T], Iterable[Hit]]) -> Hits:
    """Judge items one by one; what cannot be decided of one leaves the others."""
    for item in items:
        try:
            yield from judge(item)
        except Undecidable as unknown:
            yield Unsure(label(item), unknown.reason)


# What a configuration of an odd shape makes of code that reads it.
SHAPES = (Undecidable, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def stumbled(error: Exception) -> str:
    """Why a check could not go on."""
    if isinstance(error, Undecidable):
        return error.reason
    return f"the configuration is not of the shape that Envoy prints ({type(error).__name__}: {error})"


def of_pod(check: Check, subject: Subject) -> Iterator[Finding | Open]:
    """The findings of one check for one pod, and what it could not decide. Nothing captures packets for a gateway."""
    if Need.RULES in check.needs and subject.pod.is_gateway:
        return
    for need in check.needs:
        gap = subject.gaps[need]
        if gap is not None:
            yield Open(check.code, str(gap), gap.remedy, (subject.name,))
            return
    yield from framed(check, lambda: check.run(subject), (subject.name,))


def framed(
    check: Check | MeshCheck, run: Callable[[], Hits], pods: tuple[str, ...]
) -> Iterator[Finding | Open]:
    """Hits as findings of a check. Whatever a check stumbles over is told as not decided: the others go on."""
    try:
        for hit in run():
            if isinstance(hit, Unsure):
                yield Open(check.code, f"{hit.object}: {hit.reason}" if hit.object else hit.reason, "", pods)
                continue
            severity = hit.severity or check.severity
            fix = hit.fix or check.fix
            yield Finding(check.code, severity, hit.object, hit.message, hit.evidence, fix, hit.pods or pods)
    except SHAPES as error:
        yield Open(check.code, stumbled(error), "", pods)
