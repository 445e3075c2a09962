"""nft statements that do something: verdicts, address translation, marks.

One function per statement of libnftables-json(5), in a table. Mark expressions are evaluated to
``(old & ~mask) ^ value``: nft's AND, OR and XOR with constants all have that form (nft_bitwise.c).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from meshctl.netfilter.model import Action, Step, Unknown, Verb
from meshctl.netfilter.read.nft_expr import FULL, NotUnderstood, Sets, match_steps, vmap_steps
from meshctl.netfilter.read.nft_words import statement_words, words
from meshctl.netfilter.read.values import integer, port_number

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
        address = body.get("addr")
        if isinstance(address, dict) and "range" in address:
            address = "-".join(words(part) for part in address["range"])
        elif address is not None and not isinstance(address, str):
            raise NotUnderstood(words(address))
        text = statement_words({kind: body})
        return [Action(verb, text, target=kind, address=address, ports=_ports(body.get("port")))]

    return build


def _tproxy(kind: str, body: Json, sets: Sets) -> list[Step]:
    body = body if isinstance(body, dict) else {}
    text = statement_words({kind: body})
    ports = _ports(body.get("port"))
    return [Action(Verb.TPROXY, text, target=kind, address=body.get("addr"), ports=ports, mask=0)]


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


def _mangle(kind: str, body: Json, sets: Sets) -> list[Step]:
    """``KEY set VALUE``: marks count, what else is set does not decide a packet's way."""
    own = words(body["key"])
    text = f"{own} set {words(body['value'])}"
    target = f"{own} set"
    if own == "ct zone":
        return [Action(Verb.ZONE, text, target=target)]
    if own not in ("meta mark", "ct mark"):
        return [Action(Verb.PASS, text, target=target)]
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
