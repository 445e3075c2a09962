"""Proxies against istiod: stale, frozen, not connected, of another version; each with a near miss."""

from __future__ import annotations

import json
from typing import Any

import pytest

from meshctl.check import Finding, Open, Report, Subject, Survey, World
from meshctl.check.moment import parse_time
from meshctl.envoy import documents, snapshot
from meshctl.envoy.notes import Notes
from meshctl.proxy.proxy import Proxy
from meshctl.trace.pods import Pod
from tests.corpus import corpus

Json = dict[str, Any]
SENT = "2026-11-20T10:00:00Z"
_URL = "type.googleapis.com/envoy.config."
CDS, LDS = f"{_URL}cluster.v3.Cluster", f"{_URL}listener.v3.Listener"
CODES = ("proxy-stale", "proxy-frozen", "proxy-unconnected", "version-skew")


def pod(name: str = "p", version: str = "1.30.1", *, ads: bool = True) -> Pod:
    resources = {"dynamic_resources": {"ads_config": {"api_type": "DELTA_GRPC"}}} if ads else {}
    bootstrap = {"node": {"metadata": {"ISTIO_VERSION": version}}, **resources}
    kind = "type.googleapis.com/envoy.admin.v3.BootstrapConfigDump"
    body = json.dumps({"configs": [{"@type": kind, "bootstrap": bootstrap}]}).encode()
    return Pod(name, "ns", proxy=Proxy(snapshot.load(documents.read(body, "test", Notes()), "test")))


def state(acked: bool = True, error: str = "") -> Json:
    return {
        "sent": "n2",
        "acked": "n2" if acked else "n1",
        "sentTime": SENT,
        **({"lastError": error} if error else {}),
    }


def istiod(*proxies: Json, version: str | None = "1.30.0", name: str = "istiod-1") -> Json:
    pages: Json = {"/debug/syncz": list(proxies)}
    if version is not None:
        pages["/version"] = f"{version}-{'a' * 40}-Clean"
    return {"istiod": name, "revision": "default", "pages": pages}


def known(name: str = "p.ns", **types: Json) -> Json:
    urls = {"cds": CDS, "lds": LDS}
    return {
        "proxy": name,
        "istio_version": "1.30.1",
        "resources": {urls[kind]: one for kind, one in types.items()},
    }


def surveyed(*pods: Pod, istiods: list[Json] | None, after: float = 240.0) -> Report:
    sent = parse_time(SENT)
    assert sent is not None
    world = World(sent.timestamp() + after, {"istiods": istiods}.get)
    survey = Survey(world)
    for one in pods:
        survey.add(Subject(one, world))
    return survey.report()


def codes(report: Report) -> list[str]:
    return [one.code for one in report.findings if one.code in CODES]


SYNCED = known(cds=state(), lds=state())


@pytest.mark.parametrize(
    ("proxy", "after", "expected"),
    [
        (SYNCED, 240, []),
        (known(cds=state(), lds=state(acked=False)), 240, ["proxy-stale"]),
        (known(cds=state(), lds=state(acked=False)), 2, []),  # still on its way
        (known(cds=state(acked=False), lds=state(acked=False)), 240, ["proxy-frozen"]),
        (known(cds=state(acked=False), lds=state(acked=False)), 2, []),
        (known(cds=state(), lds=state(acked=False, error="no")), 240, []),  # the dump tells of refusals
        (known("other.ns", cds=state()), 240, ["proxy-unconnected"]),
    ],
)
def test_what_istiod_says_of_a_proxy(proxy, after, expected):
    assert codes(surveyed(pod(), istiods=[istiod(proxy)], after=after)) == expected


def test_how_long_it_is_behind_is_told():
    report = surveyed(pod(), istiods=[istiod(known(cds=state(), lds=state(acked=False)))])
    (found,) = [one for one in report.findings if one.code == "proxy-stale"]
    assert found.message.startswith("it has not acknowledged LDS for 4m:")
    assert found.pods == ("p.ns",)


def test_a_proxy_is_unconnected_only_when_every_istiod_was_heard():
    silent = {"istiod": "istiod-2", "revision": "default", "pages": {}}
    assert codes(surveyed(pod(), istiods=[istiod(), silent])) == []
    assert codes(surveyed(pod(), istiods=[istiod(), istiod(SYNCED, name="istiod-2")])) == []
    assert codes(surveyed(pod(ads=False), istiods=[istiod()])) == []


@pytest.mark.parametrize(
    ("proxy", "planes", "expected"),
    [
        ("1.30.1", ["1.30.0"], 0),
        ("1.29.4", ["1.30.0"], 0),
        ("1.28.4", ["1.30.0"], 1),
        ("1.31.0", ["1.30.0"], 1),
        ("1.31-dev", ["1.31-dev"], 0),
        ("1.28.4", ["1.30.0", "1.29.0"], 0),  # which of them it has is not told
        ("65536.65536.65536", ["1.30.0"], 0),
        ("", ["1.30.0"], 0),
    ],
)
def test_the_version_of_a_proxy_fits_its_control_plane(proxy, planes, expected):
    istiods = [istiod(version=version, name=f"istiod-{version}") for version in planes]
    assert codes(surveyed(pod(version=proxy, ads=False), istiods=istiods)) == ["version-skew"] * expected


def test_the_istiod_that_has_the_proxy_counts():
    istiods = [istiod(SYNCED, version="1.28.0"), istiod(version="1.30.0", name="istiod-2")]
    assert codes(surveyed(pod(version="1.30.1"), istiods=istiods)) == ["version-skew"]


def test_without_istiods_answers_it_is_not_decidable():
    said = surveyed(pod(), istiods=None).open
    assert {one.code for one in said if isinstance(one, Open)} >= set(CODES)


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("stage", "frozen", "unconnected"),
    [
        ("bookinfo-steady", [], []),
        ("bookinfo-stale", ["reviews-v3-5b9bd44f4-kl12m.bookinfo"], []),
        ("bookinfo-gone", [], ["reviews-v2-5b667bcbf8-ij90k.bookinfo"]),
    ],
)
def test_a_real_istiods_proxies(stage, frozen, unconnected):
    folder = corpus("width/istiod-raw") / stage
    names = {
        path.name.removesuffix(".config_dump.json")
        for path in corpus("width/istiod-raw").glob("*/pods/*.json")
    }
    answers = [json.loads(line) for line in (folder / "index.jsonl").read_text().splitlines() if line.strip()]
    syncz = next(one for one in answers if one["path"] == "/debug/syncz")
    item = istiod(version="1.31-dev")
    item["pages"]["/debug/syncz"] = json.loads((folder / syncz["file"]).read_text())
    pods = [pod(name.rpartition(".")[0], "1.31-dev") for name in sorted(names)]
    for one in pods:
        one.namespace = "bookinfo"
    world = World(parse_time("2026-11-23T15:00:00Z").timestamp(), {"istiods": [item]}.get)  # type: ignore[union-attr]
    survey = Survey(world)
    for one in pods:
        survey.add(Subject(one, world))
    told: dict[str, list[Finding]] = {}
    for finding in survey.report().findings:
        told.setdefault(finding.code, []).append(finding)
    assert [one.pods[0] for one in told.get("proxy-frozen", [])] == frozen
    assert [one.pods[0] for one in told.get("proxy-unconnected", [])] == unconnected
    assert "proxy-stale" not in told
    assert "version-skew" not in told
