"""Plain values: what JSON has, where nothing more is known of it, and what of it has the type that is asked for; and strangers' text made safe to show.

Names and values of a dump, an object or somebody else's error may hold anything. Shown as they are, control characters move the
cursor, line breaks make lines of their own (a false verdict), bidi controls turn words around. ``visible`` is what every text for
people passes through: such characters are shown as escapes. JSON and YAML have escapes of their own and stay exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

Json = dict[str, Any]


LAST_PORT = 65535


def port_of(text: str) -> int | None:
    """A port as a person writes it; None for what is none, or out of range."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else LAST_PORT + 1
    return number if number <= LAST_PORT else None


def object_at(value: Any, key: str) -> Json:
    """The object under a key; an empty one where there is none, or something else."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def list_at(value: Any, key: str) -> list[Any]:
    """The list under a key; an empty one where there is none, or something else."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def objects_at(value: Any, key: str) -> list[Json]:
    """The objects in the list under a key."""
    return [item for item in list_at(value, key) if isinstance(item, dict)]


def name_of(item: Json) -> str:
    """The name of a Kubernetes object, or what its name begins with."""
    metadata = object_at(item, "metadata")
    return str(metadata.get("name") or metadata.get("generateName") or "")


def namespace_of(item: Json) -> str:
    """The namespace of a Kubernetes object; "" where none is given."""
    return str(object_at(item, "metadata").get("namespace") or "")


def labels_of(item: Json) -> dict[str, str]:
    """The labels of a Kubernetes object."""
    return {str(key): str(value) for key, value in object_at(object_at(item, "metadata"), "labels").items()}


# C0, DEL, C1, the line separators, the characters that turn the direction of what follows, lone surrogates. Compiled when a text
# has one of them or a letter beyond ASCII: compiling costs a small table a fiftieth of its time.
_UNSEEN = "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\x1b": "\\e"}


def _escaped(match: re.Match[str]) -> str:
    found = match[0]
    code = ord(found)
    return _SHORT.get(found) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")


def visible(text: str) -> str:
    """A text of one line with every character escaped that would not be seen but act."""
    return text if text.isascii() and text.isprintable() else re.sub(_UNSEEN, _escaped, text)


def visible_lines(lines: Iterable[str]) -> str:
    """Lines of text, each ended, each one line whatever it holds."""
    return "".join(f"{visible(line)}\n" for line in lines)


def some(lines: Sequence[str], most: int) -> tuple[str, ...]:
    """The first lines, and a last one that counts the others."""
    left = len(lines) - most
    return (*lines[:most], *([f"and {left} more"] if left > 0 else []))


def listed(words: Sequence[str], most: int, mark: str = ", ") -> str:
    """The first words in a sentence, and how many more there are."""
    left = len(words) - most
    return mark.join(words[:most]) + (f" and {left} more" if left > 0 else "")
