"""One body of bytes taken apart: Envoy's answers, rules, objects, and what was passed over and why.

Theory of operation. A body that is one clean answer of an admin port is cut open in the one pass that checks it
(``meshctl.envoy.documents.read_at_once``), and nothing else is tried. Anything else is freed of its frames
(``text_frames``), then the JSON documents in it are cut out, each told by its content, and the lines between them
looked at: rules, YAML, the text forms of Envoy's answers, text proto. What remains is noise, told once.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import msgspec

from meshctl.envoy.documents import Document, DocumentKind, read_at_once
from meshctl.envoy.notes import Notes
from meshctl.errors import InputError
from meshctl.patterns import expression
from meshctl.plain import Json
from meshctl.reader import recognise
from meshctl.reader.recognise import Form, Gives

_decode_raw = msgspec.json.Decoder(msgspec.Raw).decode
_START = expression(r"^[ \t]*[{\[]", re.MULTILINE)
# A document behind another begins right behind it or at the margin.
_BEHIND = expression(r"\s*[,;]?\s*[{\[]")
_MARGIN = expression(r"^[{\[]", re.MULTILINE)
_ARRAY_HEAD = expression(r'\s*"(\w+)"\s*:\s*[\[{]')


class RuleText(msgspec.Struct, frozen=True):
    """A text that holds rules."""

    origin: str
    text: str


class PassedOver(msgspec.Struct, frozen=True):
    """Something in the input that is of no use, and why."""

    origin: str
    form: Form


class Parts(msgspec.Struct):
    """What a body holds. ``by_pod``: the answers of several proxies, in one document that names them."""

    documents: list[Document] = []
    rules: list[RuleText] = []
    objects: list[Json] = []
    by_pod: dict[str, list[Document]] = {}
    passed: list[PassedOver] = []

    @property
    def is_empty(self) -> bool:
        return not (self.documents or self.rules or self.objects or self.by_pod)


def read(data: bytes | memoryview, origin: str, notes: Notes) -> Parts:
    """Everything in a body. Never raises for what it cannot read: that is ``passed`` over."""
    document = read_at_once(data, origin)
    if document is not None and not _needs_a_look(document):
        return Parts(documents=[document])
    form = recognise.form_of(bytes(memoryview(data)[: recognise.HEAD]))
    if form.gives is Gives.NOTHING and form is not recognise.UNKNOWN and not _framed(form):
        return Parts(passed=[PassedOver(origin, form)])
    return _framed_parts(data, origin, notes, form)


def _needs_a_look(document: Document) -> bool:
    """Whether a document may be something else than it seems: its telling key may be a resource's field too
    (``stats``, ``entries``), or a dump's entries are not the sections of today's Envoy."""
    if document.kind in (DocumentKind.STATS, DocumentKind.RUNTIME, DocumentKind.MEMORY):
        return True
    return recognise.holds_parts(document.configs or ())


def _framed(form: Form) -> bool:
    """Whether a body that begins so may hold something after all: only pictures and programs may not."""
    return form.what not in _HOPELESS


_HOPELESS = {"a 7z archive", "a RAR archive", "a program", "a PDF", "a picture", "a packet capture (pcap)", "empty",
             "binary data"}  # fmt: skip


def _framed_parts(data: bytes | memoryview, origin: str, notes: Notes, form: Form) -> Parts:
    from meshctl.reader.text_frames import decoded, unframed

    text, odd = decoded(data, origin)
    whole = _whole_json(text)
    if whole is not None and not odd:
        parts = Parts()
        _take_json(parts, whole, origin, notes)
        if not parts.is_empty:
            return parts
    free = unframed(text)
    for what in [*odd, *free.taken_off]:
        notes.add_input(f"{origin}: passed over {what}")
    parts = Parts()
    lines = _take_json_out(parts, free.lines, origin, notes)
    if _holds(lines) and not _take_text(parts, lines, origin, notes) and not parts.is_empty:
        left = "\n".join(lines).strip()
        notes.add_input(f"{origin}: passed over {len(left)} bytes beside the JSON: {left[:60]!r}")
    if parts.is_empty:
        parts.passed = [PassedOver(origin, _named(form, free.text))]
    return parts


def _named(form: Form, text: str) -> Form:
    """The form for a person, now that the frames are gone."""
    again = recognise.form_of(text.lstrip()[: recognise.HEAD].encode())
    found = again if form is recognise.UNKNOWN else form
    if found.gives is Gives.NOTHING:
        return found
    cut = _cut_off(text)
    why = cut or "It holds none of Envoy's configuration, no rules, and no Kubernetes objects."
    return Form(found.what, Gives.NOTHING, why, "Fetch it again." if cut else recognise.DUMP_COMMAND)


def _cut_off(text: str) -> str:
    """Why JSON cannot be read, where that is what it begins as."""
    if text.lstrip()[:1] not in ("{", "["):
        return ""
    try:
        _decode_raw(text.encode())
    except (msgspec.DecodeError, RecursionError) as error:
        if "truncated" in str(error):
            return f"It ends in the middle of the JSON after {len(text.encode()):,} bytes: it was cut off."
        at = re.search(r"byte (\d+)", str(error))
        return f"It is broken JSON{' at byte ' + at[1] if at else ''}: {str(error).partition(' (byte')[0]}."
    return ""


def _whole_json(text: str) -> bytes | None:
    stripped = text.lstrip()
    if stripped[:1] not in ("{", "["):
        return None
    data = text.encode("utf-8", "surrogatepass")
    try:
        _decode_raw(data)
    except (msgspec.DecodeError, RecursionError):
        return None
    return data


def _holds(lines: list[str]) -> bool:
    return any(line.strip() for line in lines)


def _take_json_out(parts: Parts, lines: list[str], origin: str, notes: Notes) -> list[str]:
    """Take the JSON documents out of the lines; what is left, at its own line numbers."""
    text = "\n".join(lines)
    if _ARRAY_HEAD.match(text):  # an array of a section without the braces round it
        wrapped = _whole_json("{" + text.strip().rstrip(",") + "}")
        if wrapped is not None and _take_json(parts, wrapped, origin, notes):
            return []
    if text.lstrip()[:1] in ("{", "["):
        wrapped = _whole_json("[" + text.strip().rstrip(",") + "]")  # objects with commas between
        if wrapped is not None and _whole_json(text) is None and _take_json(parts, wrapped, origin, notes):
            return []
    rest: list[str] = []
    position, number = 0, 0
    while match := _next_start(text, position):
        begin = match.end() - 1
        rest.append(text[position:begin])
        end = _document_end(text, begin)
        if end is None:  # cut off: what stands inside of it is no document of its own
            break
        where = f"{origin} #{number + 1}" if number else origin
        if end > begin and _take_json(parts, text[begin:end].encode("utf-8", "replace"), where, notes):
            number += 1
            rest.append("\n" * text.count("\n", begin, end))
        else:
            end = max(end, _end_of_line(text, begin))
            rest.append(text[begin:end])
        position = end
    else:
        rest.append(text[position:])
        return "".join(rest).split("\n")
    return [] if not number else "".join(rest).split("\n")


def _next_start(text: str, position: int) -> re.Match[str] | None:
    if position:
        return _BEHIND.match(text, position) or _MARGIN.search(text, position)
    return _START.search(text)


def _end_of_line(text: str, begin: int) -> int:
    end = text.find("\n", begin)
    return len(text) if end < 0 else end


@functools.cache
def _scanner() -> Callable[[str, int], tuple[Any, int]]:
    import json  # the one that says where a document ends; clean dumps do not need it

    return json.JSONDecoder(strict=False).raw_decode


def _document_end(text: str, begin: int) -> int | None:
    """Where the JSON document ends that begins there; ``begin`` where none does, None where it is cut off."""
    try:
        return _scanner()(text, begin)[1]
    except ValueError as error:
        left = text[getattr(error, "pos", 0) :].strip()
        return None if not left or "Unterminated string" in str(error) else begin
    except RecursionError:
        return begin


def _take_json(parts: Parts, data: bytes, origin: str, notes: Notes) -> bool:
    """Sort one JSON value in; False when it is nothing that is read here."""
    try:
        return _sort_in(parts, data, origin, notes)
    except (msgspec.DecodeError, RecursionError, AttributeError, TypeError, ValueError, KeyError) as error:
        notes.add_input(f"{origin}: a JSON document could not be read: {error}")
        return False


def _sort_in(parts: Parts, data: bytes, origin: str, notes: Notes) -> bool:
    from meshctl.reader import manifests, pod_maps
    from meshctl.reader.envoy_forms import assembled

    head = data.lstrip()[:1]
    if head not in (b"{", b"["):
        return False
    if re.match(rb'\s*\{\s*"nftables"', data):
        parts.rules.append(RuleText(origin, data.decode("utf-8", "replace")))
        return True
    found = assembled(data.strip(), origin, notes)
    if found is not None:
        parts.documents = [*parts.documents, *(_as_printed(document, data) for document in found)]
        return True
    by_pod = pod_maps.by_pod(data, origin, notes)
    if by_pod:
        for pod, documents in by_pod.items():
            parts.by_pod = {**parts.by_pod, pod: [*parts.by_pod.get(pod, []), *documents]}
        return True
    value = msgspec.json.decode(data)
    objects = list(manifests.objects_of(value))
    parts.objects = [*parts.objects, *objects]
    return bool(objects)


def _as_printed(document: Document, data: bytes) -> Document:
    """A document with the bytes it was made of."""
    if document.kind is not DocumentKind.CONFIG_DUMP or document.data is data:
        return document
    return msgspec.structs.replace(document, printed=data)


def _take_text(parts: Parts, lines: list[str], origin: str, notes: Notes) -> bool:
    """Sort in what the lines without JSON are; False for nothing that is read."""
    from meshctl.reader import envoy_text, rules_forms, textproto

    if rules_forms.holds_rules(lines):
        parts.rules.append(RuleText(origin, "\n".join(lines)))
        return True
    kind = envoy_text.kind_of(lines)
    if kind is not None:
        parts.documents = [*parts.documents, envoy_text.document(kind, lines, origin)]
        return True
    if textproto.looks_like(lines):
        value = textproto.route_configuration("\n".join(lines))
        if value is not None:
            return _take_json(parts, msgspec.json.encode(value), origin, notes)
    if not parts.is_empty or not _looks_like_yaml(lines):
        return False
    _take_yaml(parts, "\n".join(lines), origin, notes)
    return not parts.is_empty


_YAML_LINE = expression(r"^(?:---|- |%YAML|(?:\"[^\"]+\"|'[^']+'|[\w@./|-]+):(?:\s|$)|[{\[])")


def _looks_like_yaml(lines: list[str]) -> bool:
    first = next((line for line in lines if line.strip() and not line.lstrip().startswith("#")), "")
    if re.match(r"\s*(?:\{\s*(?:\"|$)|\[\s*(?:[{\"]|$))", first):
        return False  # JSON that could not be read
    return bool(_YAML_LINE.match(first.lstrip()))


def _take_yaml(parts: Parts, text: str, origin: str, notes: Notes) -> None:
    import textwrap

    from meshctl.reader.yaml_text import documents

    try:
        found = documents(textwrap.dedent(text.replace("\t", "  ")), origin)
    except InputError as error:
        notes.add_input(f"{error.what}: {error.cause}")
        return
    for number, document in enumerate(found, 1):
        where = origin if len(found) == 1 else f"{origin} #{number}"
        if not isinstance(document, dict | list):
            continue
        try:
            data = msgspec.json.encode(_with_text_keys(document))
        except (TypeError, ValueError, msgspec.MsgspecError):
            continue
        _take_json(parts, data, where, notes)


def _with_text_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _with_text_keys(item) for key, item in value.items()}
    return [_with_text_keys(item) for item in value] if isinstance(value, list) else value
