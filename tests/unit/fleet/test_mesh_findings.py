"""What several pods show together is found wherever their parts were read, once, and again when a part changes."""

from __future__ import annotations

import json
import pathlib
import shutil

import pytest

from bench import fleet
from tests import cli
from tests.corpus import corpus
from tests.unit.fleet.conftest import TODAY

pytest.importorskip("duckdb")

from meshctl.check.facts import OBJECTS, SOURCES, is_fact
from meshctl.check.run import judged
from meshctl.check.subject import Subject, World
from meshctl.check.table import MESH_CHECKS
from meshctl.fleet import units
from meshctl.fleet.duck import Duck
from meshctl.fleet.store import Store
from meshctl.fleet.views import Chosen
from meshctl.sources import check_pods

WORKLOAD = range(50, 55)  # five replicas, of which the third has another route
ODD = 52


def index(source, to, *more: str):
    words = ["--mesh", "prod", "--date", TODAY, "--to", str(to), "--workers", "1", "--check", "-q", *more]
    return cli.run("fleet", "index", str(source), *words)


def asked(to, sql: str):
    return Duck(Store(str(to)), Chosen("latest")).ask(sql).to_pylist()


def over_pods(to):
    codes = ", ".join(f"'{check.code}'" for check in MESH_CHECKS)
    return {
        (row["code"], row["object"], row["proxy"])
        for row in asked(to, f"SELECT code, object, proxy FROM findings WHERE code IN ({codes})")
    }


@pytest.fixture
def pods(tmp_path):
    """A workload of five replicas that say the same, and a folder with the third as it is planted."""
    fleet.Fleet(1).write(tmp_path / "pods", WORKLOAD)
    name = fleet.Fleet(1).name(ODD)[0]
    (odd,) = (tmp_path / "pods").glob(f"proxies/*/{name}")
    shutil.move(odd, tmp_path / "odd" / "proxies" / odd.parent.name / name)
    return tmp_path / "pods"


@pytest.mark.corpus
@pytest.mark.parametrize("scenario", ["bookinfo", "egress", "gateway", "security"])
def test_a_mesh_has_the_findings_of_check_however_many_parts_it_is_read_in(scenario, tmp_path, monkeypatch):
    monkeypatch.setattr(units, "MOST_PODS", 3)
    mesh = str(corpus(f"e2e/{scenario}"))
    wanted = {
        (one["code"], one["object"], one["message"], pod)
        for one in json.loads(cli.run("check", "-f", mesh, "-o", "json").out)["findings"]
        for pod in one["pods"] or [None]
    }
    assert index(mesh, tmp_path / "set").rc == 0
    found = asked(tmp_path / "set", "SELECT code, object, message, proxy FROM findings")
    assert {tuple(row.values()) for row in found} == wanted
    assert len(asked(tmp_path / "set", "SELECT DISTINCT unit FROM units_stored")) > 1


def test_findings_come_with_the_part_that_shows_them_stay_once_and_go_with_it(pods, tmp_path):
    to, odd = tmp_path / "set", tmp_path / "odd"
    assert index(pods, to).rc == 0
    assert over_pods(to) == set()
    assert index(odd, to).rc == 0
    (found,) = over_pods(to)
    name = fleet.Fleet(1).name(ODD)[0]
    assert found == (
        "replicas-differ",
        f"workload apps/v1/namespaces/team10/deployments/{WORKLOAD_NAME}",
        f"{name}.team10",
    )
    manifests = {path.name for path in (to / "manifests").iterdir()}
    assert index(odd, to).rc == index(pods, to).rc == 0
    assert {path.name for path in (to / "manifests").iterdir()} == manifests
    for dump in odd.rglob("config_dump.json"):
        dump.write_text(dump.read_text().replace('"timeout": "3s"', '"timeout": "0s"'))
    assert index(odd, to).rc == 0
    assert over_pods(to) == set()


WORKLOAD_NAME = fleet.Fleet(1).name(ODD)[1]


def test_an_indexer_that_was_killed_before_it_judged_is_made_good_by_the_next(pods, tmp_path, monkeypatch):
    to = tmp_path / "set"
    with monkeypatch.context() as broken:
        broken.setattr("meshctl.fleet.local._judge", lambda place: None)
        index(pods, to)
        index(tmp_path / "odd", to)
    assert over_pods(to) == set()
    assert index(pods, to).rc == 0
    assert len(over_pods(to)) == 1


