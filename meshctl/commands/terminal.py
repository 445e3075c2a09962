"""What stdout is: how wide, whether in colour, whether a person looks at it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable

from meshctl.patterns import expression


def colour(when: str = "auto") -> bool:
    """Whether to write colours: as asked, else by NO_COLOR, FORCE_COLOR and whether stdout is a terminal."""
    if when != "auto":
        return when == "always"
    if os.environ.get("NO_COLOR"):
        return False
    forced = os.environ.get("FORCE_COLOR", "")
    if forced:
        return forced not in ("0", "false")
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def width() -> int | None:
    """The columns of the terminal, or what COLUMNS says of it; None where nothing bounds a line."""
    if not sys.stdout.isatty():
        return None
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal() and int(said) > 0:
        return max(int(said), 20)
    try:
        return max(os.get_terminal_size(sys.stdout.fileno()).columns, 20)
    except (OSError, ValueError):
        return 80


_PAGER = "less -FRSX"
_COLOUR = expression("\x1b\\[[0-9;]*m")


def page(text: str, write: Callable[[str], None]) -> None:
    """A wide text on a terminal: through ``$PAGER`` (sideways too), else cut at the terminal's width."""
    columns = width() or 80
    if all(len(_COLOUR.sub("", line)) <= columns for line in text.splitlines()):
        write(text)
        return
    import shlex
    import subprocess

    words = shlex.split(os.environ.get("PAGER", "") or _PAGER)
    sys.stdout.flush()
    try:
        pager = subprocess.Popen(
            words, stdin=subprocess.PIPE, env={"LESS": "FRSX", "LESSCHARSET": "utf-8", **os.environ}
        )
    except OSError:
        write("".join(f"{cut(line, columns)}\n" for line in text.splitlines()))
        return
    try:
        pager.communicate(text.encode("utf-8", "replace"))
    except KeyboardInterrupt:  # the pager's own affair; it is still there
        pager.wait()


def cut(line: str, columns: int) -> str:
    """A line within the terminal, with an ellipsis where it was cut; colour codes take no room."""
    if len(_COLOUR.sub("", line)) <= columns:
        return line
    room, kept = columns - 1, ""
    for part in re.split("(\x1b\\[[0-9;]*m)", line):
        if _COLOUR.fullmatch(part):
            kept += part
            continue
        kept += part[:room]
        room -= len(part[:room])
    return kept + "\N{HORIZONTAL ELLIPSIS}"
