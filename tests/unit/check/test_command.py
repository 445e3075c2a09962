"""``meshctl check``: forms, exit codes, baseline and ignores."""

from __future__ import annotations

import json
import pathlib
import xml.etree.ElementTree as ElementTree

import pytest

from meshctl.check.table import rows
from tests.cli import run

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "fixtures" / "dumps"
STORY = pathlib.Path(__file__).resolve().parents[3] / "examples" / "story"
FAULTY = str(FIXTURES / "bookinfo-productpage.config_dump.json.gz")


def report(*words: str) -> dict:
    return json.loads(run("check", *words, "-o", "json").out)


def test_the_story_is_clean():
    done = run("check", "-f", str(STORY))
    assert done.rc == 0, done.out
    assert "0 errors, 0 warnings" in done.out


def test_the_document_has_what_ci_asks_for():
    found = report("-f", FAULTY)["findings"]
    assert found
    for finding in found:
        assert finding["severity"] in ("error", "warning", "info")
        assert {"code", "object", "message", "evidence", "fix"} <= finding.keys()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), 1),
        (("--ignore", "*"), 0),
        (("--ignore", "cluster-missing:route 80 >*"), 1),
        (("--ignore", "cluster-missing:route 9080 >*"), 0),
        (("--ignore", "cluster-missing", "--fail-on", "info"), 1),
    ],
)
def test_the_exit_code_follows_the_worst_finding_that_is_left(words, code):
    assert run("check", "-f", FAULTY, *words).rc == code


def test_a_baseline_leaves_only_what_is_new(tmp_path):
    before = report("-f", FAULTY)
    kept, *old = before["findings"]
    (tmp_path / "baseline.json").write_text(json.dumps({**before, "findings": old}))
    after = report("-f", FAULTY, "--baseline", str(tmp_path / "baseline.json"))
    assert [one["object"] for one in after["findings"]] == [kept["object"]]
    assert after["summary"]["baseline"] == len(old)


def test_an_ignore_file_has_comments(tmp_path):
    (tmp_path / "ignore").write_text("# known\ncluster-missing  # NC\n\n")
    codes = {
        one["code"] for one in report("-f", FAULTY, "--ignore-file", str(tmp_path / "ignore"))["findings"]
    }
    assert "cluster-missing" not in codes


def test_sarif_and_junit_hold_every_finding():
    found = report("-f", FAULTY)["findings"]
    log = json.loads(run("check", "-f", FAULTY, "-o", "sarif").out)["runs"][0]
    assert [one["ruleId"] for one in log["results"]] == [one["code"] for one in found]
    assert {one["id"] for one in log["tool"]["driver"]["rules"]} == {one["code"] for one in found}
    suite = ElementTree.fromstring(run("check", "-f", FAULTY, "-o", "junit").out)[0]
    assert int(suite.get("failures") or 0) == sum(one["severity"] != "info" for one in found)


def test_the_page_is_whole_and_escaped():
    page = run("check", "-f", FAULTY, "-o", "html").out
    assert page.count("<article") == len(report("-f", FAULTY)["findings"])
    assert "<script" not in page


def test_a_folder_without_an_envoy_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("hello")
    done = run("check", "-f", str(tmp_path))
    assert done.rc == 1
    assert done.err.startswith("Error: ")


def test_codes_are_unique_and_every_row_says_what_to_do():
    codes = [row.code for row in rows()]
    assert len(codes) == len(set(codes))
    assert all(row.title and row.why and row.fix for row in rows())


def test_a_second_dump_begins_another_pod():
    other = str(FIXTURES / "gateway.config_dump.json.gz")
    clusters = str(FIXTURES / "bookinfo-productpage.clusters.json.gz")
    together = report("-f", FAULTY, "-f", clusters, "-f", other)
    assert len(together["pods"]) == 2
    alone = {one["code"] for path in (FAULTY, other) for one in report("-f", path)["findings"]}
    assert {one["code"] for one in together["findings"]} >= alone - {"endpoints-none"}