def snapshot(folder: pathlib.Path, pods: pathlib.Path, wanted: int) -> pathlib.Path:
    """A snapshot of every pod of a cluster, and a VirtualService that none of them shows."""
    entries = []
    for dump in sorted(pods.rglob("config_dump.json"))[:wanted]:
        name, namespace = dump.parent.name, dump.parent.parent.name
        own = folder / "pods" / namespace / name
        own.mkdir(parents=True)
        shutil.copy(dump, own)
        (own / "meta.json").write_text(json.dumps({"pod": name, "namespace": namespace}))
        entries.append(
            {"pod": name, "namespace": namespace, "folder": f"pods/{namespace}/{name}", "files": {}}
        )
    spec = {
        "hosts": ["lost.test"],
        "http": [{"route": [{"destination": {"host": "lost.test"}}]}],
        "gateways": ["none"],
    }
    lost = {"metadata": {"name": "lost", "namespace": "shop"}, "spec": spec}
    (folder / "cluster").mkdir()
    (folder / "cluster" / "virtualservices.json").write_text(
        json.dumps(
            {
                "kind": "List",
                "items": [{"kind": "VirtualService", "apiVersion": "networking.istio.io/v1", **lost}],
            }
        )
    )
    head = {"kind": "meshctl-snapshot", "version": 1, "complete": True, "finished": True, "arguments": ["-A"]}
    (folder / "index.json").write_text(
        json.dumps({**head, "pods": entries, "cluster": {}, "cluster_missing": {}})
    )
    return folder


def test_what_no_proxy_shows_is_said_only_where_every_pod_was_read(pods, tmp_path, monkeypatch):
    monkeypatch.setattr(units, "MOST_PODS", 2)
    whole = snapshot(tmp_path / "whole", pods, 4)
    assert index(whole, tmp_path / "one").rc == 0
    orphan = ("resource-orphan", "VirtualService shop/lost", None)
    assert orphan in over_pods(tmp_path / "one")
    broken = next(whole.rglob("config_dump.json"))
    broken.write_text(broken.read_text()[:1000])
    assert index(whole, tmp_path / "two").rc == 1
    assert orphan not in over_pods(tmp_path / "two")


@pytest.fixture(scope="module")
def facts(made):
    """What is taken down of some pods of the fleet."""
    from meshctl.commands.progress import TerminalProgress
    from meshctl.envoy.notes import Notes

    some = sorted(made.glob("proxies/*/*"))[::9]
    with TerminalProgress() as progress:
        subjects: list[Subject] = [
            subject
            for folder in some
            for subject in check_pods.saved_subjects([str(folder)], [], None, Notes(), progress)[1]
        ]
        return [(s.name, source, source.of(s)) for s in subjects for source in SOURCES]


def test_every_fact_is_read_again_as_it_was(facts):
    known = [(source, fact) for _, source, fact in facts if is_fact(fact)]
    assert {source.name for source, _ in known} >= {
        "mesh._replica",
        "mesh._seen",
        "mutual_tls._collect",
        "idle._collect",
    }
    for source, fact in known:
        text = source.encoded(fact)
        assert source.decoded(text, World().one_of) == fact
        assert source.encoded(source.decoded(text, World().one_of)) == text


def test_judges_ask_for_no_other_objects_than_are_kept(facts):
    def objects(kind: str):
        assert kind in OBJECTS
        return []

    for source in SOURCES:
        own = [(pod, fact) for pod, other, fact in facts if other is source and is_fact(fact)]
        list(judged(source, own, World(objects=objects, complete=True)))


def test_objects_are_those_of_the_newest_state_of_a_source(pods, tmp_path):
    whole = snapshot(tmp_path / "whole", pods, 4)
    assert index(whole, tmp_path / "set").rc == 0
    (whole / "cluster" / "virtualservices.json").write_text('{"kind": "List", "items": []}')
    for dump in whole.rglob("config_dump.json"):
        dump.write_text(dump.read_text() + "\n")
    assert index(whole, tmp_path / "set").rc == 0
    assert over_pods(tmp_path / "set") == set()
