"""Several pods in one command: what one of them lacks costs that one, and is told last."""

from __future__ import annotations

import json
import pathlib

import pytest

from tests.cli import run

TYPE = "type.googleapis.com/envoy.admin.v3.ClustersConfigDump"


@pytest.fixture
def mesh(tmp_path: pathlib.Path) -> str:
    """Three pods: one with a cluster, one without any, one of which only /clusters was saved."""
    cluster = {"name": "outbound|80||a.b.svc.cluster.local", "type": "STATIC"}
    section = {"@type": TYPE, "static_clusters": [{"cluster": cluster}]}
    bodies = {
        "empty": ("config_dump.json", {"configs": [{"@type": TYPE}]}),
        "lacking": ("clusters.json", {"cluster_statuses": []}),
        "whole": ("config_dump.json", {"configs": [section]}),
    }
    for name, (file, body) in bodies.items():
        (tmp_path / "pods" / "shop" / name).mkdir(parents=True)
        (tmp_path / "pods" / "shop" / name / file).write_text(json.dumps(body))
    return str(tmp_path)


@pytest.mark.parametrize("form", ["short", "wide", "json", "yaml", "name", "jsonl"])
def test_a_pod_without_what_is_wanted_costs_itself_alone(mesh: str, form: str) -> None:
    found = run("pc", "cluster", "-A", "-f", mesh, "-o", form)
    assert found.rc == 1
    assert "a.b.svc.cluster.local" in found.out and "whole.shop" in found.out
    assert "empty.shop: Error: " in found.err and "lacking.shop: Error: " in found.err
    assert "whole.shop" not in found.err


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_pod_without_a_dump_costs_itself_alone(mesh: str, form: str) -> None:
    found = run("pc", "all", "-A", "-f", mesh, "-o", form)
    assert found.rc == 1
    assert "empty.shop" in found.out and "whole.shop" in found.out
    assert "lacking.shop: Error: " in found.err


def test_one_pod_that_is_named_is_the_whole_answer(mesh: str) -> None:
    found = run("pc", "cluster", "empty.shop", "-f", mesh)
    assert (found.rc, found.out) == (1, "")
    assert found.err.startswith("Error: ")
