"""What routing tells of a packet in a pod, and what an action makes of it: a line is a rule."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import asdict

from meshctl.netfilter import Family, Hook, Packet, PodNet
from meshctl.netfilter.model import Action, Verb
from meshctl.netfilter.pod import completed_fields, routed, seen_addresses
from meshctl.netfilter.walk.effects import MARKS, endpoint, set_mark, translated

OWN, OTHER, OWN6, OTHER6 = "10.0.0.1", "10.0.0.9", "fd00::1", "fd00::9"
POD = PodNet(addresses=(OWN,), interface_addresses=(("net1", "192.168.0.1"),))
BOTH = PodNet(addresses=(OWN, OWN6), peer=OTHER)
OUT, IN = Hook.OUTPUT, Hook.PREROUTING
V6: dict[str, Any] = {"family": Family.V6}


def changed(before: Packet, after: Packet) -> dict[str, Any]:
    old = asdict(before)
    return {name: value for name, value in asdict(after).items() if value != old[name]}


ROUTED: list[tuple[PodNet, dict[str, Any], dict[str, Any]]] = [  # in this pod, a packet, what is added
    # out: by lo to an own or a loopback address, else by the pod's interface; the source is that interface's
    (POD, {"dst": OTHER}, {"out_if": "eth0", "src": OWN, "src_not_loopback": True}),
    (POD, {"dst": OWN}, {"out_if": "lo", "src": OWN}),
    (POD, {"dst": "192.168.0.1"}, {"out_if": "lo", "src": "192.168.0.1"}),
    (POD, {"dst": "127.0.0.6"}, {"out_if": "lo", "src": "127.0.0.1"}),
    (POD, {"dst": "::1", **V6}, {"out_if": "lo", "src": "::1"}),
    (POD, {"dst": OTHER, "src": "10.0.0.7"}, {"out_if": "eth0"}),
    (POD, {"dst": OTHER, "out_if": "net1"}, {"src": "192.168.0.1", "src_not_loopback": True}),
    (POD, {"dst": OTHER, "out_if": "net2"}, {"src_not_loopback": True}),
    (POD, {"dst": OTHER, "out_if": "lo"}, {"src": OTHER}),
    (POD, {"out_if": "lo"}, {}),
    (POD, {}, {}),
    (POD, {"dst": OTHER6, **V6}, {}),  # of no IPv6 address is known that it is another's
    (BOTH, {"dst": OTHER6, **V6}, {"out_if": "eth0", "src": OWN6, "src_not_loopback": True}),
    (PodNet(outside_unless_known=True), {"dst": OTHER}, {"out_if": "eth0", "src_not_loopback": True}),
    (PodNet(), {"dst": OTHER}, {}),
    # in: from another's address over the pod's interface; without one, from the peer
    (POD, {"hook": IN, "src": OTHER}, {"in_if": "eth0", "in_address": OWN}),
    (POD, {"hook": IN, "src": OWN}, {}),
    (POD, {"hook": IN, "in_if": "lo"}, {"in_address": "127.0.0.1"}),
    (POD, {"hook": IN, "in_if": "lo", **V6}, {"in_address": "::1"}),
    (POD, {"hook": IN, "in_if": "net1"}, {"in_address": "192.168.0.1"}),
    (POD, {"hook": IN, "in_if": "net2"}, {}),
    (POD, {"hook": IN, "in_if": "eth0", "in_address": "10.0.0.3"}, {}),
    (BOTH, {"hook": IN, "in_if": "eth0"}, {"src": OTHER, "in_address": OWN}),
    (BOTH, {"hook": IN, "in_if": "eth0", "src": "10.0.0.5"}, {"in_address": OWN}),
    (BOTH, {"hook": IN, "in_if": "eth0", **V6}, {"in_address": OWN6}),
    (BOTH, {"hook": IN, "in_if": "lo"}, {"in_address": "127.0.0.1"}),
    (PodNet(outside_unless_known=True), {"hook": IN, "in_if": "eth0"}, {"dst_not_loopback": True}),
    (PodNet(outside_unless_known=True), {"hook": IN, "in_if": "eth0", "dst": OWN}, {}),
    (PodNet(outside_unless_known=True), {"hook": IN, "in_if": "net1"}, {}),
    (BOTH, {"hook": Hook.INPUT, "in_if": "eth0"}, {}),
    (BOTH, {"hook": Hook.POSTROUTING, "dst": OTHER}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("pod", "fields", "added"), ROUTED)
def test_what_routing_adds(pod: PodNet, fields: dict[str, Any], added: dict[str, Any]) -> None:
    packet = Packet(**fields)
    assert changed(packet, routed(packet, pod)) == added


def test_the_addresses_that_a_recording_shows() -> None:
    assert seen_addresses(
        [
            Packet(hook=OUT, src=OWN, dst=OTHER),
            Packet(hook=OUT, src="127.0.0.1", dst="127.0.0.1"),
            Packet(hook=OUT, dst="10.0.0.77"),
            Packet(hook=IN, src=OTHER, dst=OWN, in_if="eth0"),
            Packet(hook=IN, src="10.0.0.8", dst="10.0.0.2"),
            Packet(hook=IN, src="10.0.0.8", dst="127.0.0.6", in_if="eth0"),
            Packet(hook=IN, src="10.0.0.5", dst="10.0.0.6", in_if="lo"),
            Packet(hook=IN, src="10.0.0.5", dst="10.0.0.6", in_if="net1"),
        ]
    ) == PodNet(addresses=(OWN, "10.0.0.2"), peer="10.0.0.8")
    assert seen_addresses([], "net1") == PodNet(interface="net1")


def test_what_a_recording_told_of_a_packet_is_named() -> None:
    assert completed_fields(Packet(src=OWN), Packet(src=OWN, in_if="", out_if="eth0")) == "out_if eth0"
    assert (
        completed_fields(Packet(), Packet(src=OWN, in_if="lo", dst=OTHER, out_if="eth0"))
        == f"src {OWN}, in_if lo, out_if eth0"
    )


FULL = 0xFFFFFFFF
MARKED: list[tuple[Verb, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    # an action, its (value, mask), a packet, what it changes: new = (old & ~mask) ^ value
    (Verb.SET_MARK, {"value": 5}, {"mark": 0xF0}, {"mark": 5}),
    (Verb.SET_MARK, {"value": 5, "mask": 0xF}, {"mark": 0xFF}, {"mark": 0xF5}),
    (Verb.SET_MARK, {"value": 5, "mask": 0}, {"mark": 0xFF}, {"mark": 0xFA}),
    (Verb.SET_MARK, {"value": 5, "mask": 0xF}, {"mark": None}, {}),
    (Verb.SET_MARK, {"value": 5}, {"mark": None}, {"mark": 5}),
    (Verb.SET_CT_MARK, {"value": 5}, {"ct_mark": None}, {"ct_mark": 5}),
    (Verb.SET_CT_MARK, {"value": 5, "mask": 0xF}, {"ct_mark": 0xFF}, {"ct_mark": 0xF5}),
    (Verb.SET_CT_MARK, {"value": 5, "mask": 0xF}, {"ct_mark": None}, {}),
    (Verb.SET_CT_MARK, {"value": 5}, {"tracked": False, "ct_mark": 1}, {}),
    (Verb.SAVE_MARK, {"value": FULL}, {"mark": 5, "ct_mark": 7}, {"ct_mark": 5}),
    (Verb.SAVE_MARK, {"value": 0xF, "mask": 0x3}, {"mark": 0xFF, "ct_mark": 0x70}, {"ct_mark": 0x73}),
    (Verb.SAVE_MARK, {"value": FULL}, {"mark": 5, "ct_mark": None}, {"ct_mark": 5}),
    (Verb.SAVE_MARK, {"value": 0xF}, {"mark": 5, "ct_mark": None}, {}),
    (Verb.SAVE_MARK, {"value": FULL}, {"mark": None, "ct_mark": 7}, {"ct_mark": None}),
    (Verb.SAVE_MARK, {"value": FULL}, {"tracked": False, "mark": 5, "ct_mark": 7}, {}),
    (Verb.RESTORE_MARK, {"value": FULL}, {"mark": 5, "ct_mark": 7}, {"mark": 7}),
    (Verb.RESTORE_MARK, {"value": 0x3, "mask": 0xF}, {"mark": 0x70, "ct_mark": 0xFF}, {"mark": 0x73}),
    (Verb.RESTORE_MARK, {"value": FULL}, {"mark": None, "ct_mark": 7}, {"mark": 7}),
    (Verb.RESTORE_MARK, {"value": FULL, "mask": 0xF}, {"mark": None, "ct_mark": 7}, {}),
    (Verb.RESTORE_MARK, {"value": FULL}, {"mark": 5, "ct_mark": None}, {"mark": None}),
    (Verb.RESTORE_MARK, {"value": FULL}, {"tracked": False, "mark": 5, "ct_mark": 7}, {}),
    # only what has no connection yet is left untracked, or gets a template of one
    (Verb.NOTRACK, {}, {"tracked": False}, {"ct_state": "UNTRACKED"}),
    (Verb.NOTRACK, {}, {}, {}),
    (Verb.ZONE, {}, {"tracked": False, "ct_state": None}, {"tracked": True, "ct_state": "NEW", "ct_mark": 0}),
    (Verb.ZONE, {}, {"tracked": False, "ct_state": "UNTRACKED"}, {}),
    (Verb.ZONE, {}, {"ct_state": "ESTABLISHED", "ct_mark": 5}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("verb", "numbers", "fields", "change"), MARKED)
def test_marks(verb: Verb, numbers: dict[str, int], fields: dict[str, Any], change: dict[str, Any]) -> None:
    packet, action = Packet(**fields), Action(verb, **numbers)
    assert changed(packet, MARKS[verb](packet, action)) == change
    assert MARKS[Verb.SET_MARK] is set_mark


TRANSLATED: list[tuple[Verb, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    # REDIRECT: to the loopback address on the way out, to the interface's on the way in
    (Verb.REDIRECT, {"ports": (15001, 15001)}, {"dst": OTHER}, {"dst": "127.0.0.1", "dport": 15001}),
    (Verb.REDIRECT, {"ports": (15001, 15001)}, {"dst": OTHER6, **V6}, {"dst": "::1", "dport": 15001}),
    (Verb.REDIRECT, {"ports": (15006, 15006)}, {"hook": IN, "dst": OTHER, "in_address": OWN}, {"dst": OWN, "dport": 15006}),
    (Verb.REDIRECT, {"ports": (15006, 15006)}, {"hook": IN, "dst": OTHER}, {"dst": None, "dport": 15006}),
    (Verb.REDIRECT, {}, {"dst": OTHER, "dport": 80}, {"dst": "127.0.0.1"}),
    # a range of ports: one that lies in it stays, another gets any of them
    (Verb.REDIRECT, {"ports": (80, 90)}, {"dst": "127.0.0.1", "dport": 80}, {}),
    (Verb.REDIRECT, {"ports": (80, 90)}, {"dst": "127.0.0.1", "dport": 90}, {}),
    (Verb.REDIRECT, {"ports": (80, 90)}, {"dst": "127.0.0.1", "dport": 79}, {"dport": None}),
    (Verb.REDIRECT, {"ports": (80, 90)}, {"dst": "127.0.0.1", "dport": 91}, {"dport": None}),
    (Verb.REDIRECT, {"ports": (80, 90)}, {"dst": "127.0.0.1", "dport": None}, {}),
    # DNAT: routing had chosen the interface for another destination
    (Verb.DNAT, {"address": OWN}, {"dst": OTHER, "dport": 80}, {"dst": OWN, "rewritten": True}),
    (Verb.DNAT, {"address": OTHER, "ports": (81, 81)}, {"dst": OTHER, "dport": 80}, {"dport": 81}),
    (Verb.DNAT, {"ports": (81, 81)}, {"dst": OTHER, "dport": 80}, {"dport": 81}),
    (Verb.DNAT, {"address": f"{OWN}-{OTHER}"}, {"dst": "10.0.0.3"}, {"dst": None, "rewritten": True}),
    # SNAT and MASQUERADE: the source; which one, MASQUERADE does not say
    (Verb.SNAT, {"address": OTHER}, {"src": OWN, "sport": 5}, {"src": OTHER}),
    (Verb.SNAT, {"address": f"{OWN}-{OTHER}"}, {"src": OWN}, {"src": None}),
    (Verb.MASQUERADE, {"ports": (6, 6)}, {"src": OWN, "sport": 5, "dport": 80}, {"src": None, "sport": 6}),
]  # fmt: skip


@pytest.mark.parametrize(("verb", "target", "fields", "change"), TRANSLATED)
def test_translations(
    verb: Verb, target: dict[str, Any], fields: dict[str, Any], change: dict[str, Any]
) -> None:
    packet = Packet(**fields)
    assert changed(packet, translated(packet, Action(verb, **target))) == change


@pytest.mark.parametrize(
    ("address", "port", "shown"),
    [
        (OWN, 80, f"{OWN}:80"),
        (OWN6, 80, f"[{OWN6}]:80"),
        (None, 80, "*:80"),
        (OWN, None, OWN),
        (OWN6, None, f"[{OWN6}]"),
        (None, None, "*"),
        (OWN, 0, f"{OWN}:0"),
    ],
)
def test_an_end_in_words(address: str | None, port: int | None, shown: str) -> None:
    assert endpoint(address, port) == shown
