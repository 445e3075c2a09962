"""``meshctl why`` on the command line: what a word is taken for, forms, errors."""

from __future__ import annotations

import gzip
import json

import pytest

from tests import cli
from tests.corpus import ROOT
from tests.unit.why.test_entries import LINE
from tests.unit.why.test_replay import line

STORY = str(ROOT / "examples" / "story")


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("UF", "UF: No connection"),
        ("uh", "UH: No host"),
        ("UF,URX", "UF,URX: No connection"),
        ("503 UC", "503 UC: The upstream closed"),
        ("[503 NC cluster_not_found]", "503 NC: The route's cluster"),
        ("cluster_not_found", "The route's cluster"),
        ("upstream_reset_before_response_started{connection_failure}", "No connection to the endpoint"),
        ("rbac_access_denied_matched_policy[ns[a]-policy[b]-rule[0]]", "AuthorizationPolicy a/b (DENY)"),
        (LINE, "503 UF: "),
    ],
)
def test_what_a_word_says(word, says):
    outcome = cli.run("why", word)
    assert outcome.rc == 0 and outcome.out.startswith(says), outcome


def test_a_line_on_the_configuration_of_its_pod():
    outcome = cli.run("why", "--dir", STORY, line(code="503 UF", details="-"))
    assert outcome.rc == 0
    assert "In the configuration of test-pod.test" in outcome.out and "Traced again" in outcome.out


def test_a_line_on_a_named_pod():
    outcome = cli.run("why", "test-pod", line(code="503 UF", details="-"), "--dir", STORY, "-o", "json")
    assert json.loads(outcome.out)["pod"] == "test-pod.test"


def test_the_short_form_is_one_line():
    outcome = cli.run("why", "UF", "-o", "short")
    assert outcome.out == "UF: No connection to the endpoint came about. [endpoint; answered by this proxy]\n"


def test_a_log_of_lines_and_a_packed_one(tmp_path):
    plain, packed = tmp_path / "a.log", tmp_path / "a.log.gz"
    plain.write_text(f"{LINE}\n" * 3)
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    first = cli.run("why", "--log", str(plain))
    assert first.rc == 0 and first.out.startswith("3 entries, 3 ended badly\n")
    assert cli.run("why", "--log", str(packed)).out == first.out
    assert cli.run("why", "--log", "-", stdin=plain.read_bytes()).out == first.out


def test_the_lines_of_a_log_that_hold_a_text(tmp_path):
    log = tmp_path / "a.log"
    log.write_text(f"{LINE}\n{LINE.replace('84961386-6d84', 'other')}\n")
    outcome = cli.run("why", "--log", str(log), "--grep", "other", "-o", "json")
    assert json.loads(outcome.out)["line"]["fields"]["request_id"] == "other"
    assert cli.run("why", "--log", str(log), "--grep", "nowhere").rc == 1


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ((), 2, "what is to be explained?"),
        (("not a line at all",), 1, "neither an access log line"),
        (("nobody", "--dir", STORY), 1, "holds no pod"),
        (("test-pod", "--dir", STORY), 1, "has no istio-proxy.log"),
        (("--log", "/nowhere/at/all"), 1, "cannot read /nowhere/at/all"),
        (("UF", "-o", "junk"), 2, "not supported"),
    ],
)
def test_what_cannot_be_explained_is_told(words, code, says):
    outcome = cli.run("why", *words)
    assert outcome.rc == code and says in outcome.err and not outcome.out
    assert len(outcome.err.splitlines()) <= 3


def test_what_a_line_holds_cannot_act_on_the_terminal():
    hostile = LINE.replace("/v1/a", "/\x1b[2J").replace("default", "\x1b[31mDELIVERED")
    outcome = cli.run("why", hostile)
    assert outcome.rc == 0 and "\x1b" not in outcome.out and "\\e[31mDELIVERED" in outcome.out
