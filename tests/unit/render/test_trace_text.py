"""The trace as text: it fits, names stay whole, what differs is named, what ends the request is marked."""

from __future__ import annotations

import json
import re
import shutil

import pytest

from meshctl.commands import terminal
from meshctl.render.alarm import coloured
from meshctl.render.layout import hanging, wrap
from tests import cli
from tests.corpus import ROOT
from tests.terminal import typed

STORY = str(ROOT / "examples" / "story")
TRACE = ("trace", "test-pod", "http://nginx.test/", "--dir", STORY)
CODES = re.compile("\x1b\\[[0-9;]*m")


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("a b c", 8, ["a b c"]),
        ("one two three", 8, ["one two", "three"]),
        ("aaa,bbb,ccc", 8, ["aaa,bbb,", "ccc"]),
        ("x outbound|80||nginx.test", 12, ["x outbound|", "80||nginx.", "test"]),  # wider than a line
        ("see nginx.test.svc", 14, ["see", "nginx.test.svc"]),  # not wider: it stays whole
        ("abcdefghijkl", 8, ["abcdefgh", "ijkl"]),
        ("", 8, [""]),
    ],
)
def test_a_line_breaks_at_blanks_and_commas_and_a_name_only_where_it_must(
    text: str, width: int, lines: list[str]
):
    assert wrap(text, width) == lines


def test_without_a_width_nothing_breaks():
    assert hanging("word " * 99, None, "- ", 4) == ["- " + "word " * 98 + "word"]


