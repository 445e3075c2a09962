"""A filter that is not evaluated: what it may do is unknown from there on.

Theory of operation. What it may change becomes opaque: a condition on such a part cannot be decided behind it. If it
may end the request, that stays an open outcome beside the way on, so the answer is never a sure one. What only writes
what conditions may ask for leaves the answer as it is where none does: a note names it.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.match.request_view import Part
from meshctl.proxy.chance import open_ways
from meshctl.proxy.contract import TOLD_WHERE_ASKED, Effect
from meshctl.proxy.entry import Entry, Override
from meshctl.proxy.filters.scene import Pass, Scene
from meshctl.proxy.listen.listeners import Filter
from meshctl.proxy.model import Disposition, Stage, Step, Verdict

_PARTS = {
    Effect.HEADERS: Part.HEADERS,
    Effect.PATH: Part.PATH,
    Effect.METADATA: Part.METADATA,
    Effect.FILTER_STATE: Part.FILTER_STATE,
}


def label(http_filter: Filter) -> str:
    """A filter by its name and the last word of its type."""
    name, short = http_filter.name or http_filter.type_name, http_filter.short
    return f"{name} ({short})" if short and short != name else name or "without a name"


def unknown_effect(
    entry: Entry, scene: Scene, http_filter: Filter, may: frozenset[Effect], why: str = ""
) -> Iterator[Pass]:
    """The ways through a filter that may do these things."""
    name = label(http_filter)
    reason = f"filter {name}: {why or 'its effect is not known'}"
    opaque: dict[Part | str, str] = {
        part: f"filter {name}" for effect, part in _PARTS.items() if effect in may
    }
    if Effect.HOST in may and entry.override is None:
        entry.override = Override("", False, 503, f"filter {name} may choose the upstream host")
    going = scene.changed(opaque=opaque)
    if Effect.ENDS not in may:
        tell = entry.note if may <= TOLD_WHERE_ASKED else entry.unknown
        tell(reason)
        entry.step(lambda: Step(Stage.HTTP_FILTER, f"{name}: not known", "what it changes is not known"))
        yield Pass(entry, going)
        return
    on, ended = open_ways(entry, 2, f"{reason}; it may answer the request itself")
    on.step(lambda: Step(Stage.HTTP_FILTER, f"{name}: not known", "it may let the request pass"))
    ended.step(lambda: Step(Stage.HTTP_FILTER, f"{name}: not known", "it may answer the request itself"))
    yield Pass(on, going)
    yield Pass(
        ended, scene, Verdict(Disposition.UNDETERMINED, reason=f"filter {name} may answer the request")
    )
