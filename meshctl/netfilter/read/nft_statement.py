"""nft statements that do something: verdicts, address translation, marks.

One function per statement of libnftables-json(5), in a table. Mark expressions are evaluated to
``(old & ~mask) ^ value``: nft's AND, OR and XOR with constants all have that form (nft_bitwise.c).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from meshctl.netfilter.model import Action, Dispatch, Step, Unknown, Verb
from meshctl.netfilter.packet import Family
from meshctl.netfilter.read.nft_expr import (
    FULL,
    NotUnderstood,
    Sets,
    map_steps,
    match_steps,
    needs_family,
    needs_protocol,
    vmap_steps,
)
from meshctl.netfilter.read.nft_words import statement_words, words
from meshctl.netfilter.read.values import integer, is_address, port_number
from meshctl.values import replace

Json = Any

VERDICTS = {"accept": Verb.ACCEPT, "drop": Verb.DROP, "return": Verb.RETURN, "continue": Verb.PASS}


def verdict(statement: Json) -> Action:
    """An action of a verdict map or a verdict statement."""
    if isinstance(statement, str):
        statement = {statement: None}
    ((kind, body),) = statement.items()
    if kind in VERDICTS:
        return Action(VERDICTS[kind], kind, target=kind)
    if kind in ("jump", "goto"):
        verb = Verb.JUMP if kind == "jump" else Verb.GOTO
        return Action(verb, f"{kind} {body['target']}", target=kind, chain=str(body["target"]))
    raise NotUnderstood(words(statement))


def _plain(verb: Verb) -> Callable[[str, Json, Sets], list[Step]]:
    def build(kind: str, body: Json, sets: Sets) -> list[Step]:
        return [Action(verb, statement_words({kind: body}), target=kind)]

    return build


def _verdict(kind: str, body: Json, sets: Sets) -> list[Step]:
    return [verdict({kind: body})]


def _match(kind: str, body: Json, sets: Sets) -> list[Step]:
    return match_steps(str(body.get("op", "==")), body["left"], body["right"], sets)


def _vmap(kind: str, body: Json, sets: Sets) -> list[Step]:
    return vmap_steps(body["key"], body["data"], sets, verdict)


def _ports(value: Json) -> tuple[int, int] | None:
    match value:
        case None:
            return None
        case {"range": [low, high]}:
            return port_number(str(low)), port_number(str(high))
        case int() | str():
            return (number := port_number(str(value)), number)
    raise NotUnderstood(words(value))


def _nat(verb: Verb) -> Callable[[str, Json, Sets], list[Step]]:
    def build(kind: str, body: Json, sets: Sets) -> list[Step]:
        body = body if isinstance(body, dict) else {}
        action = Action(verb, statement_words({kind: body}), target=kind)
        address, port = body.get("addr"), body.get("port")
        match address, port:
            case {"map": {"key": key, "data": data}}, None:
                return _mapped(key, data, sets, lambda to: _to_end(action, to))
            case _, {"map": {"key": key, "data": data}}:
                return _mapped(key, data, sets, lambda to: _to(action, address, to))
        return [_to(action, address, port)]

    def _mapped(key: Json, data: Json, sets: Sets, action_of: Callable[[Json], Action]) -> list[Step]:
        text = f"{words(key)} map {words(data)}"
        return map_steps(key, data, sets, action_of, Dispatch((), text, target=verb.value.lower()))

    return build


def _to(action: Action, address: Json, port: Json) -> Action:
    return replace(action, address=_address(address), ports=_ports(port))


def _to_end(action: Action, end: Json) -> Action:
    """What a map gives: an address, or an address and a port."""
    match end:
        case {"concat": [address, port]}:
            return _to(action, address, port)
    return _to(action, end, None)


def _address(value: Json) -> str | None:
    """An address or a range of addresses; nothing else is one."""
    match value:
        case None:
            return None
        case {"range": [str(low), str(high)]} if is_address(f"{low}-{high}"):
            return f"{low}-{high}"
        case str() if is_address(value):
            return value
    raise NotUnderstood(words(value))


def _tproxy(kind: str, body: Json, sets: Sets) -> list[Step]:
    body = body if isinstance(body, dict) else {}
    return [
        _to(
            Action(Verb.TPROXY, statement_words({kind: body}), target=kind, mask=0),
            body.get("addr"),
            body.get("port"),
        )
    ]


# ---- marks ----


def _mark_arithmetic(value: Json, own: str) -> tuple[str, int, int]:
    """The new mark as (what the old value is, mask of bits cleared, bits flipped after).

    The first item is "" for a constant, "meta mark" or "ct mark" for what the arithmetic starts from.
    """
    match value:
        case bool():
            raise NotUnderstood(str(value))
        case int() | str():
            return "", FULL, integer(str(value))
        case {"meta": {"key": "mark"}}:
            return "meta mark", 0, 0
        case {"ct": {"key": "mark"}}:
            return "ct mark", 0, 0
        case {"&": [inner, operand]}:
            base, mask, bits = _mark_arithmetic(inner, own)
            keep = integer(str(operand))
            return base, mask | (~keep & FULL), bits & keep
        case {"|": [inner, operand]}:
            base, mask, bits = _mark_arithmetic(inner, own)
            bit = integer(str(operand))
            return base, mask | bit, (bits & ~bit & FULL) ^ bit
        case {"^": [inner, operand]}:
            base, mask, bits = _mark_arithmetic(inner, own)
            return base, mask, bits ^ integer(str(operand))
    raise NotUnderstood(words(value))


# What may be set and decides no packet's way, with what the packet must have: no rule here asks for it. An address, a port
# or bytes at an offset are not among them: rules after it, and the way itself, see another packet.
_POLISH: dict[str, tuple[Step, ...]] = {
    **dict.fromkeys(("meta priority", "meta nftrace", "meta pkttype", "meta secmark"), ()),
    **dict.fromkeys(("ct helper", "ct event", "ct label", "ct secmark", "ct timeout", "ct expectation"), ()),
    **dict.fromkeys(("ip dscp", "ip ecn", "ip ttl", "ip id"), (needs_family(Family.V4),)),
    **dict.fromkeys(("ip6 dscp", "ip6 ecn", "ip6 hoplimit", "ip6 flowlabel"), (needs_family(Family.V6),)),
}


def _mangle(kind: str, body: Json, sets: Sets) -> list[Step]:
    """``KEY set VALUE``: marks count; of the rest only what is known to decide nothing is passed over."""
    own = words(body["key"])
    text = f"{own} set {words(body['value'])}"
    target = f"{own} set"
    if own == "ct zone":
        return [Action(Verb.ZONE, text, target=target)]
    if own in _POLISH:
        return [*_POLISH[own], Action(Verb.PASS, text, target=target)]
    if "tcp option" in body["key"]:
        return [*needs_protocol("tcp"), Action(Verb.PASS, text, target=target)]
    if own not in ("meta mark", "ct mark"):
        raise NotUnderstood(text)
    base, mask, bits = _mark_arithmetic(body["value"], own)
    if base in ("", own):
        verb = Verb.SET_MARK if own == "meta mark" else Verb.SET_CT_MARK
        return [Action(verb, text, target=target, value=bits, mask=mask)]
    if bits:
        raise NotUnderstood(text)
    # The other mark, some bits masked out, replaces this one whole.
    if own == "meta mark":
        return [Action(Verb.RESTORE_MARK, text, target=target, value=~mask & FULL, mask=FULL)]
    return [Action(Verb.SAVE_MARK, text, target=target, value=FULL, mask=~mask & FULL)]


def _reset(kind: str, body: Json, sets: Sets) -> list[Step]:
    """``reset tcp option NAME``: the option is overwritten with no-ops."""
    if "tcp option" not in body:
        raise NotUnderstood(words(body))
    return [*needs_protocol("tcp"), Action(Verb.PASS, f"reset {words(body)}", target="reset")]


def _nothing(kind: str, body: Json, sets: Sets) -> list[Step]:
    return []


STATEMENTS: dict[str, Callable[[str, Json, Sets], list[Step]]] = {
    **dict.fromkeys([*VERDICTS, "jump", "goto"], _verdict),
    "match": _match,
    "vmap": _vmap,
    "counter": _nothing,
    "comment": _nothing,
    "log": _plain(Verb.PASS),
    "dup": _plain(Verb.PASS),
    "flow": _plain(Verb.PASS),  # later packets of the connection may take a short way; this one goes on
    "secmark": _plain(Verb.PASS),
    "last": _nothing,
    "reject": _plain(Verb.REJECT),
    "queue": _plain(Verb.QUEUE),
    "notrack": _plain(Verb.NOTRACK),
    "redirect": _nat(Verb.REDIRECT),
    "dnat": _nat(Verb.DNAT),
    "snat": _nat(Verb.SNAT),
    "masquerade": _nat(Verb.MASQUERADE),
    "tproxy": _tproxy,
    "mangle": _mangle,
    "reset": _reset,
    "set": _plain(Verb.PASS),
    "map": _plain(Verb.PASS),
}
# Statements that may stop a rule (they are matches in disguise), which only traffic decides.
GATES = frozenset({"limit", "quota", "ct count", "connlimit", "meter"})


def statement_steps(statement: Json, sets: Sets) -> list[Step]:
    """The steps of one statement; what is not understood stays as Unknown."""
    if isinstance(statement, str):
        statement = {statement: None}
    if not isinstance(statement, dict) or len(statement) != 1:
        return [Unknown(words(statement), action=True)]
    ((kind, body),) = statement.items()
    text = statement_words(statement)
    build = STATEMENTS.get(kind)
    if build is None:
        return [Unknown(text, action=kind not in GATES and kind != "match")]
    try:
        return build(kind, body, sets)
    except (ValueError, KeyError, TypeError, IndexError):
        return [Unknown(text, action=kind not in ("match",))]
