"""What a body of bytes is, found out from its content: one of Envoy's admin answers, or nothing we know.

People save dumps with whatever was at hand: a BOM from an editor, the ``200`` line of a script, a shell
prompt behind the closing brace, two answers in one file. ``split`` cuts the bytes into clean JSON documents
and notes what it passed over; ``identify`` names each by the keys that only that admin endpoint prints
(https://www.envoyproxy.io/docs/envoy/latest/operations/admin). No document is decoded beyond its top level.
"""

from __future__ import annotations

import codecs
import enum
import re
from typing import Any

import msgspec

from meshctl.envoy.coverage import SectionCoverage
from meshctl.envoy.notes import NoteKind, Notes
from meshctl.envoy.sections import SectionKind
from meshctl.errors import InputError


class DocumentKind(enum.Enum):
    """An admin answer; the value is the request that prints it."""

    CONFIG_DUMP = "/config_dump"
    CLUSTERS = "/clusters?format=json"
    CERTS = "/certs"
    LISTENERS = "/listeners?format=json"
    SERVER_INFO = "/server_info"
    STATS = "/stats?format=json"
    INIT_DUMP = "/init_dump"
    RUNTIME = "/runtime"
    MEMORY = "/memory"


class Document(msgspec.Struct, frozen=True, eq=False):
    """One JSON document: its kind, its bytes (a view, never a copy of a large body) and where it came from.

    configs: the sections of a config_dump, where reading it has already cut them out. coverage: how whole its
    sections are, where that is not the whole of each (a part of a dump); None for what Envoy printed in full. printed: the bytes it was made of, where those are in another form.
    """

    kind: DocumentKind
    data: bytes | memoryview
    origin: str
    configs: list[msgspec.Raw] | None = None
    coverage: dict[SectionKind, SectionCoverage] | None = None
    printed: bytes | memoryview | None = None


# The keys by which an answer is known, most telling first.
_SIGNS: tuple[tuple[DocumentKind, frozenset[str]], ...] = (
    (DocumentKind.CONFIG_DUMP, frozenset({"configs"})),
    (DocumentKind.CLUSTERS, frozenset({"cluster_statuses", "clusterStatuses"})),
    (DocumentKind.CERTS, frozenset({"certificates"})),
    (DocumentKind.LISTENERS, frozenset({"listener_statuses", "listenerStatuses"})),
    (DocumentKind.SERVER_INFO, frozenset({"command_line_options", "commandLineOptions"})),
    (DocumentKind.STATS, frozenset({"stats"})),
    (DocumentKind.INIT_DUMP, frozenset({"unready_targets_dumps", "unreadyTargetsDumps"})),
    (DocumentKind.RUNTIME, frozenset({"layers", "entries"})),
    (DocumentKind.MEMORY, frozenset({"allocated", "heap_size"})),
)

_HEAD = rb"\s*(?:HTTP/[0-9.]+ )?[1-5][0-9][0-9](?: [A-Za-z ]+)?\r?\n"
_decode_top = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_raw = msgspec.json.Decoder(msgspec.Raw).decode


def split(data: bytes, origin: str, notes: Notes) -> list[memoryview]:
    """The JSON documents in ``data``, in order, each checked to be well-formed JSON.

    Raises InputError when not even the first can be read.
    """
    rest = memoryview(_decoded(data, origin, notes))
    head = re.match(_HEAD, rest)
    if head:
        notes.add(
            NoteKind.INPUT, f"{origin}: passed over the line {head[0].decode().strip()!r} before the JSON"
        )
        rest = rest[head.end() :]
    if not rest:
        raise _unreadable(rest, origin, "")
    documents: list[memoryview] = []
    while rest:
        size = _document_size(rest, origin, first=not documents)
        if size is None:
            text = bytes(rest[:60]).decode("utf-8", "replace").strip()
            notes.add(NoteKind.INPUT, f"{origin}: passed over {len(rest)} bytes behind the JSON: {text!r}")
            break
        documents.append(rest[:size])
        rest = rest[size:]
        if not bytes(rest[:4096]).strip() and not bytes(rest).strip():
            break
    return documents


