"""The hooks that a packet passes inside a pod, and what may stand in tables that nobody showed."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.netfilter import Hook, Packet, PodNet, RuleSet, Sender, journey, parse_rules
from meshctl.netfilter.packet import Family
from meshctl.netfilter.read.unseen import observed
from meshctl.netfilter.walk.passages import envoy_packet, passages, returning
from meshctl.values import replace
from tests.unit.netfilter.sidecar import APP, INBOUND, POD, nat, table

TRACKED = "conntrack set this connection up in OUTPUT, so nat PREROUTING is not asked"
MARKED = "mark 0x539 is routed to lo (ip rule fwmark 1337, table 133)"
MARK = "-A OUTPUT -p tcp -j MARK --set-mark 1337"
TPROXIED = replace(POD, tproxy_mark=1337)
OWN = "10.244.0.72"
PASSED: list[tuple[RuleSet, dict[str, Any], PodNet, list[tuple[str, str]]]] = [
    # rules, what of the application's packet is other, the pod: the hooks passed, and what is worth knowing
    (nat("-A OUTPUT -p tcp -j REDIRECT --to-ports 1"), {}, POD, [("out", ""), ("back in over lo", TRACKED)]),
    (nat("-A OUTPUT -p tcp -j DNAT --to-destination 10.9.9.9"), {}, POD, [("out", "")]),
    (nat(f"-A OUTPUT -p tcp -j DNAT --to-destination {OWN}"), {}, POD, [("out", ""), ("back in over lo", TRACKED)]),
    # where no rule sends it elsewhere, the interface says whether it comes back; else the address
    (nat("-A OUTPUT -p tcp -j RETURN"), {"out_if": "lo"}, POD, [("out", ""), ("back in over lo", TRACKED)]),
    (nat("-A OUTPUT -p tcp -j RETURN"), {"out_if": "lo", "dst": "10.9.9.9"}, POD, [("out", ""), ("back in over lo", TRACKED)]),
    (nat("-A OUTPUT -p tcp -j RETURN"), {"out_if": None, "dst": OWN}, POD, [("out", ""), ("back in over lo", TRACKED)]),
    (nat("-A OUTPUT -p tcp -j RETURN"), {"out_if": "eth0", "dst": OWN}, POD, [("out", "")]),
    (nat("-A OUTPUT -p tcp -j RETURN"), {"out_if": None, "dst": "10.9.9.9"}, PodNet(), [("out", "")]),
    (nat("-A OUTPUT -p tcp -j RETURN"), {}, POD, [("out", "")]),
    # who is dropped, rejected or undetermined goes nowhere
    (table("filter", "-A OUTPUT -p tcp -j DROP"), {"out_if": "lo"}, POD, [("out", "")]),
    (table("filter", "-A OUTPUT -p tcp -j REJECT"), {"out_if": "lo"}, POD, [("out", "")]),
    (table("filter", "-A OUTPUT -m bpf --x 1 -j DROP"), {"out_if": "lo"}, POD, [("out", "")]),
    # the mark of TPROXY mode is routed to lo, unless the pod's routing is known to lack the rule
    (table("mangle", MARK), {}, TPROXIED, [("out", ""), ("back in over lo", MARKED)]),
    (table("mangle", MARK), {}, replace(TPROXIED, tproxy_routing=True), [("out", ""), ("back in over lo", MARKED)]),
    (table("mangle", MARK), {}, replace(TPROXIED, tproxy_routing=False), [("out", "")]),
    (table("mangle", MARK), {}, POD, [("out", "")]),
    (table("mangle", MARK), {}, replace(POD, tproxy_mark=7), [("out", "")]),
    (table("mangle", MARK), {"out_if": "lo"}, TPROXIED, [("out", ""), ("back in over lo", TRACKED)]),
    (nat("-A OUTPUT -p tcp -j RETURN"), {"mark": 1337}, TPROXIED, [("out", ""), ("back in over lo", MARKED)]),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "changes", "pod", "passed"), PASSED)
def test_the_hooks_that_a_packet_passes(
    rules: RuleSet, changes: dict[str, Any], pod: PodNet, passed: list[tuple[str, str]]
) -> None:
    found = passages(rules, replace(APP, **changes), pod)
    assert [(one.title, one.note) for one in found] == passed


@pytest.mark.parametrize(
    ("interface", "title"), [("eth0", "in by eth0"), (None, "in by an unknown interface"), ("lo", "in by lo")]
)
def test_a_packet_that_comes_in_passes_one(interface: str | None, title: str) -> None:
    packet = replace(INBOUND, in_if=interface, src=None)
    assert [
        one.title for one in passages(nat("-A PREROUTING -p tcp -j REDIRECT --to-ports 1"), packet, PodNet())
    ] == [title]


def test_a_packet_that_comes_back_has_no_socket_and_the_connection_stays() -> None:
    sent = replace(APP, mark=5, ct_mark=6, rewritten=True, in_address="10.0.0.1")
    back = replace(
        sent,
        hook=Hook.PREROUTING,
        in_if="lo",
        out_if="",
        uid=None,
        gid=None,
        in_address=None,
        rewritten=False,
    )
    assert returning(sent) == back


def test_the_connection_that_envoy_opens_is_another_one() -> None:
    packet = replace(
        INBOUND,
        mark=5,
        ct_mark=6,
        ct_state="ESTABLISHED",
        in_address="10.0.0.1",
        src_not_loopback=True,
        sender=Sender.KERNEL,
    )
    assert envoy_packet(packet, replace(POD, envoy_uid=7, envoy_gid=8, envoy_mark=9)) == Packet(
        hook=Hook.OUTPUT,
        dst=packet.dst,
        dport=packet.dport,
        uid=7,
        gid=8,
        mark=9,
        sender=Sender.PROCESS,
        ct_state="NEW",
    )


TO_ENVOY, TO_INBOUND = (
    "-A OUTPUT -p tcp -m owner ! --uid-owner 1337 -j REDIRECT --to-ports 15001",
    "-A PREROUTING -p tcp -j REDIRECT --to-ports 15006",
)
TRIPS: list[tuple[RuleSet, Packet, PodNet, list[str]]] = [  # rules, a packet, the pod: its hooks, and those of the connection that Envoy opens for it
    (nat(TO_ENVOY), replace(APP, out_if=None), POD, ["out", "back in over lo", "Envoy to the same destination, out"]),
    (nat("-A OUTPUT -p tcp -j REDIRECT --to-ports 1"), replace(APP, uid=1337, out_if=None), POD, ["out", "back in over lo"]),
    (nat("-A OUTPUT -p tcp -j REDIRECT --to-ports 1"), replace(APP, gid=1337, out_if=None), POD, ["out", "back in over lo"]),
    (nat("-A OUTPUT -p tcp -j RETURN"), replace(APP, out_if=None), POD, ["out"]),
    (nat(TO_ENVOY, "-A PREROUTING -j DROP"), replace(APP, out_if=None), POD, ["out", "back in over lo", "Envoy to the same destination, out"]),
    (RuleSet(tables=nat(TO_ENVOY).tables + table("filter", "-A INPUT -j DROP", "-A OUTPUT -p tcp --dport 15001 -j DROP").tables, covers=frozenset(Family), tracking=frozenset(Family)), replace(APP, out_if=None), POD, ["out"]),
    (nat(TO_INBOUND), INBOUND, POD, ["in by eth0", "Envoy to the application, out", "Envoy to the application, back in over lo"]),
    (nat("-A PREROUTING -p tcp -j RETURN"), INBOUND, POD, ["in by eth0"]),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "packet", "pod", "titles"), TRIPS)
def test_a_packets_hooks_and_those_of_envoys_connection(
    rules: RuleSet, packet: Packet, pod: PodNet, titles: list[str]
) -> None:
    assert [one.title for one in journey(rules, packet, pod)] == titles


# ---- what was not shown ----

MANGLE_OUT = "*mangle\n-A OUTPUT -j MARK --set-mark 1\nCOMMIT\n"
NAT_BOTH = (
    "*nat\n-A PREROUTING -p tcp -j REDIRECT --to-ports 1\n-A OUTPUT -p tcp -j REDIRECT --to-ports 1\nCOMMIT\n"
)
NAT_OUT = "*nat\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -p tcp -j REDIRECT --to-ports 1\nCOMMIT\n"
ISTIO_OUT = "*nat\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:ISTIO_OUTPUT - [0:0]\n-A OUTPUT -p tcp -j ISTIO_OUTPUT\n-A ISTIO_OUTPUT -p tcp -j REDIRECT --to-ports 1\nCOMMIT\n"
TPROXY_IN = "*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j TPROXY --on-port 15006 --tproxy-mark 1\nCOMMIT\n"
NFT_NAT = "table ip x {\n chain a { type nat hook prerouting priority -100; tcp dport 1 redirect to :1\n }\n chain b { type nat hook output priority -100; tcp dport 1 redirect to :1\n }\n}\n"
NFT_NAT_OUT = (
    "table ip x {\n chain b { type nat hook output priority -100; tcp dport 1 redirect to :1\n }\n}\n"
)
NFT_FILTER = "table ip x {\n chain b { type filter hook output priority 0; tcp dport 1 drop\n }\n}\n"
NFT_VMAP = "table ip x {\n chain a { type nat hook prerouting priority -100; tcp dport vmap { 1 : jump r }\n }\n chain b { type nat hook output priority -100; tcp dport vmap { 1 : jump r }\n }\n chain r { redirect to :1\n }\n}\n"
HIDDEN = [  # texts given of one pod, what of the tables that capture was not shown
    ((NAT_BOTH,), []), ((NAT_OUT,), []), ((MANGLE_OUT,), ["nat PREROUTING", "nat OUTPUT"]), ((MANGLE_OUT, NAT_OUT), []),
    # Istio's chains for what is sent alone: what comes in may be captured by TPROXY in mangle
    ((ISTIO_OUT,), ["mangle PREROUTING"]), ((ISTIO_OUT, TPROXY_IN), []), ((TPROXY_IN,), ["nat OUTPUT"]),
    ((NFT_NAT,), []), ((NFT_NAT_OUT,), []), ((NFT_FILTER,), ["nat PREROUTING", "nat OUTPUT", "mangle PREROUTING"]), ((NFT_VMAP,), []), ((NFT_FILTER, NAT_OUT), []), (("",), []),
    (("iptables -t nat -A OUTPUT -p tcp -j REDIRECT --to-ports 1\n",), []),
]  # fmt: skip


@pytest.mark.parametrize(("texts", "hidden"), HIDDEN)
def test_tables_that_could_capture_and_were_not_shown(texts: tuple[str, ...], hidden: list[str]) -> None:
    found = observed(*(parse_rules(text, name=f"text {n}", family=Family.V4) for n, text in enumerate(texts)))
    assert sorted({f"{one.table} {one.chain}" for one in found.unseen}) == sorted(hidden)
    for one in found.unseen:
        chains = [c for t in found.tables if t.name == one.table for c in t.chains if c.name == one.chain]
        assert any("was given" in rule.text for chain in chains for rule in chain.rules)
