"""The JSON Schemas of the documents that meshctl prints itself (``-o json``), one file a kind; made by tools/build_schemas.py."""

from __future__ import annotations

from importlib import resources

# What each kind is, and which command prints it.
KINDS = {
    "trace": "trace POD URL -o json: one request, all its outcomes, the steps of the likeliest",
    "request": "trace --requests FILE: the answer to one line (jsonl; -o json is a list of them)",
    "why-not": "trace POD URL --why-not NAME -o json",
    "why": "why LINE -o json: one access log line, flag or detail explained",
    "log": "why --log FILE -o json: a whole log by cause",
    "capture": "capture show -o json: what a pod's rules capture",
    "walk": "capture walk -o json: one packet through the rules",
    "lint": "capture lint -o json: what is wrong with rules",
    "rules": "capture compute -o json: the rules that Istio would set",
    "check": "check -o json: findings",
    "diff": "diff A B -o json: what differs, and which requests end differently",
    "guards": "authz POD -o json: the policies of each port",
    "call": "authz check --from … -o json: one call, evaluated",
    "matrix": "authz matrix -o json: callers against ports",
    "breaks": "authz matrix --what-if strict -o json: whose calls would break",
    "snapshot": "snapshot show FILE -o json: what a snapshot holds",
    "contents": "snapshot show FILE -o json: what any other file, folder or archive holds",
    "error": "any command with --error-format json: what failed, one line on stderr",
}


def read(kind: str) -> bytes:
    """A schema's text."""
    return resources.files(__package__).joinpath(f"{kind}.json").read_bytes()
