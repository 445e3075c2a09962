"""Time-outs of idleness, at one proxy and on both sides of a call; each with a near miss."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.check import Finding, Subject, Survey, World
from meshctl.trace.pods import Pod
from tests.unit.check.found import findings
from tests.unit.proxy import build

Json = dict[str, Any]
SERVICE = "outbound|80||a.b.svc.cluster.local"
SERVER_IP = "10.0.0.2"
_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


def manager(stream_idle: str | None, **action: Any) -> Any:
    more = {"stream_idle_timeout": stream_idle} if stream_idle is not None else {}
    host = build.virtual_host(build.route("r", {"prefix": "/"}, **action))
    return build.proxy([build.listener([{"filters": build.http([host], **more)}])])


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (manager("10s", timeout="60s"), 1),
        (manager("60s", timeout="60s"), 0),
        (manager("0s", timeout="60s"), 0),
        (manager(None, timeout="600s"), 1),  # 5 minutes unless said
        (manager(None, timeout="60s"), 0),
        (manager("10s", timeout="0s"), 0),  # nothing is promised
        (manager("10s"), 1),  # 15 s unless said
        (manager("10s", timeout="60s", idle_timeout="70s"), 0),
        (manager("0s", timeout="60s", idle_timeout="5s"), 1),
    ],
)
def test_a_route_must_not_wait_longer_than_its_stream_may_be_idle(made, expected):
    assert len(findings(made, "timeout-never")) == expected


def client(
    idle: str | None = None, *, timeout: str = "0s", http2: bool = False, address: str = f"{SERVER_IP}:8080"
) -> Pod:
    options: Json = {"@type": f"type.googleapis.com/{_OPTIONS}"}
    if idle is not None:
        options["common_http_protocol_options"] = {"idle_timeout": idle}
    if http2:
        options["explicit_http_config"] = {"http2_protocol_options": {}}
    cluster = build.cluster(SERVICE, address, typed_extension_protocol_options={_OPTIONS: options})
    host = build.virtual_host(build.route("r", {"prefix": "/"}, SERVICE, timeout=timeout))
    proxy = build.proxy(
        [build.listener([{"filters": build.http([host], stream_idle_timeout="0s")}])], (cluster,)
    )
    return Pod("c", "ns", ("10.0.0.1",), proxy=proxy)


def server(
    idle: str | None = None, *, stream_idle: str | None = "0s", port: int = 8080, **action: Any
) -> Pod:
    more: Json = {"common_http_protocol_options": {"idle_timeout": idle}} if idle is not None else {}
    more |= {"stream_idle_timeout": stream_idle} if stream_idle is not None else {}
    host = build.virtual_host(build.route("r", {"prefix": "/"}, **{"timeout": "0s", **action}))
    chain = {"filter_chain_match": {"destination_port": port}, "filters": build.http([host], **more)}
    inbound = {**build.listener([chain], port=15006, traffic_direction="INBOUND"), "name": "virtualInbound"}
    return Pod("s", "ns", (SERVER_IP,), proxy=build.proxy([inbound]))


def found(*pods: Pod) -> list[Finding]:
    world = World()
    survey = Survey(world)
    for pod in pods:
        survey.add(Subject(pod, world))
    codes = ("idle-closed-by-server", "timeout-cut-by-server")
    return [one for one in survey.report().findings if one.code in codes]


@pytest.mark.parametrize(
    ("calling", "called", "expected"),
    [
        (client(), server("15s"), 1),  # an hour unless said
        (client("3600s"), server("15s"), 1),
        (client("0s"), server("15s"), 1),
        (client("0s"), server(), 1),
        (client("10s"), server("15s"), 0),
        (client("15s"), server("15s"), 0),
        (client(), server(), 0),
        (client(), server("0s"), 0),
        (client(http2=True), server("15s"), 0),
        (client(address="10.0.0.3:8080"), server("15s"), 0),
        (client(), server("15s", port=9090), 0),
    ],
)
def test_the_client_must_close_an_idle_connection_first(calling, called, expected):
    hits = found(calling, called)
    assert [one.code for one in hits] == ["idle-closed-by-server"] * expected
    for one in hits:
        assert (one.object, one.pods) == (f"cluster {SERVICE}", ("c.ns",))
        assert one.evidence == (f"s.ns ({SERVER_IP}:8080): idle_timeout",)


@pytest.mark.parametrize(
    ("timeout", "stream_idle", "action", "expected"),
    [
        ("60s", "10s", {}, 1),
        ("60s", "60s", {}, 0),
        ("60s", "0s", {}, 0),
        ("600s", None, {}, 1),
        ("0s", "10s", {}, 0),
        ("60s", "10s", {"idle_timeout": "90s"}, 0),
    ],
)
def test_the_server_must_not_cut_off_what_the_client_waits_for(timeout, stream_idle, action, expected):
    hits = found(client("1s", timeout=timeout), server(stream_idle=stream_idle, **action))
    assert [one.code for one in hits] == ["timeout-cut-by-server"] * expected


def test_a_server_that_was_not_given_says_nothing():
    assert found(client("3600s", timeout="600s")) == []