def _decoded(data: bytes, origin: str, notes: Notes) -> bytes:
    """UTF-8 bytes without a byte order mark."""
    if data.startswith(codecs.BOM_UTF8):
        notes.add(NoteKind.INPUT, f"{origin}: passed over a byte order mark")
        return data[len(codecs.BOM_UTF8) :]
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if data.startswith(mark):
            notes.add(NoteKind.INPUT, f"{origin}: read as UTF-16")
            try:
                return data.decode(encoding).encode()
            except UnicodeDecodeError as error:
                raise InputError(f"{origin} begins as UTF-16 but is not", str(error)) from error
    if _is_utf8(data):
        return data
    # names from elsewhere, or a damaged file
    notes.add(NoteKind.INPUT, f"{origin}: holds bytes that are no UTF-8; they are shown as \ufffd")
    return data.decode("utf-8", "replace").encode()


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _document_size(data: memoryview, origin: str, *, first: bool) -> int | None:
    """The length of the JSON document that ``data`` begins with; None when what follows is not JSON."""
    try:
        _decode_raw(data)
        return len(data)
    except (msgspec.DecodeError, RecursionError) as error:
        text = str(error)
        trailing = re.search(r"trailing characters \(byte (\d+)\)", text)
        if trailing:
            return _end(data, int(trailing[1]))
        if not first:
            return None
        raise _unreadable(data, origin, text) from error


def _end(data: memoryview, byte: int) -> int:
    """Where the document ends that msgspec says has something behind it: before that byte, or (0.22) at it."""
    try:
        _decode_raw(data[:byte])
        return byte
    except msgspec.DecodeError:
        return byte - 1


def _unreadable(data: memoryview, origin: str, text: str) -> InputError:
    start = bytes(data[:200]).lstrip()
    if not start:
        return InputError(f"{origin} is empty", "Nothing was written to it: the request may have failed.")
    if start[:1] not in b"{[":
        return InputError(
            f"{origin} is not JSON: it begins with {start[:24].decode('utf-8', 'replace')!r}",
            "An Envoy admin answer begins with `{`.",
            "Save it with `curl localhost:15000/config_dump?include_eds > dump.json` inside the pod.",
        )
    if "truncated" in text:
        return InputError(
            f"{origin} ends in the middle of the JSON after {len(data):,} bytes",
            "The file was cut off, by a broken connection or a full disk.",
            "Fetch it again.",
        )
    at = re.search(r"byte (\d+)", text)
    where = f" at byte {at[1]}" if at else ""
    return InputError(
        f"{origin} is broken JSON{where}: {text}", "The file was changed or cut after Envoy wrote it."
    )


_ABSENT = msgspec.Raw(b"")
# An answer of any kind cut open in the one pass that checks it.
_Answer: Any = msgspec.defstruct(
    "_Answer",
    [
        ("configs", list[msgspec.Raw] | None, None),
        *((key, msgspec.Raw, _ABSENT) for _, signs in _SIGNS for key in sorted(signs) if key != "configs"),
    ],
)
_decode_answer = msgspec.json.Decoder(_Answer).decode


def read_at_once(data: bytes | memoryview, origin: str) -> Document | None:
    """The document that the bytes are, nothing before or behind it; None when they are anything else."""
    if not isinstance(data, bytes) or not _is_utf8(data):
        return None
    try:
        answer = _decode_answer(data)
    except (msgspec.DecodeError, RecursionError):
        return None
    if answer.configs is not None:
        return Document(DocumentKind.CONFIG_DUMP, data, origin, answer.configs)
    for kind, signs in _SIGNS:
        if any(getattr(answer, key) is not _ABSENT for key in signs if key != "configs"):
            return Document(kind, data, origin)
    return None


def identify(data: bytes | memoryview) -> DocumentKind | None:
    """The kind of a clean JSON document, or None when it is none of Envoy's admin answers."""
    try:
        keys = _decode_top(data).keys()
    except msgspec.DecodeError:
        return None
    for kind, signs in _SIGNS:
        if signs & keys:
            return kind
    return None


def read(data: bytes, origin: str, notes: Notes) -> list[Document]:
    """All documents in a body, each with its kind; raises InputError when none of them is Envoy's."""
    at_once = read_at_once(data, origin)
    if at_once is not None:
        return [at_once]
    documents = []
    parts = split(data, origin, notes)
    for part in parts:
        kind = identify(part)
        if kind is not None:
            documents.append(Document(kind, part, origin))
        elif len(parts) > 1:
            notes.add(
                NoteKind.INPUT, f"{origin}: passed over a JSON document that is none of Envoy's answers"
            )
    if not documents:
        raise InputError(
            f"{origin} is JSON, but none of Envoy's admin answers",
            "A config_dump has the key `configs`, /clusters?format=json has `cluster_statuses`.",
            "Save one with `curl localhost:15000/config_dump?include_eds > dump.json` inside the pod.",
        )
    return documents
