"""A live mesh becomes tables through what `snapshot` fetches, pods that fail among the errors."""

from __future__ import annotations

import json
import pathlib
import tempfile

import pytest

from tests import cli
from tests.live.kube.fake_kube import FakeKube

pytest.importorskip("duckdb")


def index(to: pathlib.Path, *more: str):
    return cli.run(
        "-n", "test", "--kubeclient-timeout", "2s", "fleet", "index", "--live", "--to", str(to), "--workers", "1", *more
    )  # fmt: skip


def rows(place: pathlib.Path, sql: str) -> list[dict]:
    return json.loads(cli.run("fleet", "sql", sql, "--from", str(place), "-o", "json").out)


def test_the_pods_of_a_namespace_become_tables_and_nothing_is_left_behind(
    kube: FakeKube, tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    done = index(tmp_path / "set")
    assert "proxies" in done.err
    found = rows(tmp_path / "set", "SELECT proxy, clusters, listeners FROM proxies ORDER BY proxy")
    assert {"nginx-abc-1.test", "test-pod.test"} <= {row["proxy"] for row in found}
    assert all(row["clusters"] >= 40 for row in found)
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_pod_that_fails_is_a_row_of_errors(kube: FakeKube, tmp_path):
    kube.faults({"match": "nginx-abc-1/portforward", "stream": "drop", "after": 2000})
    done = index(tmp_path / "set")
    assert done.rc == 1
    found = rows(tmp_path / "set", "SELECT member, what FROM errors")
    assert "nginx-abc-1.test" in {row["member"] for row in found}
    assert "test-pod.test" in {row["proxy"] for row in rows(tmp_path / "set", "SELECT proxy FROM proxies")}


def test_without_a_namespace_or_a_selector_it_asks_which_pods(kube: FakeKube, tmp_path):
    done = cli.run("fleet", "index", "--live", "--to", str(tmp_path / "set"))
    assert done.rc == 2
    assert "no pods are named" in done.err
