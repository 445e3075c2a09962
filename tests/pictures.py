"""Traces worth looking at, made from the recorded story: forks, a denial, a mirror, a retry, long names."""

from __future__ import annotations

import json
import pathlib
import shutil
from typing import Any

from tests import cli
from tests.corpus import ROOT

STORY = ROOT / "examples" / "story"
CLUSTER = "outbound|80||nginx.test.svc.cluster.local"
LONG = "a-very-long-cluster-name-of-eighty-characters.with-dots.and-dashes.svc.cluster.l"


def _weighted(*weights: tuple[str, int]) -> dict[str, Any]:
    clusters = [{"name": name, "weight": weight} for name, weight in weights]
    return {"route": {"weighted_clusters": {"clusters": clusters}, "timeout": "0s"}}


CASES: dict[str, dict[str, Any]] = {
    "split": _weighted((CLUSTER, 51), ("outbound|80|v2|nginx.test.svc.cluster.local", 49)),
    "denial": {"direct_response": {"status": 403, "body": {"inline_string": "no"}}},
    "mirror": {
        "route": {
            "cluster": CLUSTER,
            "request_mirror_policies": [
                {"cluster": "outbound|80||copy.test", "runtime_fraction": {"default_value": {"numerator": 10}}}
            ],
        }
    },
    "retry": {
        "route": {"cluster": CLUSTER, "retry_policy": {"retry_on": "5xx,connect-failure", "num_retries": 3}}
    },
    "twelve": _weighted((CLUSTER, 34), *((f"outbound|80|v{n}|nginx.test.svc.cluster.local", 6) for n in range(1, 12))),
    "long": {"route": {"cluster": LONG}},
}  # fmt: skip


def drawn(case: str, form: str, folder: pathlib.Path) -> str:
    """The trace of a case in a form."""
    pods = folder / case
    if not pods.is_dir():
        shutil.copytree(STORY, pods)
        path = pods / "test-pod" / "config_dump.json"
        path.write_text(_rerouted(path.read_text(), CASES[case]))
    return cli.run("trace", "test-pod", "http://nginx.test/", "--dir", str(pods), "-o", form).out


def _rerouted(dump: str, action: dict[str, Any]) -> str:
    """The dump with another action for the route of nginx."""
    document = json.loads(dump)
    for section in document["configs"]:
        for entry in section.get("dynamic_route_configs", ()):
            for host in entry["route_config"].get("virtual_hosts", ()):
                if host["name"].startswith("nginx.test"):
                    route = {k: v for k, v in host["routes"][0].items() if k in ("match", "name", "metadata")}
                    host["routes"] = [{**route, **action}]
    return json.dumps(document)