@pytest.mark.parametrize("columns", [40, 80, 100, 139, 140, 200])
def test_a_trace_fits_the_terminal(columns: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(terminal, "width", lambda: columns)
    out = cli.run(*TRACE, "--explain").out
    assert max(map(len, out.splitlines())) <= columns


@pytest.mark.parametrize(("columns", "below"), [(80, True), (139, True), (140, False), (200, False)])
def test_in_a_narrow_terminal_a_step_is_two_lines(columns: int, below: bool, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(terminal, "width", lambda: columns)
    lines = cli.run(*TRACE).out.splitlines()
    index = next(i for i, line in enumerate(lines) if "ISTIO_REDIRECT rule 1" in line)
    assert ("REDIRECT to 15001" in lines[index + 1]) is below
    assert ("REDIRECT to 15001" in lines[index]) is not below


def test_no_name_is_broken_at_80_columns(monkeypatch: pytest.MonkeyPatch):
    whole = re.split(r"[\s,]+", cli.run(*TRACE).out)
    monkeypatch.setattr(terminal, "width", lambda: 80)
    assert set(re.split(r"[\s,]+", cli.run(*TRACE).out)) <= set(whole)


def test_in_a_pipe_a_step_is_one_line():
    assert len(cli.run(*TRACE).out.splitlines()) < 30


@pytest.mark.parametrize(
    ("options", "env", "colours"),
    [
        ((), {}, True),
        (("--color", "never"), {}, False),
        ((), {"NO_COLOR": "1"}, False),
        (("--color=always",), {"NO_COLOR": "1"}, True),
        ((), {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ((), {"TERM": "dumb"}, False),
    ],
)
def test_colours_on_a_terminal(options: tuple[str, ...], env: dict[str, str], colours: bool):
    assert ("\x1b[" in typed(*TRACE, *options, **env)[1]) is colours


@pytest.mark.parametrize(
    ("when", "env", "colours"),
    [
        ("auto", {}, False),
        ("auto", {"FORCE_COLOR": "1"}, True),
        ("auto", {"FORCE_COLOR": "0"}, False),
        ("always", {}, True),
    ],
)
def test_colours_in_a_pipe(when: str, env: dict[str, str], colours: bool, monkeypatch: pytest.MonkeyPatch):
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert ("\x1b[" in cli.run(*TRACE, "--color", when).out) is colours


def test_an_unknown_word_for_color_is_refused():
    assert cli.run(*TRACE, "--color", "sometimes").rc == 2


def test_the_step_that_ends_the_request_is_marked_and_red(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(terminal, "width", lambda: 100)
    out = cli.run("trace", "test-pod", "http://nginx.test:81/", "--to", "10.102.168.134:81", "--dir", STORY, "--color=always").out  # fmt: skip
    marked = [line for line in out.splitlines() if "\N{BALLOT X}" in line]
    assert len(marked) == 1
    assert marked[0].startswith("\x1b[31m")


def test_an_assumed_step_is_dashed():
    dump = f"{STORY}/test-pod/config_dump.json"
    steps = [
        line
        for line in cli.run("trace", "-f", dump, "http://nginx.test/").out.splitlines()
        if line[4:11] == "capture"
    ]
    assert steps and all(step.endswith("(assumed)") for step in steps)
    assert [step[0] for step in steps[:2]] == ["\u2508", "?"]  # the second is where nothing more is known


def test_a_wide_table_is_cut_on_a_terminal_without_a_pager():
    words = ("pc", "cluster", "-f", f"{STORY}/test-pod/config_dump.json", "-o", "wide")
    code, seen = typed(*words, columns=100, PAGER="/no/such/pager", NO_COLOR="1")
    assert code == 0
    assert all(len(line) <= 100 for line in seen.splitlines())
    assert "\N{HORIZONTAL ELLIPSIS}\n" in seen
    assert max(map(len, cli.run(*words).out.splitlines())) > 200  # whole in a pipe


def test_a_wide_table_goes_through_the_pager():
    words = ("pc", "cluster", "-f", f"{STORY}/test-pod/config_dump.json", "-o", "wide")
    assert typed(*words, PAGER=f"{shutil.which('sed')} s/NAME/PAGED/")[1].startswith("PAGED")


def test_a_cut_line_keeps_its_colours():
    assert terminal.cut("\x1b[31mlong line\x1b[0m", 5) == "\x1b[31mlong\x1b[0m\N{HORIZONTAL ELLIPSIS}"
    assert terminal.cut("\x1b[31mlong\x1b[0m", 4) == "\x1b[31mlong\x1b[0m"


def test_tables_colour_what_a_person_looks_for():
    assert (
        coloured("NAME STATE\na rejected\nb HEALTHY\n")
        == "NAME STATE\na \x1b[31mrejected\x1b[0m\nb HEALTHY\n"
    )
    assert "\x1b" not in coloured("REJECTED BECAUSE\n")
    assert "\x1b[31mfalse" in coloured("VALID CERT\nfalse\n")


BOOKINFO = ROOT / ".corpus" / "e2e" / "bookinfo" / "pods"
CLIENT = "productpage-v1-675fc69cf-ab12c"


def bookinfo(path: str, *options: str) -> str:
    if not BOOKINFO.is_dir():
        pytest.skip("the recorded mesh is absent")
    return cli.run("trace", CLIENT, f"http://reviews:9080/{path}", "--dir", str(BOOKINFO), *options).out


@pytest.mark.corpus
def test_outcomes_name_pod_subset_and_header():
    lines = bookinfo("weighted").splitlines()
    assert "  80 %  DELIVERED 200  reviews-v1-5b5d6494f4-gh78i, subset v1" in lines
    assert "  15 %  DELIVERED 200  reviews-v2-5b667bcbf8-ij90k, subset v2, header x-canary: v2" in lines


@pytest.mark.corpus
def test_delays_and_aborts_are_outcomes():
    lines = bookinfo("api/v1/x").splitlines()
    found = [line.strip().split("  ")[:2] for line in lines if " %  " in line]
    assert ["87.1 %", "DELIVERED 200"] in found
    assert any("delayed by 2s" in line for line in lines)
    assert any("FAULT 503 FI" in line for line in lines)


@pytest.mark.corpus
def test_a_mirror_is_told_with_its_share_and_what_arrives_changed():
    out = bookinfo("mirror")
    assert "mirror 25 % goes to cluster outbound|9080|v3|reviews.bookinfo.svc.cluster.local" in out
    assert "the application receives: header x-mirrored: true" in out
    document = json.loads(bookinfo("mirror", "-o", "json"))
    assert ["x-mirrored", "true"] in document["outcomes"][0]["received"]["headers"]
    assert document["mirrors"][0].startswith("25 % goes to cluster")


@pytest.mark.corpus
def test_a_rewritten_path_is_shown():
    out = bookinfo("v1/x")
    assert "the application receives: path /x; Host reviews-internal" in out
    received = json.loads(bookinfo("v1/x", "-o", "json"))["outcomes"][0]["received"]
    assert (received["method"], received["path"], received["host"]) == ("GET", "/x", "reviews-internal")


@pytest.mark.corpus
def test_notes_say_which_proxy():
    notes = [line for line in bookinfo("mirror").splitlines() if line.startswith("note: ")]
    assert notes and all(re.match(r"note: \S+ (outbound|inbound): ", note) for note in notes)
