"""The statements of one nft rule, from words to the form of ``nft -j``.

A recursive descent over the words: a statement either begins with a known keyword (a table says how
the rest of it is read) or is a match, ``EXPRESSION [OPERATOR] VALUE``. Words that fit nothing end up in
``{"unknown": …}``, which the model keeps as undetermined.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Json = Any

META_KEYS = frozenset(
    [
        "length",
        "nfproto",
        "l4proto",
        "protocol",
        "priority",
        "mark",
        "iif",
        "iifname",
        "iiftype",
        "oif",
        "oifname",
        "oiftype",
        "skuid",
        "skgid",
        "nftrace",
        "rtclassid",
        "ibrname",
        "obrname",
        "pkttype",
        "cpu",
        "iifgroup",
        "oifgroup",
        "cgroup",
        "random",
        "ipsec",
        "iifkind",
        "oifkind",
        "time",
        "hour",
        "day",
        "secpath",
        "sdif",
        "sdifname",
    ]
)
BARE_META = META_KEYS - {"length", "protocol", "time", "hour", "day", "random", "secpath"}
PAYLOADS = frozenset(
    [
        "ip",
        "ip6",
        "tcp",
        "udp",
        "udplite",
        "sctp",
        "dccp",
        "th",
        "icmp",
        "icmpv6",
        "ether",
        "arp",
        "vlan",
        "ah",
        "esp",
        "comp",
        "igmp",
    ]
)
CT_KEYS = frozenset(
    [
        "state",
        "direction",
        "status",
        "mark",
        "expiration",
        "helper",
        "label",
        "count",
        "id",
        "zone",
        "protocol",
        "saddr",
        "daddr",
        "proto-src",
        "proto-dst",
        "l3proto",
        "bytes",
        "packets",
        "avgpkt",
        "event",
        "secmark",
        "ip",
        "ip6",
    ]
)
EXPRESSIONS = PAYLOADS | BARE_META | {"meta", "ct", "fib", "socket", "numgen", "jhash", "symhash", "rt"}
OPTION_FIELDS = frozenset(["size", "length", "count", "left", "right", "tsval", "tsecr", "subtype", "kind"])
OPERATORS = {"==": "==", "eq": "==", "!=": "!=", "ne": "!=", "<": "<", "lt": "<", ">": ">", "gt": ">"}
OPERATORS |= {"<=": "<=", "le": "<=", ">=": ">=", "ge": ">="}
BIT_OPERATORS = {"&": "&", "and": "&", "|": "|", "or": "|", "^": "^", "xor": "^"}
ADDRESS_RANGE = re.compile(r"^([0-9a-fA-F.:]+)-([0-9a-fA-F.:]+)$")
PORT_RANGE = re.compile(r"^(\w+)-(\d+)$")
PREFIX = re.compile(r"^([0-9a-fA-F.:]+)/(\d+)$")


class Tokens:
    """The words still to be read; a flag tells quoted ones."""

    def __init__(self, words: list[tuple[str, bool]]) -> None:
        self.words = words
        self.position = 0

    def __bool__(self) -> bool:
        return self.position < len(self.words)

    def peek(self, ahead: int = 0) -> str:
        """A word ahead, "" behind the end."""
        place = self.position + ahead
        return self.words[place][0] if place < len(self.words) else ""

    def quoted(self) -> bool:
        """Whether the next word stands in quotes."""
        return self.position < len(self.words) and self.words[self.position][1]

    def take(self) -> str:
        """The next word; ValueError behind the end (the rule is cut off)."""
        if not self:
            raise ValueError("the rule ends too early")
        self.position += 1
        return self.words[self.position - 1][0]

    def accept(self, *words: str) -> bool:
        """Take the next word if it is one of these."""
        if self and self.peek() in words and not self.quoted():
            self.position += 1
            return True
        return False

    def accept_colon(self) -> bool:
        """Take the colon that the next word begins with, if it does."""
        word = self.peek()
        if not word.startswith(":"):
            return False
        self.words = [*self.words[: self.position], (word[1:], False), *self.words[self.position + 1 :]]
        return True

    def rest(self, start: int) -> str:
        """All words from a place on, as text."""
        return " ".join(f'"{word}"' if quoted else word for word, quoted in self.words[start:])


def parse_statements(tokens: Tokens) -> list[dict[str, Json]]:
    """All statements of a rule."""
    found: list[dict[str, Json]] = []
    while tokens:
        start = tokens.position
        try:
            found.append(_statement(tokens))
        except (ValueError, IndexError):
            found.append({"unknown": tokens.rest(start)})
            break
    return found


def _statement(tokens: Tokens) -> dict[str, Json]:
    word = tokens.peek()
    if not tokens.quoted() and word in KEYWORDS:
        tokens.take()
        return KEYWORDS[word](tokens, word)
    left = _expression(tokens)
    if tokens.accept("set"):
        return {"mangle": {"key": left, "value": _value_arithmetic(tokens)}}
    if tokens.accept("vmap"):
        return {"vmap": {"key": left, "data": _set_or_reference(tokens)}}
    return _match(left, tokens)


# ---- matches ----


def _match(left: Json, tokens: Tokens) -> dict[str, Json]:
    operator = OPERATORS.get(tokens.peek())
    if operator is not None and not tokens.quoted():
        tokens.take()
    right = _right(tokens)
    if operator is None:
        # Flags without an operator ask for any bit; nft's JSON calls that "in".
        operator = "in" if _is_flags(left) and not isinstance(right, dict) else "=="
        if _is_flags(left) and tokens.accept("/"):
            left = {"&": [left, _list_of(tokens)]}
            operator = "=="
    return {"match": {"op": operator, "left": left, "right": right}}


def _is_flags(left: Json) -> bool:
    return left in ({"ct": {"key": "state"}}, {"payload": {"protocol": "tcp", "field": "flags"}})


def _expression(tokens: Tokens) -> Json:
    """``EXPR``, ``EXPR & MASK``, ``EXPR . EXPR``."""
    parts = [_masked(tokens)]
    while tokens.accept("."):
        parts.append(_masked(tokens))
    return parts[0] if len(parts) == 1 else {"concat": parts}


def _masked(tokens: Tokens) -> Json:
    left = _primary(tokens)
    while tokens.peek() in BIT_OPERATORS:
        operator = BIT_OPERATORS[tokens.take()]
        left = {operator: [left, _group_or_word(tokens)]}
    return left


def _group_or_word(tokens: Tokens) -> Json:
    """``(fin|syn)`` or one number."""
    if not tokens.accept("("):
        return _literal(tokens.take())
    parts: list[Json] = [_literal(tokens.take())]
    while tokens.accept("|", ","):
        parts.append(_literal(tokens.take()))
    if not tokens.accept(")"):
        raise ValueError("a parenthesis is not closed")
    return {"|": parts} if len(parts) > 1 else parts[0]


def _list_of(tokens: Tokens) -> Json:
    parts: list[Json] = [_literal(tokens.take())]
    while tokens.accept(",", "|"):
        parts.append(_literal(tokens.take()))
    return {"|": parts}


def _primary(tokens: Tokens) -> Json:
    """What is looked at."""
    word = tokens.take()
    if word == "meta":
        return {"meta": {"key": tokens.take()}}
    if word == "ct":
        return _ct(tokens)
    if word == "fib":
        return _fib(tokens)
    if word == "socket":
        return {"socket": {"key": tokens.take()}}
    if word in ("numgen", "jhash", "symhash"):
        return _number(tokens, word)
    if word in BARE_META:
        return {"meta": {"key": word}}
    if word == "tcp" and tokens.accept("option"):
        return _tcp_option(tokens)
    if word in PAYLOADS:
        return {"payload": {"protocol": word, "field": tokens.take()}}
    raise ValueError(f"{word} is no expression known here")


def _number(tokens: Tokens, word: str) -> Json:
    """``numgen random mod 3 offset 1``, ``jhash ip saddr . tcp dport mod 3 seed 7``, ``symhash mod 3``."""
    body: dict[str, Json] = {}
    if word == "numgen":
        body["mode"] = tokens.take()
    elif word == "jhash":
        body["expr"] = _expression(tokens)
    if not tokens.accept("mod"):
        raise ValueError(f"{word} without a modulus")
    body["mod"] = _literal(tokens.take())
    while tokens.peek() in ("seed", "offset"):
        option = tokens.take()
        body[option] = _literal(tokens.take())
    return {word: body}


def _ct(tokens: Tokens) -> Json:
    word = tokens.take()
    body: dict[str, Json] = {}
    if word in ("original", "reply"):
        body["dir"], word = word, tokens.take()
    if word in ("ip", "ip6") and tokens.peek() in ("saddr", "daddr"):
        word = f"{word} {tokens.take()}"
    if word not in CT_KEYS and " " not in word:
        raise ValueError(f"ct {word}")
    return {"ct": {"key": word, **body}}


def _tcp_option(tokens: Tokens) -> Json:
    body = {"name": tokens.take()}
    if tokens.peek() in OPTION_FIELDS:
        body["field"] = tokens.take()
    return {"tcp option": body}


def _fib(tokens: Tokens) -> Json:
    flags = [tokens.take()]
    while tokens.accept("."):
        flags.append(tokens.take())
    return {"fib": {"result": tokens.take(), "flags": flags}}


# ---- values ----


def _literal(word: str) -> Json:
    """A word as JSON has it: numbers, prefixes, ranges."""
    if re.fullmatch(r"\d+|0x[0-9a-fA-F]+", word):
        return int(word, 0) if not (word.startswith("0") and word.isdigit()) else int(word)
    if match := PREFIX.match(word):
        return {"prefix": {"addr": match[1], "len": int(match[2])}}
    for form in (ADDRESS_RANGE, PORT_RANGE):
        if (match := form.match(word)) and not word.startswith("0x"):
            return {"range": [_literal(match[1]), _literal(match[2])]}
    return word


def _single(tokens: Tokens) -> Json:
    """One value, perhaps a concatenation."""
    if tokens.quoted():
        parts: list[Json] = [tokens.take()]
    else:
        parts = [_literal(tokens.take())]
    while tokens.accept("."):
        parts.append(_literal(tokens.take()))
    return parts[0] if len(parts) == 1 else {"concat": parts}


def _right(tokens: Tokens) -> Json:
    """The right-hand side: a set, a reference, a list of flags or one value."""
    if tokens.peek() == "{":
        return {"set": parse_elements(tokens)}
    if tokens.peek() == "(":
        return _group_or_word(tokens)
    first = _single(tokens)
    if tokens.peek() not in (",", "|"):
        return first
    separator = tokens.peek()
    parts = [first]
    while tokens.accept(separator):
        parts.append(_single(tokens))
    return parts if separator == "," else {"|": parts}


def _set_or_reference(tokens: Tokens) -> Json:
    return {"set": parse_elements(tokens)} if tokens.peek() == "{" else tokens.take()


def parse_elements(tokens: Tokens) -> list[Json]:
    """``{ a, b-c, k : verdict }``; timeouts, counters and comments of elements are passed over."""
    if not tokens.accept("{"):
        raise ValueError("a set must begin with a brace")
    found: list[Json] = []
    while tokens:
        if tokens.accept("}"):
            return found
        if tokens.accept(","):
            continue
        value = _single(tokens)
        _element_options(tokens)
        if tokens.accept(":"):
            found.append([value, _element_data(tokens)])
            _element_options(tokens)
        else:
            found.append(value)
    raise ValueError("a set is not closed")


def _element_options(tokens: Tokens) -> None:
    while tokens.peek() in ("timeout", "expires", "counter", "comment", "packets", "bytes"):
        if tokens.take() != "counter":
            tokens.take()


def _element_data(tokens: Tokens) -> Json:
    word = tokens.peek()
    if word in ("jump", "goto"):
        tokens.take()
        return {word: {"target": tokens.take()}}
    if word in ("accept", "drop", "return", "continue"):
        tokens.take()
        return {word: None}
    return _single(tokens)


def _value_arithmetic(tokens: Tokens) -> Json:
    """``ct mark & 0xff | 0x1`` on the right of ``set``."""
    value = _arithmetic_operand(tokens)
    while tokens.peek() in BIT_OPERATORS:
        operator = BIT_OPERATORS[tokens.take()]
        value = {operator: [value, _group_or_word(tokens)]}
    return value


def _arithmetic_operand(tokens: Tokens) -> Json:
    word = tokens.peek()
    if word in ("meta", "ct") or (word == "mark" and not tokens.quoted()):
        return _primary(tokens)
    if tokens.accept("rt"):
        return {"rt": {"key": tokens.take()}}
    return _single(tokens)


# ---- statements with a keyword ----

Reader = Callable[[Tokens, str], dict[str, Json]]


def _bare(tokens: Tokens, word: str) -> dict[str, Json]:
    return {word: None}


def _jump(tokens: Tokens, word: str) -> dict[str, Json]:
    return {word: {"target": tokens.take()}}


def _counter(tokens: Tokens, word: str) -> dict[str, Json]:
    if tokens.accept("name"):
        return {"counter": tokens.take()}
    body: dict[str, Json] = {}
    while tokens.peek() in ("packets", "bytes"):
        key = tokens.take()
        body[key] = int(tokens.take())
    return {"counter": body}


def _options(*names: str) -> Reader:
    """A statement followed by ``name value`` pairs."""

    def read(tokens: Tokens, word: str) -> dict[str, Json]:
        body: dict[str, Json] = {}
        while tokens.peek() in names:
            name = tokens.take()
            body[name] = tokens.take()
        return {word: body or None}

    return read


def _comment(tokens: Tokens, word: str) -> dict[str, Json]:
    return {"comment": tokens.take()}


def _reject(tokens: Tokens, word: str) -> dict[str, Json]:
    if not tokens.accept("with"):
        return {"reject": None}
    kind = tokens.take()
    detail = tokens.take() if (tokens and kind != "icmpx") or tokens.peek() else ""
    if detail == "type":
        detail = tokens.take()
    return {"reject": {"type": f"{kind} {detail}".strip()}}


def _limit(tokens: Tokens, word: str) -> dict[str, Json]:
    """``limit rate [over] 10/second [burst 5 packets]``: a gate only traffic decides."""
    taken: list[str] = []
    values = ("rate", "over", "burst", "name")
    units = ("packets", "bytes", "kbytes", "mbytes")
    while tokens.peek() in (*values, *units) or "/" in tokens.peek() or (taken and taken[-1] in values):
        taken.append(tokens.take())
    return {"limit": " ".join(taken)}


def _nat(tokens: Tokens, word: str) -> dict[str, Json]:
    """``redirect to :80``, ``dnat ip to 10.0.0.1:80``, ``tproxy to [::1]:80``, ``masquerade``."""
    body: dict[str, Json] = {}
    if tokens.peek() in ("ip", "ip6"):
        body["family"] = tokens.take()
    if tokens.accept("to"):
        _destination(tokens, word, body)
    while tokens.peek() in ("random", "persistent", "fully-random", "prefix", ","):
        tokens.take()
    return {word: body or None}


def _destination(tokens: Tokens, word: str, body: dict[str, Json]) -> None:
    """``10.0.0.1:80``, or ``EXPRESSION map { … }``, where a redirection's map gives ports and another's addresses."""
    if tokens.peek().removeprefix(":") not in EXPRESSIONS:
        _endpoint(tokens.take(), body)
        return
    ports = tokens.accept_colon() or word in ("redirect", "masquerade")
    key = _expression(tokens)
    if not tokens.accept("map"):
        raise ValueError("a translation to an expression needs a map")
    body["port" if ports else "addr"] = {"map": {"key": key, "data": _set_or_reference(tokens)}}


def _endpoint(text: str, body: dict[str, Json]) -> None:
    if text.startswith("["):
        address, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":")
    elif text.count(":") == 1:
        address, _, port = text.partition(":")
    elif text.startswith(":") and text.count(":") == 1:
        address, port = "", text[1:]
    elif re.fullmatch(r"\d+(-\d+)?", text):
        address, port = "", text
    else:
        address, port = text, ""
    if address:
        body["addr"] = _literal(address) if "-" in address else address
    if port:
        body["port"] = _literal(port)


def _set_statement(tokens: Tokens, word: str) -> dict[str, Json]:
    """``add @name { … }``: changes a set, not the packet."""
    name = tokens.take()
    if tokens.peek() == "{":
        depth = 0
        while tokens:
            depth += {"{": 1, "}": -1}.get(tokens.take(), 0)
            if depth == 0:
                break
    return {"set": {"op": word, "set": name}}


def _flow(tokens: Tokens, word: str) -> dict[str, Json]:
    tokens.accept("add", "offload")
    return {"flow": {"flowtable": tokens.take()}}


def _queue(tokens: Tokens, word: str) -> dict[str, Json]:
    words = []
    while tokens.peek() in ("num", "to", "flags", "bypass", "fanout", ",") or tokens.peek()[:1].isdigit():
        words.append(tokens.take())
    return {"queue": " ".join(words) or None}


def _xt(tokens: Tokens, word: str) -> dict[str, Json]:
    return {"xt": {"type": tokens.take(), "name": tokens.take()}}


KEYWORDS: dict[str, Reader] = {
    **dict.fromkeys(("accept", "drop", "return", "continue", "notrack"), _bare),
    "jump": _jump,
    "goto": _jump,
    "counter": _counter,
    "log": _options("prefix", "group", "snaplen", "queue-threshold", "level", "flags"),
    "comment": _comment,
    "reject": _reject,
    "limit": _limit,
    **dict.fromkeys(("redirect", "dnat", "snat", "masquerade", "tproxy"), _nat),
    **dict.fromkeys(("add", "update", "delete"), _set_statement),
    "flow": _flow,
    "queue": _queue,
    "xt": _xt,
    "reset": lambda tokens, word: {word: _primary(tokens)},
    "last": _options("used"),
}
