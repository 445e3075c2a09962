"""Text for people in a width: colours, and lines that break where a reader expects it.

A line breaks at blanks and behind commas. A name breaks only where it is wider than the whole line, and then behind
``.``, ``-`` or ``|``; a text without any of these is cut at the width. ``None`` is a width without end.
What stands in a text for people passes through here, so here it is made visible; colours are painted afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.patterns import expression
from meshctl.plain import visible

_COLOURS = {"bold": "1", "dim": "2", "green": "32", "red": "31", "yellow": "33", "cyan": "36"}
_COMMAS = expression("[^,]*,+|[^,]+")
_NAME = expression(r"[^.\-|]*[.\-|]|[^.\-|]+")


class Paint:
    """Wraps text in colour codes, or leaves it alone."""

    def __init__(self, on: bool) -> None:
        self._on = on

    def __call__(self, text: str, colour: str) -> str:
        return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if self._on and text else text


def wrap(text: str, width: int | None) -> list[str]:
    """The text in lines of at most the width; one empty line for an empty text."""
    text = visible(text)
    if width is None or len(text) <= width:
        return [text]
    width = max(width, 8)
    lines = [""]
    for glue, part in _parts(text, width):
        if not lines[-1] or len(lines[-1]) + len(glue) + len(part) <= width:
            lines[-1] += (glue if lines[-1] else "") + part
        else:
            lines.append(part)
    return lines


def _parts(text: str, width: int) -> Iterator[tuple[str, str]]:
    """What must stay together, with what stands before it on the same line."""
    for word in text.split():
        glue = " "
        for part in _COMMAS.findall(word):
            for piece in [part] if len(part) <= width else _pieces(part, width):
                yield glue, piece
                glue = ""


def _pieces(name: str, width: int) -> Iterator[str]:
    """A name that is wider than the line, at its own joints."""
    for piece in _NAME.findall(name):
        yield from (piece[start : start + width] for start in range(0, len(piece), width))


def hanging(text: str, width: int | None, first: str, rest: int) -> list[str]:
    """The text behind ``first``, its further lines indented by ``rest``."""
    first = visible(first)
    indent = max(rest, len(first))
    if width is None:
        return [f"{first}{visible(text)}".rstrip()]
    lines = wrap(text, width - indent)
    return [f"{first}{lines[0]}".rstrip(), *(f"{'':{rest}}{line}" for line in lines[1:])]
