"""What a body of bytes is, and what is passed over around it."""

from __future__ import annotations

import pytest

from meshctl.envoy.documents import DocumentKind, read
from meshctl.envoy.notes import Notes
from meshctl.envoy.snapshot import load
from meshctl.errors import InputError

DUMP = b'{\n "configs": [\n  {"@type": "x", "name": "\xc3\xa4"}\n ]\n}'
CLUSTERS = b'{"cluster_statuses": []}'

CASES = [
    # name, bytes, the kinds found, words of the warning
    ("a dump alone", DUMP, [DocumentKind.CONFIG_DUMP], ""),
    ("a line break behind it", DUMP + b"\n\r\n", [DocumentKind.CONFIG_DUMP], ""),
    ("a byte order mark", b"\xef\xbb\xbf" + DUMP, [DocumentKind.CONFIG_DUMP], "byte order mark"),
    ("UTF-16", DUMP.decode().encode("utf-16"), [DocumentKind.CONFIG_DUMP], "UTF-16"),
    ("the status line of a script", b"200\n" + DUMP, [DocumentKind.CONFIG_DUMP], "the line '200'"),
    (
        "a prompt behind it",
        DUMP + b"\ncommand terminated with exit code 0\n",
        [DocumentKind.CONFIG_DUMP],
        "'command terminated",
    ),
    ("a letter behind it", DUMP + b"x", [DocumentKind.CONFIG_DUMP], "'x'"),
    ("a brace behind it", DUMP + b"}", [DocumentKind.CONFIG_DUMP], "'}'"),
    (
        "two answers in one file",
        DUMP + b"\n" + CLUSTERS,
        [DocumentKind.CONFIG_DUMP, DocumentKind.CLUSTERS],
        "",
    ),
    ("two answers without a break", CLUSTERS + DUMP, [DocumentKind.CLUSTERS, DocumentKind.CONFIG_DUMP], ""),
    (
        "an answer, something else, an answer",
        CLUSTERS + b' {"a": 1}\n' + DUMP,
        [DocumentKind.CLUSTERS, DocumentKind.CONFIG_DUMP],
        "none of Envoy's",
    ),
]


@pytest.mark.parametrize(("data", "kinds", "words"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_the_answers_are_found(data: bytes, kinds: list[DocumentKind], words: str) -> None:
    notes = Notes()
    assert [document.kind for document in read(data, "file", notes)] == kinds
    assert len(notes.lines()) == bool(words)
    assert words in "".join(notes.lines())


REFUSED = [
    ("nothing", b"", "file is empty"),
    ("blanks", b" \n", "file is empty"),
    ("a status line alone", b"200\n", "file is empty"),
    ("a cut dump", DUMP[:30], "ends in the middle of the JSON after 30 bytes"),
    ("text", b"curl: (7) Failed", "is not JSON: it begins with 'curl: (7) Failed'"),
    ("other JSON", b'{"a": 1}', "none of Envoy's admin answers"),
    ("a broken dump", DUMP.replace(b"[", b"[,"), "is broken JSON at byte"),
]


@pytest.mark.parametrize(("data", "words"), [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED])
def test_what_is_no_answer_is_named(data: bytes, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read(data, "file", Notes())
    assert words in caught.value.what
    assert len(caught.value.lines()) <= 3


def test_the_last_of_two_answers_counts_and_that_is_told() -> None:
    notes = Notes()
    other = b'{"cluster_statuses": [{"name": "x"}]}'
    snapshot = load(read(CLUSTERS + other, "file", notes), "file", notes)
    assert snapshot.json(DocumentKind.CLUSTERS) == {"cluster_statuses": [{"name": "x"}]}
    assert notes.lines() == ["an answer to /clusters?format=json stands more than once: the last one is used"]
