"""``-o jsonpath=…`` and ``-o custom-columns=…`` as kubectl has them; jsonpath-ng parses the paths.

A template is text with expressions in braces: ``{.name}``, ``{range .items[*]}…{end}``, ``{"\\n"}``. Several values of one
expression stand beside each other with blanks, an object is JSON. What a path does not find is nothing in a template,
and ``<none>`` in a column. A list is its own ``items``, so that kubectl's habits work on our documents.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from meshctl.errors import UsageError
from meshctl.plain import visible

if TYPE_CHECKING:
    from meshctl.render.interface import Document

_PART = re.compile(r"\{((?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^{}\"'])*)\}|([^{}]+)|(.)", re.S)
_ESCAPES = {r"\n": "\n", r"\t": "\t", r"\"": '"', r"\\": "\\"}


def _plain(value: Document) -> Any:
    """The document as plain values, whatever it is made of."""
    return msgspec.json.decode(msgspec.json.encode(value.content))


@functools.cache
def _parsed(path: str) -> Any:
    from jsonpath_ng.ext import parse

    text = path.strip()
    text = text if text.startswith("$") else f"${text if text[:1] in '.[' else f'.{text}'}"
    if text in ("$.", "$"):
        text = "$"
    quoted = re.sub(r"\.((?:[\w-]|\\.)*(?:\\.|-)(?:[\w-]|\\.)*)", _quote, text)
    try:
        return parse(quoted)
    except Exception as error:  # the library has one class of error for each of its stages
        raise UsageError(f"{path!r} is no JSONPath", str(error).splitlines()[0]) from error


def _quote(match: re.Match[str]) -> str:
    """A key with dashes or escaped dots, as jsonpath-ng writes it."""
    return f'."{match[1].replace(chr(92), "")}"'


def found(path: str, value: Any) -> list[Any]:
    """The values at a path; ``.items`` of a list is the list itself."""
    if isinstance(value, list) and re.match(r"\$?\.?items\b", path.strip()):
        path = re.sub(r"^\$?\.?items", "$", path.strip())
    return [match.value for match in _parsed(path).find(value)]


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None or isinstance(value, dict | list):
        return msgspec.json.encode(value).decode()
    return str(value)


def jsonpath(value: Document, template: str) -> str:
    """A template filled with what its paths find."""
    if not template:
        raise UsageError("-o jsonpath= wants a template", "", "Write -o jsonpath='{.name}'.")
    parts = list(_parts(template))
    return "".join(_filled(parts, _plain(value)))


def _parts(template: str) -> Iterator[tuple[str, str]]:
    """The template as (kind, content): text or an expression."""
    for match in _PART.finditer(template):
        expression, text, wrong = match.groups()
        if wrong is not None:
            raise UsageError(f"the template {template!r} has a brace without its partner")
        yield ("text", text) if text is not None else ("path", expression.strip())


def _filled(parts: list[tuple[str, str]], value: Any) -> Iterator[str]:
    index = 0
    while index < len(parts):
        kind, content = parts[index]
        index += 1
        if kind == "text":
            yield content
        elif content[:1] in "\"'":
            yield re.sub(r"\\.", lambda m: _ESCAPES.get(m[0], m[0]), content[1:-1])
        elif content.startswith("range "):
            end = _end(parts, index)
            for item in found(content.removeprefix("range "), value):
                yield from _filled(parts[index:end], item)
            index = end + 1
        elif content != "end":
            yield visible(" ".join(map(_shown, found(content.removeprefix("@") or "$", value))))


def _end(parts: list[tuple[str, str]], start: int) -> int:
    """Where the range that begins before ``start`` ends."""
    depth = 1
    for index in range(start, len(parts)):
        kind, content = parts[index]
        depth += (kind == "path") * (content.startswith("range ") - (content == "end"))
        if depth == 0:
            return index
    raise UsageError("a {range …} of the template has no {end}")


def columns(value: Document, spec: str) -> str:
    """A table of the columns ``NAME:.path,…``, a row an item."""
    pairs = [column.partition(":") for column in spec.split(",")]
    if not spec or not all(name and path for name, _, path in pairs):
        raise UsageError("-o custom-columns= wants NAME:.path,…", "", "Write -o custom-columns=NAME:.name.")
    from meshctl.render.table import align

    plain = _plain(value)
    rows = [[name for name, _, _ in pairs]]
    for item in plain if isinstance(plain, list) else [plain]:
        cells = (",".join(map(_shown, found(path, item))) for _, _, path in pairs)
        rows.append([visible(cell) or "<none>" for cell in cells])
    return align(rows, 3)
