"""The tutorial cannot rot: each command in it prints what stands below it, and its picture is today's."""

from __future__ import annotations

import pytest

from tests.lab import recording

BLOCKS = [
    (what, output) for what, kind, output in recording.blocks(recording.TUTORIAL.read_text()) if not kind
]


@pytest.mark.parametrize(("command", "output"), BLOCKS, ids=[command for command, _ in BLOCKS])
def test_a_command_prints_what_the_tutorial_shows(command: str, output: str) -> None:
    assert recording.plain(recording.printed(command)) == output.rstrip("\n")


def test_the_tutorial_shows_commands_and_live_paragraphs() -> None:
    kinds = [kind for _, kind, _ in recording.blocks(recording.TUTORIAL.read_text())]
    assert kinds.count("") >= 6
    assert kinds.count("lab") >= 3


def test_the_picture_is_what_trace_draws() -> None:
    assert recording.PICTURE.read_text() == recording.printed(recording.picture_command())
