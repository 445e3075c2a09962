"""Set fields that nobody evaluates, on the way of a request: the answer stays open for what they may do.

Theory of operation. Whoever is about to decide by a message (a listener, the chosen chain, a route) asks here for its
open fields (``accounting``). One that may change the answer makes a second outcome, which is undetermined and says
why; nothing tells how often it comes. What only delays, or bears on the body, changes no answer. What only writes
headers, metadata or filter state is told (a note), and what it writes is unknown to whoever asks for it; how hosts share
the load matters where there are several.
"""

from __future__ import annotations

from collections.abc import Iterable

from meshctl.envoy.message import Message, Undecidable
from meshctl.match.request_view import Part
from meshctl.match.supposing import TooMany
from meshctl.proxy.accounting import OpenField, open_fields
from meshctl.proxy.contract import TOLD_WHERE_ASKED, Effect
from meshctl.proxy.entry import Entry, Override
from meshctl.proxy.model import Disposition, Passage, Verdict

_WITHOUT_ANSWER = {Effect.TIMING, Effect.BODY}


def _of(message: Message) -> tuple[OpenField, ...]:
    """The open fields of a message of a dump that may change an answer."""
    found = open_fields(message.raw, message.TYPE)
    return tuple(one for one in found if one.may - _WITHOUT_ANSWER)


def split(entry: Entry, reasons: Iterable[str]) -> tuple[Entry, Passage | None]:
    """The way on, and the open outcome beside it; None where there is no doubt."""
    found = list(dict.fromkeys(reasons))
    if not found:
        return entry, None
    on, other = entry.branch(0.5), entry.branch(0.5)
    for branch in (on, other):
        branch.decided = False
        for reason in found:
            branch.unknown(reason)
    return on, other.end(Verdict(Disposition.UNDETERMINED, reason="; ".join(found)))


def guarded(entry: Entry, ways: Iterable[Passage]) -> list[Passage]:
    """The ways on from an entry; where one cannot be decided, the rest of its probability ends undetermined."""
    found: list[Passage] = []
    try:
        found.extend(ways)  # those before one that cannot be decided stay
    except Undecidable as unknown:
        left = entry.probability
        for passage in found:
            left -= passage.probability
        rest = entry.branch(max(left, 0.0) / entry.probability)
        rest.unknown(unknown.reason)
        rest.decided = rest.decided and not isinstance(unknown, TooMany)
        found.append(rest.end(Verdict(Disposition.UNDETERMINED, reason=unknown.reason)))
    return found


def doubted(
    entry: Entry, *messages: Message | None, more: Iterable[str] = ()
) -> tuple[Entry, Passage | None]:
    """``split`` by the open fields of these messages (and more reasons)."""
    doubts: tuple[OpenField, ...] = ()
    for message in messages:
        if message is not None:
            doubts += message.once("(open fields)", _of)
    reasons = list(more)
    if not doubts and not reasons:
        return entry, None
    for doubt in doubts:
        if doubt.may <= _WITHOUT_OUTCOME:
            _keep(entry, doubt)
        else:
            reasons.append(doubt.reason)
    return split(entry, reasons)


_WITHOUT_OUTCOME = TOLD_WHERE_ASKED | {Effect.SHARE}
_PARTS = {
    Effect.HEADERS: Part.HEADERS,
    Effect.METADATA: Part.METADATA,
    Effect.FILTER_STATE: Part.FILTER_STATE,
}


def _keep(entry: Entry, doubt: OpenField) -> None:
    """A doubt for those behind: what the field may write, and whether it bears on the choice of a host."""
    entry.note(doubt.reason)
    parts: list[Part | str] = list(doubt.headers)
    parts += [part for effect, part in _PARTS.items() if effect in doubt.may and not doubt.headers]
    entry.doubt = {**dict.fromkeys(parts, doubt.path), **entry.doubt}
    if Effect.SHARE in doubt.may and entry.override is None:
        entry.override = Override("", unknown=doubt.reason)
