"""Where packets and connections end: what a pod's rules do with them, and what answers at a port."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.coverage import Gap
from meshctl.match.request_view import Peer
from meshctl.netfilter import parse_rules
from meshctl.proxy.model import Disposition, Payload, Request, Stage, Tls
from meshctl.trace import capture, segments, ways
from meshctl.trace.answers import Answer, Failure
from meshctl.trace.capture import Captured
from meshctl.trace.pods import Pod
from meshctl.trace.streams import Stream
from meshctl.trace.ways import Way
from meshctl.values import replace
from tests.unit.netfilter.sidecar import rules
from tests.unit.proxy.build import listener, proxy, tcp

REDIRECT, TPROXY = rules(), rules(interception_mode="TPROXY")
POD = Pod("web", ips=("10.244.0.72",), rules=REDIRECT)
DROPPING = replace(
    POD,
    rules=parse_rules(
        "*filter\n-A OUTPUT -d 10.9.9.9 -j DROP\n-A INPUT -j ACCEPT\nCOMMIT\n*mangle\n-A PREROUTING -p tcp --dport 9 -j DROP\nCOMMIT\n"
    ),
)
OUT, BACK = ("output", "REDIRECT"), ("prerouting", "NO_RULE_MATCHED")
SENT = [  # pod, destination, uid; (hooks with their verdicts, local, port, redirected, dropped)
    (POD, ("10.1.2.3", 80), 1000, ([OUT, ("prerouting", "ACCEPT")], True, 15001, True, False)),
    (POD, ("10.1.2.3", 80), 1337, ([("output", "RETURN")], False, 80, False, False)),
    (POD, ("127.0.0.1", 80), 1000, ([("output", "RETURN"), ("prerouting", "ACCEPT")], True, 80, False, False)),
    (POD, ("10.244.0.72", 80), 1000, ([("output", "RETURN"), ("prerouting", "ACCEPT")], True, 80, False, False)),
    (replace(POD, rules=None), ("10.1.2.3", 80), 1000, ([], False, 80, False, False)),
    (replace(POD, rules=None), ("127.0.0.1", 80), 1000, ([], True, 80, False, False)),
    (replace(POD, rules=None), ("10.244.0.72", 80), 1000, ([], True, 80, False, False)),
    (DROPPING, ("10.9.9.9", 80), 1000, ([("output", "DROP")], False, 80, False, True)),
    (DROPPING, ("127.0.0.1", 9), 1000, ([("output", "NO_RULE_MATCHED"), ("prerouting", "DROP")], True, 9, False, True)),
    (DROPPING, ("10.1.1.1", 9), 1000, ([("output", "NO_RULE_MATCHED")], False, 9, False, False)),
]  # fmt: skip


@pytest.mark.parametrize(("pod", "dst", "uid", "expected"), SENT)
def test_a_packet_that_a_process_sends(
    pod: Pod, dst: tuple[str, int], uid: int, expected: tuple[Any, ...]
) -> None:
    (sent,) = capture.send(pod, "10.244.0.72", *dst, uid, uid)
    hooks = [
        (
            hook.hook,
            "ACCEPT"
            if hook.hook == "prerouting" and hook.verdict in ("NO_RULE_MATCHED", "RETURN")
            else hook.verdict,
        )
        for hook in sent.hooks
    ]
    assert (hooks, sent.local, sent.port, sent.redirected, sent.dropped) == expected
    assert [hook.interface for hook in sent.hooks] == (
        ["lo" if dst[0] in ("127.0.0.1", "10.244.0.72") else "eth0", "lo"][: len(sent.hooks)]
    )


ARRIVED = [  # pod, port; (verdict, port, redirected, transparent, dropped)
    (POD, 8080, ("REDIRECT", 15006, True, False, False)), (POD, 15008, ("RETURN", 15008, False, False, False)),
    (replace(POD, rules=TPROXY), 8080, ("TPROXY", 15006, True, True, False)), (DROPPING, 9, ("DROP", 9, False, False, True)),
    (DROPPING, 8, ("NO_RULE_MATCHED", 8, False, False, False)),
]  # fmt: skip


@pytest.mark.parametrize(("pod", "port", "expected"), ARRIVED)
def test_a_packet_that_comes_from_outside(pod: Pod, port: int, expected: tuple[Any, ...]) -> None:
    (found,) = capture.arrive(pod, "10.5.5.5", "10.244.0.72", port)
    (hook,) = found.hooks
    assert (hook.verdict, found.port, found.redirected, found.transparent, found.dropped) == expected
    assert (hook.dst, hook.interface, hook.hook) == (f"10.244.0.72:{port}", "eth0", "prerouting")
    assert capture.arrive(replace(pod, rules=None), "10.5.5.5", "10.244.0.72", port)[0] == capture.Arrived(
        (), port, False
    )


GAP = Gap("the listeners", "a table was given", "take a dump")
ADMIN = {"admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 15000}}}}


def with_proxy(**bootstrap: Any) -> Pod:
    listeners = [listener([{"filters": tcp("c")}], port=p) for p in (8443, 80)] + [
        listener([{"filters": tcp("c")}], port=81, bind_to_port=False)
    ]
    return replace(POD, proxy=proxy(listeners, bootstrap=bootstrap))


@pytest.mark.parametrize(("bootstrap", "ip", "port", "end"), [
    (ADMIN, "127.0.0.1", 15000, (Disposition.DELIVERED, 200)), (ADMIN, "10.244.0.72", 15000, (Disposition.CONNECTION_FAILED, None)), (ADMIN, "127.0.0.1", 15001, None),
    ({"admin": {"address": {"socket_address": {"address": "0.0.0.0", "port_value": 15000}}}}, "10.1.1.1", 15000, (Disposition.DELIVERED, 200)), ({}, "127.0.0.1", 15000, None),
    ({"admin": {"address": "text"}}, "127.0.0.1", 15000, (Disposition.UNDETERMINED, None)),
])  # fmt: skip
def test_the_admin_interface(
    bootstrap: dict[str, Any], ip: str, port: int, end: tuple[Any, ...] | None
) -> None:
    way = ways.admin_answer(with_proxy(**bootstrap), ip, port)
    assert (None if way is None else (way.answer.disposition, way.answer.code)) == end
    assert ways.admin_answer(POD, ip, port) is None


def test_a_port_of_a_gateway_without_a_listener() -> None:
    closed = ways.closed_port(with_proxy(), "10.244.0.72", 9, None)
    assert (closed.answer.disposition, closed.answer.failure) == (
        Disposition.CONNECTION_FAILED,
        Failure.REFUSED,
    )
    assert (
        closed.answer.reason
        == "nothing listens on port 9 of web: a gateway has no application (it listens on 80, 8443)"
    )
    hidden = ways.closed_port(with_proxy(), "10.244.0.72", 9, GAP)
    assert hidden.answer.disposition is Disposition.UNDETERMINED
    for port in (15020, 15021):
        assert (
            ways.closed_port(with_proxy(), "10.244.0.72", port, None).answer.disposition
            is Disposition.DELIVERED
        )


MESH = Tls("s", ("istio",), Peer(("spiffe://x",)), True)
HTTP, RAW = Stream(Payload.HTTP1, (), Request()), Stream(Payload.RAW)
APPLICATION = [  # what the application listens on (None: not known), what is sent, a gap; (verdict, code, failure, assumed)
    (None, HTTP, None, (Disposition.DELIVERED, 200, None, True)), (frozenset({80}), HTTP, None, (Disposition.DELIVERED, 200, None, False)),
    (frozenset({80}), RAW, None, (Disposition.DELIVERED, None, None, False)), (frozenset({81}), HTTP, None, (Disposition.CONNECTION_FAILED, None, Failure.REFUSED, False)),
    (frozenset({81}), HTTP, GAP, (Disposition.UNDETERMINED, None, None, False)), (frozenset({80}), HTTP, GAP, (Disposition.DELIVERED, 200, None, False)),
    (frozenset({80}), replace(RAW, layers=(MESH,)), None, (Disposition.CONNECTION_FAILED, None, Failure.TLS, False)),
    (frozenset({80}), replace(RAW, layers=(replace(MESH, alpn=("h2",)),)), None, (Disposition.DELIVERED, None, None, False)),
    (frozenset({80}), replace(RAW, layers=(replace(MESH, mesh=False),)), None, (Disposition.DELIVERED, None, None, False)),
]  # fmt: skip


@pytest.mark.parametrize(("listens", "stream", "gap", "end"), APPLICATION)
def test_the_applications_port(
    listens: frozenset[int] | None, stream: Stream, gap: Gap | None, end: tuple[Any, ...]
) -> None:
    way = ways.application(replace(POD, app_listens=listens), "10.244.0.72", 80, stream, gap)
    assert (way.answer.disposition, way.answer.code, way.answer.failure, bool(way.assumed)) == end
    if way.answer.disposition is Disposition.DELIVERED:
        assert way.target is not None and (way.target.pod, way.target.address, bool(way.target.assumed)) == (
            "web",
            "10.244.0.72:80",
            bool(way.assumed),
        )


@pytest.mark.parametrize(("http", "pod", "code", "reason", "assumed"), [
    (True, "external", 200, "delivered outside, to 1.1.1.1:80", "1.1.1.1:80 is no pod and no service of what was given: that it answers is assumed"),
    (False, "external", None, "delivered outside, to 1.1.1.1:80", "1.1.1.1:80 is no pod and no service of what was given: that it answers is assumed"),
    (True, "web", 200, "delivered to the socket 1.1.1.1:80", "that something listens on the socket 1.1.1.1:80 is assumed"),
])  # fmt: skip
def test_a_connection_that_leaves_the_mesh(
    http: bool, pod: str, code: int | None, reason: str, assumed: str
) -> None:
    way = ways.outside("1.1.1.1:80", http=http, pod=pod)
    assert (way.answer.code, way.answer.reason, way.assumed, way.target and way.target.pod) == (
        code,
        reason,
        (assumed,),
        pod,
    )


def test_a_handshake_that_fails_elsewhere_only_closes() -> None:
    failed = ways.ended(Disposition.CONNECTION_FAILED, Failure.TLS, "why")
    assert ways.not_our_tls(failed).answer == Answer(
        Disposition.CONNECTION_FAILED, None, Failure.CLOSED, "why"
    )
    refused = ways.ended(Disposition.CONNECTION_FAILED, Failure.REFUSED, "why")
    assert ways.not_our_tls(refused) is refused


def test_a_way_that_leaves_what_was_given() -> None:
    way = ways.undetermined("why", target="10.1.1.1:80", service="s", more=("a", "b"))
    assert (way.undetermined, way.target) == (("a", "b"), ways.Target("s", "10.1.1.1:80", ways.NOT_GIVEN))
    assert (ways.undetermined("why").undetermined, ways.undetermined("why").target) == (("why",), None)
    assert [
        w.assumed for w in ways.resting_on(("a",), [Way(Answer(Disposition.DELIVERED), assumed=("b",))])
    ] == [("a", "b")]


def hook(
    verdict: str = "RETURN", name: str = "output", interface: str = "eth0", port: int | None = None
) -> Captured:
    return Captured(name, "10.1.1.1:80", interface, verdict, port)


EFFECTS = [  # a hook, what is told
    (hook("REDIRECT", port=15001), "REDIRECT to 15001"), (hook("TPROXY", "prerouting", port=15006), "TPROXY to 15006"), (hook("REDIRECT"), "REDIRECT"), (hook(), "RETURN: leaves the pod"),
    (hook(interface="lo"), "RETURN: goes on as it is"), (hook(name="prerouting"), "RETURN: goes on as it is"), (hook("ACCEPT"), "ACCEPT: goes on as it is"),
    (hook("NO_RULE_MATCHED"), "goes on as it is"), (hook("DROP"), "DROP"), (hook("UNDETERMINED"), "UNDETERMINED"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "told"), EFFECTS)
def test_the_step_of_a_hook(one: Captured, told: str) -> None:
    (step,) = segments.capture_steps([one])
    assert (step.stage, step.detail, step.where, step.chosen) == (
        Stage.CAPTURE,
        told,
        f"packet to 10.1.1.1:80 on {one.interface}",
        f"{one.hook.upper()}: no rule matches",
    )


def test_the_loop_over_lo_only_where_it_changed_something() -> None:
    assert segments.capture_steps([hook(name="prerouting", interface="lo")]) == ()
    (real,) = capture.send(POD, "10.244.0.72", "10.1.2.3", 80, 1000, 1000)
    assert segments.rule_path(real.hooks[0]) == "nat OUTPUT > ISTIO_OUTPUT rule 9 > ISTIO_REDIRECT rule 1"


def kinds(way: Way, client: Pod, uid: int | None = None) -> list[tuple[str, str]]:
    return [(s.kind, s.title) for s in segments.segments(way, client, uid=uid)]


def test_a_way_without_a_proxy_in_segments() -> None:
    done = Answer(Disposition.DELIVERED)
    target = ways.Target("peer", "10.1.1.1:80")
    assert kinds(Way(done, sent=(hook(),)), POD) == [("app", "web, application (uid 1000)")]
    assert kinds(Way(done, sent=(hook(),)), POD, 7) == [("app", "web, application (uid 7)")]
    assert kinds(Way(done, sent=(hook(),)), POD, 1337) == [("app", "web, Envoy's own user")]
    assert kinds(Way(done), replace(POD, rules=None)) == [("app", "web, application")]
    assert kinds(Way(done), POD) == []
    arrived = Way(done, arrived=(hook(name="prerouting"),), network="kube-proxy: x", target=target)
    assert kinds(arrived, POD) == [("network", "network"), ("end", "peer")]
    assert kinds(replace(arrived, target=None, network=""), POD) == [("end", "destination pod")]
