"""JSON as istioctl prints it: four blanks, and ``<``, ``>``, ``&`` and the line separators as escapes.

istioctl prints with Go's encoding/json, whose escapes make the text safe inside HTML; they stand only within
strings, where the escape means the same character.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from meshctl.views.view import Layout

if TYPE_CHECKING:
    from meshctl.render.interface import Document

_ESCAPES = ((b"<", b"\\u003c"), (b">", b"\\u003e"), (b"&", b"\\u0026"))
_SEPARATORS = (("\u2028".encode(), b"\\u2028"), ("\u2029".encode(), b"\\u2029"))


def render(value: Any, *, escape_html: bool = True) -> bytes:
    """Indented JSON with a line break at the end."""
    text = msgspec.json.format(msgspec.json.encode(value), indent=4)
    if escape_html:
        text = escape(text)
    return text + b"\n"


def escape(text: bytes) -> bytes:
    for character, replacement in _ESCAPES if text.isascii() else (*_ESCAPES, *_SEPARATORS):
        if character in text:
            text = text.replace(character, replacement)
    return text


def render_lines(values: list[Any]) -> bytes:
    """One compact JSON document a line, for scripts."""
    return b"".join(msgspec.json.encode(value) + b"\n" for value in values)


def _plain(value: Any, indent: int) -> bytes:
    try:
        return msgspec.json.format(msgspec.json.encode(value), indent=indent)
    except UnicodeEncodeError:  # a lone surrogate, which only an escape can hold
        return json.dumps(msgspec.to_builtins(value), indent=indent).encode()


def document(value: Document) -> bytes:
    """A document: istioctl's in the layout of the writer it uses, our own plainly."""
    if value.layout is None:
        return _plain(value.content, value.indent) + b"\n"
    if value.layout is Layout.JSONPB:
        from meshctl.render.jsonpb_out import render as render_jsonpb

        return render_jsonpb(value.value)
    return render(value.value, escape_html=value.layout is not Layout.PROTOJSON)


def document_lines(value: Document) -> bytes:
    """A document's items, one a line."""
    items = value.items if value.items is not None else [value.value]
    return render_lines(list(items))
