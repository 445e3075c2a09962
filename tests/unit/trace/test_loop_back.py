"""A packet to the pod's own address meets OUTPUT and, over lo, PREROUTING: what was not shown of either leaves it open."""

from __future__ import annotations

import pytest

from meshctl.netfilter import parse_rules
from meshctl.netfilter.read.unseen import observed
from meshctl.proxy.model import Disposition, Payload, Request
from meshctl.trace import capture
from meshctl.trace.journey import Journey
from meshctl.trace.pods import Pod, Pods
from meshctl.trace.streams import Stream
from tests.unit.proxy import build

NAT = """*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:ISTIO_OUTPUT - [0:0]
-A OUTPUT -p tcp -j ISTIO_OUTPUT
-A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN
-A ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN
-A ISTIO_OUTPUT -p tcp -j REDIRECT --to-ports 15001
COMMIT
"""
MANGLE = """*mangle
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
COMMIT
"""


@pytest.mark.parametrize(
    ("rules", "dst", "uid", "undecided"),
    [
        (NAT, "10.0.0.1", 1337, True),  # mangle may have a TPROXY rule for it
        (NAT + MANGLE, "10.0.0.1", 1337, False),
        (NAT, "10.0.0.1", 1000, False),  # redirected
        (NAT, "10.0.0.9", 1337, False),  # leaves the pod
        (NAT, "10.0.0.9", 1000, False),
    ],
)
def test_the_loop_over_lo(rules: str, dst: str, uid: int, undecided: bool) -> None:
    pod = Pod("p", "ns", ("10.0.0.1",), rules=observed(parse_rules(rules)))
    ends = capture.send(pod, "10.0.0.1", dst, 8080, uid, uid)
    assert any(end.undecided for end in ends) is undecided


MAYBE = """*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -p tcp -m mystery --of tomorrow -j REDIRECT --to-ports 15006
-A OUTPUT -p tcp -m mystery --of tomorrow -j REDIRECT --to-ports 15001
COMMIT
""" + MANGLE  # fmt: skip


def test_a_rule_that_cannot_be_decided_is_followed_both_ways() -> None:
    pod = Pod("p", "ns", ("10.0.0.1",), rules=parse_rules(MAYBE))
    sent = capture.send(pod, "10.0.0.1", "10.0.0.9", 8080, 1000, 1000)
    assert [(end.port, end.redirected, end.local) for end in sent] == [
        (15001, True, True),
        (8080, False, False),
    ]
    arrived = capture.arrive(pod, "10.0.0.9", "10.0.0.1", 8080)
    assert [(end.port, end.redirected) for end in arrived] == [(15006, True), (8080, False)]
    assert all("mystery" in end.undetermined[0] for end in (*sent, *arrived))


def test_what_follows_is_told_of_both() -> None:
    pod = Pod("p", "ns", ("10.0.0.1",), proxy=build.proxy([]), rules=parse_rules(MAYBE))
    ways = Journey(Pods([pod])).arrive(pod, "10.0.0.1", 8080, Stream(Payload.HTTP1, request=Request()))
    assert {way.answer.disposition for way in ways} == {Disposition.NO_LISTENER, Disposition.DELIVERED}
    assert all(not way.decided and "mystery" in way.undetermined[0] for way in ways)
    assert sum(way.probability for way in ways) == 1.0
