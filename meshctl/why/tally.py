"""A whole log grouped by cause, route and upstream: counts, first and last time, as it streams by.

Theory of operation. Of a line only what it is grouped by is cut out: of a text format by its quotes (``_Cut``: no regular
expression runs on the usual line), of Istio's JSON by a decoder that knows those keys alone. What stands in these places is the
key as it is; it is read and explained once a distinct key, at the end. A line that does not fit (a quote inside a value, another
format) goes through the reader of single lines; what is no entry is counted. Memory is that of the distinct keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from meshctl.values import Struct, field
from meshctl.why import account, entries, formats
from meshctl.why.account import Account
from meshctl.why.entries import LogEntry
from meshctl.why.formats import Format, TextFormat

# What lines are grouped by.
GROUPED = (
    "response_code",
    "response_flags",
    "response_code_details",
    "connection_termination_details",
    "upstream_transport_failure_reason",
    "upstream_cluster",
    "route_name",
)
Key = tuple[object, ...]


class Count(Struct):
    """How often, and when first and last; the times are the log's own words."""

    number: int = 0
    first: str = ""
    last: str = ""

    def add(self, other: Count) -> None:
        self.number += other.number
        self.first = min(filter(None, (self.first, other.first)), default="")
        self.last = max(self.last, other.last)


class Group(Struct, frozen=True):
    """Lines that ended alike, at one route and upstream."""

    fields: dict[str, str]
    count: Count
    account: Account


class Tally(Struct):
    """A log counted. other: lines that are no entries; bytes: how much was read."""

    groups: list[Group] = field(default_factory=list)
    lines: int = 0
    other: int = 0

    @property
    def failed(self) -> list[Group]:
        """The groups that ended badly, the most frequent first."""
        return sorted((g for g in self.groups if g.account.failed), key=lambda g: -g.count.number)

    @property
    def well(self) -> list[Group]:
        return sorted((g for g in self.groups if not g.account.failed), key=lambda g: -g.count.number)


class _Plain(msgspec.Struct):
    """The keys of Istio's JSON format that lines are grouped by; null is its "-"."""

    start_time: str | None = None
    response_code: int | str | None = None
    response_flags: str | None = None
    response_code_details: str | None = None
    connection_termination_details: str | None = None
    upstream_transport_failure_reason: str | None = None
    upstream_cluster: str | None = None
    route_name: str | None = None


class _Cut:
    """Where the grouped fields stand in a line of a text format, counted in quotes and blanks."""

    def __init__(self, one: TextFormat) -> None:
        segments = one.text.rstrip("\n").split('"')
        self.number = len(segments)
        self.places: list[tuple[int, int, str]] = []
        for index, segment in enumerate(segments):
            pieces = segment.split(" ")
            for at, piece in enumerate(pieces):
                found = formats.OPERATOR.fullmatch(piece)
                name = formats.field_of(found[1], found[2]) if found is not None else ""
                if name in GROUPED:
                    self.places.append((index, -1 if index % 2 and len(pieces) == 1 else at, name))
        self.time = segments[0].startswith("[%START_TIME%]")
        words: dict[int, list[int]] = {}
        for index, at, _ in self.places:
            words.setdefault(index, []).append(at)
        # a quoted value is a key as it is; and where all words of a segment are wanted, the segment is as good a key, uncut
        self.keyed = sorted(
            i for i, at in words.items() if at == [-1] or at == [*range(1, len(segments[i].split()) + 1)]
        )
        self.cut = [(i, at) for i, at in sorted(words.items()) if i not in self.keyed]

    @property
    def usable(self) -> bool:
        return self.time and any(name == "response_code" for _, _, name in self.places)

    def counter(self, found: dict[Key, _Raw]) -> Callable[[bytes], bool]:
        """A function that counts one line, and says whether it could."""
        number, keyed, cut = self.number, self.keyed, self.cut

        def count(line: bytes) -> bool:
            parts = line.split(b'"')
            if len(parts) != number or not parts[0].startswith(b"["):
                return False
            key: list[bytes] = [parts[index] for index in keyed]
            for index, wanted in cut:
                pieces = parts[index].split(b" ")
                for at in wanted:
                    if at >= len(pieces):
                        return False
                    key.append(pieces[at])
            name = tuple(key)
            one = found.get(name)
            if one is None:
                found[name] = one = _Raw(parts[0])
            one.number += 1
            one.last = parts[0]
            return True

        return count

    def fields(self, key: Key) -> dict[str, str]:
        """The fields of a key, read once."""
        named: dict[str, str] = {}
        texts = [part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part) for part in key]
        for index, text in zip(self.keyed, texts, strict=False):
            for i, at, name in self.places:
                if i == index:
                    named[name] = text if at < 0 else text.split(" ")[at]
        rest = iter(texts[len(self.keyed) :])
        for index, wanted in self.cut:
            for at in wanted:
                named[next(name for i, a, name in self.places if (i, a) == (index, at))] = next(rest)
        return named


