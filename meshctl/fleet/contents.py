"""Contents: a resource's bytes made into rows once, however many proxies have them.

A content is known by the hash of its bytes as they came; what is kept and compared is the hash of its canonical JSON (keys
sorted, secrets removed), so that the same resource printed in two ways is one. Rows are made of the JSON without secrets:
what is not in ``resources`` cannot be in another table either.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Callable
from typing import Any

import msgspec

from meshctl.fleet import traffic_rows, upstream_rows
from meshctl.fleet.batch import Row
from meshctl.fleet.schema import BY_NAME
from meshctl.plain import Json
from meshctl.share.redact import redact_json

# kind -> the rows of a resource in force
_ROWS: dict[str, Callable[[Json, str], Any]] = {
    "listener": lambda value, name: [*traffic_rows.listener(value), *upstream_rows.policies(value)],
    "route": lambda value, name: traffic_rows.route_config(value),
    "cluster": lambda value, name: upstream_rows.cluster(value),
    "endpoint": lambda value, name: upstream_rows.assignment(value),
    "inline": lambda value, name: upstream_rows.inline(value),
    "ecds": upstream_rows.ecds,
    "bootstrap": lambda value, name: traffic_rows.uses(
        {key: item for key, item in value.items() if key != "static_resources"}, "bootstrap", name
    ),
}
_HASHED = frozenset(table for table, shape in BY_NAME.items() if shape.columns[-1].name == "hash")
_MOST_BYTES = 192 * 2**20  # of JSON that are remembered


class Content(msgspec.Struct, frozen=True):
    """One resource, however many have it. ``fault``: why no rows could be made of it."""

    hash: str
    kind: str
    name: str
    json: bytes
    value: Json
    addresses: frozenset[bytes]
    rows: tuple[tuple[str, Row], ...] = ()
    fault: str = ""

    @property
    def resource(self) -> Row:
        """Its row of ``resources``."""
        return self.hash, self.kind, self.name, len(self.json), self.json.decode("utf-8", "replace")


class Contents:
    """The contents met so far; forgotten all together where they become too many, which costs time alone."""

    def __init__(self) -> None:
        self._known: dict[tuple[bytes, str], Content] = {}
        self._bytes = 0

    def of(self, raw: bytes | memoryview | msgspec.Raw, kind: str, name: str, in_force: bool) -> Content:
        """The content of some bytes. Rows are made for what is in force alone."""
        key = (hashlib.sha256(memoryview(raw)).digest(), kind if in_force else f"-{kind}")
        known = self._known.get(key)
        if known is None:
            known = _made(bytes(raw), kind, name, in_force)
            self._bytes += 3 * len(known.json)
            if self._bytes > _MOST_BYTES:
                self._known, self._bytes = {}, len(known.json)
            self._known[key] = known
        return known


def _made(raw: bytes, kind: str, name: str, in_force: bool) -> Content:
    value = msgspec.json.decode(raw)
    value = value if isinstance(value, dict) else {}
    data = msgspec.json.encode(value, order="sorted")
    clean, removed = redact_json(data, name)
    if removed:
        value = msgspec.json.decode(clean)
        clean = msgspec.json.encode(value, order="sorted")
    digest = hashlib.sha256(clean).hexdigest()[:32]
    rows, fault = _rows(value, kind, name, digest) if in_force and kind in _ROWS else ((), "")
    keeps_value = value if kind == "secret" else {}
    return Content(
        digest, kind, name, clean, keeps_value, frozenset(_addresses().findall(clean)), rows, fault
    )


@functools.cache
def _addresses() -> Any:
    """RE2: five times as fast as ``re`` here, and every byte of a fleet is looked at."""
    import re2

    return re2.compile(rb"[0-9]+(?:\.[0-9]+){3,}")


def _rows(value: Json, kind: str, name: str, digest: str) -> tuple[tuple[tuple[str, Row], ...], str]:
    """The rows of a resource with its hash; none, and why, where it is not of the shape that an Envoy prints."""
    try:
        found = tuple(_ROWS[kind](value, name))
    except Exception as error:  # whatever strangers' JSON does costs one resource, never a proxy or a run
        return (), f"{kind} {name} is not of the shape that an Envoy prints: {type(error).__name__}: {error}"
    return tuple((table, (*row, digest) if table in _HASHED else row) for table, row in found), ""


def without(content: Content, own: frozenset[bytes]) -> str:
    """The content's hash with a pod's own addresses taken out: what replicas have in common."""
    if own.isdisjoint(content.addresses) and not any(
        b":" in address and address in content.json for address in own
    ):
        return content.hash
    data = content.json
    for address in own:
        data = re.sub(rb"(?<![0-9a-f.:])" + re.escape(address) + rb"(?![0-9a-f.:])", b"POD", data)
    return hashlib.sha256(data).hexdigest()[:32]
