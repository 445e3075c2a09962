"""Causes in the words of the configuration, and where a gateway is entered; on the recorded meshes."""

from __future__ import annotations

import json
import pathlib

import pytest

from meshctl.trace import causes
from tests import cli, pictures
from tests.corpus import ROOT

E2E = ROOT / ".corpus" / "e2e"


def mesh(scenario: str, *words: str) -> cli.Outcome:
    pods = E2E / scenario / "pods"
    if not pods.is_dir():
        pytest.skip("the recorded mesh is absent")
    return cli.run("trace", *words, "--dir", str(pods))


GATEWAY = "istio-ingressgateway"
CAUSES = [
    ("security", ("plain-client", "http://server.secure/"), "accepts mutual TLS only (STRICT), and this is plain text"),
    ("gateway", (GATEWAY, "https://nohost.example.com/"), "serves the SNIs shop.example.com, *.apps.example.com"),
    ("gateway", (GATEWAY, "http://nohost.example.com/"), "no virtual host takes nohost.example.com: those of http.8080 are"),
]  # fmt: skip


@pytest.mark.corpus
@pytest.mark.parametrize(("scenario", "words", "cause"), CAUSES, ids=[cause for _, _, cause in CAUSES])
def test_a_cause_names_what_there_is_instead(scenario: str, words: tuple[str, ...], cause: str):
    if scenario == "security" and not (E2E / scenario / "pods" / words[0]).is_dir():
        pytest.skip("no such pod in the recording")
    outcome = mesh(scenario, *words)
    assert cause in outcome.out


def test_a_missing_subset_is_named_with_its_host(tmp_path: pathlib.Path):
    document = json.loads(pictures.drawn("split", "json", tmp_path))
    assert document["outcomes"][1]["cause"] == (
        "subset v2 of nginx.test.svc.cluster.local does not exist: it has no subsets on port 80"
    )


@pytest.mark.corpus
def test_a_gateway_is_entered_from_outside_by_its_public_name():
    outcome = mesh("gateway", GATEWAY, "https://shop.example.com/")
    assert outcome.rc == 0
    assert "10.244.0.6:8443" in outcome.out.splitlines()[0]
    assert "assumed: that the client is outside, at 203.0.113.1" in outcome.out
    assert "assumed: that port 443 of the gateway's service leads to port 8443 of its pods" in outcome.out


@pytest.mark.corpus
def test_a_client_that_is_given_is_not_assumed():
    assert "203.0.113.1" not in mesh("gateway", GATEWAY, "http://shop.example.com/", "--from", "198.51.100.7", "--to", "10.244.0.6:8080").out  # fmt: skip


@pytest.mark.parametrize(
    ("names", "words"),
    [("aab", "a, b"), ("abcdef", "a, b, c, d, e, f"), ("abcdefg", "a, b, c, d, e, f and 1 more")],
)
def test_six_names_are_listed_each_once(names: str, words: str) -> None:
    assert causes._listed(names) == words
