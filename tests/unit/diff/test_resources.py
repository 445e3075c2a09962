"""Two snapshots compared: what is in force, by meaning; what was not shown is not removed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from meshctl.diff.replay import changed, ends, witnesses
from meshctl.diff.resources import Side, difference
from meshctl.diff.values import Kind
from meshctl.envoy import documents, snapshot
from meshctl.envoy.coverage import SectionCoverage, Wholeness
from meshctl.envoy.notes import Notes
from meshctl.envoy.sections import SectionKind
from meshctl.proxy.proxy import Proxy
from tests.cli import dump_json, run
from tests.unit.proxy import build

Json = dict[str, Any]
_ADMIN = "type.googleapis.com/envoy.admin.v3."
_API = "type.googleapis.com/envoy.config."


def typed(kind: str, message: Json) -> Json:
    return {"@type": f"{_API}{kind}", **message}


def side(name: str = "a", ips: tuple[str, ...] = (), *, version: str = "1", **arrays: Any) -> Side:
    clusters = [
        {"version_info": version, "cluster": typed("cluster.v3.Cluster", c)}
        for c in arrays.get("clusters", ())
    ]
    listeners = [
        {
            "name": one["name"],
            "active_state": {"version_info": version, "listener": typed("listener.v3.Listener", one)},
        }
        for one in arrays.get("listeners", ())
    ]
    endpoints = [
        {"endpoint_config": typed("endpoint.v3.ClusterLoadAssignment", e)}
        for e in arrays.get("endpoints", ())
    ]
    configs = [
        {"@type": f"{_ADMIN}BootstrapConfigDump", "bootstrap": {"node": {"id": name}}},
        {"@type": f"{_ADMIN}ClustersConfigDump", "version_info": version, "dynamic_active_clusters": clusters,
         "dynamic_warming_clusters": arrays.get("warming", [])},
        {"@type": f"{_ADMIN}EndpointsConfigDump", "dynamic_endpoint_configs": endpoints},
        {"@type": f"{_ADMIN}ListenersConfigDump", "dynamic_listeners": listeners},
        {"@type": f"{_ADMIN}RoutesConfigDump"},
    ]  # fmt: skip
    notes = Notes()
    found = documents.read(json.dumps({"configs": configs}).encode(), name, notes)
    return Side(name, snapshot.load(found, name, notes), ips)


def told(before: Side, after: Side, **options: Any) -> list[tuple[str, str, str]]:
    return [(one.kind.value, one.word, one.name) for one in difference(before, after, **options).resources]


EDS = {"name": "c", "type": "EDS", "connect_timeout": "10s"}


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (side(clusters=[EDS]), side(clusters=[EDS], version="2"), []),
        (side(clusters=[EDS]), side(clusters=[dict(reversed(EDS.items()))]), []),
        (side(clusters=[EDS]), side(clusters=[{**EDS, "lb_policy": "ROUND_ROBIN"}]), []),  # the default
        (
            side(clusters=[EDS]),
            side(clusters=[{**EDS, "lb_policy": "RANDOM"}]),
            [("changed", "cluster", "c")],
        ),
        (side(clusters=[EDS]), side(), [("removed", "cluster", "c")]),
        (side(), side(clusters=[EDS]), [("added", "cluster", "c")]),
    ],
)
def test_resources_differ_by_meaning(left, right, expected):
    assert told(left, right) == expected


def test_all_compares_literally():
    left, right = side(clusters=[EDS]), side("b", clusters=[{**EDS, "lb_policy": "ROUND_ROBIN"}])
    assert told(left, right) == []
    assert told(left, right, everything=True) == [("changed", "cluster", "c"), ("changed", "bootstrap", "")]


def test_what_was_not_shown_is_not_removed():
    left, right = side(clusters=[EDS]), side("b")
    right.snapshot.coverage[SectionKind.CLUSTERS] = SectionCoverage(Wholeness.PARTIAL, "it was filtered")
    found = difference(left, right)
    assert found.resources == ()
    assert found.open[0].startswith("b: the rest of the clusters: it was filtered")


def test_a_warming_cluster_is_told_as_such():
    (one,) = difference(
        side(clusters=[EDS]), side(warming=[{"cluster": typed("cluster.v3.Cluster", EDS)}])
    ).resources
    assert (one.kind, one.note) == (Kind.REMOVED, "there it is still warming")


def test_the_pods_own_addresses_are_alike():
    left = side(ips=("10.0.0.1",), listeners=[build.listener([{"filters": build.tcp("c")}], ip="10.0.0.1")])
    right = side(
        ips=("10.0.0.2",),
        listeners=[{**build.listener([{"filters": build.tcp("c")}], ip="10.0.0.2"), "name": "10.0.0.1_80"}],
    )
    assert told(left, right) == []


def assignment(*hosts: tuple[str, int]) -> Json:
    return {
        "cluster_name": "c",
        "endpoints": [{"priority": p, "lb_endpoints": [build.endpoint(address)]} for address, p in hosts],
    }


def test_a_host_that_changed_its_priority_is_one_field():
    left = side(endpoints=[assignment(("10.0.0.1:80", 0), ("10.0.0.2:80", 1))])
    right = side(endpoints=[assignment(("10.0.0.2:80", 0), ("10.0.0.1:80", 0))])
    (one,) = difference(left, right).resources
    assert [(c.path, c.before, c.after) for c in one.changes] == [("hosts.10.0.0.2:80.priority", 1, 0)]


def proxy(*routes: Json) -> Proxy:
    clusters = (build.cluster("c", "10.0.0.1:80"), build.cluster("d", "10.0.0.2:80"))
    return build.proxy([build.listener([{"filters": build.http([build.virtual_host(*routes)])}])], clusters)


A, ROOT = build.route("a", {"prefix": "/a"}, "c"), build.route("root", {"prefix": "/"}, "c")


def test_traffic_finds_the_request_that_ends_differently():
    before, after = proxy(A, ROOT), proxy(build.route("a", {"prefix": "/a"}, "d"), ROOT)
    probes = [*witnesses(before), *witnesses(after)]
    outcomes, sent = changed(probes, before, after)
    assert sent >= 2
    (one,) = [o for o in outcomes if o.probe.request is not None]
    assert one.probe.request.path == "/a"
    assert ("to c" in one.before[0], "to d" in one.after[0]) == (True, True)


def test_a_new_route_is_found_by_its_own_witness():
    before, after = proxy(ROOT), proxy(build.route("new", {"path": "/new"}, "d"), ROOT)
    outcomes, _ = changed([*witnesses(before), *witnesses(after)], before, after)
    assert [o.probe.request.path for o in outcomes if o.probe.request is not None] == ["/new"]


def test_the_same_on_both_sides_ends_alike():
    outcomes, sent = changed([*witnesses(proxy(A, ROOT))], proxy(A, ROOT), proxy(A, ROOT))
    assert (outcomes, sent >= 2) == ([], True)


def test_a_listener_that_went_is_an_end():
    probe = next(p for p in witnesses(proxy(ROOT)) if p.request is not None)
    gone = build.proxy([build.listener([{"filters": build.tcp("c")}], port=81)])
    assert ends(gone, probe)[0].startswith("NO_LISTENER")


@pytest.fixture
def changed_dump(tmp_path):
    """A recorded dump, and the same with one time-out changed and one cluster gone."""
    dump = dump_json("bookinfo-productpage.config_dump")
    (tmp_path / "before.json").write_text(json.dumps(dump))
    for section in dump["configs"]:
        if section["@type"].endswith(".RoutesConfigDump"):
            tables = {
                one["route_config"]["name"]: one["route_config"] for one in section["dynamic_route_configs"]
            }
            host = next(h for h in tables["9080"]["virtual_hosts"] if h["name"].startswith("ratings."))
            host["domains"].reverse()
            host["routes"][-1]["route"]["timeout"] = "77s"
        if "dynamic_active_clusters" in section:
            clusters = section["dynamic_active_clusters"]
            section["dynamic_active_clusters"] = [
                c for c in clusters if "|v1|reviews" not in c["cluster"]["name"]
            ]
    (tmp_path / "after.json").write_text(json.dumps(dump))
    return str(tmp_path / "before.json"), str(tmp_path / "after.json")


def test_a_known_change_of_a_recorded_dump_is_all_that_is_told(changed_dump):
    done = run("diff", *changed_dump, "-o", "json")
    assert done.rc == 0
    (found,) = json.loads(done.out)["pairs"]
    names = {(one["change"], one["type"], one["name"]) for one in found["resources"]}
    assert names == {
        ("changed", "route table", "9080"),
        ("removed", "cluster", "outbound|9080|v1|reviews.bookinfo.svc.cluster.local"),
    }
    (field,) = next(one["fields"] for one in found["resources"] if one["change"] == "changed")
    assert field["path"].endswith("route.timeout") and field["new"] == "77s"


@pytest.mark.parametrize(("words", "code"), [((), 0), (("--exit-code",), 1)])
def test_the_exit_code_is_asked_for(changed_dump, words, code):
    assert run("diff", *changed_dump, *words).rc == code
    assert run("diff", changed_dump[0], changed_dump[0], *words).rc == 0


def test_every_form_tells_the_difference(changed_dump):
    for form in ("text", "markdown", "html"):
        page = run("diff", *changed_dump, "-o", form).out
        assert "77s" in page and "DestinationRule bookinfo/reviews" in page, form


def test_traffic_tells_what_the_missing_cluster_costs(changed_dump):
    done = run("diff", *changed_dump, "--traffic", "-o", "json")
    (found,) = json.loads(done.out)["pairs"]
    assert found["requests"]
    assert all(any("NC" in way for way in one["after"]) for one in found["requests"])
    assert "end differently" in done.err


def test_requests_of_a_file_are_replayed(changed_dump, tmp_path):
    (tmp_path / "r.jsonl").write_text(
        '{"id": "mirror", "url": "http://reviews:9080/mirror"}\n{"id": "ratings", "url": "http://ratings:9080/"}\n'
    )
    done = run("diff", *changed_dump, "--requests", str(tmp_path / "r.jsonl"), "-o", "json")
    (found,) = json.loads(done.out)["pairs"]
    assert [one["request"].partition(":")[0] for one in found["requests"]] == ["mirror"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("a.json",), "does not exist"),
        (("examples/story",), "examples/story"),
        (("a", "b", "c"), "two sides"),
    ],
)
def test_odd_command_lines_are_refused_in_words(words, said):
    done = run("diff", *words)
    assert done.rc in (0, 1, 2)
    assert "Traceback" not in done.err
    assert done.rc == 0 or said in done.err
