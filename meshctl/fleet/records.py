"""The pods of a data set as records that a trace reads: a dump is put together again from its resources.

Theory of operation. ``resources`` has every resource of a proxy, ``configuration`` its state: together they are the
config_dump, but for what was a secret. Sections that were not given stay away, so that a trace says what it lacks. Rules come
back from their text where it is that of iptables; rules in another form, or not shown whole, are told as not known.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from meshctl.coverage import Basis
from meshctl.envoy.sections import LAYOUT, SectionKind, State
from meshctl.errors import InputError
from meshctl.fleet.decode import KINDS
from meshctl.fleet.duck import Duck
from meshctl.netfilter.model import RuleSet, merge
from meshctl.netfilter.packet import Family
from meshctl.netfilter.read.source import parse_rules
from meshctl.plain import Json
from meshctl.sources.record import CONFIG_DUMP, META, NamedFiles

_SECTIONS = {kind: section for section, kind in KINDS.items()}
_UNKNOWN = {
    "listeners": SectionKind.LISTENERS,
    "routes": SectionKind.ROUTES,
    "clusters": SectionKind.CLUSTERS,
    "endpoints": SectionKind.ENDPOINTS,
    "secrets": SectionKind.SECRETS,
}
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
        return _rules(rows, self.name)


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


def _rules(rows: Sequence[Json], name: str) -> RuleSet:
    """Rules from their text."""
    odd = next((row for row in rows if not str(row["rule"]).startswith(("-A ", "-P "))), None)
    if odd is not None:
        return RuleSet(
            covers=frozenset(Family), failure=f"the data set has them as text alone: {odd['rule']}"
        )
    found = [
        parse_rules("\n".join(_saved(family.value, rows)) + "\n", name=f"{name}/capture_rules", family=family)
        for family in Family
        if any(row["family"] == family.value for row in rows)
    ]
    return replace(merge(*found), origin=Basis(rows[0]["origin"]))


def _saved(family: str, rows: Sequence[Json]) -> Iterable[str]:
    """The rules of a family as iptables-save prints them."""
    yield f"# Generated by {'ip6tables' if family == 'ip6' else 'iptables'}-save"
    tables: dict[str, list[Json]] = {}
    for row in rows:
        if row["family"] == family:
            tables.setdefault(row["rule_table"], []).append(row)
    for table, found in tables.items():
        yield f"*{table}"
        policies = {row["chain"]: row["target"] for row in found if row["nth"] == 0}
        for chain in dict.fromkeys([*_BUILT_IN, *(row["chain"] for row in found)]):
            yield f":{chain} {policies.get(chain, 'ACCEPT' if chain in _BUILT_IN else '-')} [0:0]"
        yield from (row["rule"] for row in found if row["nth"])
        yield "COMMIT"


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
