"""Whatever leads back to itself ends in the verdict LOOP, quickly, and never as a fault of the input.

Internal redirects: test_passes.py.
"""

from __future__ import annotations

import time
from typing import Any

import pytest

from meshctl.proxy.model import Disposition, Payload
from meshctl.trace.journey import Journey
from meshctl.trace.pods import Pod, Pods
from meshctl.trace.services import Service
from meshctl.trace.streams import Stream
from meshctl.trace.ways import Way
from tests.unit.proxy import build

Json = dict[str, Any]
_AGGREGATE = "type.googleapis.com/envoy.extensions.clusters.aggregate.v3.ClusterConfig"
LOOPS = {Disposition.LOOP}


def aggregate(name: str, *of: str) -> Json:
    config = {"@type": _AGGREGATE, "clusters": list(of)}
    return {"name": name, "cluster_type": {"name": "envoy.clusters.aggregate", "typed_config": config}}


@pytest.mark.parametrize(
    ("clusters", "expected"),
    [
        ((aggregate("a", "a"),), Disposition.LOOP),
        ((aggregate("a", "b"), aggregate("b", "a")), Disposition.LOOP),
        ((aggregate("a", "b"), aggregate("b", "c"), aggregate("c", "a")), Disposition.LOOP),
        ((aggregate("a", "b"), aggregate("b", "b")), Disposition.NO_HEALTHY_ENDPOINT),
        ((aggregate("a", "none"),), Disposition.NO_HEALTHY_ENDPOINT),
        ((aggregate("a", "b"), aggregate("b", "s"), build.cluster("s", "10.0.0.1:80")), Disposition.NO_HEALTHY_ENDPOINT),
        ((aggregate("a", "a", "s"), build.cluster("s", "10.0.0.1:80")), Disposition.DELIVERED),
    ],
)  # fmt: skip
def test_aggregates_that_contain_each_other(clusters: tuple[Json, ...], expected: Disposition) -> None:
    """As a real Envoy 1.40 answers: UH, also for an aggregate of an aggregate, which has no hosts of its own."""
    routes = build.virtual_host(build.route("r", {"prefix": "/"}, "a"))
    for filters, code in ((build.http([routes]), 503), (build.tcp("a"), 0)):
        (passage,) = build.ask(build.proxy([build.listener([{"filters": filters}])], clusters), build.get())
        assert passage.verdict.disposition is expected
        if expected is not Disposition.DELIVERED:
            assert (passage.verdict.code, passage.verdict.flags) == (code, "UH")
        if expected is Disposition.LOOP:
            assert "a > " in passage.verdict.reason


def ways(pod: Pod, source: Pods, ip: str = "10.0.0.1", port: int = 80) -> list[Way]:
    began = time.process_time()
    stream = Stream(Payload.HTTP1, request=build.get(), src_ip="10.0.0.9")
    found = Journey(source).arrive(pod, ip, port, stream)
    assert time.process_time() - began < 5
    assert abs(sum(way.probability for way in found) - 1.0) < 1e-6
    return found


def pod(listeners: list[Json], *clusters: Json) -> Pod:
    return Pod("p", "ns", ("10.0.0.1",), proxy=build.proxy(listeners, clusters))


def through(cluster: str, **more: Any) -> Json:
    return {"filters": build.http([build.virtual_host(build.route("r", {"prefix": "/"}, cluster))]), **more}


def internal(name: str, cluster: str) -> Json:
    return {"name": name, "internal_listener": {}, "filter_chains": [through(cluster)]}


def to_internal(cluster: str, listener: str, count: int = 1) -> Json:
    host = {"endpoint": {"address": {"envoy_internal_address": {"server_listener_name": listener}}}}
    hosts = [{**host, "metadata": {"filter_metadata": {"x": {"n": n}}}} for n in range(count)]
    return {"name": cluster, "type": "STATIC", "load_assignment": {"endpoints": [{"lb_endpoints": hosts}]}}


