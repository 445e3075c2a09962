"""``capture walk``: one packet's passages, hook by hook, with the rules that were tried."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from meshctl.netfilter.packet import Hook, Packet, Sender
from meshctl.netfilter.walk.packet_walk import Tried, Verdict, WalkResult
from meshctl.netfilter.walk.passages import Passage
from meshctl.netfilter.walk.records import result_to_record
from meshctl.netfilter.walk.summary import known_port
from meshctl.plain import visible_lines

BRANCH_DEPTH = 2  # a packet of which little is known branches at every rule; -o json has all of them


def text(passages: Sequence[Passage], *, wide: bool, assumed: Sequence[str] = ()) -> str:
    """All passages for a person; the default form shows the rules that matched, wide all that were tried."""
    lines: list[str] = [f"assumed: {'; '.join(assumed)}", ""] if assumed else []
    for number, passage in enumerate(passages, 1):
        lines.append(f"{number}. {passage.title}: {packet_words(passage.packet)}")
        if passage.note:
            lines.append(f"   ({passage.note})")
        lines += [f"   {line}" for line in _result(passage.result, wide)]
        lines.append("")
    return visible_lines(lines).rstrip() + "\n"


def packet_words(packet: Packet) -> str:
    """``tcp 10.0.0.1:40000 -> 10.0.0.2:80, out by eth0, uid 1000, NEW``."""
    parts = [
        f"{packet.protocol or 'any protocol'} {_end(packet.src, packet.sport)} -> {_end(packet.dst, packet.dport)}"
    ]
    if packet.hook is Hook.OUTPUT:
        parts.append(f"out by {packet.out_if or 'an unknown interface'}")
        parts.append(_sender(packet))
    else:
        parts.append(f"in by {packet.in_if or 'an unknown interface'}")
    if packet.mark:
        parts.append(f"mark {packet.mark:#x}")
    parts.append(packet.ct_state or "unknown state")
    return ", ".join(parts)


def _end(address: str | None, port: int | None) -> str:
    shown = f"[{address}]" if address and ":" in address else (address or "?")
    return f"{shown}:{port}" if port is not None else shown


def _sender(packet: Packet) -> str:
    if packet.sender is not Sender.PROCESS:
        return "not of a process"
    uid = "unknown uid" if packet.uid is None else f"uid {packet.uid}"
    return f"{uid}, gid {packet.gid}" if packet.gid not in (None, packet.uid) else uid


def verdict_words(result: WalkResult) -> str:
    """The verdict in one line."""
    match result.verdict:
        case Verdict.REDIRECT:
            return f"REDIRECT to {known_port(result.redirect_port)}"
        case Verdict.TPROXY:
            mark = f", mark {result.tproxy_mark:#x}" if result.tproxy_mark else ""
            return f"TPROXY to {known_port(result.redirect_port)}{mark}"
        case Verdict.DNAT | Verdict.SNAT:
            return f"{result.verdict} to {result.nat_to}"
        case Verdict.NAT_BY_CONNTRACK:
            where = known_port(result.redirect_port) if result.redirect_port else result.nat_to
            return f"translated to {where}, as its connection's first packet was"
        case Verdict.UNDETERMINED:
            return f"UNDETERMINED: it depends on {'; '.join(result.undetermined)}"
        case Verdict.ACCEPT:
            return "ACCEPT: goes on as it is" + (f" (policy of {_policy(result)})" if _policy(result) else "")
    return result.verdict.value


def _policy(result: WalkResult) -> str:
    if not result.policy:
        return ""
    table, chain, _ = result.policy.rsplit(" ", 2)
    return f"{table} {chain}"


def _result(result: WalkResult, wide: bool, depth: int = 0) -> Iterator[str]:
    matched = {(step.table, step.chain, step.rule_number) for step in result.path}
    if wide:
        for tried in result.tried:
            yield _tried(tried)
    else:
        for step in result.path:
            yield f"{step.table} {step.chain} rule {step.rule_number}: {step.text}"
    if not matched:
        yield "no rule matched"
    yield f"=> {verdict_words(result)}"
    for assumed in result.assumed:
        yield f"   assumed: {assumed}"
    if result.undetermined and result.verdict is not Verdict.UNDETERMINED:
        yield f"   (whatever {'; '.join(result.undetermined)} is)"
    for branch in result.branches if depth < BRANCH_DEPTH else ():
        share = "" if branch.share is None else f" ({100 * branch.share:.3g} %)"
        yield f"   if {branch.supposition}{share}:"
        for line in _result(branch.result, False, depth + 1):
            yield f"      {line}"


def _tried(tried: Tried) -> str:
    place = f"{tried.table} {tried.chain} rule {tried.rule_number}"
    if tried.failed is None:
        return f"+ {place}: {tried.text}"
    because = f" ({tried.because})" if tried.because else ""
    return f"- {place}: {tried.text}\n       no: {tried.failed}{because}"


def document(passages: Sequence[Passage], assumed: Sequence[str] = ()) -> dict[str, object]:
    """The walk as data."""
    return {"assumed": list(assumed), "passages": [_passage(passage) for passage in passages]}


def _passage(passage: Passage) -> dict[str, object]:
    packet = passage.packet
    return {
        "title": passage.title,
        "note": passage.note or None,
        "packet": {
            "hook": packet.hook.value,
            "proto": packet.protocol,
            "src": packet.src,
            "dst": packet.dst,
            "sport": packet.sport,
            "dport": packet.dport,
            "in_if": packet.in_if or None,
            "out_if": packet.out_if or None,
            "uid": packet.uid,
            "gid": packet.gid,
            "ct_state": packet.ct_state,
            "mark": packet.mark,
        },
        **result_to_record(passage.result),
        "tried": [
            {
                "table": tried.table,
                "chain": tried.chain,
                "rule_number": tried.rule_number,
                "matched": tried.failed is None,
                "failed": tried.failed,
                "because": tried.because or None,
            }
            for tried in passage.result.tried
        ],
    }


def mermaid(passages: Sequence[Passage]) -> str:
    """The way as a sequence of boxes."""
    lines = ["flowchart TD"]
    before = ""
    for number, passage in enumerate(passages):
        steps = [f"{step.table} {step.chain} {step.rule_number}" for step in passage.result.path] or [
            "no rule matched"
        ]
        boxes = [f"{passage.title}: {packet_words(passage.packet)}", *steps, verdict_words(passage.result)]
        for place, words in enumerate(boxes):
            name = f"p{number}s{place}"
            lines.append(f'  {name}["{words.replace(chr(34), "#quot;").replace("->", "→")}"]')
            if before:
                lines.append(f"  {before} --> {name}")
            before = name
    return visible_lines(lines)
