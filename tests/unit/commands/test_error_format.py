"""``--error-format json``: an error as one line, wherever the option stands, whatever is wrong."""

from __future__ import annotations

import json

import pytest

from tests import cli


@pytest.mark.parametrize(
    ("words", "kind", "code"),
    [
        (("pc", "listener", "-f", "/nowhere"), "InputError", 1),
        (("pc", "nothing"), "UsageError", 2),
        (("trace",), "UsageError", 2),
    ],
)
@pytest.mark.parametrize("where", ["first", "last", "joined"])
def test_an_error_is_one_line_of_json(words, kind, code, where):
    option = ("--error-format=json",) if where == "joined" else ("--error-format", "json")
    outcome = cli.run(*words, *option) if where == "last" else cli.run(*option, *words)
    said = json.loads(outcome.err)["error"]
    assert (said["kind"], said["exitCode"], outcome.rc) == (kind, code, code)
    assert set(said) == {"kind", "what", "cause", "hint", "exitCode"}


def test_the_environment_asks_for_it_too(monkeypatch):
    monkeypatch.setenv("MESHCTL_ERROR_FORMAT", "json")
    assert json.loads(cli.run("pc", "listener", "-f", "/nowhere").err)


def test_another_word_is_refused():
    assert cli.run("--error-format", "xml", "version").rc == 2
