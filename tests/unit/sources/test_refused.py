"""A port-forward that is not upgraded: who refused it, and what to type instead."""

from __future__ import annotations

import types
from typing import Any

import pytest

from meshctl.sources.portforward import refused

CLUSTER: Any = types.SimpleNamespace(
    user="me", context="c", server="https://api", via=" through proxy http://p:1", as_kubectl=""
)
STRIPPED = b'{"kind": "Status", "message": "Upgrade request required", "reason": "BadRequest", "code": 400}'
STATUS = b'{"kind": "Status", "message": "pods \\"x\\" not found", "code": 404}'
KUBECTL = "kubectl port-forward -n test pod/x 15000, and here --admin localhost:15000"

ANSWERS = [
    (403, b"", ["may not port-forward", KUBECTL]),
    (
        400,
        b"websocket upgrade is not supported",
        ["was answered with 400", "not supported", KUBECTL, "http://p:1"],
    ),
    (200, b"<html>Sign in</html>", ["was answered with 200", "Sign in", KUBECTL]),
    (400, STRIPPED, ["Upgrade request required", "lets no websocket through", KUBECTL]),
    (426, b"", ["was answered with 426", KUBECTL]),
    (404, STATUS, ["not found"]),
    (500, b"sandbox container is not running", ["sandbox container is not running"]),
    (500, b"error dialing backend: dial tcp: i/o timeout", ["cannot reach the node"]),
]


@pytest.mark.parametrize(("status", "body", "words"), ANSWERS)
def test_a_refused_upgrade(status: int, body: bytes, words: list[str]) -> None:
    lines = refused(status, body, "test", "x", 15000, CLUSTER).lines()
    for word in words:
        assert word in "\n".join(lines)
    assert len(lines) <= 3
