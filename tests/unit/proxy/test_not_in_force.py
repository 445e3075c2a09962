"""What the dump names and Envoy does not use is told with its state, and with Envoy's own reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests import cli
from tests.corpus import ROOT

CLUSTER = "outbound|80||nginx.test.svc.cluster.local"


def changed(tmp_path: Any, change: Any) -> str:
    dump = json.loads((ROOT / "examples" / "story" / "test-pod" / "config_dump.json").read_text())
    change({section["@type"].rpartition(".")[2]: section for section in dump["configs"]})
    path = tmp_path / "dump.json"
    path.write_text(json.dumps(dump))
    return str(path)


def taken(entries: list[Any], name: str, key: str) -> Any:
    entry = next(e for e in entries if e.get(key, e).get("name") == name or e.get("name") == name)
    entries.remove(entry)
    return entry


def warming_cluster(sections: dict[str, Any]) -> None:
    clusters = sections["ClustersConfigDump"]
    entry = taken(clusters["dynamic_active_clusters"], CLUSTER, "cluster")
    clusters["dynamic_warming_clusters"] = [entry]


def refused_cluster(sections: dict[str, Any]) -> None:
    clusters = sections["ClustersConfigDump"]
    entry = taken(clusters["dynamic_active_clusters"], CLUSTER, "cluster")
    entry["error_state"] = {"failed_configuration": entry["cluster"], "details": "bad SNI"}
    clusters["dynamic_warming_clusters"] = [entry]


def refused_update_of_a_listener(sections: dict[str, Any]) -> None:
    for entry in sections["ListenersConfigDump"]["dynamic_listeners"]:
        if entry["name"] == "10.102.168.134_80":
            entry["error_state"] = {"details": "duplicate filter chains"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (warming_cluster, f"cluster {CLUSTER} is still warming"),
        (refused_cluster, f"cluster {CLUSTER} was refused by Envoy: bad SNI"),
        (
            refused_update_of_a_listener,
            "an update was refused by Envoy, the former one is in force: duplicate filter chains",
        ),
    ],
)
def test_the_state_and_the_reason_are_told(tmp_path: Any, change: Any, said: str):
    done = cli.run("trace", "-f", changed(tmp_path, change), "http://nginx.test/")
    assert said in done.out