class _Raw:
    """A count while the log streams: times as they stand in the line."""

    __slots__ = ("first", "last", "number")

    def __init__(self, first: bytes) -> None:
        self.number = 0
        self.first = first
        self.last = first

    @property
    def counted(self) -> Count:
        return Count(self.number, _time(self.first), _time(self.last))


def _time(raw: bytes) -> str:
    return raw.decode("utf-8", "replace").strip().strip("[]")


def tally(lines: Iterable[bytes], known: Sequence[Format] = ()) -> Tally:
    """All lines of a log, grouped. known: the formats that the proxy's own configuration has."""
    stream = _Stream(known)
    result = Tally()
    for line in lines:
        result.lines += 1
        if not (stream.count(line) or stream.json(line) or stream.slowly(line)):
            result.other += bool(line.strip())
    result.groups = list(stream.groups())
    return result


class _Stream:
    """The counts of a log while it streams."""

    def __init__(self, known: Sequence[Format]) -> None:
        self._known = known
        self._cut: _Cut | None = None
        self._texts: dict[Key, _Raw] = {}
        self._objects: dict[Key, _Raw] = {}
        self._groups = _Groups()
        self._decode = msgspec.json.Decoder(_Plain).decode
        self.count: Callable[[bytes], bool] = lambda line: False

    def json(self, line: bytes) -> bool:
        """Count a line of Istio's JSON format, where no other one is configured."""
        if line[:1] != b"{" or self._known:
            return False
        try:
            one = self._decode(line)
        except (msgspec.DecodeError, UnicodeError):
            return False
        if one.response_code is None and one.response_flags is None:
            return False
        key = (
            one.response_code,
            one.response_flags,
            one.response_code_details,
            one.connection_termination_details,
            one.upstream_transport_failure_reason,
            one.upstream_cluster,
            one.route_name,
        )
        time = (one.start_time or "").encode()
        counted = self._objects.get(key)
        if counted is None:
            counted = self._objects[key] = _Raw(time)
        counted.number += 1
        counted.last = time
        return True

    def slowly(self, line: bytes) -> bool:
        """Count a line as single ones are read; from then on those like it are cut."""
        hopeful = bool(self._known) or _promising(line)
        entry = entries.read(line.decode("utf-8", "replace"), self._known) if hopeful else None
        if entry is None:
            return False
        time = entry["start_time"]
        self._groups.add({name: entry[name] for name in GROUPED}, Count(1, time, time))
        if self._cut is None:
            self._cut = _cut_of(entry, self._known)
            if self._cut is not None:
                self.count = self._cut.counter(self._texts)
        return True

    def groups(self) -> Iterator[Group]:
        """All that was counted."""
        for key, one in self._texts.items():
            assert self._cut is not None
            fields = {
                name: "" if text == "-" else text.strip() for name, text in self._cut.fields(key).items()
            }
            self._groups.add(fields, one.counted)
        for key, one in self._objects.items():
            texts = ("" if part in (None, "-") else str(part) for part in key)
            self._groups.add(dict(zip(GROUPED, texts, strict=True)), one.counted)
        return self._groups.all()


def _promising(line: bytes) -> bool:
    """Whether a line may be an entry: it has a quoted request behind a bracket, or is JSON."""
    return b'] "' in line or b"{" in line


def _cut_of(entry: LogEntry, known: Sequence[Format]) -> _Cut | None:
    """How lines like this one are cut, where they begin as Envoy's do."""
    for one in (*known, *formats.DEFAULTS):
        if isinstance(one, TextFormat) and one.source == entry.source:
            found = _Cut(one)
            if found.usable:
                return found
    return None


class _Groups:
    """Counts by their fields; what ends alike is one group whatever path its lines took."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, ...], Count] = {}

    def add(self, fields: dict[str, str], count: Count) -> None:
        key = tuple(fields.get(name, "") for name in GROUPED)
        self._counts.setdefault(key, Count()).add(count)

    def all(self) -> Iterator[Group]:
        for key, count in self._counts.items():
            fields = {name: text for name, text in zip(GROUPED, key, strict=True) if text}
            entry = LogEntry(
                {**fields, **({"method": "-"} if fields.get("response_code", "0") != "0" else {})}, "log"
            )
            yield Group(fields, count, account.of_entry(entry))
