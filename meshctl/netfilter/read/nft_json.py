"""``nft -j list ruleset`` and anything put into its form (nft_text does): objects become tables.

The list is a sequence of objects, ``{"table": …}``, ``{"chain": …}``, ``{"rule": …}``, ``{"set": …}``, or
commands ``{"add": {"rule": …}}``. Tables that iptables-nft keeps are told by their upper-case base
chains: their rules run as xtables extensions, with iptables' meaning of owner and TPROXY.
"""

from __future__ import annotations

import json
from typing import Any

from meshctl.netfilter.hooks import BUILTIN_HOOKS, PRIORITY_NAMES, TABLE_CHAINS
from meshctl.netfilter.model import Backend, Rule, RuleSet, Shown, Step, Unknown
from meshctl.netfilter.packet import Family, Hook
from meshctl.netfilter.read.draft import ChainDraft, RuleSetDraft, TableDraft
from meshctl.netfilter.read.nft_expr import NamedSet, Sets
from meshctl.netfilter.read.nft_statement import statement_steps
from meshctl.netfilter.read.nft_words import statement_words
from meshctl.values import replace

Json = Any
TableKey = tuple[str, str]
MULTI_STATEMENT = "xt"


# What reading a value of an unexpected type comes to.
_ODD = (TypeError, ValueError, AttributeError, KeyError, IndexError)


class NftReader:
    """Takes nft objects in order; sets are collected first because rules refer to them."""

    def __init__(self, draft: RuleSetDraft) -> None:
        self.draft = draft
        self.sets: dict[TableKey, Sets] = {}

    def read(self, objects: list[Json]) -> None:
        """All objects of one document."""
        for number, item in enumerate(objects, 1):
            operation, kind, body = _unwrap(item)
            if kind in ("set", "map", "element"):
                try:
                    self._set(kind, body, number)
                except _ODD:
                    self.draft.note(0, f"object {number} ({kind}) holds values that nft does not print")
        for number, item in enumerate(objects, 1):
            operation, kind, body = _unwrap(item)
            if kind in (
                "set",
                "map",
                "element",
                "metainfo",
                "counter",
                "quota",
                "ct helper",
                "limit",
                "flowtable",
            ):
                continue
            if kind is None or not isinstance(body, dict):
                self.draft.note(0, f"object {number} is nothing of nftables")
                continue
            try:
                self._object(operation, kind, body)
            except _ODD:
                self.draft.note(_line(body), f"object {number} ({kind}) holds values that nft does not print")
        self._leave_out_dormant()
        self._settle_backends()
        for table in self.draft.tables:
            named = self.sets.get((table.family, table.name), {})
            table.sets = {name: one.declaration(name) for name, one in named.items()}

    def _set(self, kind: str, body: Json, number: int) -> None:
        key = (str(body.get("family", "ip")), str(body.get("table")))
        sets = self.sets.setdefault(key, {})
        elements, flags = _several(body.get("elem", [])), _several(body.get("flags", []))
        if kind == "element":
            known = sets.get(str(body.get("name")), NamedSet([]))
            sets[str(body.get("name"))] = NamedSet(
                None if known.elements is None else [*known.elements, *elements], known.kind
            )
        else:
            changing = "dynamic" in flags or "timeout" in flags
            sets[str(body.get("name"))] = NamedSet(None if changing else elements, kind)

    def _object(self, operation: str, kind: str, body: dict[str, Json]) -> None:
        if kind == "ruleset":
            self.draft.tables.clear()
            return
        if kind == "table":
            self._table_command(operation, body)
        elif kind == "chain":
            self._chain(operation, body)
        elif kind == "rule":
            self._rule(operation, body)
        else:
            self.draft.note(_line(body), f"object {kind} not understood")

    def _table(self, family: str, name: str) -> TableDraft:
        found = self.draft.find(name, family, Backend.NFT)
        if found is None:
            found = self.draft.table(name, family, Backend.NFT)
        return found

    def _table_command(self, operation: str, body: dict[str, Json]) -> None:
        family, name = str(body.get("family", "ip")), str(body.get("name"))
        table = self._table(family, name)
        if operation in ("list", "add", "create"):  # each says its flags anew, none of them too
            table.dormant = "dormant" in _several(body.get("flags"))
        elif operation == "delete":
            self.draft.tables.remove(table)
        elif operation == "flush":
            for chain in table.chains.values():
                chain.rules.clear()

    def _chain(self, operation: str, body: dict[str, Json]) -> None:
        table = self._table(str(body.get("family", "ip")), str(body.get("table")))
        name = str(body.get("name"))
        if operation in ("delete", "flush"):
            if operation == "delete":
                table.chains.pop(name, None)
            elif name in table.chains:
                table.chains[name].rules.clear()
            return
        chain = table.chain(name, _line(body))
        hook = body.get("hook")
        if hook is None:
            return
        try:
            chain.hook = Hook(str(hook))
        except ValueError:
            self.draft.note(_line(body), f"chain {name} is called at {hook}, which is not walked here")
            return
        chain.type = str(body.get("type", "filter"))
        try:
            chain.priority = priority(body.get("prio", 0))
        except ValueError:
            self.draft.note(
                _line(body), f"chain {name}: priority {body.get('prio')!r} not understood, taken for 0"
            )
        chain.policy = str(body.get("policy", "accept")).upper()

    def _rule(self, operation: str, body: dict[str, Json]) -> None:
        family, name = str(body.get("family", "ip")), str(body.get("table"))
        table = self._table(family, name)
        chain_name = str(body.get("chain"))
        if chain_name not in table.chains:
            self.draft.note(_line(body), f"chain {chain_name} was not declared")
        chain = table.chain(chain_name, _line(body))
        rule = self._whole(body, self.sets.get((family, name), {}))
        if operation == "list":
            chain.rules.append(rule)
            return
        named = body["position"] if "position" in body else body.get("handle")
        if "position" not in body:  # of a command in JSON the handle is that of the rule it is about
            rule = replace(rule, handle=None)
        place = self._place(chain, body, named)
        if operation == "insert":
            chain.rules.insert(place if place is not None else 0, rule)
        elif operation == "delete":
            chain.rules[:] = [other for other in chain.rules if other.handle != named]
        elif operation == "replace":
            chain.rules[:] = [rule if other.handle == named else other for other in chain.rules]
        else:
            chain.rules.insert(place + 1 if place is not None else len(chain.rules), rule)

    def _place(self, chain: ChainDraft, body: dict[str, Json], named: Json) -> int | None:
        """Where the rule stands that a new one is put before or after: by its number from 0, or its handle."""
        if (index := body.get("index")) is not None:
            return int(index)
        if named is None:
            return None
        found = next((at for at, other in enumerate(chain.rules) if other.handle == named), None)
        if found is None:
            self.draft.note(_line(body), f"chain {chain.name} has no rule with handle {named}")
        return found

    def _whole(self, body: dict[str, Json], sets: Sets) -> Rule:
        """The rule; one that holds values of a type that nft does not print may match anything and do anything."""
        try:
            return self._model(body, sets)
        except _ODD:
            text = json.dumps(body.get("expr"))[:200]
            self.draft.note(_line(body), "a rule holds values that nft does not print")
            return Rule(text=text, steps=(Unknown(text, action=True),), line=_line(body))

    def _model(self, body: dict[str, Json], sets: Sets) -> Rule:
        statements = body.get("expr") or []
        steps: list[Step] = []
        for statement in statements:
            steps += statement_steps(statement, sets)
        text = body.get("text") or " ".join(
            statement_words(part) for part in statements if "counter" not in part
        )
        counters = [part["counter"] for part in statements if isinstance(part, dict) and "counter" in part]
        packets = counters[0].get("packets") if counters and isinstance(counters[0], dict) else None
        if "unreadable" in body:
            steps.append(Unknown(str(body["unreadable"]), action=True))
        return Rule(
            text=str(text),
            steps=tuple(steps),
            line=_line(body),
            handle=body.get("handle"),
            packets=packets,
            comment=str(body.get("comment") or ""),
        )

    def _leave_out_dormant(self) -> None:
        """The kernel asks no chain of a dormant table."""
        for table in [table for table in self.draft.tables if table.dormant]:
            self.draft.note(
                0, f"table {table.name} ({table.family}) is dormant: the kernel asks none of its chains"
            )
            self.draft.tables.remove(table)

    def _settle_backends(self) -> None:
        for table in self.draft.tables:
            builtins = [name for name, chain in table.chains.items() if chain.hook]
            if (
                table.family in ("ip", "ip6")
                and table.name in TABLE_CHAINS
                and builtins
                and all(name in BUILTIN_HOOKS for name in builtins)
            ):
                table.backend = Backend.IPTABLES_NFT


