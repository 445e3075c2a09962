"""Packets and verdicts as JSON lines: the field names of kernel recordings.

In: ``{"hook", "proto", "src", "dst", "sport", "dport", "in_if", "out_if", "uid", "gid", "ct_state",
"mark", "tcp_flags"}``. A key that is absent is unknown; ``null`` is "there is none": a packet sent
with ``uid: null`` is not of a known process but an answer of a server run by root or of the kernel.
Out: ``{"verdict", "redirect_port", "path": [{"table", "chain", "rule_number", "target"}], …}``.
"""

from __future__ import annotations

from typing import Any

from meshctl.netfilter.packet import Family, Hook, Packet, Sender, TcpFlag, family_of, protocol_name
from meshctl.netfilter.walk.connections import state_of_first
from meshctl.netfilter.walk.packet_walk import Branch, WalkResult

FLAG_LETTERS = {
    "F": TcpFlag.FIN,
    "S": TcpFlag.SYN,
    "R": TcpFlag.RST,
    "P": TcpFlag.PSH,
    "A": TcpFlag.ACK,
    "U": TcpFlag.URG,
    "E": TcpFlag.ECE,
    "C": TcpFlag.CWR,
    "W": TcpFlag.CWR,
}


def flags_from_letters(text: str | None) -> int | None:
    """``SA`` is SYN and ACK; None and unknown letters are unknown."""
    if text is None:
        return None
    bits = 0
    for letter in text.upper():
        if letter not in FLAG_LETTERS:
            return None
        bits |= FLAG_LETTERS[letter]
    return bits


def _number(record: dict[str, Any], key: str) -> int | None:
    value = record.get(key)
    if value is None or isinstance(value, bool):
        return None
    return int(value, 0) if isinstance(value, str) else int(value)


def packet_from_record(record: dict[str, Any]) -> Packet:
    """The packet of one line; ValueError (KeyError for a hook) when a value is none of its kind."""
    hook = Hook(str(record.get("hook", "output")).lower())
    src, dst = record.get("src"), record.get("dst")
    family = Family.V4
    if src or dst:
        family = family_of(str(dst or src))
    elif str(record.get("family", "")).lower() in ("ip6", "ipv6", "v6", "6"):
        family = Family.V6
    protocol = record.get("proto", record.get("protocol", "tcp"))
    flags = record.get("tcp_flags", record.get("raw_tcp_flags"))
    bits = flags if isinstance(flags, int) else flags_from_letters(flags)
    ct_state = record.get("ct_state")
    return Packet(
        hook=hook,
        family=family,
        protocol=protocol_name(str(protocol)) if protocol is not None else None,
        src=src,
        dst=dst,
        sport=_number(record, "sport"),
        dport=_number(record, "dport"),
        in_if=record.get("in_if", record.get("iif")),
        out_if=record.get("out_if", record.get("oif")),
        uid=_number(record, "uid"),
        gid=_number(record, "gid"),
        sender=_sender(record, hook),
        ct_state=str(ct_state).upper() if ct_state is not None else state_of_first(bits or None),
        mark=_number(record, "mark") or 0,
        ct_mark=_number(record, "ct_mark"),
        tcp_flags=bits,
        icmp_type=_number(record, "icmp_type"),
        reply=record.get("reply"),
        in_address=record.get("in_address"),
        transparent_listener=record.get("transparent_listener", True),
    )


def _sender(record: dict[str, Any], hook: Hook) -> Sender:
    nobody = "uid" in record and record["uid"] is None and record.get("gid") is None
    return Sender.SERVER if nobody and hook is Hook.OUTPUT else Sender.PROCESS


def _share(branch: Branch) -> dict[str, float]:
    return {} if branch.share is None else {"share": round(branch.share, 6)}


def result_to_record(result: WalkResult) -> dict[str, Any]:
    """One line of an answer."""
    record: dict[str, Any] = {
        "verdict": result.verdict.value,
        "redirect_port": result.redirect_port,
        "path": [
            {
                "family": step.family,
                "table": step.table,
                "chain": step.chain,
                "rule_number": step.rule_number,
                "target": step.target,
            }
            for step in result.path
        ],
    }
    if result.nat_to:
        record["nat_to"] = result.nat_to
    if result.post is not None:
        post = result.post
        record["post"] = {"src": post.src, "dst": post.dst, "dport": post.dport, "mark": post.mark}
    else:
        record["post"] = None
    if result.undetermined:
        record["undetermined"] = list(result.undetermined)
        record["branches"] = [
            {"if": branch.supposition, **_share(branch), **result_to_record(branch.result)}
            for branch in result.branches
        ]
    if result.assumed:
        record["assumed"] = list(result.assumed)
    return record
