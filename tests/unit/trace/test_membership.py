"""What belongs to the mesh: an endpoint whose pod was not given is open, what is outside is said to be outside."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from meshctl.proxy.model import Endpoint
from meshctl.trace.membership import is_told_external, may_be_inside, service_behind
from tests import cli
from tests.corpus import ROOT
from tests.unit.proxy import build

STORY = ROOT / "examples" / "story"


def run(*args: str) -> tuple[int, dict[str, Any]]:
    done = cli.run("trace", *args, "-o", "json")
    return done.rc, json.loads(done.out)


def test_a_peer_that_was_not_given_is_named_and_open():
    code, answer = run("-f", str(STORY / "test-pod" / "config_dump.json"), "http://nginx.test/")
    assert (code, answer["verdict"]) == (3, "UNDETERMINED")
    (reason,) = answer["undetermined"]
    assert "10.244.0.73:80" in reason and "nginx.test.svc.cluster.local" in reason and "--peer" in reason
    hop = answer["outcomes"][0]["hops"][0]
    assert (hop["cluster"], hop["upstream_host"], hop["code"]) == (
        "outbound|80||nginx.test.svc.cluster.local",
        "10.244.0.73:80",
        None,
    )


def test_the_same_pod_dialled_directly_is_known_by_its_address():
    code, answer = run("-f", str(STORY / "test-pod" / "config_dump.json"), "http://10.244.0.73:9999/")
    assert (code, answer["verdict"]) == (3, "UNDETERMINED")
    assert "an endpoint of nginx.test.svc.cluster.local" in answer["undetermined"][0]


def test_a_private_address_nobody_knows_is_not_called_outside():
    code, answer = run("-f", str(STORY / "test-pod" / "config_dump.json"), "http://10.9.9.9:80/")
    assert (code, answer["verdict"]) == (3, "UNDETERMINED")


def test_a_public_address_is_outside_and_assumed_to_answer():
    code, answer = run("-f", str(STORY / "test-pod" / "config_dump.json"), "http://93.184.216.34:80/")
    assert (code, answer["verdict"], answer["undetermined"]) == (0, "DELIVERED", [])
    assert any("93.184.216.34:80" in text for text in answer["assumed"])
    strict, answer = run(
        "-f", str(STORY / "test-pod" / "config_dump.json"), "--strict", "http://93.184.216.34:80/"
    )
    assert (strict, answer["verdict"]) == (3, "UNDETERMINED")


@pytest.mark.parametrize(
    ("ip", "inside"),
    [("10.1.2.3", True), ("172.31.0.1", True), ("172.32.0.1", False), ("100.64.1.1", True), ("fd00::1", True),
     ("2001:4860::1", False), ("8.8.8.8", False), ("example.com", False)],
)  # fmt: skip
def test_which_addresses_a_cluster_may_use(ip: str, inside: bool):
    assert may_be_inside(ip) is inside


def test_a_gateway_has_no_application_behind_a_closed_port(tmp_path: pathlib.Path):
    dump = json.loads((STORY / "nginx-7c79c4bf97-7985c" / "config_dump.json").read_text())
    for section in dump["configs"]:
        if section["@type"].endswith("BootstrapConfigDump"):
            section["bootstrap"]["node"]["id"] = "router~10.1.1.1~gw-0.test~test.svc.cluster.local"
            section["bootstrap"]["node"]["metadata"]["INSTANCE_IPS"] = "10.1.1.1"
    path = tmp_path / "gw.json"
    path.write_text(json.dumps(dump))
    code, answer = run("-f", str(path), "--from", "10.9.9.9", "--to", "10.1.1.1:81", "http://h/")
    assert (code, answer["verdict"]) == (1, "CONNECTION_FAILED")
    assert "a gateway has no application" in answer["outcomes"][0]["reason"]


def _metadata(**istio: Any) -> dict[str, Any]:
    return {"metadata": {"filter_metadata": {"istio": istio}}}


SERVED: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [  # a cluster's name and settings, an endpoint's metadata, the service
    ("outbound|80||web.shop.svc.cluster.local", {}, {}, "web.shop.svc.cluster.local"), ("outbound|80|v1|web.shop.svc", {}, {}, "web.shop.svc"),
    # a host that is none of Kubernetes', an inbound cluster, one of another name
    ("outbound|80||ext.example.com", {}, {}, ""), ("outbound|80||web.shop", {}, {}, ""), ("outbound|80||a.b.c.svc", {}, {}, ""), ("inbound|80||web.shop.svc.cluster.local", {}, {}, ""), ("c", {}, {}, ""),
    # Istio's own metadata goes before the name; an endpoint of the mesh is of the first service, whatever its name
    ("c", _metadata(services=[{"host": "ext.example.com"}, {"host": "web.shop.svc"}]), {}, "web.shop.svc"), ("c", _metadata(services=[{"host": "ext.example.com"}]), {}, ""), ("c", _metadata(services="odd"), {}, ""),
    ("c", _metadata(services=[{"host": "ext.example.com"}]), {"envoy.transport_socket_match": {"tunnel": "http"}}, "ext.example.com"), ("c", {}, {"envoy.transport_socket_match": {"tlsMode": "istio"}}, "c"),
    ("c", {}, {"envoy.transport_socket_match": {"tlsMode": "disabled"}}, ""), ("c", {}, {"istio": {"workload": "w;ns;c;;k"}}, ""),
    ("outbound|80||ext.example.com", {}, {"envoy.transport_socket_match": {"tlsMode": "istio"}}, "ext.example.com"),
    # an address that came from the request
    ("outbound|80||web.shop.svc", {"type": "ORIGINAL_DST", "lb_policy": "CLUSTER_PROVIDED", "load_assignment": None}, {}, ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "settings", "metadata", "service"), SERVED)
def test_the_service_behind_an_endpoint(
    name: str, settings: dict[str, Any], metadata: dict[str, Any], service: str
) -> None:
    built = build.proxy([], (build.cluster(name, "10.0.0.1:80", **settings),))
    assert service_behind(built, name, Endpoint("10.0.0.1:80", metadata=metadata)) == service
    assert service_behind(built, "none", Endpoint("10.0.0.1:80", metadata=metadata)) == ""


def test_a_service_that_is_said_to_be_outside() -> None:
    named = _metadata(services=[{"host": "ext.example.com"}])
    unbound = {"type": "ORIGINAL_DST", "lb_policy": "CLUSTER_PROVIDED", "load_assignment": None}
    found = (
        build.cluster("said", "10.0.0.1:80", **named),
        build.cluster("unsaid", "10.0.0.1:80"),
        build.cluster("unbound", **named, **unbound),
    )
    built = build.proxy([], found)
    assert [is_told_external(built, name) for name in ("said", "unsaid", "unbound", "none")] == [
        True,
        False,
        False,
        False,
    ]
