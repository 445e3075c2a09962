"""Requests asked of a data set: what it kept is enough to answer as the dumps themselves do."""

from __future__ import annotations

import json
import shutil

import pytest

from tests import cli, pictures
from tests.corpus import ROOT
from tests.unit.fleet.conftest import TODAY, YESTERDAY

pytest.importorskip("duckdb")

STORY = ROOT / "examples" / "story"
REQUESTS = ROOT / "examples" / "requests.jsonl"


def index(source, to, date: str, mesh: str = "prod"):
    done = cli.run(
        "fleet", "index", str(source), "--mesh", mesh, "--date", date, "--to", str(to), "--workers", "1"
    )
    assert done.rc == 0, done.err


def trace(to, *more: str, requests=REQUESTS):
    done = cli.run("fleet", "trace", "--requests", str(requests), "--from", str(to), "-o", "json", *more)
    return done, json.loads(done.out)


def changed(folder):
    """The story, with another answer for nginx."""
    shutil.copytree(STORY, folder)
    dump = folder / "test-pod" / "config_dump.json"
    dump.write_text(pictures._rerouted(dump.read_text(), pictures.CASES["denial"]))
    return folder


def test_the_answers_are_those_of_the_dumps_themselves(tmp_path):
    index(STORY, tmp_path / "set", TODAY)
    done, found = trace(tmp_path / "set", "--all")
    assert done.rc == 0
    lines = cli.run("trace", "--dir", str(STORY), "--requests", str(REQUESTS)).out.splitlines()
    wanted = {one["id"]: one["verdict"] for one in map(json.loads, lines)}
    assert {row["request"]: row["verdict"] for row in found} == wanted
    assert "CONNECTION_FAILED" in wanted.values()


def test_a_dump_put_together_again_is_the_same_configuration(tmp_path):
    from meshctl.fleet.duck import Duck
    from meshctl.fleet.records import FleetRecords
    from meshctl.fleet.store import Store

    index(STORY, tmp_path / "set", TODAY)
    records = FleetRecords(Duck(Store(str(tmp_path / "set"))), "set")
    for pod in ("test-pod", "nginx"):
        folder = tmp_path / "again" / pod
        folder.mkdir(parents=True)
        (folder / "config_dump.json").write_bytes(records.pod(pod).read("config_dump.json"))
    index(tmp_path / "again", tmp_path / "again-set", TODAY)
    sql = "SELECT proxy, config_hash, endpoints_hash, clusters, listeners, routes FROM proxies ORDER BY 1"
    first, again = (
        cli.run("fleet", "sql", sql, "--from", str(tmp_path / name)) for name in ("set", "again-set")
    )
    assert first.out == again.out


def test_an_answer_that_changed_since_the_day_before_is_told(tmp_path):
    index(STORY, tmp_path / "set", YESTERDAY)
    index(changed(tmp_path / "today"), tmp_path / "set", TODAY)
    done, found = trace(tmp_path / "set")
    assert done.rc == 1
    assert {row["request"] for row in found} == {"the shop is reached", "over the service's cluster"}
    for row in found:
        assert row["differs"] == "from before"
        assert "DELIVERED 200" in row["before"]
        assert "403" in row["answer"]


def test_a_mesh_that_answers_unlike_the_others_is_told(tmp_path):
    for mesh in ("a", "b"):
        index(STORY, tmp_path / "set", TODAY, mesh)
    index(changed(tmp_path / "today"), tmp_path / "set", TODAY, "c")
    done, found = trace(tmp_path / "set")
    assert done.rc == 1
    assert {(row["mesh"], row["differs"]) for row in found} == {("c", "from other meshes")}


def test_a_workload_is_asked_once_for_each_configuration_that_its_replicas_have(place, tmp_path):
    line = {"id": "r", "from": "app10-v1", "url": "http://reviews.bookinfo:9080/"}
    (tmp_path / "r.jsonl").write_text(json.dumps(line))
    _, found = trace(place, "--all", requests=tmp_path / "r.jsonl")
    assert sorted(row["replicas"] for row in found) == [1, 4]


def test_what_is_wrong_with_a_line_stays_in_its_answer(place, tmp_path):
    (tmp_path / "r.jsonl").write_text('{"id": "n", "from": "nobody", "url": "http://a/"}\n{oops\n')
    done, found = trace(place, "--all", requests=tmp_path / "r.jsonl")
    assert {row["verdict"] for row in found} == {"ERROR"}
    assert done.rc == 0


def test_rules_that_cannot_be_read_back_are_not_known():
    from meshctl.fleet.records import _rules
    from meshctl.netfilter.packet import Family

    row = {
        "family": "inet",
        "rule_table": "nat",
        "chain": "c",
        "nth": 1,
        "target": "",
        "rule": "tcp dport @ports drop",
        "origin": "observed",
    }
    found = _rules([row], frozenset(Family), "pod")
    assert found.gap(Family.V4, "nat") is not None
