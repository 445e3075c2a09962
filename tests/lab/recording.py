"""``python -m tests.lab record``: the story's pods as a fixture, and the tutorial with what was really printed.

The tutorial holds two kinds of blocks that are filled here and checked by tests: ``console`` blocks, whose
``$ meshctl`` command is run on the recorded pods (the same output everywhere, no root needed), and ``text lab:N``
blocks, which are paragraph N of the live story.
"""

from __future__ import annotations

import contextlib
import io
import os
import pathlib
import re
import shlex
import tarfile
import tempfile
from collections.abc import Iterator

from tests.lab import keep
from tests.lab.story import CLIENT, URL, tell

ROOT = pathlib.Path(__file__).resolve().parents[2]
TUTORIAL = ROOT / "docs" / "how-the-sidecar-hijacks-traffic.md"
PICTURE = ROOT / "docs" / "images" / "story.svg"
FIXTURE = ROOT / "tests" / "fixtures" / "lab.tar.gz"
_BLOCK = re.compile(r"```(console|text lab:(\d))\n(.*?)```\n", re.DOTALL)


def record_all() -> Iterator[pathlib.Path]:
    """Bring the lab up, record it, fill the tutorial; yields each file written."""
    with keep.mesh("record") as lab, tempfile.TemporaryDirectory() as folder:
        told = paragraphs(list(tell(lab)))
        lab.record(pathlib.Path(folder))
        with tarfile.open(FIXTURE, "w:gz") as archive:
            for path in sorted(pathlib.Path(folder).rglob("*.*")):
                archive.add(path, path.relative_to(folder).as_posix())
    yield FIXTURE
    PICTURE.write_text(printed(picture_command()))
    yield PICTURE
    TUTORIAL.write_text(filled(TUTORIAL.read_text(), told))
    yield TUTORIAL


def picture_command() -> str:
    """The command that draws the story."""
    return f"meshctl trace {CLIENT} {URL} --dir {FIXTURE.name} -o svg"


def paragraphs(told: list[str]) -> dict[str, str]:
    """The live story by the number in its titles, without what differs from run to run."""
    found: dict[str, str] = {}
    number = ""
    for text in told:
        title = re.match(r"\n== (\d)\.", text)
        if title:
            number = title[1]
        elif number:
            found[number] = (found.get(number, "") + "\n" + plain(text)).strip("\n")
    return found


def plain(text: str) -> str:
    """A live text without dates, durations and counts."""
    text = re.sub(r"(?m)^date: .*\n", "", text)
    text = re.sub(r"(?m)^(x-envoy-upstream-service-time: )\d+", r"\g<1>…", text)
    text = re.sub(r"(?m)^  \[\d+:\d+\] ", "  ", text)
    return "\n".join(line.rstrip() for line in text.replace("\r", "").strip("\n").split("\n"))


def printed(command: str) -> str:
    """What a ``meshctl …`` command prints in the folder of the fixture."""
    from meshctl.cli import main

    out = io.StringIO()
    before = pathlib.Path.cwd()
    os.chdir(FIXTURE.parent)
    try:
        with contextlib.redirect_stdout(out):
            main(shlex.split(command)[1:])
    finally:
        os.chdir(before)
    return out.getvalue()


def blocks(text: str) -> Iterator[tuple[str, str, str]]:
    """The filled blocks of the tutorial: what fills it (a command, or a paragraph's number), "" or "lab", content."""
    for match in _BLOCK.finditer(text):
        if match[2]:
            yield match[2], "lab", match[3]
        else:
            command, _, output = match[3].partition("\n")
            yield command.removeprefix("$ "), "", output


def filled(text: str, told: dict[str, str]) -> str:
    """The tutorial with the content of every block made anew."""

    def fill(match: re.Match[str]) -> str:
        if match[2]:
            return f"```{match[1]}\n{told[match[2]]}\n```\n"
        command = match[3].partition("\n")[0]
        output = "\n".join(line.rstrip() for line in printed(command.removeprefix("$ ")).split("\n"))
        return f"```console\n{command}\n{output}```\n"

    return _BLOCK.sub(fill, text)
