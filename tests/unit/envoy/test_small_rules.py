"""Rules of reading a dump that are a line each: what counts, what is absent, what is never said aloud."""

from __future__ import annotations

import base64

import msgspec
import pytest

from meshctl.envoy import secrets, shapes, typed
from meshctl.envoy.addresses import SocketAddress
from meshctl.envoy.notes import NoteKind, Notes
from meshctl.match import string_match

PEM = b"-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize("before", range(7))
def test_a_key_in_base64_is_known_whatever_stands_before_it(before: int) -> None:
    text = base64.b64encode(b"x" * before + PEM).decode()
    assert any(mark in text for mark in secrets._KEY_MARKS)
    assert not any(
        mark in base64.b64encode(b"x" * before + b"-----BEGIN CERTIFICATE-----").decode()
        for mark in secrets._KEY_MARKS
    )


def test_a_note_that_is_met_again_is_counted() -> None:
    notes, other = Notes(), Notes()
    for _ in range(3):
        notes.add(NoteKind.INPUT, "a")
    other.add(NoteKind.INPUT, "a")
    other.add(NoteKind.INPUT, "b")
    notes.merge(other)
    assert notes.counts == {(NoteKind.INPUT, "a"): 4, (NoteKind.INPUT, "b"): 1}


@pytest.mark.parametrize(
    ("body", "absent"),
    [
        (b"null", True),
        (b"{  }", False),
        (b"{}", False),
        (b'"ab"', False),
        (b"1234", False),
        (b'{"name": "x"}', False),
    ],
)
def test_a_message_that_is_null_is_absent(body: bytes, absent: bool) -> None:
    raw = msgspec.Raw(body)
    assert shapes.body_of(raw) is (None if absent else raw)


PATHS = [  # a path of msgspec's, a tree, what is left of the tree, whether something was taken out
    (".a", {"a": 1, "b": 2}, {"b": 2}, True), (".a.b", {"a": {"b": 1, "c": 2}}, {"a": {"c": 2}}, True), (".a[1]", {"a": [1, 2, 3]}, {"a": [1, 3]}, True), (".a[0].b", {"a": [{"b": 1}]}, {"a": [{}]}, True),
    (".a[...]", {"a": {"x": 1, "y": 2}}, {"a": {}}, True), (".a[...]", {"a": [1]}, {"a": [1]}, False), (".a[...]", {"a": 5}, {"a": 5}, False), (".b", {"a": 1}, {"a": 1}, False), (".a[3]", {"a": [1]}, {"a": [1]}, False), (".a.b", {"a": 5}, {"a": 5}, False), ("", {"a": 1}, {"a": 1}, False),
]  # fmt: skip


@pytest.mark.parametrize(("path", "tree", "left", "removed"), PATHS)
def test_what_is_of_another_type_is_taken_out_of_the_tree(
    path: str, tree: object, left: object, removed: bool
) -> None:
    assert typed._remove(tree, path) is removed
    assert tree == left


def test_a_port_that_is_not_there_is_zero() -> None:
    assert msgspec.json.decode(b'{"address": "10.0.0.1"}', type=SocketAddress).port_value == 0


def test_a_pattern_that_re2_refuses_is_nobodys_error_message(capfd: pytest.CaptureFixture[str]) -> None:
    string_match.compiled_regex.cache_clear()
    assert string_match.compiled_regex("a(b") is None
    assert capfd.readouterr() == ("", "")
