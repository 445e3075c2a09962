"""``iptables -L -n -v`` listings: made for reading, so less is in them than in a save.

The columns are those of iptables(8): packets and bytes (with -v), target, protocol, options, interfaces
(with -v), source, destination, then what each extension prints of itself (print functions of libxt_*.c).
Without -v there are no interfaces: whether a rule has any is not known then, and every rule carries an
undetermined criterion of its own that says so.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

from meshctl.netfilter.hooks import TABLE_CHAINS
from meshctl.netfilter.model import Backend, Rule, Shown, Unknown
from meshctl.netfilter.packet import Family
from meshctl.netfilter.read.draft import RuleSetDraft, TableDraft
from meshctl.netfilter.read.iptables_rule import parse_rule
from meshctl.netfilter.read.iptables_save import COMMAND, TABLE_OPTION, unreadable_rule
from meshctl.netfilter.read.listed_istio import HIDDEN
from meshctl.patterns import expression
from meshctl.values import replace

CHAIN = expression(r"^Chain (\S+) \((?:policy (\w+)(?: \d+\w? packets, \d+\w? bytes)?|\d+ references?)\)\s*$")
HEADER = expression(
    r"^\s*(?:num\s+)?(pkts\s+bytes\s+)?target\s+prot\s+opt\s+(in\s+out\s+)?source\s+destination\s*$"
)
TABLE_HEADING = expression(
    r"^(?:Table:?\s+['\"`]?(\w+)['\"`]?|\*?(nat|mangle|filter|raw) table:?)\s*$", re.IGNORECASE
)
AMOUNT = {"": 1, "K": 1000, "M": 1000**2, "G": 1000**3}

# What extensions print, and the options it stands for. First match wins.
_PHRASES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = tuple(
    (expression(pattern), build)
    for pattern, build in (
        (r"/\* (.*?) \*/", lambda m: f"-m comment --comment {shlex.quote(m[1])}"),
        (
            r"(?:tcp|udp) (dpt|spt|dpts|spts):(!?)(\S+)",
            lambda m: f"{'! ' if m[2] else ''}--{m[1][0]}port {m[3]}",
        ),
        (
            r"multiport (sports|dports|ports) (!\s?)?(\S+)",
            lambda m: f"-m multiport {'! ' if m[2] else ''}--{m[1]} {m[3]}",
        ),
        (
            r"(! )?owner (?:(! ?))?(UID|GID) match (\S+)",
            lambda m: f"-m owner {'! ' if m[1] or m[2] else ''}--{m[3].lower()}-owner {m[4]}",
        ),
        (
            r"(connmark|mark) match (! ?)?(0x[0-9a-f]+(?:/0x[0-9a-f]+)?)",
            lambda m: f"-m {m[1]} {'! ' if m[2] else ''}--mark {m[3]}",
        ),
        (r"(! ?)?ctstate (\S+)", lambda m: f"-m conntrack {'! ' if m[1] else ''}--ctstate {m[2]}"),
        (r"state (\S+)", lambda m: f"-m state --state {m[1]}"),
        (
            r"ADDRTYPE match (!?)(dst|src)-type (!?)(\S+)",
            lambda m: f"-m addrtype {'! ' if m[1] or m[3] else ''}--{m[2]}-type {m[4]}",
        ),
        (r"flags:(!?)(0x[0-9A-F]+)/(0x[0-9A-F]+)", lambda m: _flags(m)),
        (r"redir ports (\S+)", lambda m: f"\0--to-ports {m[1]}"),
        (
            r"TPROXY redirect (\S+):(\d+) mark (\S+)",
            lambda m: f"\0--on-ip {m[1]} --on-port {m[2]} --tproxy-mark {m[3]}",
        ),
        (r"MARK (?:xset|set) (\S+)", lambda m: f"\0--set-xmark {m[1]}"),
        (r"MARK (and|or|xor) (\S+)", lambda m: f"\0--{m[1]}-mark {m[2]}"),
        (r"CONNMARK (save|restore)(?: nfmask (\S+) ctmask ~?(\S+))?", lambda m: f"\0--{m[1]}-mark"),
        (r"CONNMARK (?:xset|set) (\S+)", lambda m: f"\0--set-xmark {m[1]}"),
        (r"CT zone (\d+)", lambda m: f"\0--zone {m[1]}"),
        (r"CT notrack", lambda m: "\0--notrack"),
        (r"to:(\S+)", lambda m: f"\0--to {m[1]}"),
        (r"reject-with (\S+)", lambda m: f"\0--reject-with {m[1]}"),
        (r"(?:tcp|udp|icmp)\b(?! )|(?:tcp|udp)\s*$", lambda m: ""),
    )
)


def _flags(match: re.Match[str]) -> str:
    names = ("FIN", "SYN", "RST", "PSH", "ACK", "URG")
    words = []
    for text in (match[2], match[3]):
        bits = int(text, 16)
        words.append(",".join(name for place, name in enumerate(names) if bits >> place & 1) or "NONE")
    return f"{'! ' if match[1] else ''}--tcp-flags {words[0]} {words[1]}"


def is_listing(lines: list[str]) -> bool:
    """Whether this is the output of ``iptables -L``."""
    return any(CHAIN.match(line.strip()) for line in lines)


class ListingReader:
    """Reads a listing, perhaps of several tables after one another."""

    def __init__(self, draft: RuleSetDraft, family: Family | None) -> None:
        self.draft = draft
        self.family = family
        self.named: str | None = None
        self.table: TableDraft | None = None
        self.chain: str | None = None
        self.told_interfaces = False
        self.verbose = False
        self.numbered = False

    def feed(self, number: int, line: str) -> None:
        """One line."""
        text = line.strip()
        if not text or set(text) <= {"`"}:
            return
        if match := CHAIN.match(text):
            self._open_chain(match[1], match[2], number)
        elif match := HEADER.match(text):
            self.verbose, self.numbered = bool(match[2]), text.startswith("num")
        elif match := TABLE_HEADING.match(text):
            self._open_table((match[1] or match[2]).lower())
        elif (command := COMMAND.search(text.partition("/*")[0])) and not text[0].isdigit():
            self._command(command)
        elif self.chain is not None:
            self._rule(number, text)
        elif not text.startswith("#"):
            self.draft.note(number, f"not understood: {text[:80]}")

    def _command(self, command: re.Match[str]) -> None:
        table = TABLE_OPTION.search(" " + command[4])
        self.family = Family.V6 if command[1] == "ip6tables" else (self.family or Family.V4)
        self._open_table(table[1] if table else "filter")

    def _open_table(self, name: str) -> None:
        self.named, self.table, self.chain = name, None, None

    def _open_chain(self, name: str, policy: str | None, number: int) -> None:
        if self.table is None:
            family = (self.family or Family.V4).value
            self.table = self.draft.table(self.named or "", family, Backend.UNKNOWN)
            self.table.shown = Shown.LISTING
        elif name in self.table.chains and self.named is None:
            self.table = self.draft.table("", (self.family or Family.V4).value, Backend.UNKNOWN)
            self.table.shown = Shown.LISTING
        self.table.chain(name, number).policy = policy
        self.chain = name

    def _rule(self, number: int, text: str) -> None:
        assert self.table is not None and self.chain is not None
        columns = text.split(None, 1)[1].split() if self.numbered else text.split()
        packets = None
        if self.verbose:
            packets, columns = _amount(columns[0]), columns[2:]
        wanted = 7 if self.verbose else 5
        if columns and columns[0] in ("tcp", "udp", "all", "icmp", "0", "6", "17", "icmpv6", "58"):
            columns.insert(0, "")  # a rule without a target: the column is empty
        if len(columns) < wanted:
            self.draft.note(number, f"a line with too few columns: {text[:80]}")
            self.table.chain(self.chain).rules.append(unreadable_rule(text, number))
            return
        rule = self._model(columns, number, text)
        if not self.verbose:
            rule = self._without_interfaces(rule)
        self.table.chain(self.chain).rules.append(replace(rule, packets=packets))

    def _model(self, columns: list[str], number: int, text: str) -> Rule:
        target, protocol, _ = columns[:3]
        if self.verbose:
            in_if, out_if, source, destination = columns[3:7]
            rest = columns[7:]
        else:
            in_if, out_if, (source, destination), rest = "*", "*", columns[3:5], columns[5:]
        words = _option("-p", protocol, ("all", "0")) + _option("-i", in_if, ("*", "any"))
        words += _option("-o", out_if, ("*", "any"))
        anywhere = ("0.0.0.0/0", "anywhere", "::/0")
        words += _option("-s", source, anywhere) + _option("-d", destination, anywhere)
        matches, options, left = _extensions(" ".join(rest), target)
        words += matches
        if left:
            words += ["-m", "listed", "--as", left]
        if target:
            words += ["-j", target, *options]
        try:
            rule = parse_rule(words, text=text, line=number)
        except ValueError as error:
            self.draft.note(number, f"rule not understood: {error}")
            return unreadable_rule(text, number)
        return rule

    def _without_interfaces(self, rule: Rule) -> Rule:
        """The rule with a question of its own: whether it asks for an interface is not known, for each rule anew."""
        assert self.table is not None and self.chain is not None
        place = len(self.table.chain(self.chain).rules) + 1
        if not self.told_interfaces:
            self.draft.note(
                0,
                "the listing was made without -v: the rules' interfaces are not shown (give -L -n -v or -S)",
            )
        self.told_interfaces = True
        self.draft.facts["interfaces"] = "hidden"
        hidden = Unknown(f"{HIDDEN} {self.chain} rule {place}, which a listing without -v does not show")
        return replace(rule, steps=(hidden, *rule.steps))

    def end(self) -> None:
        """Name the tables that nothing named."""
        for table in self.draft.tables:
            if table.name == "":
                table.name = _table_of(table)
                self.draft.note(0, f"the listing names no table; taken for the {table.name} table")
                self._hook_up(table)

    def _hook_up(self, table: TableDraft) -> None:
        filled = dict(table.chains)
        table.chains.clear()
        for name, old in filled.items():
            chain = table.chain(name, old.line)
            chain.rules, chain.policy = old.rules, old.policy or chain.policy


def _table_of(table: TableDraft) -> str:
    builtins = {name for name in table.chains if name.isupper() and "_" not in name}
    fitting = [name for name, chains in TABLE_CHAINS.items() if builtins == set(chains)]
    return "filter" if "filter" in fitting else (fitting or ["nat"])[0]


def _amount(text: str) -> int | None:
    match = re.fullmatch(r"(\d+)([KMG]?)", text)
    return int(match[1]) * AMOUNT[match[2]] if match else None


def _option(option: str, value: str, anything: tuple[str, ...]) -> list[str]:
    if value in anything:
        return []
    return ["!", option, value[1:]] if value.startswith("!") else [option, value]


def _extensions(text: str, target: str) -> tuple[list[str], list[str], str]:
    """What extensions printed: match options, target options, and what was not understood."""
    matches: list[str] = []
    options: list[str] = []
    left: list[str] = []
    text = text.strip()
    while text:
        for pattern, build in _PHRASES:
            if found := pattern.match(text):
                words = build(found)
                (options if words.startswith("\0") else matches).extend(shlex.split(words.removeprefix("\0")))
                text = text[found.end() :].strip()
                break
        else:
            word, _, text = text.partition(" ")
            if word not in ("tcp", "udp", "icmp"):
                left.append(word)
            text = text.strip()
    renamed = {"DNAT": "--to-destination", "SNAT": "--to-source"}
    options = [renamed.get(target, word) if word == "--to" else word for word in options]
    return matches, options, " ".join(left)
