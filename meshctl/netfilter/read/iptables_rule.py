"""One iptables rule: the words after ``-A CHAIN`` become criteria and an action.

How it works: two tables, one of match options and one of targets, each option with a small
function that turns its words into a step. Criteria of the IP header come first in the order the
kernel checks them (net/ipv4/netfilter/ip_tables.c, ip_packet_match: source, destination, input,
output, protocol), then the match extensions as written. Options are those of iptables-extensions(8),
with the abbreviations getopt allows. An extension without an entry becomes ``Unknown``.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from meshctl.netfilter.model import Action, AnyOf, Criterion, Field, Never, Rule, Step, Test, Unknown, Verb
from meshctl.netfilter.packet import CtState, Family, TcpFlag, protocol_number
from meshctl.netfilter.read.iptables_target import TARGETS, Words, build_target
from meshctl.netfilter.read.statistic import drawn
from meshctl.netfilter.read.values import number_range, numbers, port_number
from meshctl.patterns import expression
from meshctl.values import Struct, field


class _Draft(Struct):
    """A rule being read."""

    header: dict[Field, Step] = field(default_factory=dict)
    matches: list[Step] = field(default_factory=list)
    module: str = ""
    unknown: list[str] | None = None  # words of the extension that is not understood
    target: str = ""
    goto: bool = False
    target_words: list[str] = field(default_factory=list)
    comment: str = ""
    packets: int | None = None


HEADER_ORDER = (Field.SRC, Field.DST, Field.IN_IF, Field.OUT_IF, Field.PROTOCOL)
HEADER_OPTIONS = {
    "-s": Field.SRC,
    "--source": Field.SRC,
    "--src": Field.SRC,
    "-d": Field.DST,
    "--destination": Field.DST,
    "--dst": Field.DST,
    "-i": Field.IN_IF,
    "--in-interface": Field.IN_IF,
    "-o": Field.OUT_IF,
    "--out-interface": Field.OUT_IF,
    "-p": Field.PROTOCOL,
    "--protocol": Field.PROTOCOL,
    "--proto": Field.PROTOCOL,
}
# Modules whose options are all in MATCH_OPTIONS; naming one asks nothing by itself.
PLAIN_MODULES = frozenset(
    [
        "tcp",
        "udp",
        "udplite",
        "sctp",
        "dccp",
        "multiport",
        "owner",
        "mark",
        "connmark",
        "conntrack",
        "state",
        "addrtype",
        "iprange",
        "comment",
        "icmp",
        "icmp6",
        "icmpv6",
    ]
)
# Words of the command line that are no part of the rule.
NOISE_OPTIONS = frozenset({"-n", "-v", "-4", "-6", "--line-numbers"})
WAITING_OPTIONS = frozenset({"-w", "--wait", "-W", "--wait-interval"})  # with a number, or without one


HOST_NAME = expression(r"(?=[\w.-]*[g-zG-Z_-])[A-Za-z_][\w.-]*(?:/\d+)?")


class RuleSyntaxError(ValueError):
    """Raised when the words of a rule cannot be read; the message says which."""


def address_criterion(kind: Field, value: str, text: str, negate: bool) -> Criterion:
    """A network, an address or an address/mask as a range."""
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        return _masked_address(kind, value, text, negate)
    low, high = int(network.network_address), int(network.broadcast_address)
    family = Family.V6 if network.version == 6 else Family.V4
    return Criterion(kind, text, ranges=((low, high),), negate=negate, family=family)


def _masked_address(kind: Field, value: str, text: str, negate: bool) -> Criterion:
    """``10.0.0.1/255.0.0.255``: a mask with holes, which a network cannot express."""
    address, _, mask = value.partition("/")
    try:
        parsed, bits = ipaddress.ip_address(address), ipaddress.ip_address(mask)
    except ValueError as error:
        raise RuleSyntaxError(f"{value!r} is no address or network") from error
    number = int(parsed) & int(bits)
    family = Family.V6 if parsed.version == 6 else Family.V4
    return Criterion(kind, text, ranges=((number, number),), mask=int(bits), negate=negate, family=family)


def _addresses(kind: Field, value: str, text: str, negate: bool) -> Step:
    if value.partition("/")[0] == "localhost":
        value = value.replace("localhost", "127.0.0.1")
    if HOST_NAME.fullmatch(value):
        return Unknown(text)  # a listing without -n: which address it was, only its resolver knows
    if "," not in value:
        return address_criterion(kind, value, text, negate)
    parts = (address_criterion(kind, part, text, False) for part in value.split(","))
    return AnyOf(tuple((part,) for part in parts), text, negate)


def interface_criterion(kind: Field, name: str, text: str, negate: bool) -> Criterion | None:
    """An interface; ``eth+`` is a prefix, ``+`` alone asks nothing."""
    if name == "+" and not negate:
        return None
    return Criterion(
        kind, text, Test.NAME, names=(name[:-1] + "*" if name.endswith("+") else name,), negate=negate
    )


def protocol_criterion(value: str, text: str, negate: bool) -> Criterion | None:
    """A protocol by name or number; ``all`` and 0 ask nothing."""
    if value.lower() in ("all", "0"):
        return None
    number = protocol_number(value)
    if number is None:
        raise RuleSyntaxError(f"unknown protocol {value!r}")
    return Criterion(Field.PROTOCOL, text, ranges=((number, number),), negate=negate)


def _header(kind: Field, value: str, text: str, negate: bool) -> Step | None:
    if kind in (Field.SRC, Field.DST):
        return _addresses(kind, value, text, negate)
    if kind is Field.PROTOCOL:
        return protocol_criterion(value, text, negate)
    return interface_criterion(kind, value, text, negate)


MatchBuilder = Callable[[list[str], str, bool, str], Step | None]


def _ranged(kind: Field) -> MatchBuilder:
    def build(values: list[str], text: str, negate: bool, module: str) -> Step:
        return Criterion(kind, text, ranges=(number_range(values[0], port_number),), negate=negate)

    return build


def _listed(*kinds: Field) -> MatchBuilder:
    def build(values: list[str], text: str, negate: bool, module: str) -> Step:
        ranges = tuple(number_range(part, port_number) for part in values[0].split(","))
        found = [Criterion(kind, text, ranges=ranges, negate=negate) for kind in kinds]
        if len(found) == 1:
            return found[0]
        plain = tuple((Criterion(kind, text, ranges=ranges),) for kind in kinds)
        return AnyOf(plain, text, negate)

    return build


def _owner(kind: Field) -> MatchBuilder:
    def build(values: list[str], text: str, negate: bool, module: str) -> Step:
        value = values[0]
        if not value.replace("-", "").isdigit():
            # A user or group by name: which number it stands for is in the pod's /etc/passwd.
            return Unknown(text)
        low, _, high = value.partition("-")
        return Criterion(kind, text, ranges=((int(low), int(high or low)),), negate=negate)

    return build


def _mark(values: list[str], text: str, negate: bool, module: str) -> Step:
    kind = Field.CT_MARK if module == "connmark" else Field.MARK
    value, mask = numbers(values[0])
    return Criterion(kind, text, ranges=((value, value),), mask=mask, negate=negate)


def _ct_state(values: list[str], text: str, negate: bool, module: str) -> Criterion:
    bits = 0
    for name in values[0].split(","):
        try:
            bits |= CtState[name.strip().upper()]
        except KeyError as error:
            raise RuleSyntaxError(f"unknown conntrack state {name!r}") from error
    return Criterion(Field.CT_STATE, text, Test.ANY_BIT, ranges=((bits, bits),), negate=negate)


def _flag_bits(text: str) -> int:
    if text == "ALL":
        return 0x3F
    return 0 if text == "NONE" else sum(TcpFlag[name] for name in text.split(","))


def _tcp_flags(values: list[str], text: str, negate: bool, module: str) -> Step:
    mask, wanted = _flag_bits(values[0]), _flag_bits(values[1])
    return Criterion(Field.TCP_FLAGS, text, ranges=((wanted, wanted),), mask=mask, negate=negate)


def _syn(values: list[str], text: str, negate: bool, module: str) -> Step:
    return _tcp_flags(["FIN,SYN,RST,ACK", "SYN"], text, negate, module)


def _address_range(kind: Field) -> MatchBuilder:
    def build(values: list[str], text: str, negate: bool, module: str) -> Step:
        low, _, high = values[0].partition("-")
        first, last = ipaddress.ip_address(low), ipaddress.ip_address(high or low)
        family = Family.V6 if first.version == 6 else Family.V4
        return Criterion(kind, text, ranges=((int(first), int(last)),), negate=negate, family=family)

    return build


def _address_type(kind: Field) -> MatchBuilder:
    def build(values: list[str], text: str, negate: bool, module: str) -> Step:
        names = tuple(name.strip().lower() for name in values[0].split(","))
        return Criterion(kind, text, Test.NAME, names=names, negate=negate)

    return build


def _icmp(values: list[str], text: str, negate: bool, module: str) -> Step | None:
    kind = values[0].split("/")[0]
    if kind in ("any", "255"):
        return None
    if not kind.isdigit():
        from meshctl.netfilter.read.values import ICMP_TYPES

        if kind not in ICMP_TYPES:
            return Unknown(text)
        kind = str(ICMP_TYPES[kind])
    return Criterion(Field.ICMP_TYPE, text, ranges=((int(kind), int(kind)),), negate=negate)


def _direction(values: list[str], text: str, negate: bool, module: str) -> Step:
    wanted = 1 if values[0].upper() == "REPLY" else 0
    return Criterion(Field.CT_DIRECTION, text, ranges=((wanted, wanted),), negate=negate)


def _socket(values: list[str], text: str, negate: bool, module: str) -> Step:
    return Criterion(Field.SOCKET, text, ranges=((1, 1),), negate=negate)


# option: (number of words that follow, what it asks)
MATCH_OPTIONS: dict[str, tuple[int, MatchBuilder]] = {
    "--sport": (1, _ranged(Field.SPORT)),
    "--source-port": (1, _ranged(Field.SPORT)),
    "--dport": (1, _ranged(Field.DPORT)),
    "--destination-port": (1, _ranged(Field.DPORT)),
    "--sports": (1, _listed(Field.SPORT)),
    "--source-ports": (1, _listed(Field.SPORT)),
    "--dports": (1, _listed(Field.DPORT)),
    "--destination-ports": (1, _listed(Field.DPORT)),
    "--ports": (1, _listed(Field.SPORT, Field.DPORT)),
    "--uid-owner": (1, _owner(Field.UID)),
    "--gid-owner": (1, _owner(Field.GID)),
    "--socket-exists": (0, _socket),
    "--mark": (1, _mark),
    "--ctstate": (1, _ct_state),
    "--state": (1, _ct_state),
    "--ctdir": (1, _direction),
    "--tcp-flags": (2, _tcp_flags),
    "--syn": (0, _syn),
    "--src-range": (1, _address_range(Field.SRC)),
    "--dst-range": (1, _address_range(Field.DST)),
    "--src-type": (1, _address_type(Field.SRC_TYPE)),
    "--dst-type": (1, _address_type(Field.DST_TYPE)),
    "--icmp-type": (1, _icmp),
    "--icmpv6-type": (1, _icmp),
}


def parse_rule(tokens: list[str], *, text: str, line: int = 0) -> Rule:
    """The rule of these words. Raises RuleSyntaxError (or ValueError of a value) with the cause."""
    draft = _Draft()
    words = Words(tokens)
    negate = False
    while words:
        word = words.take()
        if word == "!":
            negate = True
            continue
        _read_option(draft, word, words, negate)
        negate = False
    return _finish(draft, text, line)


def _read_option(draft: _Draft, word: str, words: Words, negate: bool) -> None:
    """One option with its words; ``negate`` when a ``!`` stood before it."""
    word, words = _split_equals(word, words)
    if word in HEADER_OPTIONS:
        negate = _late_negation(words) or negate
        kind, value = HEADER_OPTIONS[word], words.value(word)
        step = _header(kind, value, _wording(word, [value], negate), negate)
        if step is not None:
            draft.header[kind] = step
    elif word in ("-m", "--match"):
        _open_module(draft, words.value(word))
    elif word in ("-j", "--jump", "-g", "--goto"):
        draft.target, draft.goto = words.value(word), word in ("-g", "--goto")
        _close_unknown(draft)
    elif word in ("-c", "--set-counters"):
        draft.packets = int(words.value(word))
        words.value(word)
    elif word == "--comment":
        draft.comment = words.value(word)
    elif word in WAITING_OPTIONS:
        if (words.peek() or "").isdigit():
            words.take()
    elif word in NOISE_OPTIONS:
        pass
    elif word in ("-f", "--fragment"):
        draft.matches.append(Unknown(_wording(word, [], negate)))
    elif draft.target:
        draft.target_words.append(word)
    elif word in MATCH_OPTIONS and draft.unknown is None:
        count, build = MATCH_OPTIONS[word]
        negate = (count > 0 and _late_negation(words)) or negate
        values = [words.value(word) for _ in range(count)]
        step = build(values, _wording(word, values, negate), negate, draft.module)
        if step is not None:
            draft.matches.append(step)
    else:
        _collect_unknown(draft, word, words, negate)


def _split_equals(word: str, words: Words) -> tuple[str, Words]:
    """``--dport=80`` is ``--dport 80``."""
    if word.startswith("--") and "=" in word:
        word, _, value = word.partition("=")
        words.put_back(value)
    return word, words


def _late_negation(words: Words) -> bool:
    """The old form ``-s ! 10.0.0.1``."""
    if words.peek() == "!":
        words.take()
        return True
    return False


def _wording(option: str, values: list[str], negate: bool) -> str:
    return " ".join([*(["!"] if negate else []), option, *values])


def _open_module(draft: _Draft, module: str) -> None:
    _close_unknown(draft)
    draft.module = module
    if module not in PLAIN_MODULES:
        draft.unknown = ["-m", module]


def _collect_unknown(draft: _Draft, word: str, words: Words, negate: bool) -> None:
    """Keep an option that no table knows, with the words up to the next option."""
    if draft.unknown is None:
        if not word.startswith("-"):
            raise RuleSyntaxError(f"unexpected word {word!r}")
        draft.unknown = ["-m", draft.module] if draft.module else []
    draft.unknown += [*(["!"] if negate else []), word]
    while (following := words.peek()) is not None and not following.startswith("-") and following != "!":
        draft.unknown.append(words.take())


def _close_unknown(draft: _Draft) -> None:
    if draft.unknown is not None:
        text = " ".join(draft.unknown)
        draft.matches.append(_has_socket(text) if text in SOCKET else drawn(text) or Unknown(text))
        draft.unknown = None


# xt_socket without --nowildcard: sockets that listen on every address do not count (net/netfilter/xt_socket.c,
# socket_match), so a new connection has a socket only where the application listens on the pod's own address.
SOCKET = frozenset({"-m socket", "-m socket --transparent"})


def _has_socket(text: str) -> Criterion:
    return _ct_state(["ESTABLISHED,RELATED"], text, False, "socket")


def _finish(draft: _Draft, text: str, line: int) -> Rule:
    _close_unknown(draft)
    steps: list[Step] = [draft.header[kind] for kind in HEADER_ORDER if kind in draft.header]
    steps += draft.matches
    if draft.target:
        steps.append(_action(draft))
    return Rule(text=text, steps=tuple(steps), line=line, packets=draft.packets, comment=draft.comment)


def _action(draft: _Draft) -> Action | Unknown:
    if draft.target in TARGETS and not draft.goto:
        return build_target(draft.target, draft.target_words)
    if draft.target_words:
        return Unknown(" ".join([draft.target, *draft.target_words]), action=True)
    verb = Verb.GOTO if draft.goto else Verb.JUMP
    return Action(verb, text=draft.target, target=draft.target, chain=draft.target)


__all__ = ["Never", "RuleSyntaxError", "address_criterion", "parse_rule"]