def _unwrap(item: Json) -> tuple[str, str | None, Json]:
    """``{"rule": …}``, which lists what is there, or ``{"add": {"rule": …}}`` as operation, kind, body."""
    if not isinstance(item, dict) or len(item) != 1:
        return "list", None, None
    ((key, value),) = item.items()
    if (
        key in ("add", "insert", "create", "delete", "flush", "replace")
        and isinstance(value, dict)
        and len(value) == 1
    ):
        ((kind, body),) = value.items()
        return key, str(kind), body if body is not None else {}
    return "list", str(key), value if value is not None else {}


def _several(value: Json) -> list[Json]:
    """A list, of which JSON may have the only element instead."""
    return value if isinstance(value, list) else [value]


def _line(body: dict[str, Json]) -> int:
    line = body.get("line", 0)
    return line if isinstance(line, int) else 0


def priority(value: Json) -> int:
    """A priority: a number, a standard name, or ``mangle - 5``."""
    if isinstance(value, int):
        return value
    total, sign = 0, 1
    for word in str(value).replace("+", " + ").replace("-", " - ").split():
        if word in "+-":
            sign = 1 if word == "+" else -1
        else:
            total += sign * (PRIORITY_NAMES[word] if word in PRIORITY_NAMES else int(word))
            sign = 1
    return total


def read_json(text: str, draft: RuleSetDraft) -> RuleSet:
    """The document ``nft -j`` prints. ``nft list ruleset`` speaks for both families."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        draft.note(error.lineno, f"the JSON ends or breaks here: {error.msg}")
        document = {"nftables": _salvage(text)}
    objects = document.get("nftables", []) if isinstance(document, dict) else document
    NftReader(draft).read(objects if isinstance(objects, list) else [objects])
    draft.covers |= set(Family)
    for table in draft.tables:
        table.shown = Shown.RULESET
    return draft.finish()


def _salvage(text: str) -> list[Json]:
    """The whole objects of a list that is cut off."""
    decoder = json.JSONDecoder()
    found: list[Json] = []
    position = text.find("[") + 1
    while 0 < position < len(text):
        while position < len(text) and text[position] in " \t\r\n,":
            position += 1
        try:
            item, position = decoder.raw_decode(text, position)
        except json.JSONDecodeError:
            break
        found.append(item)
    return found
