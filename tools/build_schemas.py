"""Write meshctl/schemas/*.json: the JSON Schemas of the program's own documents.

Theory of operation. A schema is what the examples of a kind (tests/documents.py) have in common: a field that every object at its
place has is required, its types are those that were seen; what is a map of names, not an object with fields, is told below. The words
for a field stand below too, once for all kinds that have it. tests/unit/test_schemas.py holds every example, and those of other tests,
against the schema; so a field that changes its type or disappears fails there.

    PYTHONPATH=. python tools/build_schemas.py
"""

from __future__ import annotations

import json
import pathlib
from typing import Any

import msgspec

from meshctl.render.interface import schema_version
from meshctl.schemas import KINDS
from meshctl.share.index import Index
from tests import documents

ROOT = pathlib.Path(__file__).resolve().parents[1]
FOLDER = ROOT / "meshctl" / "schemas"
_TYPES = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
    list: "array",
    dict: "object",
}
# Objects whose keys are names.
_MAPS = frozenset(
    {
        "upstream_hosts",
        "fields",
        "settings",
        "data",
        "counters",
        "environment",
        "tables_by_name",
        "objects",
        "files",
        "missing",
        "counts",
    }
)
# Fields that hold whatever the input holds.
_ANY = frozenset({"data", "id", "line", "new", "old"})
_WORDS = {
    "schemaVersion": "The schema that the document follows.",
    "verdict": "What became of it: DELIVERED, DENIED, NO_ROUTE, ..., MIXED over outcomes that differ, UNDETERMINED where one is open.",
    "outcomes": "The distinct outcomes, the likeliest first.",
    "probability": "The share of this outcome; null where nothing tells how often it comes.",
    "undetermined": "What is not known and the answer hangs on, with what would decide it.",
    "assumed": "What the answer rests on without having been seen.",
    "hops": "The proxies on the way, as their access logs would show them.",
    "steps": "The stages of the way, what was chosen at each and why.",
    "flags": "The access log's RESPONSE_FLAGS; null for none.",
    "details": "The access log's RESPONSE_CODE_DETAILS; null for none.",
    "code": "HTTP code; 0 for a connection without HTTP, null where none is known.",
    "capture": "The hooks of the kernel that the packet passed, with the rules that matched.",
    "cause": "Why it ends, in the words of those who wrote the configuration.",
    "answered_by": "Who made the answer: this proxy, the upstream, or not known.",
    "answered_by_evidence": "How that is known.",
    "headline": "One sentence.",
    "causes": "What commonly leads to it, the commonest first.",
    "next": "Commands to type next, and what each shows.",
    "today": "The request of the line traced on the configuration that was given; null without one.",
    "agrees": "Whether the trace ends as the log says; null where that cannot be decided.",
    "findings": "What was found, the most severe first.",
    "severity": "error, warning or info.",
    "evidence": "Where in the configuration it stands.",
    "fix": "What to do.",
    "answer": "allowed, denied, depends, asks an authorizer, or not decidable.",
    "depends_on": "What of the call is not told and the answer hangs on.",
    "beside": "Filters that are no policies, whose effect is not known.",
    "sentences": "What is captured, in words.",
    "exitCode": "The exit code of the process.",
}


def seen(values: list[Any], name: str = "") -> dict[str, Any]:
    """The schema of what was seen at one place."""
    if name in _ANY:
        return {}
    types = sorted({_TYPES[type(value)] for value in values})
    if "integer" in types and "number" in types:
        types.remove("integer")
    made: dict[str, Any] = {"type": types[0] if len(types) == 1 else types}
    objects = [value for value in values if isinstance(value, dict)]
    if objects and name in _MAPS:
        inner = [item for one in objects for item in one.values()]
        made["additionalProperties"] = seen(inner) if inner else {}
    elif objects:
        made |= _fields(objects)
    items = [item for value in values if isinstance(value, list) for item in value]
    if items:
        made["items"] = seen(items)
    return made


def _fields(objects: list[dict[str, Any]]) -> dict[str, Any]:
    names = list(dict.fromkeys(key for one in objects for key in one))
    properties = {}
    for key in names:
        found = seen([one[key] for one in objects if key in one], key)
        properties[key] = {"description": _WORDS[key], **found} if key in _WORDS else found
    return {
        "properties": properties,
        "required": [key for key in names if all(key in one for one in objects)],
    }


def schema(kind: str) -> dict[str, Any]:
    """The schema of a kind."""
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{schema_version(kind)}/schema.json",
        "title": f"meshctl {kind}",
        "description": KINDS[kind],
    }
    if kind == "snapshot":
        made: dict[str, Any] = msgspec.json.schema(Index)
        version = {
            "properties": {"schemaVersion": {"const": schema_version(kind)}},
            "required": ["schemaVersion"],
        }
        return {**head, "allOf": [version, {"$ref": made["$ref"]}], "$defs": made["$defs"]}
    found = seen(list(documents.examples(kind)))
    versioned = found.get("properties", {}).get("schemaVersion")
    if versioned is not None:
        versioned["const"] = schema_version(kind)
    return {**head, **found}


def main() -> None:
    for kind in KINDS:
        (FOLDER / f"{kind}.json").write_text(
            json.dumps(schema(kind), indent=1, ensure_ascii=False) + "\n", "utf-8"
        )


if __name__ == "__main__":
    main()
