"""Which values each kind of key of a request line takes."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.trace import lines
from meshctl.trace.lines import Kind

KINDS: list[tuple[Kind, list[Any], list[Any]]] = [  # a kind, what it takes, what it does not
    (lines.TEXT, ["", "a"], [None, 1, ["a"], True]), (lines.OPTIONAL, ["", "a", None], [1, ["a"], False]),
    (lines.NUMBER, [0, 1, 1 << 32], [-1, (1 << 32) + 1, 1.5, "1", True, None]), (lines.PORT, [0, 65535], [-1, 65536, "80", True, None]),
    (lines.FLAG, [True, False], [0, 1, "true", None]), (lines.NAMES, ["a", [], ["a", "b"]], [None, 1, ["a", 1]]), (lines.LIST, [None, [], ["a"]], ["a", ["a", 1], 1]),
    (lines.OBJECT, [{}, {"a": 1}], [[], None, "a"]), (lines.ANY, [None, 1, "a", [], {}], []),
    (lines.HEADERS, [{}, {"a": "b", "c": ["d", 1], "e": 1.5}, [], [["a", "b"], ["a", 1]]], [None, "a", {"a": None}, {"a": ["b", None]}, {"a": True}, [["a"]], [["a", "b", "c"]], [[1, "b"]], [["a", None]], ["ab"], [["a", ["b"]]]]),
    (lines.PROTOCOL, ["HTTP/1.1", "HTTP/3"], ["", "http/1.1", "h2", None]), (lines.TLS_VERSION, ["", "TLSv1_3"], ["1.3", None]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "takes", "refuses"), KINDS, ids=[kind.name for kind, _, _ in KINDS])
def test_what_a_kind_takes(kind: Kind, takes: list[Any], refuses: list[Any]) -> None:
    assert [value for value in takes if not kind.fits(value)] == []
    assert [value for value in refuses if kind.fits(value)] == []
