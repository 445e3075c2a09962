"""Resources that istioctl's tables leave out because they are not (or no longer) in force.

istioctl reads active and static resources only. A listener that is warming, draining or refused is what one
looks for when something is wrong, so each view says in one sentence that there are some, and how to see them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from meshctl.envoy.notes import NoteKind, Notes
from meshctl.envoy.snapshot import Resource, SectionKind, Snapshot, State

IN_FORCE = (State.ACTIVE, State.STATIC)
# What is told first is what most likely is wrong.
_WORDS = {State.ERROR: "rejected", State.WARMING: "warming", State.DRAINING: "draining"}


def in_force(snapshot: Snapshot, kind: SectionKind) -> list[Resource]:
    """The resources that istioctl shows, in its order: dynamic ones first, then static."""
    found = snapshot.resources(kind, *IN_FORCE)
    usable = [r for r in found if r.raw is not None]
    return sorted(usable, key=lambda r: r.state is State.STATIC)


def heads(snapshot: Snapshot, kind: SectionKind) -> list[tuple[str, Any]] | None:
    """The same resources as no more than what the short table shows, each with its place; None where only ``in_force`` can tell."""
    section = snapshot.section(kind)
    found = section.heads if section is not None else None
    return None if found is None else found.in_force


def everything(snapshot: Snapshot, kind: SectionKind) -> list[Resource]:
    """All resources in any state, those in force first."""
    order = {State.ACTIVE: 0, State.STATIC: 1}
    return sorted(_once(snapshot.resources(kind)), key=lambda r: order.get(r.state, 2))


def _once(resources: Iterable[Resource]) -> list[Resource]:
    """Without the second copy of a refused listener: Envoy prints one with its name and one without."""
    named = {r.rejection.details for r in resources if r.rejection is not None and r.listed_name}
    return [r for r in resources if r.rejection is None or r.listed_name or r.rejection.details not in named]


def unseen(snapshot: Snapshot, kind: SectionKind, noun: str) -> list[str]:
    """One sentence about the resources in other states, with the first names; empty when there are none."""
    section = snapshot.section(kind)
    if section is not None and section.heads is not None and not section.heads.others:
        return []
    others = [r for r in _once(snapshot.resources(kind)) if r.state in _WORDS]
    if not others:
        return []
    counts = Counter(r.state for r in others)
    parts = [f"{counts[state]} {word}" for state, word in _WORDS.items() if counts[state]]
    urgent = sorted(others, key=lambda r: tuple(_WORDS).index(r.state))
    names = list(dict.fromkeys(r.name for r in urgent if r.name))
    shown = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
    named = f" ({shown})" if shown else ""
    plural = noun if len(others) == 1 else noun + "s"
    return [f"not shown: {' and '.join(parts)} {plural}{named}; see them with -o wide"]


def rejections(resource: Resource) -> str:
    """Why a resource was refused, on one line."""
    return " ".join(resource.rejection.details.split()) if resource.rejection else ""


def note_unknown(notes: Notes, seen: Iterable[str], known: Iterable[str], enum_name: str) -> None:
    """Tell of values that no table of ours knows: a newer Envoy, or an edited file. They are shown as they came."""
    for value in sorted(set(seen).difference(known)):
        notes.add(NoteKind.UNKNOWN_ENUM, f"{value} of {enum_name}")
