"""envoy-stats against a real Envoy behind an API server, and from what was saved of it."""

from __future__ import annotations

import json
import pathlib
import re

from tests.cli import run
from tests.live.kube.fake_kube import FakeKube


def test_the_counters_of_a_real_envoy(kube: FakeKube) -> None:
    found = run("envoy-stats", "test-pod", "-n", "test")
    assert found.rc == 0 and found.out.startswith("\nThe result of pod test-pod:\n\n")
    assert re.search(r"(?m)^server\.uptime: \d+$", found.out)
    values = json.loads(run("es", "test-pod.test", "-o", "json").out.split("\n\n", 1)[1])
    assert any(one.get("name") == "server.uptime" for one in values["stats"])
    assert "# TYPE envoy_server_uptime gauge" in run("x", "es", "test-pod.test", "-o", "prom").out
    assert "::default_priority::max_connections::" in run("es", "test-pod.test", "-t", "clusters").out
    assert "cluster_statuses:" in run("es", "test-pod.test", "-t", "cluster", "-o", "yaml").out


def test_merged_metrics_come_from_the_agents_port(kube: FakeKube) -> None:
    assert run("es", "test-pod.test", "-o", "prom-merged").rc == 0
    assert any("ports=15020" in path for _, _, path in kube.requests)


def test_text_from_saved_json_is_envoys_own_text(kube: FakeKube, tmp_path: pathlib.Path) -> None:
    saved = tmp_path / "stats.json"
    saved.write_text(run("es", "test-pod.test", "-o", "json").out.split("\n\n", 1)[1])
    offline = run("es", "-f", str(saved)).out.split("\n\n", 1)[1]
    live = run("es", "test-pod.test").out.split("\n\n", 1)[1]
    names = [[line.partition(": ")[0] for line in text.splitlines()] for text in (offline, live)]
    assert names[0] == names[1] and len(names[0]) > 100


def test_from_a_snapshot(kube: FakeKube, tmp_path: pathlib.Path) -> None:
    saved = tmp_path / "mesh.tar.gz"
    assert run("snapshot", "test-pod", "-n", "test", "-o", str(saved)).rc == 0
    assert "server.uptime: " in run("es", "test-pod.test", "-f", str(saved)).out
    assert run("es", "test-pod.test", "-f", str(saved), "-o", "prom").rc == 1


def test_wrong_words(kube: FakeKube) -> None:
    assert run("es").rc == run("es", "p", "-o", "xml").rc == run("es", "p", "-t", "nope").rc == 2
    assert run("es", "p", "-t", "clusters", "-o", "prom").rc == 2
    assert run("es", "nope.test").rc == 1
