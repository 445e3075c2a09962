"""iptables targets: the words after ``-j NAME`` become an action.

One entry per target of iptables-extensions(8) that decides a packet's way or its marks; targets
that only observe or polish (LOG, TCPMSS, ...) are PASS. Mark arithmetic is that of libxt_MARK,
libxt_CONNMARK and the kernel's xt_mark.c, xt_connmark.c: new = (old & ~mask) ^ value.
"""

from __future__ import annotations

from collections.abc import Callable

from meshctl.netfilter.model import Action, Unknown, Verb
from meshctl.netfilter.read.values import integer, is_address, number_range, numbers, port_number

FULL = 0xFFFFFFFF


class Words:
    """The words still to be read."""

    def __init__(self, words: list[str]) -> None:
        self._words = list(words)

    def __bool__(self) -> bool:
        return bool(self._words)

    def peek(self) -> str | None:
        """The next word, left in place."""
        return self._words[0] if self._words else None

    def take(self) -> str:
        """The next word."""
        return self._words.pop(0)

    def put_back(self, word: str) -> None:
        """Let ``word`` be the next one."""
        self._words.insert(0, word)

    def value(self, option: str) -> str:
        """The value of an option; ValueError when the rule ends before it."""
        if not self._words:
            raise ValueError(f"{option} has no value (is the line cut off?)")
        return self._words.pop(0)


Options = dict[str, list[str]]
Builder = Callable[[Options], Action | None]  # None: what is done is not told by the rule


def _options(words: list[str]) -> Options:
    """Options with their values; a stray word belongs to the option before it."""
    found: Options = {}
    current = ""
    for word in words:
        if word.startswith("--"):
            current, equals, value = word.partition("=")
            found[current] = [value] if equals else []
        else:
            found.setdefault(current, []).append(word)
    return found


def _get(options: Options, *names: str) -> str | None:
    """The value of the first option given; an unambiguous beginning of its name counts."""
    for name in names:
        for option, values in options.items():
            if option == name or (len(option) > 5 and name.startswith(option)):
                if not values:
                    raise ValueError(f"{option} has no value (is the line cut off?)")
                return values[0]
    return None


def _plain(verb: Verb) -> Builder:
    return lambda options: Action(verb)


def _redirect(options: Options) -> Action:
    ports = _get(options, "--to-ports")
    return Action(Verb.REDIRECT, ports=number_range(ports, port_number) if ports else None)


def split_endpoint(text: str) -> tuple[str | None, tuple[int, int] | None]:
    """``addr``, ``addr:port``, ``[v6]:port-port``, ``:port`` as address and ports."""
    text = text.strip()
    if text.startswith("["):
        address, _, rest = text[1:].partition("]")
        return address, number_range(rest[1:], port_number) if rest.startswith(":") else None
    if text.count(":") > 1:
        return text, None
    address, colon, ports = text.partition(":")
    return address or None, number_range(ports, port_number) if colon and ports else None


def _nat(verb: Verb, option: str) -> Builder:
    def build(options: Options) -> Action | None:
        value = _get(options, option)
        address, ports = split_endpoint(value) if value else (None, None)
        if address is not None and not is_address(address):
            return None  # a name or a variable, in a script
        return Action(verb, address=address, ports=ports)

    return build


def _masquerade(options: Options) -> Action:
    ports = _get(options, "--to-ports")
    return Action(Verb.MASQUERADE, ports=number_range(ports, port_number) if ports else None)


def _tproxy(options: Options) -> Action:
    port = _get(options, "--on-port")
    value, mask = numbers(_get(options, "--tproxy-mark") or "0/0")
    ports = (port_number(port), port_number(port)) if port else None
    return Action(Verb.TPROXY, address=_get(options, "--on-ip"), ports=ports, value=value, mask=mask)


def mark_operation(options: Options) -> tuple[int, int] | None:
    """value and mask of --set-mark, --set-xmark, --and-mark, --or-mark, --xor-mark."""
    for option, values in options.items():
        if not option.endswith("mark") or not values:
            continue
        value, mask = numbers(values[0])
        match option:
            case "--set-mark":
                return value, mask | value
            case "--set-xmark":
                return value, mask
            case "--and-mark":
                return 0, ~value & FULL
            case "--or-mark":
                return value, value
            case "--xor-mark":
                return value, 0
    return None


def _mark(options: Options) -> Action:
    operation = mark_operation(options)
    if operation is None:
        raise ValueError("MARK without a mark to set")
    return Action(Verb.SET_MARK, value=operation[0], mask=operation[1])


def _connmark(options: Options) -> Action:
    operation = mark_operation(options)
    if operation is not None:
        return Action(Verb.SET_CT_MARK, value=operation[0], mask=operation[1])
    both = integer(_get(options, "--mask") or str(FULL))
    ct_mask = integer(_get(options, "--ctmask") or str(both))
    nf_mask = integer(_get(options, "--nfmask") or str(both))
    verb = Verb.SAVE_MARK if "--save-mark" in options else Verb.RESTORE_MARK
    return Action(verb, value=ct_mask, mask=nf_mask)


def _ct(options: Options) -> Action:
    if "--notrack" in options:
        return Action(Verb.NOTRACK)
    return Action(Verb.ZONE if any(option.startswith("--zone") for option in options) else Verb.PASS)


def _set(options: Options) -> Action | None:
    """Its members change; with ``--map-…`` what a member carries (a mark, a priority) is put on the packet."""
    return None if any(option.startswith("--map-") for option in options) else Action(Verb.PASS)


TARGETS: dict[str, Builder] = {
    "ACCEPT": _plain(Verb.ACCEPT),
    "DROP": _plain(Verb.DROP),
    "REJECT": _plain(Verb.REJECT),
    "RETURN": _plain(Verb.RETURN),
    "QUEUE": _plain(Verb.QUEUE),
    "NFQUEUE": _plain(Verb.QUEUE),
    "REDIRECT": _redirect,
    "DNAT": _nat(Verb.DNAT, "--to-destination"),
    "SNAT": _nat(Verb.SNAT, "--to-source"),
    "MASQUERADE": _masquerade,
    "TPROXY": _tproxy,
    "MARK": _mark,
    "CONNMARK": _connmark,
    "CT": _ct,
    "NOTRACK": _plain(Verb.NOTRACK),
    "SET": _set,
    **{
        name: _plain(Verb.PASS)
        for name in [
            "LOG",
            "NFLOG",
            "ULOG",
            "TRACE",
            "AUDIT",
            "TCPMSS",
            "TCPOPTSTRIP",
            "DSCP",
            "TOS",
            "TTL",
            "HL",
            "CLASSIFY",
            "CHECKSUM",
            "RATEEST",
            "LED",
            "IDLETIMER",
            "SECMARK",
            "CONNSECMARK",
            "ECN",
        ]
    },
}


def build_target(name: str, words: list[str]) -> Action | Unknown:
    """The action of a known target, in its own words."""
    action = TARGETS[name](_options(words))
    text = " ".join([name, *words])
    if action is None:
        return Unknown(text, action=True)
    return Action(
        action.verb,
        text=text,
        target=name,
        address=action.address,
        ports=action.ports,
        value=action.value,
        mask=action.mask,
    )