def test_internal_listeners_that_lead_to_each_other() -> None:
    one = pod(
        [build.listener([through("one")]), internal("first", "two"), internal("second", "one")],
        to_internal("one", "first"),
        to_internal("two", "second"),
    )
    assert {way.answer.disposition for way in ways(one, Pods([one]))} == LOOPS


def test_internal_listeners_that_lead_to_each_other_by_several_ways() -> None:
    """Two hosts at each turn are not two to the power of all turns."""
    one = pod(
        [build.listener([through("one")]), internal("first", "two"), internal("second", "one"), internal("third", "one")],
        to_internal("one", "first", 3),
        {"name": "two", "type": "STATIC", "load_assignment": {"endpoints": [{"lb_endpoints": [
            {"endpoint": {"address": {"envoy_internal_address": {"server_listener_name": name}}}} for name in ("second", "third")]}]}},
    )  # fmt: skip
    assert {way.answer.disposition for way in ways(one, Pods([one]))} == LOOPS


def test_a_proxy_that_sends_to_itself() -> None:
    one = pod([build.listener([through("self")])], build.cluster("self", "10.0.0.1:80"))
    assert {way.answer.disposition for way in ways(one, Pods([one]))} == LOOPS


def test_two_proxies_that_send_to_each_other_by_several_ways() -> None:
    first = pod([build.listener([through("other")])], build.cluster("other", "10.0.0.2:80", "10.0.0.3:80"))
    others = [
        Pod(f"p{n}", "ns", (f"10.0.0.{n}",), proxy=build.proxy(
            [build.listener([through("back")])], (build.cluster("back", "10.0.0.1:80", "10.0.0.1:80"),)))
        for n in (2, 3)
    ]  # fmt: skip
    assert {way.answer.disposition for way in ways(first, Pods([first, *others]))} == LOOPS


class Services(Pods):
    """Pods, and services by their address."""

    known: dict[tuple[str, int], Service]

    def service(self, ip: str, port: int) -> Service | None:
        return self.known.get((ip, port))


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_service_whose_endpoints_are_services_that_lead_back(count: int) -> None:
    vips = [f"10.96.0.{n}" for n in range(1, count + 1)]
    one = pod([build.listener([through("vip")])], build.cluster("vip", f"{vips[0]}:80"))
    source = Services([one])
    endpoints = tuple(f"{vip}:80" for vip in vips)
    source.known = {(vip, 80): Service(f"s-{vip}", endpoints) for vip in vips}
    assert {way.answer.disposition for way in ways(one, source)} == LOOPS


@pytest.mark.parametrize(
    ("count", "expected"), [(1, Disposition.DELIVERED), (12, Disposition.DELIVERED), (13, Disposition.LOOP)]
)
def test_twelve_proxies_in_a_row_are_followed_and_no_more(count: int, expected: Disposition) -> None:
    pods = [
        Pod(f"p{n}", "ns", (f"10.0.1.{n}",), proxy=build.proxy(
            [build.listener([through("next")])], (build.cluster("next", f"10.0.1.{n + 1}:80"),)))
        for n in range(1, count + 1)
    ]  # fmt: skip
    (way,) = ways(pods[0], Pods([*pods, Pod("end", "ns", (f"10.0.1.{count + 1}",))]), "10.0.1.1")
    assert (way.answer.disposition, len(way.hops)) == (expected, count)


@pytest.mark.parametrize(
    ("count", "expected"), [(1, Disposition.DELIVERED), (11, Disposition.DELIVERED), (12, Disposition.LOOP)]
)
def test_an_internal_listener_counts_as_another_proxy(count: int, expected: Disposition) -> None:
    names = [f"in{n}" for n in range(count)]
    listeners = [build.listener([through("to0")])]
    listeners += [internal(name, f"to{n + 1}") for n, name in enumerate(names)]
    hops = [to_internal(f"to{n}", name) for n, name in enumerate(names)]
    one = pod(listeners, *hops, build.cluster(f"to{count}", "10.0.1.9:80"))
    found = ways(one, Pods([one, Pod("end", "ns", ("10.0.1.9",))]))
    assert {way.answer.disposition for way in found} == {expected}
