"""``--min-probability``: endpoints that are seldom chosen are told together, and their pods are not asked for."""

from __future__ import annotations

import json
import pathlib
import shutil

import pytest

from meshctl.envoy.notes import Notes
from meshctl.sources.file import open_given
from meshctl.sources.trace_pods import RecordPods
from meshctl.trace import target
from meshctl.trace.journey import Journey
from tests.cli import run
from tests.corpus import ROOT

CLUSTER = "outbound|80||nginx.test.svc.cluster.local"
PEER = "10.244.0.73"


@pytest.fixture
def story(tmp_path: pathlib.Path) -> pathlib.Path:
    """nginx with a second endpoint, nine times as heavy, that nobody gave."""
    folder = tmp_path / "story"
    shutil.copytree(ROOT / "examples" / "story", folder)
    path = folder / "test-pod" / "config_dump.json"
    dump = json.loads(path.read_text("utf-8"))
    for section in dump["configs"]:
        for entry in section.get("dynamic_endpoint_configs", ()):
            if entry["endpoint_config"]["cluster_name"] != CLUSTER:
                continue
            (group,) = entry["endpoint_config"]["endpoints"]
            (first,) = group["lb_endpoints"]
            other = json.loads(json.dumps(first).replace(PEER, "10.244.0.99"))
            group["lb_endpoints"] = [
                {**first, "load_balancing_weight": 1},
                {**other, "load_balancing_weight": 9},
            ]
    path.write_text(json.dumps(dump), "utf-8")
    for pod in (folder / "test-pod",):
        (pod / "clusters.json").unlink()
    return folder


def outcomes(story: pathlib.Path, percent: str) -> tuple[int, list[tuple[float, str]]]:
    done = run(
        "trace",
        "test-pod",
        "http://nginx.test/",
        "--dir",
        str(story),
        "-o",
        "json",
        "--min-probability",
        percent,
    )
    found = [(round(one["probability"], 6), one["verdict"]) for one in json.loads(done.out)["outcomes"]]
    assert sum(share for share, _ in found) == pytest.approx(1.0)
    return done.rc, found


@pytest.mark.parametrize(
    ("percent", "followed"),
    [("0", [0.9, 0.1]), ("10", [0.9, 0.1]), ("11", [0.9]), ("90", [0.9]), ("91", [])],
)
def test_what_is_chosen_less_often_is_one_open_outcome(
    story: pathlib.Path, percent: str, followed: list[float]
) -> None:
    code, found = outcomes(story, percent)
    assert code == 3  # the other endpoint's pod was not given, or not asked for
    delivered = [share for share, verdict in found if verdict == "DELIVERED"]
    assert delivered == [0.1] * (0.1 in followed)


class _Asking(RecordPods):
    asked: tuple[str, ...] = ()

    def expect(self, addresses, hosts) -> None:
        self.asked += tuple(addresses)


@pytest.mark.parametrize(
    ("floor", "asked"), [(0.0, {PEER, "10.244.0.99"}), (0.5, {"10.244.0.99"}), (0.95, set())]
)
def test_only_the_pods_of_followed_endpoints_are_asked_for(
    story: pathlib.Path, floor: float, asked: set[str]
) -> None:
    source = _Asking(open_given((str(story),), None, "test-pod"), Notes())
    dialled = target.parse(target.Wanted("http://nginx.test/"))
    ways = Journey(source, floor=floor).start(
        source.by_name("test-pod"), "10.102.168.134", 80, dialled.stream
    )
    assert set(source.asked) == asked
    told = [way.answer.reason for way in ways if "--min-probability" in way.answer.reason]
    assert told == (
        []
        if floor == 0.0
        else [
            f"{2 - len(asked)} endpoints of cluster {CLUSTER} are each chosen less often than {100 * floor:g} % (--min-probability)"
        ]
    )
