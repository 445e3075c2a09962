"""A packet as a kernel's recording writes it: a key's absence is "not known", ``null`` is "there is none"."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.netfilter import Family, Hook, Packet
from meshctl.netfilter.packet import Sender, TcpFlag
from meshctl.netfilter.walk.packet_walk import walk
from meshctl.netfilter.walk.records import flags_from_letters, packet_from_record, result_to_record
from tests.unit.netfilter.sidecar import APP, nat, table

READ: list[tuple[dict[str, Any], dict[str, Any]]] = [  # a line, what of it is not a packet's usual value
    ({}, {}), ({"hook": "PREROUTING"}, {"hook": Hook.PREROUTING}), ({"src": "10.0.0.1"}, {"src": "10.0.0.1"}), ({"dst": "10.0.0.1"}, {"dst": "10.0.0.1"}),
    ({"src": "fd00::1"}, {"src": "fd00::1", "family": Family.V6}), ({"dst": "fd00::1"}, {"dst": "fd00::1", "family": Family.V6}), ({"family": "ipv6"}, {"family": Family.V6}), ({"family": "IP6"}, {"family": Family.V6}), ({"family": "ip"}, {}), ({"family": "ip6", "dst": "10.0.0.1"}, {"dst": "10.0.0.1"}),
    ({"proto": "udp"}, {"protocol": "udp"}), ({"protocol": "17"}, {"protocol": "udp"}), ({"proto": 6}, {}), ({"proto": None}, {"protocol": None}),
    ({"sport": 5, "dport": "0x50"}, {"sport": 5, "dport": 80}), ({"in_if": "lo"}, {"in_if": "lo"}), ({"iif": "lo", "oif": "eth0"}, {"in_if": "lo", "out_if": "eth0"}), ({"uid": 5, "gid": 6}, {"uid": 5, "gid": 6}), ({"uid": 0}, {"uid": 0}), ({"uid": True}, {}),
    ({"uid": None}, {"sender": Sender.SERVER}), ({"uid": None, "gid": None}, {"sender": Sender.SERVER}), ({"uid": None, "gid": 5}, {"gid": 5}), ({"uid": None, "hook": "input"}, {"hook": Hook.INPUT}), ({"gid": None}, {}),
    ({"mark": 5}, {"mark": 5}), ({"mark": "0x539"}, {"mark": 1337}), ({"mark": None}, {}), ({"ct_mark": 5}, {"ct_mark": 5}), ({"icmp_type": 8}, {"icmp_type": 8}), ({"reply": True}, {"reply": True}), ({"in_address": "10.0.0.1"}, {"in_address": "10.0.0.1"}),
    ({"transparent_listener": False}, {"transparent_listener": False}), ({"ct_state": "established"}, {"ct_state": "ESTABLISHED"}),
    ({"tcp_flags": "S"}, {"tcp_flags": 2}), ({"tcp_flags": 2}, {"tcp_flags": 2}), ({"raw_tcp_flags": "S"}, {"tcp_flags": 2}), ({"tcp_flags": "?"}, {}), ({"tcp_flags": "SA", "ct_state": "NEW"}, {"tcp_flags": 0x12}),
]  # fmt: skip


@pytest.mark.parametrize(("record", "fields"), READ)
def test_a_line_is_a_packet(record: dict[str, Any], fields: dict[str, Any]) -> None:
    assert packet_from_record(record) == Packet(**fields)


@pytest.mark.parametrize(
    ("letters", "flags"),
    [
        (None, None), ("", 0), ("S", TcpFlag.SYN), ("sa", TcpFlag.SYN | TcpFlag.ACK), ("FRPU", TcpFlag.FIN | TcpFlag.RST | TcpFlag.PSH | TcpFlag.URG),
        ("EC", TcpFlag.ECE | TcpFlag.CWR), ("W", TcpFlag.CWR), ("SX", None),
    ],
)  # fmt: skip
def test_flags_by_their_letters(letters: str | None, flags: int | None) -> None:
    assert flags_from_letters(letters) == flags


def test_an_answer_says_the_verdict_and_the_way() -> None:
    rules = nat("-N C", "-A OUTPUT -p tcp -j C", "-A C -p tcp -j REDIRECT --to-ports 15001")
    record = result_to_record(walk(rules, APP))
    assert (record["verdict"], record["redirect_port"]) == ("REDIRECT", 15001)
    assert record["path"] == [
        {"family": "ip", "table": "nat", "chain": "OUTPUT", "rule_number": 1, "target": "C"},
        {"family": "ip", "table": "nat", "chain": "C", "rule_number": 1, "target": "REDIRECT"},
    ]
    assert record["post"] == {"src": APP.src, "dst": "127.0.0.1", "dport": 15001, "mark": 0}


@pytest.mark.parametrize(
    ("rules", "more"),
    [
        (nat("-A OUTPUT -p tcp -j DNAT --to-destination 10.0.0.9:81"), {"nat_to": "10.0.0.9:81"}),
        (table("mangle", "-A OUTPUT -p tcp -j MARK --set-mark 5"), {"verdict": "ACCEPT"}),
        (table("filter", "-A OUTPUT -p tcp -j DROP"), {"verdict": "DROP"}),
        (table("filter", "-A OUTPUT -d 1.2.3.4 -j DROP"), {"verdict": "ACCEPT", "path": []}),
    ],
)
def test_what_else_an_answer_says(rules: Any, more: dict[str, Any]) -> None:
    record = result_to_record(walk(rules, APP))
    assert {name: record.get(name) for name in more} == more
    assert ("nat_to" in record) is ("nat_to" in more)
