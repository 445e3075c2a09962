"""The plain values of an answer (docs/trace-json.md), and the segments that a way is shown in, field by field."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.coverage import Basis
from meshctl.netfilter import RuleSet
from meshctl.netfilter.walk.packet_walk import PathStep
from meshctl.proxy.model import Disposition, Endpoint, Passage, Request, Stage, Step, Verdict
from meshctl.trace.answers import Answer, Failure
from meshctl.trace.capture import Captured
from meshctl.trace.pods import Pod
from meshctl.trace.report import (
    at_proxy,
    captured,
    hop_outcome,
    mesh,
    mirrored,
    noted,
    passage_outcome,
    way_outcome,
)
from meshctl.trace.segments import capture_steps, rule_path, segments
from meshctl.trace.ways import Hop, Target, Way
from meshctl.values import replace

OK = Verdict(Disposition.DELIVERED, 200, "-", "via_upstream", "it answers")
PASSED = Passage(
    OK, 0.25, "0.0.0.0_80", "chain", "80", "vh", "r", "c", (("10.0.0.9:80", 0.1234567),), "/moved", "/up", "up.host"
)  # fmt: skip
CLIENT, SERVER = Pod("client", "ns", ("10.0.0.1",)), Pod("server", "ns", ("10.0.0.9",))
RULE = PathStep("nat", "ISTIO_OUTPUT", 9, "ISTIO_REDIRECT", "-A ISTIO_OUTPUT -j ISTIO_REDIRECT")
FIRST = PathStep("nat", "OUTPUT", 1, "ISTIO_OUTPUT", "-A OUTPUT -j ISTIO_OUTPUT")
OUT = Captured("output", "10.1.1.1:80", "eth0", "REDIRECT", 15001, (FIRST, RULE))
IN = Captured("prerouting", "10.0.0.9:80", "eth0", "REDIRECT", 15006, (replace(FIRST, chain="PREROUTING"),))
LOOP = Captured("prerouting", "127.0.0.1:15001", "lo", "NO_RULE_MATCHED")


def test_an_outcome_at_one_proxy() -> None:
    assert passage_outcome(PASSED) == {
        "probability": 0.25, "verdict": "DELIVERED", "listener": "0.0.0.0_80", "filter_chain": "chain", "route_config": "80", "virtual_host": "vh", "route_name": "r", "cluster": "c",
        "upstream_hosts": {"10.0.0.9:80": 0.123457}, "code": 200, "flags": "-", "details": "via_upstream", "location": "/moved", "upstream_path": "/up", "upstream_req_host": "up.host", "received": None, "reason": "it answers",
    }  # fmt: skip
    # where nothing says how often, there is no probability
    assert passage_outcome(replace(PASSED, decided=False))["probability"] is None


def test_the_hooks_of_a_packet() -> None:
    rules = [["nat", "OUTPUT", 1], ["nat", "ISTIO_OUTPUT", 9]]
    assert captured((OUT, LOOP)) == [
        {"hook": "output", "dst": "10.1.1.1:80", "out_if": "eth0", "verdict": "REDIRECT", "redirect_port": 15001, "rules": rules},
        {"hook": "prerouting", "dst": "127.0.0.1:15001", "in_if": "lo", "verdict": "NO_RULE_MATCHED", "redirect_port": None, "rules": []},
    ]  # fmt: skip


def hop(**more: Any) -> Hop:
    return Hop(
        **{
            "pod": CLIENT,
            "direction": "outbound",
            "passage": PASSED,
            "verdict": OK,
            "original_dst": "10.1.1.1:80",
            **more,
        }
    )


TWO = (("10.0.0.9:80", 0.5), ("10.0.0.8:80", 0.5))
HOSTS: list[tuple[dict[str, Any], str | None]] = [  # a hop, the upstream host that its log shows
    ({}, "10.0.0.9:80"), ({"endpoint": Endpoint("10.0.0.7:80")}, "10.0.0.7:80"), ({"passage": replace(PASSED, upstream_hosts=TWO)}, None), ({"passage": replace(PASSED, upstream_hosts=())}, None),
    ({"passage": replace(PASSED, upstream_hosts=TWO), "endpoint": Endpoint("10.0.0.8:80")}, "10.0.0.8:80"),
]  # fmt: skip


@pytest.mark.parametrize(("more", "host"), HOSTS)
def test_the_upstream_host_of_a_hop(more: dict[str, Any], host: str | None) -> None:
    assert hop_outcome(hop(**more))["upstream_host"] == host


def test_a_hop_as_its_access_log_shows_it() -> None:
    shown = hop_outcome(
        hop(
            capture=(OUT,),
            upstream_capture=(LOOP,),
            upstream_arrival=(IN,),
            passage=replace(PASSED, tls=True),
        )
    )
    names = ("pod", "direction", "listener", "filter_chain", "route_config", "virtual_host", "route_name", "cluster", "upstream_cluster", "code", "flags", "details", "original_dst", "downstream_tls", "location")  # fmt: skip
    assert [shown[name] for name in names] == [
        "client", "outbound", "0.0.0.0_80", "chain", "80", "vh", "r", "c", "c", 200, "-", "via_upstream", "10.1.1.1:80", True, "/moved",
    ]  # fmt: skip
    assert (shown["capture"], shown["upstream_capture"], shown["upstream_arrival"]) == (
        captured((OUT,)),
        captured((LOOP,)),
        captured((IN,)),
    )


SILENT = replace(
    hop(), passage=replace(PASSED, logged=False), verdict=Verdict(Disposition.DELIVERED, 200, "UH", "hidden")
)
WAYS: list[tuple[Way, bool, dict[str, Any]]] = [  # a way, whether it is HTTP, fields of its outcome
    (Way(Answer(Disposition.DELIVERED, 200)), True, {"probability": 1.0, "verdict": "DELIVERED", "code": 200, "error": None, "flags": None, "details": None, "target": None, "hops": [], "unlogged_hops": []}),
    (Way(Answer(Disposition.DELIVERED, 200)), False, {"code": None}), (Way(Answer(Disposition.FAULT, 503, Failure.REFUSED, "refused")), True, {"code": None, "error": "Connection refused", "reason": "refused"}),
    (Way(Answer(Disposition.DELIVERED, 200), 0.3333333333), True, {"probability": 0.333333}), (Way(Answer(Disposition.DELIVERED, 200), 0.5, decided=False), True, {"probability": None}),
    (Way(Answer(Disposition.DELIVERED, 200), target=Target("server", "10.0.0.9:80")), True, {"target": {"pod": "server", "address": "10.0.0.9:80"}}),
    (Way(Answer(Disposition.DELIVERED, 200), hops=(hop(),)), True, {"flags": "-", "details": "via_upstream"}), (Way(Answer(Disposition.DELIVERED, 200), hops=(SILENT, hop())), True, {"flags": "-", "details": "via_upstream"}),
    (Way(Answer(Disposition.DELIVERED, 200), hops=(SILENT,)), True, {"flags": "UH", "details": "hidden", "hops": []}),
    # what arrived at the first hop is the hop's; without one it stands by itself
    (Way(Answer(Disposition.DELIVERED, 200), sent=(OUT,), arrived=(IN,)), True, {"client_capture": captured((OUT,)), "arrival": captured((IN,))}), (Way(Answer(Disposition.DELIVERED, 200), hops=(hop(),), arrived=(IN,)), True, {"arrival": [], "client_capture": []}),
]  # fmt: skip


@pytest.mark.parametrize(("way", "http", "fields"), WAYS)
def test_an_outcome_of_a_whole_trace(way: Way, http: bool, fields: dict[str, Any]) -> None:
    shown = way_outcome(way, http=http)
    assert {name: shown[name] for name in fields} == fields


def test_hops_that_an_access_log_tells_of_stand_apart() -> None:
    shown = way_outcome(Way(Answer(Disposition.DELIVERED, 200), hops=(SILENT, hop(pod=SERVER))), http=True)
    assert [one["pod"] for one in shown["hops"]] == ["server"]
    assert [one["pod"] for one in shown["unlogged_hops"]] == ["client"]


def shares(answer: dict[str, Any]) -> list[tuple[str, float | None]]:
    return [(outcome["verdict"], outcome["probability"]) for outcome in answer["outcomes"]]


def test_equal_outcomes_are_one_and_the_likeliest_comes_first() -> None:
    bad = replace(PASSED, verdict=Verdict(Disposition.FAULT, 503), probability=0.6)
    passages = [replace(PASSED, probability=0.1), bad, replace(PASSED, probability=0.3)]
    assert shares(at_proxy(passages)) == [("FAULT", 0.6), ("DELIVERED", 0.4)]
    ways = [
        Way(Answer(Disposition.FAULT, 503), 0.2),
        Way(Answer(Disposition.DELIVERED, 200), 0.5),
        Way(Answer(Disposition.FAULT, 503), 0.3),
    ]
    assert shares(mesh(ways, http=True)) == [("FAULT", 0.5), ("DELIVERED", 0.5)]
    # those that nothing says the share of come last, and are not added up
    unknown = [replace(ways[0], decided=False), ways[1], replace(ways[2], decided=False)]
    assert shares(mesh(unknown, http=True)) == [("DELIVERED", 0.5), ("FAULT", None)]


def test_what_proxies_do_besides_is_said_once_with_their_names() -> None:
    passage = replace(PASSED, notes=("a copy of 10 % of the requests goes to shadow", "counts"))
    hops = [
        hop(passage=passage),
        hop(pod=SERVER, passage=replace(PASSED, notes=("counts",))),
        hop(pod=SERVER, direction="inbound", passage=replace(PASSED, notes=("counts",))),
    ]
    assert noted(hops) == [
        "client outbound: a copy of 10 % of the requests goes to shadow",
        "client, server outbound: counts",
        "server inbound: counts",
    ]
    assert mirrored(hop()) == []


# ---- segments ----

STEP = Step(Stage.ROUTE, "r", "it matches")
SHOWN: list[tuple[Way, Pod, list[tuple[str, str, int]]]] = [  # a way, its client: the segments as (kind, title, how many steps)
    (Way(Answer(Disposition.DELIVERED)), CLIENT, [("app", "client, application", 1)]), (Way(Answer(Disposition.DELIVERED)), replace(CLIENT, rules=RuleSet()), []),
    (Way(Answer(Disposition.DELIVERED), sent=(OUT,)), replace(CLIENT, app_uid=1000), [("app", "client, application (uid 1000)", 1)]),
    (Way(Answer(Disposition.DELIVERED), sent=(OUT, LOOP)), replace(CLIENT, app_uid=1000), [("app", "client, application (uid 1000)", 1)]),
    (Way(Answer(Disposition.DELIVERED), sent=(OUT,), network="kube-proxy: to 10.0.0.9", arrived=(IN,), target=Target("server", "10.0.0.9:80")), replace(CLIENT, app_uid=1), [("app", "client, application (uid 1)", 1), ("network", "network", 1), ("end", "server", 1)]),
    (Way(Answer(Disposition.DELIVERED), sent=(OUT,), arrived=(IN,)), replace(CLIENT, app_uid=1), [("app", "client, application (uid 1)", 1), ("end", "destination pod", 1)]),
    # the proxy of the client has the packets that were sent already; another's has those that came
    (Way(Answer(Disposition.DELIVERED), sent=(OUT,), hops=(hop(capture=(OUT,)),)), replace(CLIENT, app_uid=1), [("app", "client, application (uid 1)", 1), ("proxy", "client, Envoy outbound", 0)]),
    (Way(Answer(Disposition.DELIVERED), sent=(OUT,), hops=(hop(pod=SERVER, direction="inbound", capture=(IN,), passage=replace(PASSED, steps=(STEP,))),)), replace(CLIENT, app_uid=1), [("app", "client, application (uid 1)", 1), ("proxy", "server, Envoy inbound", 2)]),
    (Way(Answer(Disposition.DELIVERED), sent=(OUT,), hops=(hop(network="to 10.0.0.9", upstream_capture=(OUT,)), hop(pod=SERVER, direction="inbound", capture=(IN,)))), replace(CLIENT, app_uid=1), [("app", "client, application (uid 1)", 1), ("proxy", "client, Envoy outbound", 1), ("network", "network", 1), ("proxy", "server, Envoy inbound", 1)]),
    # what arrives behind the last proxy is the end's, where it is known who that is
    (Way(Answer(Disposition.DELIVERED), sent=(OUT,), hops=(hop(upstream_arrival=(IN,), endpoint=Endpoint("10.0.0.9:80")),), target=Target("server", "10.0.0.9:80")), replace(CLIENT, app_uid=1), [("app", "client, application (uid 1)", 1), ("proxy", "client, Envoy outbound", 0), ("end", "server", 1)]),
    (Way(Answer(Disposition.DELIVERED), sent=(OUT,), hops=(hop(upstream_arrival=(IN,)),), target=Target("server", "10.0.0.9:80")), replace(CLIENT, app_uid=1), [("app", "client, application (uid 1)", 1), ("proxy", "client, Envoy outbound", 0)]),
    (Way(Answer(Disposition.DELIVERED), sent=(OUT,), network="kube-proxy: x", hops=(hop(),)), replace(CLIENT, app_uid=1), [("app", "client, application (uid 1)", 1), ("network", "network", 1), ("proxy", "client, Envoy outbound", 0)]),
]  # fmt: skip


@pytest.mark.parametrize(("way", "client", "shown"), SHOWN)
def test_the_segments_of_a_way(way: Way, client: Pod, shown: list[tuple[str, str, int]]) -> None:
    client_hops = tuple(replace(one, pod=client) if one.pod is CLIENT else one for one in way.hops)
    found = segments(replace(way, hops=client_hops), client)
    assert [(one.kind, one.title, len(one.steps)) for one in found] == shown


def test_who_sent_it_is_said() -> None:
    way, client = (
        Way(Answer(Disposition.DELIVERED), sent=(OUT,)),
        replace(CLIENT, app_uid=1000, proxy_uid=1337),
    )
    titles = [segments(way, client, uid=uid)[0].title for uid in (None, 7, 1337)]
    assert titles == [
        "client, application (uid 1000)",
        "client, application (uid 7)",
        "client, Envoy's own user",
    ]


EFFECTS = [  # a hook, what it does in words
    (OUT, "REDIRECT to 15001"), (replace(IN, verdict="TPROXY"), "TPROXY to 15006"), (replace(OUT, verdict="RETURN", redirect_port=None), "RETURN: leaves the pod"), (replace(OUT, verdict="RETURN", redirect_port=None, interface="lo"), "RETURN: goes on as it is"),
    (replace(IN, verdict="RETURN", redirect_port=None), "RETURN: goes on as it is"), (replace(OUT, verdict="ACCEPT"), "ACCEPT: goes on as it is"), (replace(OUT, verdict="NO_RULE_MATCHED"), "goes on as it is"), (replace(OUT, verdict="DROP"), "DROP"), (replace(OUT, redirect_port=None), "REDIRECT"), (replace(OUT, verdict="UNDETERMINED", redirect_port=None), "UNDETERMINED"),
]  # fmt: skip


@pytest.mark.parametrize(("hook", "effect"), EFFECTS)
def test_what_a_hook_does(hook: Captured, effect: str) -> None:
    (step,) = capture_steps((hook,))
    assert (step.stage, step.detail, step.where, step.basis) == (
        Stage.CAPTURE,
        effect,
        f"packet to {hook.dst} on {hook.interface}",
        Basis.OBSERVED,
    )
    assert step.data == {"hook": hook.hook}


def test_a_packet_that_comes_back_over_lo_is_shown_where_rules_did_something() -> None:
    assert capture_steps((LOOP,)) == ()
    assert (
        len(
            capture_steps(
                (replace(LOOP, rules=(RULE,)), replace(LOOP, interface="eth0"), replace(LOOP, hook="output"))
            )
        )
        == 3
    )
    (tried,) = capture_steps(
        (replace(OUT, tried=(("rule 1", "uid is 5"),)),), replace(CLIENT, rules=RuleSet(origin=Basis.ASSUMED))
    )
    assert [(one.name, one.reason) for one in tried.rejected] == [("rule 1", "does not match: uid is 5")]
    assert tried.basis is Basis.ASSUMED


MANGLE = PathStep("mangle", "ISTIO_DIVERT", 2, "ACCEPT", "-A ISTIO_DIVERT -j ACCEPT")
PATHS = [
    ((), "OUTPUT: no rule matches"), ((FIRST,), "nat OUTPUT"), ((FIRST, RULE), "nat OUTPUT > ISTIO_OUTPUT rule 9"), ((MANGLE, FIRST, RULE), "mangle ISTIO_DIVERT rule 2 > nat OUTPUT > ISTIO_OUTPUT rule 9"),
    ((replace(FIRST, chain="PREROUTING"),), "nat PREROUTING"), ((replace(FIRST, chain="output", table="istio-proxy-nat"),), "istio-proxy-nat output"), ((replace(FIRST, chain="INPUT"),), "nat INPUT rule 1"),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "path"), PATHS)
def test_the_way_through_rules(rules: tuple[PathStep, ...], path: str) -> None:
    assert rule_path(replace(OUT, rules=rules)) == path


def test_the_request_that_is_sent_on_is_shown() -> None:
    request = Request(method="PUT", path="/up", authority="up.host", headers=(("a", "1"), ("a", "2")))
    received = {"method": "PUT", "path": "/up", "host": "up.host", "headers": [["a", "1"], ["a", "2"]]}
    from meshctl.trace.report import _received

    assert _received(request) == received
    assert _received(None) is None
    bare = _received(Request(path=None, authority=None))
    assert bare is not None and (bare["path"], bare["host"]) == (None, None)
