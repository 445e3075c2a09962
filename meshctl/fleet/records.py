"""The pods of a data set as records that a trace reads: a dump is put together again from its resources.

Theory of operation. ``resources`` has every resource of a proxy, ``configuration`` its state: together they are the
config_dump, but for what was a secret. Sections that were not given stay away, so that a trace says what it lacks. Rules come
back from their text, that of iptables or of nft; what was not shown whole is told as not known.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from meshctl.coverage import Basis
from meshctl.envoy.sections import LAYOUT, SectionKind, State
from meshctl.errors import InputError
from meshctl.fleet.capture_rows import FAMILY_WORDS, in_nft_words
from meshctl.fleet.decode import KINDS
from meshctl.fleet.duck import Duck
from meshctl.netfilter.model import RuleSet, merge
from meshctl.netfilter.packet import Family
from meshctl.netfilter.read.source import parse_rules
from meshctl.plain import Json
from meshctl.sources.record import CONFIG_DUMP, META, NamedFiles
from meshctl.values import replace

_SECTIONS = {kind: section for section, kind in KINDS.items()}
_UNKNOWN = {
    "listeners": SectionKind.LISTENERS,
    "routes": SectionKind.ROUTES,
    "clusters": SectionKind.CLUSTERS,
    "endpoints": SectionKind.ENDPOINTS,
    "secrets": SectionKind.SECRETS,
}
_INSERTED = re.compile(r"^-[IR] (\S+)(?: \d+)?(?=\s|$)")
_BUILT_IN = frozenset({"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"})


class FleetPod(NamedFiles):
    """A proxy of a data set."""

    def __init__(self, duck: Duck, row: Json) -> None:
        self._duck, self._row = duck, row
        self.name, self.namespace = str(row["name"]), str(row["namespace"])

    def read(self, name: str) -> bytes | None:
        """``config_dump.json`` and ``meta.json``; nothing else was kept."""
        if name == CONFIG_DUMP:
            return _dump(self._held(), self._row)
        return msgspec.json.encode(self._meta) if name == META else None

    @property
    def _meta(self) -> Json:
        row = self._row
        labels = (part.partition("=") for part in (row["labels"] or "").split(",") if part)
        return {
            "pod": self.name,
            "namespace": self.namespace,
            "ips": (row["addresses"] or "").split(",") if row["addresses"] else [],
            "labels": {key: value for key, _, value in labels},
            "service_account": row["service_account"],
            "proxy": row["kind"],
            **(msgspec.json.decode(row["facts"]) if row["facts"] else {}),
        }

    def _held(self) -> list[Json]:
        sql = """
            SELECT c.kind, c.name, c.state, c.version_info, c.rejected_because, r.json
            FROM configuration c LEFT JOIN resources r ON r.hash = c.hash
            WHERE c.proxy = :proxy
        """
        found: list[Json] = self._duck.ask(sql, {"proxy": self._row["proxy"]}).to_pylist()
        return found

    def rules(self) -> RuleSet | None:
        """The pod's rules as they were known; None where nothing was."""
        sql = "SELECT * FROM capture_rules WHERE proxy = :proxy ORDER BY family, rule_table, chain, nth"
        rows = self._duck.ask(sql, {"proxy": self._row["proxy"]}).to_pylist()
        if not rows or rows[0]["origin"] == Basis.ASSUMED.value:
            return None
        seen = "SELECT DISTINCT family FROM capture WHERE proxy = :proxy"
        families = {row["family"] for row in self._duck.ask(seen, {"proxy": self._row["proxy"]}).to_pylist()}
        return _rules(rows, frozenset(f for f in Family if FAMILY_WORDS[f] in families), self.name)


def _dump(held: Iterable[Json], row: Json) -> bytes:
    """A config_dump from resources."""
    missing = {_UNKNOWN[word] for word in (row["unknown"] or "").split(",") if word in _UNKNOWN}
    sections: dict[SectionKind, dict[str, list[Any]]] = {
        section: {}
        for section in (*LAYOUT,)
        if section not in missing and section is not SectionKind.BOOTSTRAP
    }
    bootstrap = b"{}"
    for one in held:
        raw = msgspec.Raw(one["json"].encode()) if one["json"] else None
        if one["kind"] == "bootstrap":
            bootstrap = bytes(raw or b"{}")
        elif _SECTIONS.get(one["kind"]) in sections:
            key, entry = _entry(_SECTIONS[one["kind"]], one, raw)
            sections[_SECTIONS[one["kind"]]].setdefault(key, []).append(entry)
    configs: list[Json] = [{"@type": _type(SectionKind.BOOTSTRAP), "bootstrap": msgspec.Raw(bootstrap)}]
    configs += [{"@type": _type(section), **arrays} for section, arrays in sections.items()]
    return msgspec.json.encode({"configs": configs})


def _type(section: SectionKind) -> str:
    return f"type.googleapis.com/envoy.admin.v3.{section.value}"


def _entry(section: SectionKind, one: Json, raw: msgspec.Raw | None) -> tuple[str, Json]:
    """The array of a section that a resource stands in, and its entry there."""
    state = State(one["state"])
    arrays = LAYOUT[section]
    array = next((a for a in arrays if a.state is state), arrays[-1])
    body: Json = {} if raw is None else {array.body: raw}
    entry: Json = {"version_info": one["version_info"] or ""}
    if section in (SectionKind.SECRETS, SectionKind.LISTENERS):
        entry["name"] = one["name"] or ""
    if section is SectionKind.SCOPED_ROUTES:
        body = {array.body: [raw] if raw is not None else []}
    if section is SectionKind.LISTENERS and array.body == "active_state":
        key = f"{state.value}_state"
        body = (
            {}
            if state is State.ERROR or raw is None
            else {key: {"listener": raw, "version_info": entry["version_info"]}}
        )
    if state is State.ERROR:
        refused = {"details": one["rejected_because"] or ""} | (
            {} if raw is None else {"failed_configuration": raw}
        )
        return array.key, {**entry, "error_state": refused}
    return array.key, {**entry, **body}


