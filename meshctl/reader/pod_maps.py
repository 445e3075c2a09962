"""Answers of several proxies in one document: what ``meshctl pc … -A -o json`` and ``-o jsonl`` print.

``{"POD.NAMESPACE": …, …}``, or a line ``{"pod": …, "resource": …}`` a resource.
"""

from __future__ import annotations

import re

import msgspec

from meshctl.envoy.documents import Document
from meshctl.envoy.notes import Notes

_POD = re.compile(r"^[a-z0-9][a-z0-9-]*(?:\.[a-z0-9][a-z0-9-]*)?$")


def by_pod(data: bytes, origin: str, notes: Notes) -> dict[str, list[Document]]:
    """The documents of each pod; empty when the value is no such map."""
    from meshctl.reader.envoy_forms import assembled

    if data.lstrip()[:1] == b"[":
        return _of_lines(msgspec.json.decode(data, type=list[msgspec.Raw]), origin, notes)
    fields = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    if fields.keys() == {"pod", "resource"}:
        return _of_lines([msgspec.Raw(data)], origin, notes)
    if not fields or not all(_POD.match(key) for key in fields):
        return {}
    found: dict[str, list[Document]] = {}
    for pod, raw in fields.items():
        documents = assembled(bytes(memoryview(raw)), f"{origin}: {pod}", notes)
        if documents is None and bytes(memoryview(raw)) != b"[]":
            return {}
        found[pod] = documents or []
    return found


class _Line(msgspec.Struct):
    pod: str
    resource: msgspec.Raw


def _of_lines(raws: list[msgspec.Raw], origin: str, notes: Notes) -> dict[str, list[Document]]:
    from meshctl.reader.envoy_forms import Assembly, enter_value

    assemblies: dict[str, Assembly] = {}
    for raw in raws:
        try:
            line = msgspec.json.decode(raw, type=_Line)
        except msgspec.DecodeError:
            return {}
        assembly = assemblies.setdefault(line.pod, Assembly(f"{origin}: {line.pod}", notes))
        if not enter_value(assembly, line.resource):
            return {}
    return {pod: assembly.documents() for pod, assembly in assemblies.items()}
