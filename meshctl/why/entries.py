"""One line of an access log as fields, whatever its format.

Theory of operation. A line may stand behind the marks of a log collector (a runtime's time and stream, stern's pod, Docker's
JSON): what stands before the entry is taken off. Then the formats that the proxy's own configuration has are tried, and Istio's
and Envoy's defaults; a JSON object of unknown format is read by the names of its keys. What is no entry (Envoy's own messages,
the agent's) is none.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

import msgspec

from meshctl.values import Struct
from meshctl.why import formats
from meshctl.why.formats import Format, JsonFormat, TextFormat

_START = re.compile(r'\[\d{4}-\d\d-\d\dT[^\]]*\] "')
_LEADING_ISTIO = ("inbound|", "InboundPassthroughCluster")
_LEADING_OUT = ("outbound|", "outbound_.", "PassthroughCluster", "BlackHoleCluster")
_ENTRY_FIELDS = frozenset(
    {"response_code", "response_flags", "response_code_details", "upstream_host", "upstream_cluster"}
)


class LogEntry(Struct, frozen=True, dict=True):
    """The fields of one line under the names of Istio's JSON format; "-" is absent. source: which format it has."""

    fields: dict[str, str]
    source: str
    line: str = ""

    def __getitem__(self, name: str) -> str:
        """A field's text; "" where the log has "-" or not this field."""
        return self.fields.get(name, "")

    @property
    def code(self) -> int | None:
        """The response code; 0 stands for a connection without HTTP, or an end before any answer."""
        text = self["response_code"]
        return int(text) if text.isdigit() else None

    @property
    def http(self) -> bool:
        """Whether it tells of a request, not of a connection."""
        return bool(self["method"] or self["path"] or self.code or self["protocol"])

    @property
    def direction(self) -> str:
        """inbound or outbound as the cluster tells it; "" where it does not."""
        cluster = self["upstream_cluster"]
        if cluster.startswith(_LEADING_ISTIO):
            return "inbound"
        return "outbound" if cluster.startswith(_LEADING_OUT) else ""

    @functools.cached_property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The request headers that the line shows."""
        named = ((formats.header_of(name), value) for name, value in self.fields.items())
        return tuple((name, value) for name, value in named if name and value)


def read(line: str, known: Sequence[Format] = ()) -> LogEntry | None:
    """The entry in a line, None where it holds none. known: the formats that the proxy's configuration has."""
    start, end = line.find("{"), line.rfind("}")
    if 0 <= start < end:
        entry = _from_json(line[start : end + 1], known)
        if entry is not None:
            return entry
    texts = [one for one in (*known, *formats.DEFAULTS) if isinstance(one, TextFormat)]
    tried = (_from_text(line, one, strict=strict) for strict in (True, False) for one in texts)
    return next((entry for entry in tried if entry is not None), None)


def _from_text(line: str, one: TextFormat, *, strict: bool) -> LogEntry | None:
    text = line.rstrip("\r\n")
    start = _START.search(text)
    for candidate in dict.fromkeys((text[start.start() :] if start is not None else text, text)):
        fields = one.read(candidate, strict=strict)
        if fields is not None and _is_entry(fields):
            return _entry(fields, one.source, candidate)
    return None


def _is_entry(fields: dict[str, str]) -> bool:
    """A code must be a number, else the text only looks like the format."""
    code = fields.get("response_code")
    return code is None or code == "-" or code.isdigit()


def _from_json(text: str, known: Sequence[Format]) -> LogEntry | None:
    try:
        values = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError):
        return None
    if not isinstance(values, dict):
        return None
    wrapped = values.get("log", values.get("message"))
    if isinstance(wrapped, str) and not _ENTRY_FIELDS & {formats.field_of_key(key) for key in values}:
        return read(wrapped, known)
    for one in known:
        if isinstance(one, JsonFormat):
            fields = one.read(values)
            if fields is not None and _ENTRY_FIELDS & fields.keys():
                return _entry(fields, one.source, text)
    fields = formats.read_json(values)
    return _entry(fields, "JSON", text) if _ENTRY_FIELDS & fields.keys() else None


def _entry(fields: dict[str, str], source: str, line: str) -> LogEntry:
    found = {name: value for name, value in fields.items() if value not in ("", "-")}
    if (
        "upstream_cluster" in found
    ):  # Istio's alt_stat_name, which UPSTREAM_CLUSTER prints, ends in a mark of its own
        found["upstream_cluster"] = found["upstream_cluster"].rstrip(";")
    return LogEntry(found, source, line)
