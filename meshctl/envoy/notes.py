"""What was met and not understood: kept in the output, counted here, told once each on stderr.

The decoders never drop and never raise over a newer or older proxy's data; they leave it as it came and
say so with ``Notes.add``. ``commands`` prints ``Notes.lines()`` as warnings when the work is done.
"""

from __future__ import annotations

import enum

import msgspec

from meshctl.patterns import expression


class NoteKind(enum.Enum):
    """The closed set of things that can be unknown; the value is the sentence around the subject."""

    UNKNOWN_TYPE = "unknown type {subject}: kept as it came"
    UNKNOWN_FIELD = "unknown field {subject}: kept as it came"
    UNKNOWN_ENUM = "unknown enum value {subject}: kept as it came"
    UNKNOWN_SECTION = "unknown section {subject}: kept, not shown in this view"
    UNTYPED_ANY = "a message without @type in {subject}: kept as it came"
    MALFORMED = "unexpected value in {subject}: kept as it came"
    MISFIT = "{subject} is not of the type that Envoy has there: left out"
    DUPLICATE_SECTION = "section {subject} stands more than once: the last one is used"
    DUPLICATE_ANSWER = "an answer to {subject} stands more than once: the last one is used"
    INPUT = "{subject}"


class Notes(msgspec.Struct):
    """A counted set of notes in the order they were first met."""

    counts: dict[tuple[NoteKind, str], int] = msgspec.field(default_factory=dict)

    def add(self, kind: NoteKind, subject: str) -> None:
        key = (kind, subject)
        self.counts[key] = self.counts.get(key, 0) + 1

    def add_input(self, sentence: str) -> None:
        """A remark in words of its own, about the input or about what was done with it."""
        self.add(NoteKind.INPUT, sentence)

    def merge(self, other: Notes) -> None:
        for key, count in other.counts.items():
            self.counts[key] = self.counts.get(key, 0) + count

    def lines(self) -> list[str]:
        """One sentence a note, with how often it was met when more than once; of many alike the first, and how many."""
        alike: dict[str, list[tuple[str, int]]] = {}
        for (kind, subject), count in self.counts.items():
            sentence = kind.value.format(subject=subject)
            alike.setdefault(_NUMBER.sub("0", sentence), []).append((sentence, count))
        return [line for sentences in alike.values() for line in _grouped(sentences)]


_NUMBER = expression(r"\d+")
_APART = 5  # so many sentences that differ only in numbers are told one by one


def _grouped(sentences: list[tuple[str, int]]) -> list[str]:
    if len(sentences) > _APART:
        return [f"{sentences[0][0]} (and {sum(count for _, count in sentences) - 1:,} more like this)"]
    return [text + (f" ({count} times)" if count > 1 else "") for text, count in sentences]
