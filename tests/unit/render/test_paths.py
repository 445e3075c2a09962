"""``-o jsonpath=``, ``-o custom-columns=`` and ``-o csv``, as kubectl's users type them."""

from __future__ import annotations

import csv
import io

import pytest

from meshctl.errors import UsageError
from meshctl.render.interface import Document
from meshctl.render.paths import columns, jsonpath
from tests import cli
from tests.corpus import ROOT

STORY = ROOT / "examples" / "story"
DUMP = ("-f", str(STORY / "test-pod" / "config_dump.json"))
VALUE = [{"name": "a", "kind": {"x-y": 1, "dotted.key": "d"}}, {"name": "b", "kind": {"x-y": 2}, "on": True}]

TEMPLATES = [
    ("{.items[*].name}", "a b"),
    ("{[*].name}", "a b"),
    ("{$[0].name}", "a"),
    ('{range .items[*]}{.name}{"\\t"}{.kind.x-y}{"\\n"}{end}', "a\t1\nb\t2\n"),
    ("{.items[?(@.name=='b')].kind.x-y}", "2"),
    ("{.items[1].on}", "true"),
    ("{.items[0].kind.dotted\\.key}", "d"),
    ("{.items[0].kind}", '{"x-y":1,"dotted.key":"d"}'),
    ("name: {.items[0].name}, nothing: {.nothing}", "name: a, nothing: "),
]  # fmt: skip


@pytest.mark.parametrize(("template", "text"), TEMPLATES, ids=[template for template, _ in TEMPLATES])
def test_a_template(template: str, text: str):
    assert jsonpath(Document(VALUE), template) == text


@pytest.mark.parametrize("template", ["", "{.a", "}", "{range .items[*]}{.name}", "{.items[}"])
def test_what_is_no_template_is_refused(template: str):
    with pytest.raises(UsageError):
        jsonpath(Document(VALUE), template)


def test_columns():
    assert columns(Document(VALUE), "NAME:.name,ON:.on").splitlines() == [
        "NAME   ON", "a      <none>", "b      true",
    ]  # fmt: skip


@pytest.mark.parametrize("spec", ["", "NAME", "NAME:", ":.name"])
def test_what_are_no_columns_is_refused(spec: str):
    with pytest.raises(UsageError):
        columns(Document(VALUE), spec)


def test_names_of_clusters_by_a_path():
    by_path = cli.run("pc", "cluster", *DUMP, "-o", 'jsonpath={range .items[*]}{.name}{"\\n"}{end}').out
    assert sorted(by_path.splitlines()) == sorted(
        cli.run("pc", "cluster", *DUMP, "-o", "name").out.splitlines()
    )


def test_a_path_into_a_trace():
    words = ("trace", "test-pod", "http://nginx.test/", "--dir", str(STORY))
    assert cli.run(*words, "-o", "jsonpath={.verdict} {.outcomes[0].code}").out == "DELIVERED 200"


def test_csv_has_the_cells_of_the_table():
    rows = list(csv.reader(io.StringIO(cli.run("pc", "cluster", *DUMP, "-o", "csv").out)))
    table = cli.run("pc", "cluster", *DUMP).out.splitlines()
    assert len(rows) == len(table)
    assert rows[0] == ["SERVICE FQDN", "PORT", "SUBSET", "DIRECTION", "TYPE", "DESTINATION RULE"]


@pytest.mark.parametrize("form", ["csv", "jsonpath", "custom-columns", "jsonpath=", "jsonpaths={.a}"])
def test_a_form_that_is_not_there_or_says_nothing_is_refused(form: str):
    assert cli.run("trace", "test-pod", "http://nginx.test/", "--dir", str(STORY), "-o", form).rc == 2
