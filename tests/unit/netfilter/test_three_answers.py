"""Whether a packet of which not everything is known passes a criterion: yes, no, or not to be told (None)."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.netfilter import Family, Hook, Packet
from meshctl.netfilter.model import Action, Backend, Criterion
from meshctl.netfilter.packet import Sender
from meshctl.netfilter.walk.evaluate import Assumptions, Unsettled, describe, passes, question, refined
from tests.unit.netfilter.sidecar import nat, nft

IN, OUT = {"hook": Hook.PREROUTING}, {"hook": Hook.OUTPUT}
V6: dict[str, Any] = {"family": Family.V6}
KERNEL, SERVER = {"sender": Sender.KERNEL}, {"sender": Sender.SERVER}


def criteria(line: str, backend: Backend) -> list[Any]:
    if backend is Backend.NFT:
        found = nft(f"table inet t {{ chain c {{ type filter hook output priority 0; {line} drop\n }} }}\n")
    else:
        found = nat(f"-A OUTPUT {line} -j RETURN")
    ((*_, rule),) = found.rules()
    return [step for step in rule.steps if not isinstance(step, Action)]


def answer(line: str, backend: Backend, fields: dict[str, Any]) -> bool | None:
    """Of the last criterion: what stands before it is what it needs."""
    found = passes(criteria(line, backend)[-1], Packet(**fields), backend, Assumptions())
    return None if isinstance(found, Unsettled) else found


XT, NFT = Backend.IPTABLES_NFT, Backend.NFT
ANSWERS: list[tuple[Backend, str, dict[str, Any], bool | None]] = [
    # known, or not
    (XT, "-d 10.0.0.1", {"dst": "10.0.0.1"}, True), (XT, "-d 10.0.0.1", {"dst": "10.0.0.2"}, False), (XT, "-d 10.0.0.1", {}, None), (XT, "! -d 10.0.0.1", {}, None), (XT, "-s 10.0.0.0/8", {"src": "10.9.9.9"}, True), (XT, "-s 10.0.0.0/8", {}, None),
    (XT, "-o eth0", {"out_if": "eth0"}, True), (XT, "-o eth+", {"out_if": "eth7"}, True), (XT, "-o eth+", {"out_if": "lo"}, False), (XT, "-o lo", {}, None), (XT, "-i lo", {"in_if": ""}, False), (XT, "! -i lo", {"in_if": ""}, True),
    (XT, "-m mark --mark 5", {"mark": 5}, True), (XT, "-m mark --mark 5", {"mark": None}, None), (XT, "-m mark --mark 4/4", {"mark": 5}, True), (XT, "-m mark --mark 2/2", {"mark": 5}, False),
    # an address of the other family is never met, negated or not
    (NFT, "ip daddr 10.0.0.1", {"dst": "fd00::1", **V6}, False), (NFT, "ip daddr != 10.0.0.1", {"dst": "fd00::1", **V6}, False), (NFT, "ip daddr . tcp dport != { 10.0.0.1 . 80 }", {"dst": "fd00::1", "dport": 80, **V6}, False),
    (NFT, "ip daddr . tcp dport != { 10.0.0.1 . 80 }", {"dst": "10.0.0.1", "dport": 81}, True), (NFT, "ip daddr . tcp dport { 10.0.0.1 . 80 }", {"dst": "10.0.0.1"}, None), (NFT, "ip daddr . tcp dport { 10.0.0.1 . 80 }", {"dst": "10.0.0.2"}, False), (NFT, "ip daddr . tcp dport { 10.0.0.1 . 80, 10.0.0.1 . 0-65535 }", {"dst": "10.0.0.1", "dport": 7}, True),
    # what a protocol does not have: it does not pass, negated or not
    (XT, "-p tcp --dport 80", {"dport": 80}, True), (XT, "-p tcp --dport 80", {"dport": 80, "protocol": None}, True), (XT, "-p tcp ! --dport 80", {"protocol": "icmp"}, False), (XT, "-p tcp --dport 80", {}, None), (XT, "-p tcp --syn", {"tcp_flags": 2}, True), (XT, "-p tcp ! --syn", {"tcp_flags": 2}, False), (XT, "-p tcp ! --syn", {"protocol": "udp"}, False),
    (XT, "-p tcp --syn", {}, None), (XT, "-p icmp --icmp-type 8", {"protocol": "icmp", "icmp_type": 8}, True), (XT, "-p icmp --icmp-type 8", {"protocol": "icmp"}, None), (XT, "-p icmp ! --icmp-type 8", {"protocol": "tcp"}, False),
    (XT, "-p udp", {"protocol": None}, None), (XT, "-p udp", {"protocol": "udp"}, True), (XT, "! -p udp", {}, True),
    # who sent it: only where it leaves; iptables takes no socket for another owner, nft for no answer
    (XT, "-m owner --uid-owner 5", {"uid": 5}, True), (XT, "-m owner --uid-owner 5", {"uid": 6}, False), (XT, "-m owner --uid-owner 5", {}, None), (XT, "-m owner --gid-owner 5", {"uid": 5, "gid": 6}, False), (XT, "-m owner --gid-owner 5", {"gid": 5, "hook": Hook.POSTROUTING}, True),
    (XT, "-m owner --uid-owner 5", {"uid": 5, **IN}, False), (XT, "-m owner ! --uid-owner 5", {"uid": 5, **IN}, True), (NFT, "meta skuid != 5", {"uid": 5, **IN}, False), (NFT, "meta skuid 5", {"uid": 5}, True), (NFT, "meta skuid != 5", {"uid": 6}, True),
    (XT, "-m owner ! --uid-owner 5", {**KERNEL}, True), (NFT, "meta skuid != 5", {**KERNEL}, False), (XT, "-m owner --uid-owner 5", {**KERNEL}, False),
    (XT, "-m owner ! --uid-owner 5", {**SERVER}, True), (XT, "-m owner --uid-owner 5", {**SERVER}, False), (XT, "-m owner --uid-owner 0", {**SERVER}, None), (XT, "-m owner ! --uid-owner 0", {**SERVER}, None), (NFT, "meta skuid != 5", {**SERVER}, None),
    (XT, "-m owner --socket-exists", {}, True), (XT, "-m owner --socket-exists", {**IN}, False), (XT, "-m owner --socket-exists", {**KERNEL}, False), (XT, "-m owner --socket-exists", {**SERVER}, None), (XT, "-m owner ! --socket-exists", {**SERVER}, None),
    # the connection
    (XT, "-m conntrack --ctstate NEW", {}, True), (XT, "-m conntrack --ctstate NEW", {"ct_state": None}, None), (XT, "-m conntrack ! --ctstate ESTABLISHED,RELATED", {"ct_state": "RELATED"}, False), (XT, "-m connmark --mark 5", {"ct_mark": 5}, True), (XT, "-m connmark --mark 5", {}, None),
    (XT, "-m connmark ! --mark 5", {"tracked": False}, False), (XT, "-m conntrack --ctdir ORIGINAL", {}, True), (XT, "-m conntrack --ctdir ORIGINAL", {"ct_state": "ESTABLISHED"}, None), (XT, "-m conntrack --ctdir REPLY", {"ct_state": "ESTABLISHED", "reply": True}, True),
    (XT, "-m conntrack --ctdir ORIGINAL", {"reply": True}, False), (XT, "-m conntrack --ctdir ORIGINAL", {"tracked": False}, False),
    # the type of an address: of some it follows from the address, of the rest from where routing sends it
    (XT, "-m addrtype --dst-type LOCAL", {"dst": "127.0.0.6"}, True), (XT, "-m addrtype --dst-type LOCAL", {"dst": "10.0.0.1", "out_if": "lo"}, True), (XT, "-m addrtype --dst-type LOCAL", {"dst": "10.0.0.1", "out_if": "eth0"}, False), (XT, "-m addrtype --dst-type LOCAL", {"dst": "10.0.0.1"}, None),
    (XT, "-m addrtype --dst-type LOCAL", {"dst": "10.0.0.1", "out_if": "eth0", "rewritten": True}, None), (XT, "-m addrtype --dst-type LOCAL", {"dst": "10.0.0.1", "in_if": "eth0", "in_address": "10.0.0.1", **IN}, True), (XT, "-m addrtype --dst-type LOCAL", {"dst": "10.0.0.2", "in_if": "eth0", "in_address": "10.0.0.1", **IN}, None),
    (XT, "-m addrtype --dst-type MULTICAST", {"dst": "224.0.0.1"}, True), (XT, "-m addrtype --dst-type BROADCAST", {"dst": "255.255.255.255"}, True), (XT, "-m addrtype --dst-type UNICAST", {"dst": "10.0.0.1", "out_if": "eth0"}, True), (XT, "-m addrtype --dst-type UNICAST", {"dst": "127.0.0.1"}, False), (XT, "-m addrtype --src-type LOCAL", {"src": "127.0.0.1"}, True), (XT, "-m addrtype --src-type LOCAL", {"src": "10.0.0.1", "out_if": "lo"}, None),
    # ip6tables' UNICAST is about the address alone; nft's is not
    (XT, "-m addrtype --dst-type UNICAST", {"dst": "::1", **V6}, True), (XT, "-m addrtype --dst-type UNICAST", {"dst": "ff02::1", **V6}, False), (XT, "-m addrtype ! --dst-type UNICAST", {"dst": "ff02::1", **V6}, True), (NFT, "fib daddr type unicast", {"dst": "::1", **V6}, False), (XT, "-m addrtype --src-type UNICAST", {"src": "ff02::1", "dst": "::1", **V6}, False),
    # of an address it may be known that it is no loopback one
    (XT, "-s 127.0.0.0/8", {"src_not_loopback": True}, False), (XT, "! -s 127.0.0.1", {"src_not_loopback": True}, True), (XT, "-s 0.0.0.0/1", {"src_not_loopback": True}, None), (XT, "-s 126.0.0.0/7", {"src_not_loopback": True}, None), (XT, "-d 127.0.0.1", {"src_not_loopback": True}, None), (XT, "-d 127.0.0.1", {"dst_not_loopback": True}, False), (XT, "-s 127.0.0.1", {"dst_not_loopback": True}, None),
    (XT, "-s 127.0.0.1", {"src": "127.0.0.1", "src_not_loopback": True}, True), (XT, "-d 128.0.0.0/8", {"dst_not_loopback": True}, None), (NFT, "ip6 saddr ::1", {"src_not_loopback": True, **V6}, False), (NFT, "ip6 saddr ::2", {"src_not_loopback": True, **V6}, None),
    # what is not understood
    (XT, "-m recent --name x --rcheck", {}, None), (NFT, "tcp dport @none", {}, None),
]  # fmt: skip


@pytest.mark.parametrize(("backend", "line", "fields", "expected"), ANSWERS)
def test_an_answer_is_given_where_there_is_one(
    backend: Backend, line: str, fields: dict[str, Any], expected: bool | None
) -> None:
    assert answer(line, backend, fields) is expected


SUPPOSED = ["-d 10.0.0.1", "-o lo", "-m owner --uid-owner 5", "-m recent --name x --rcheck"]


@pytest.mark.parametrize("line", SUPPOSED)
@pytest.mark.parametrize("supposed", [True, False])
def test_what_was_supposed_once_holds_for_the_same_question(line: str, supposed: bool) -> None:
    (asked,) = criteria(line, XT)
    known = Assumptions({question(asked): supposed})
    assert passes(asked, Packet(), XT, known) is supposed
    if "recent" not in line:
        (turned,) = criteria(f"! {line}" if "owner" not in line else "-m owner ! --uid-owner 5", XT)
        assert passes(turned, Packet(), XT, known) is not supposed


REFINED: list[tuple[str, bool, dict[str, Any], dict[str, Any]]] = [
    # a criterion, whether it is supposed to pass, a packet, what is known of it from there on
    ("-m owner --uid-owner 5", True, {}, {"uid": 5}),
    ("-m owner --gid-owner 5", True, {}, {"gid": 5}),
    ("-p tcp --dport 80", True, {}, {"dport": 80}),
    ("-p tcp --sport 80", True, {}, {"sport": 80}),
    ("-m mark --mark 5", True, {"mark": None}, {"mark": 5}),
    ("-m owner --uid-owner 5", False, {}, {}),
    ("-m owner --uid-owner 5-6", True, {}, {}),
    ("-m owner --uid-owner 0", True, {**SERVER}, {}),
    ("-m mark --mark 4/4", True, {"mark": None}, {}),
    ("-p tcp -m multiport --dports 80,81", True, {}, {}),
    ("-d 10.0.0.1", True, {}, {}),
]


@pytest.mark.parametrize(("line", "supposed", "fields", "known"), REFINED)
def test_what_a_supposition_tells_of_the_packet(
    line: str, supposed: bool, fields: dict[str, Any], known: dict[str, Any]
) -> None:
    packet = Packet(**fields)
    asked = criteria(line, XT)[-1]
    assert isinstance(asked, Criterion)
    assert refined(packet, asked, supposed) == Packet(**{**fields, **known})


DESCRIBED: list[tuple[str, dict[str, Any], str]] = [
    ("-d 10.0.0.1", {"dst": "10.0.0.2"}, "destination address is 10.0.0.2"),
    ("-m owner --uid-owner 5", {"uid": 6}, "uid is 6"),
    ("-m owner --uid-owner 5", {**KERNEL}, "has no socket"),
    ("-m mark --mark 5", {"mark": 1337}, "mark is 0x539"),
    ("-o lo", {"out_if": ""}, "output interface is none"),
    ("-p tcp --dport 5", {"protocol": "icmp"}, "has no destination port"),
    ("-p udp", {}, "protocol is tcp"),
    ("-m conntrack --ctstate NEW", {"ct_state": "INVALID"}, "conntrack state is INVALID"),
]


@pytest.mark.parametrize(("line", "fields", "words"), DESCRIBED)
def test_what_the_packet_has_instead(line: str, fields: dict[str, Any], words: str) -> None:
    assert describe(Packet(**fields), criteria(line, XT)[-1]) == words


MISSING: list[tuple[str, dict[str, Any], str]] = [
    ("-d 10.0.0.1", {}, "the packet's destination address (-d 10.0.0.1)"),
    ("-m owner --uid-owner 5", {}, "the packet's uid (--uid-owner 5)"),
    ("-m owner --uid-owner 0", {**SERVER}, "whether the kernel or a socket of uid 0 sent this packet"),
    ("-m owner --gid-owner 0", {**SERVER}, "whether the kernel or a socket of uid 0 sent this packet"),
    ("-d 10.0.0.1", {**SERVER}, "the packet's destination address (-d 10.0.0.1)"),
    ("-m statistic --mode nth", {}, "what '-m statistic --mode nth' means here"),
]


@pytest.mark.parametrize(("line", "fields", "missing"), MISSING)
def test_what_would_have_to_be_known(line: str, fields: dict[str, Any], missing: str) -> None:
    found = passes(criteria(line, XT)[-1], Packet(**fields), XT, Assumptions())
    assert isinstance(found, Unsettled)
    assert found.missing == missing