def _rules(rows: Sequence[Json], covers: frozenset[Family], name: str) -> RuleSet:
    """Rules from their text. covers: the families whose rules are known, those that have none among them."""
    tables: dict[tuple[str, str], list[Json]] = {}
    for row in rows:
        tables.setdefault((row["family"], row["rule_table"]), []).append(row)
    gaps = [row["rule"] for row in rows if row["target"] == "?"]
    # data sets of older versions have no rows of what a set holds
    gaps += [row["rule"] for key, found in tables.items() for row in found if _unheld(row, found)]
    native = {
        key
        for key, found in tables.items()
        if in_nft_words(r["rule"] for r in found if r["nth"] or r["chain"].startswith("@"))
    }
    # a table without any hook is not whole: some data sets have no rows of them
    gaps += [f"where {table} is called" for f, table in native if not any(map(_hooks, tables[f, table]))]
    if gaps:
        return RuleSet(covers=frozenset(Family), failure=f"the data set does not hold all of them: {gaps[0]}")
    texts: list[tuple[Iterable[str], Family | None]] = []
    for family in Family:
        saved = {key: one for key, one in tables.items() if key[0] == family.value and key not in native}
        if saved:
            texts.append((_saved(saved), family))
    if native:
        texts.append((_listed({key: tables[key] for key in tables if key in native}), None))
    found = [
        parse_rules("\n".join([*lines, ""]), name=f"{name}/capture_rules", family=family)
        for lines, family in texts
    ]
    merged = merge(*found)
    return replace(merged, covers=merged.covers | covers, origin=Basis(rows[0]["origin"]))


_SET = re.compile(r"(?<!\S)@[\w.\-/]+")


def _unheld(row: Json, table: Sequence[Json]) -> bool:
    """Whether a rule asks for a named set of which its table has no row."""
    known = {one["chain"] for one in table if not one["nth"]}
    return bool(row["nth"]) and not known.issuperset(_SET.findall(row["rule"]))


def _hooks(row: Json) -> bool:
    """Whether a row says where a chain is called, or what it does at its end."""
    return not row["nth"] and not row["chain"].startswith("@")


def _saved(tables: Mapping[tuple[str, str], Sequence[Json]]) -> Iterable[str]:
    """The tables of a family as iptables-save prints them."""
    for (family, table), found in tables.items():
        yield f"# Generated by {'ip6tables' if family == 'ip6' else 'iptables'}-save"
        yield f"*{table}"
        policies = {row["chain"]: row["target"] for row in found if row["nth"] == 0}
        for chain in dict.fromkeys([*_BUILT_IN, *(row["chain"] for row in found)]):
            yield f":{chain} {policies.get(chain, 'ACCEPT' if chain in _BUILT_IN else '-')} [0:0]"
        # a rule may have been inserted: its row has its place already
        yield from (_INSERTED.sub(r"-A \1", row["rule"]) for row in found if row["nth"])
        yield "COMMIT"


def _listed(tables: Mapping[tuple[str, str], Sequence[Json]]) -> Iterable[str]:
    """Tables as nft lists them: each chain with its declaration, then its rules."""
    for (family, table), found in tables.items():
        yield f"table {family} {table} {{"
        yield from (row["rule"] for row in found if row["chain"].startswith("@"))
        for chain in dict.fromkeys(row["chain"] for row in found if not row["chain"].startswith("@")):
            yield f"chain {chain} {{"
            yield from (row["rule"] for row in found if row["chain"] == chain)
            yield "}"
        yield "}"


class FleetRecords:
    """The pods of one mesh on one date: a ``meshctl.sources.record.MeshRecords``."""

    def __init__(self, duck: Duck, origin: str) -> None:
        self._duck, self.origin = duck, origin
        self._rows: list[Json] = duck.ask("SELECT * FROM proxies ORDER BY proxy").to_pylist()
        self._pods: dict[str, FleetPod] = {}

    def _pod(self, row: Json) -> FleetPod:
        return self._pods.setdefault(row["proxy"], FleetPod(self._duck, row))

    def named(self, text: str) -> list[Json]:
        """The rows of the pods that ``POD``, ``POD.NAMESPACE``, ``WORKLOAD`` or ``deploy/WORKLOAD`` means."""
        name = text.rpartition("/")[2]
        found = [row for row in self._rows if name in (row["proxy"], row["name"])]
        own, _, namespace = name.partition(".")
        return found or [
            row for row in self._rows if row["workload"] == own and namespace in ("", row["namespace"])
        ]

    def pod(self, text: str) -> FleetPod:
        found = self.named(text)
        if not found:
            raise InputError(f"{self.origin} has no pod and no workload {text!r}")
        return self._pod(found[0])

    def by_ip(self, address: str) -> FleetPod | None:
        row = self._by_address.get(address)
        return None if row is None else self._pod(row)

    @functools.cached_property
    def _by_address(self) -> dict[str, Json]:
        return {ip: row for row in self._rows for ip in (row["addresses"] or "").split(",") if ip}

    def objects(self, kind: str) -> list[Json] | None:
        return None

    def listed_in(self, kind: str) -> frozenset[str] | None:
        return None

    def expect(self, addresses: Sequence[str], hosts: Sequence[str]) -> None:
        """Nothing takes long here."""
