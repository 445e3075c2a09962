"""Every page of help: no line over 80 columns, the flags that all commands have are named, `help` shows the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import typer

from meshctl import __version__
from meshctl.commands.root import app
from tests import cli as line


def pages(group: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command."""
    yield words
    if hasattr(group, "list_commands"):
        for name in group.list_commands(None):
            yield from pages(group.get_command(None, name), (*words, name))


PAGES = list(pages(typer.main.get_command(app)))


@pytest.mark.parametrize("words", PAGES, ids=" ".join)
def test_no_line_is_wider_than_80_columns(words: tuple[str, ...]):
    page = line.run(*words, "--help")
    assert page.rc == 0
    assert [text for text in page.out.splitlines() if len(text) > 80] == []


@pytest.mark.parametrize("words", PAGES, ids=" ".join)
def test_help_shows_the_page_of_a_command(words: tuple[str, ...]):
    assert line.run("help", *words).out.rstrip() == line.run(*words, "--help").out.rstrip()


def test_a_command_names_the_flags_of_all_commands():
    assert "Flags of every command" in line.run("trace", "--help").out


def test_options_stand_in_groups():
    page = line.run("trace", "--help").out
    places = [
        page.index(f"\n{title}:\n") for title in ("Request", "Where it goes", "What is given", "The answer")
    ]
    assert places == sorted(places)


def test_help_for_a_command_that_does_not_exist():
    assert line.run("help", "nope").rc == 2


def test_the_version():
    assert line.run("--version").out == f"meshctl {__version__}\n"


def test_kubectl_finds_the_program():
    from importlib.metadata import entry_points

    found = {entry.name for entry in entry_points(group="console_scripts")}
    if "meshctl" in found and "kubectl-meshctl" not in found:
        pytest.skip("installed before the entry point was added: make dev")
    assert "kubectl-meshctl" in found
