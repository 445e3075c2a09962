"""What istioctl printed as JSON or YAML is read back: its table is the table of the dump it was printed from."""

from __future__ import annotations

import json
import pathlib

import pytest

from tests.cli import run
from tests.corpus import corpus, corpus_root

VIEWS = ("bootstrap", "cluster", "ecds", "eds", "endpoint", "listener", "route", "secret")


def recorded() -> list[tuple[str, str, str]]:
    """(view, dump, what istioctl printed of it) of every scenario, without filters."""
    found = []
    for cases in sorted((corpus_root() / "golden").glob("**/cases.jsonl")):
        for line in cases.read_text().splitlines():
            case = json.loads(line)
            words = case["argv"][2:]
            plain = (
                len(words) == 4
                and words[0] in ("-f", "--file")
                and words[2:] in (["-o", "json"], ["-o", "yaml"])
            )
            if plain and words[1] != "-" and case["rc"] == 0 and case["stdout"] and case["argv"][1] in VIEWS:
                found.append(
                    (
                        case["argv"][1],
                        words[1],
                        str((cases.parent / case["stdout"]).relative_to(corpus_root())),
                    )
                )
    return [one for one in found if "/edge/" not in one[2]]


@pytest.mark.parametrize("view", VIEWS)
def test_what_istioctl_printed_is_read_back(view: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(corpus("golden").parent)
    cases = [case for case in recorded() if case[0] == view]
    assert cases
    for _, dump, printed in cases:
        of_dump = run("pc", view, "-f", dump, "-o", "short")
        read_back = run("pc", view, "-f", printed, "-o", "short")
        if of_dump.rc:
            continue  # the dump has no such section: istioctl printed an empty list, which is nobody's
        assert read_back.rc == 0, (printed, read_back.err)
        assert sorted(read_back.out.splitlines()) == sorted(of_dump.out.splitlines()), printed
    assert pathlib.Path(cases[0][2]).exists()
