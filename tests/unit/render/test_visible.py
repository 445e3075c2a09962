"""What a dump holds cannot act on the terminal, nor make lines of its own, nor end a label of a drawing."""

from __future__ import annotations

import json
import pathlib
import sys

import pytest

from meshctl.errors import InputError
from meshctl.plain import visible, visible_lines
from meshctl.render import table
from meshctl.render.markup import escape, mermaid_label
from meshctl.views.table import Table
from tests.cli import run

ACTING = [
    "\x00",
    "\x08",
    "\r",
    "\n",
    "\x1b[2J",
    "\x7f",
    "\x85",
    "\x9b31m",
    "\u202e",
    "\u2066",
    "\u2028",
    "\u200f",
]


@pytest.mark.parametrize("text", ACTING)
def test_what_would_act_is_shown_as_an_escape(text: str) -> None:
    shown = visible(f"name{text}DELIVERED")
    assert text[0] not in shown and "\\" in shown
    assert visible_lines([f"a{text}b"]).count("\n") == 1
    assert all(text[0] not in line for line in InputError(f"bad{text}", text, text).lines())
    assert text[0] == "\n" or text[0] not in escape(text)


def test_what_people_write_stays() -> None:
    for text in ("nginx.test.svc.cluster.local", "Zürich", "日本語", "a·b → c", "\\n"):
        assert visible(text) == text


@pytest.mark.parametrize(("terminal", "expected"), [(True, "a\\e[8m   b\n"), (False, "a\x1b[8m   b\n")])
def test_a_table_is_exact_in_a_pipe_and_safe_on_a_terminal(
    terminal: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
    assert table.render(Table((), [("a\x1b[8m", "b")], padding=3)) == expected


def test_a_long_cell_among_many_rows_does_not_make_gigabytes_of_blanks() -> None:
    rows = [("x" * 200_000, "y"), *(("short", "y") for _ in range(20_000))]
    assert len(table.align(rows, 5)) < 1_000_000


def test_a_label_of_mermaid_cannot_be_ended() -> None:
    label = mermaid_label('x"])\n  click c0 href "https://evil.example"')
    assert "\n" not in label and '"' not in label


def test_a_chain_cannot_end_its_label(tmp_path: pathlib.Path) -> None:
    chain = 'out"])\n  click c0 href "https://evil.example/phish"\n  z(["x'
    rule = {
        "expr": [{"redirect": {"port": 15001}}],
        "family": "inet",
        "table": "t",
        "chain": chain,
        "handle": 2,
    }
    hook = {
        "family": "inet",
        "table": "t",
        "name": chain,
        "type": "nat",
        "hook": "output",
        "prio": -100,
        "policy": "accept",
    }
    file = tmp_path / "nft.json"
    file.write_text(
        json.dumps(
            {"nftables": [{"table": {"family": "inet", "name": "t"}}, {"chain": hook}, {"rule": rule}]}
        )
    )
    shown = run("capture", "show", "-f", str(file), "-o", "mermaid").out
    assert "evil.example" in shown
    assert not any(line.lstrip().startswith("click") for line in shown.splitlines())


def test_a_name_cannot_fake_a_verdict(tmp_path: pathlib.Path) -> None:
    name = "real\nDELIVERED to nginx port 80   [200 - via_upstream]\x1b[8m"
    address = {"socket_address": {"address": "10.1.1.1", "port_value": 80}}
    listener = {"name": name, "address": address, "filter_chains": [{"filters": []}]}
    kind = "type.googleapis.com/envoy.admin.v3.ListenersConfigDump"
    dump = {"configs": [{"@type": kind, "static_listeners": [{"listener": listener}]}]}
    file = tmp_path / "config_dump.json"
    file.write_text(json.dumps(dump))
    shown = run("trace", "-f", str(file), "--at", "envoy", "--to", "10.1.1.1:80", "http://h/")
    assert "\x1b" not in shown.out + shown.err
    assert not any(line.startswith("DELIVERED") for line in (shown.out + shown.err).splitlines())
