"""One printer: forms follow from what a command offers, and a new form is one line for every command."""

from __future__ import annotations

import sys
import types

import pytest

from meshctl.errors import UsageError
from meshctl.render import interface
from meshctl.render.interface import Content, Document, Form, Outputs, printed
from meshctl.views.table import Table
from tests import cli


def test_the_forms_are_those_of_the_offered_contents():
    outputs = Outputs((Content.SHORT, Content.DOCUMENT), "short", without=("jsonl",))
    assert list(outputs.forms) == ["short", "json", "yaml", "csv", "jsonpath=", "custom-columns="]
    assert outputs.words == "short, json, yaml, csv, jsonpath= or custom-columns="


def test_an_unknown_form_names_those_there_are():
    with pytest.raises(UsageError) as told:
        Outputs((Content.DOCUMENT,), "json").parse("jsno")
    assert "jsno" in told.value.what
    assert told.value.hint == "Use json, yaml, jsonl, jsonpath= or custom-columns=."


def test_only_what_is_printed_is_made():
    def never() -> object:
        raise AssertionError("made without need")

    form = Outputs((Content.NAMES, Content.DOCUMENT), "name").parse("name")
    assert printed(form, {Content.NAMES: lambda: ["a", "b"], Content.DOCUMENT: never}) == "a\nb\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("json", b'{\n  "b": 1,\n  "a": "<"\n}\n'),
        ("yaml", "b: 1\na: <\n"),
        ("jsonl", b'{"b":1,"a":"<"}\n'),
    ],
)
def test_a_document_of_ours_keeps_its_order(name: str, text: object):
    form = Outputs((Content.DOCUMENT,), "json").parse(name)
    assert form.render(Document({"b": 1, "a": "<"})) == text


def test_a_table_is_aligned_and_a_text_is_left_alone():
    form = Outputs((Content.SHORT,), "short").parse("short")
    assert form.render(Table(("A", "B"), [("longer", "x")], padding=1)) == "A      B\nlonger x\n"
    assert form.render("as it is") == "as it is"


def test_a_new_form_is_one_function_and_one_line_for_every_command(monkeypatch: pytest.MonkeyPatch):
    module = types.ModuleType("meshctl.render.shouting")
    module.document = lambda value: f"{len(value.value)} KEYS!\n"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "meshctl.render.shouting", module)
    monkeypatch.setattr(
        interface, "_FORMS", (*interface._FORMS, Form("shout", Content.DOCUMENT, "shouting:document"))
    )
    assert cli.run("version", "-o", "shout").out == "2 KEYS!\n"
    assert cli.run(
        "trace", "--dir", "examples/story", "test-pod", "http://nginx.test/", "-o", "shout"
    ).out.endswith("KEYS!\n")
    refused = cli.run("version", "-o", "sohut")
    assert refused.rc == 2 and "shout" in refused.err
