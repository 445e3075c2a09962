"""``meshctl authz`` on the command line: words, one call evaluated, the matrix, exit codes."""

from __future__ import annotations

import json

import pytest

from tests import cli
from tests.corpus import ROOT

STORY = str(ROOT / "examples" / "story")


def test_who_may_call_a_pod_in_words():
    outcome = cli.run("authz", "nginx", "-f", STORY)
    assert outcome.rc == 0
    assert "port 80 (" in outcome.out and "any other port" in outcome.out and "no policy" in outcome.out


def test_one_port_as_json():
    outcome = cli.run("authz", "nginx:80", "-f", STORY, "-o", "json")
    found = json.loads(outcome.out)
    assert [port["port"] for port in found["ports"]] == [80]


def test_without_a_word_about_a_call_check_is_istioctls():
    outcome = cli.run("authz", "check", "nginx", "-f", STORY)
    assert outcome.rc == 0 and outcome.out.startswith("ACTION")


@pytest.mark.parametrize(
    ("words", "rc", "says"),
    [
        (("--from", "test/default", "--port", "80"), 0, "ALLOWED"),
        (("--from", "plain", "--port", "80"), 0, "ALLOWED"),
        (("--from", "spiffe://other/ns/a/sa/b", "--port", "80"), 1, "DENIED"),
    ],
)
def test_one_call_is_evaluated(words, rc, says):
    outcome = cli.run("authz", "check", "nginx", "-f", STORY, *words)
    assert (outcome.rc, says in outcome.out) == (rc, True), outcome


def test_the_matrix_of_a_folder():
    outcome = cli.run("authz", "matrix", "-f", STORY, "-o", "json")
    found = json.loads(outcome.out)
    assert {cell["answer"] for cell in found["cells"]} == {"allowed"}
    assert cli.run("authz", "matrix", "-f", STORY).out.count("test-pod.test") >= 2
    assert cli.run("authz", "matrix", "-f", STORY, "-o", "csv").out.startswith("CALLER,IDENTITY,TARGET")


def test_what_if_strict():
    outcome = cli.run("authz", "matrix", "-f", STORY, "--what-if", "strict")
    assert outcome.rc == 0 and outcome.out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("authz", "show"), 2),
        (("authz", "nginx:http", "-f", STORY), 2),
        (("authz", "check", "nginx", "-f", STORY, "--method", "GET"), 2),
        (("authz", "check", "nginx", "-f", STORY, "--from", "nobody"), 2),
        (("authz", "check", "nginx", "-f", STORY, "--from", "a/b", "-H", "odd"), 2),
        (("authz", "matrix", "-f", STORY, "--what-if", "lax"), 2),
        (("authz", "matrix", "-f", STORY, "-n", "nowhere"), 1),
    ],
)
def test_what_cannot_be_asked_is_told(words, code):
    outcome = cli.run(*words)
    assert outcome.rc == code and outcome.err and len(outcome.err.splitlines()) <= 3, outcome
