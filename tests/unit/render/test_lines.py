"""Lines that people read: each from a value made by hand, with what must and what must not stand in it."""

from __future__ import annotations

import pytest

from meshctl.netfilter import Packet, Sender
from meshctl.netfilter.lint import Finding, Place, Severity
from meshctl.netfilter.walk.packet_walk import Verdict
from meshctl.netfilter.walk.summary import Outcome
from meshctl.proxy.model import Rejected, Stage
from meshctl.render import capture_lint, capture_show, capture_walk, trace_html, trace_picture
from meshctl.render.trace_picture import Box
from meshctl.render.yaml_out import key_order

PLACE = Place("ip", "nat", "OUTPUT", 3, "-A OUTPUT -j RETURN", 12)
FINDING = Finding("code", Severity.WARNING, "something is odd", "Because.", "Change it.", PLACE)


@pytest.mark.parametrize(
    ("finding", "wide", "lines"),
    [
        (FINDING, False, ["warning: something is odd", "  nat OUTPUT rule 3: -A OUTPUT -j RETURN", "  Because.", "  Change it."]),
        (FINDING, True, ["warning [code]: something is odd", "  at line 12: -A OUTPUT -j RETURN", "  Because.", "  Change it."]),
        # a rule that the finding quotes already is not said again
        (Finding("code", Severity.ERROR, "-A OUTPUT -j RETURN is odd", "", "Change it.", PLACE), False, ["error: -A OUTPUT -j RETURN is odd", "  Change it."]),
        (Finding("code", Severity.INFO, "something is odd", "Because.", ""), True, ["info [code]: something is odd", "  Because."]),
    ],
)  # fmt: skip
def test_a_finding(finding: Finding, wide: bool, lines: list[str]) -> None:
    *said, last = capture_lint.text([finding], "rules", wide=wide).splitlines()
    assert said == lines
    level = finding.severity.value
    assert last == "rules: " + ", ".join(f"{int(level == one)} {one}" for one in ("error", "warning", "info"))


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome(Verdict.REDIRECT, 15006), "go to 15006 (Envoy inbound)"), (Outcome(Verdict.TPROXY, 15006), "go to 15006 (Envoy inbound) by TPROXY"), (Outcome(Verdict.ACCEPT), "are not captured"), (Outcome(Verdict.DROP), "are dropped"), (Outcome(Verdict.REJECT), "are rejected"),
        (Outcome(Verdict.UNDETERMINED), "are undetermined"), (Outcome(Verdict.REDIRECT), "go to its own port"),
    ],
)  # fmt: skip
def test_what_becomes_of_connections(outcome: Outcome, words: str) -> None:
    assert capture_show._where(outcome) == words


@pytest.mark.parametrize(
    ("packet", "words"),
    [
        (Packet(uid=5, gid=5), "uid 5"), (Packet(uid=5, gid=6), "uid 5, gid 6"), (Packet(uid=5), "uid 5"), (Packet(gid=6), "unknown uid, gid 6"), (Packet(), "unknown uid"), (Packet(uid=5, sender=Sender.KERNEL), "not of a process"), (Packet(sender=Sender.SERVER), "not of a process"),
    ],
)  # fmt: skip
def test_who_sends_a_packet(packet: Packet, words: str) -> None:
    assert capture_walk._sender(packet) == words


def test_what_was_rejected_is_folded_under_its_step() -> None:
    plain = trace_html._step(Box("route", "route", "r"))
    assert "details" not in plain and "rejected" not in plain
    folded = trace_html._step(
        Box("route", "route", "r", rejected=(Rejected("one", "no"), Rejected("two", "never")))
    )
    assert "<summary>2 rejected</summary>" in folded and "never" in folded


ORDERS = [  # keys in go-yaml's order (sorter.go): numbers inside by value, other signs before letters
    ["a1", "a2", "a10"], ["a-1", "a1", "ab"], ["x.1", "x.2", "x.10"], ["1", "2", "10"], ["a1", "a01"], ["v1", "v1a", "v2"], ["a.b", "a_b", "ab"], ["A", "B", "a"], ["a9", "a10", "a10b", "a11"], ["0", "00", "1"], ["k2b", "k10a"],
]  # fmt: skip


@pytest.mark.parametrize("keys", ORDERS)
def test_the_order_of_keys(keys: list[str]) -> None:
    assert key_order(tuple(keys)) == keys
    assert key_order(tuple(reversed(keys))) == keys


def test_every_stage_of_a_way_has_a_heading() -> None:
    assert set(trace_picture._HEADS) == set(Stage)
    assert trace_picture._HEADS[Stage.NETWORK] == "kube-proxy"
