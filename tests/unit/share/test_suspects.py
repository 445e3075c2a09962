"""The search that says where a secret may stand errs to suspicion: what it passes over, the walk finds nothing in.

Only those values of a document are decoded in which something tells. So each name that says something, each shape of a
secret and each field of Envoy's API has to be told however JSON writes it, and the cut through a large document must
come to what a walk over all of it finds.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as some

from meshctl.envoy.secrets import SENSITIVE
from meshctl.share import names, redact, shapes
from meshctl.share.redact import redact_json
from tests.unit.share.test_marks import CASES, SHAPES, TEXTS

S = "Zx81hJq0pLm4Tt"  # a secret by nothing but its name


def _is_told(document: bytes) -> bool:
    return next(shapes.tells(redact._SUSPECTS, document), None) is not None


# Every row of the tables of names, as words.
TELLING = [
    *((word,) for word in names._SECRETS | names._TELLING | names._AUTHORITIES),
    *names._PAIRS,
    *itertools.product(names._KEYS, ("key", "keys")),
    *itertools.product(names._TELLING, ("now", "p12")),
    ("access", "key", "id"),
    ("x", "auth", "user"),
    *(("a", store) for store in ("p12", "pfx", "jks")),
]
SEPARATORS = ("", "_", "-", ".", " ", "\n", '"', "\\", "/", "é", "--", "<", "[&")
CASINGS: tuple[Callable[[str], str], ...] = (str.lower, str.upper, str.capitalize)


def _written() -> Iterator[str]:
    """The names of the table in every way to write them in which they say something."""
    for words, gap, casing, end in itertools.product(TELLING, SEPARATORS, CASINGS, ("", "_", "]")):
        name = words[0] + "".join(gap + casing(word) for word in words[1:]) + end
        for written in (name, f"My{gap}{casing(words[0])}{name[len(words[0]) :]}"):
            if names.says(written) is not names.Says.NOTHING:
                yield written


def _spellings(value: Any) -> list[bytes]:
    """A value as printers write it: plain, ASCII alone, slashes escaped, spread out, in a string, in a string of a string."""
    plain = json.dumps(value, ensure_ascii=False)
    return [
        text.encode()
        for text in (
            plain,
            json.dumps(value),
            plain.replace("/", "\\/"),
            json.dumps(value, indent=2, separators=(" ,", " : ")),
            json.dumps(plain),
            json.dumps(json.dumps(json.dumps(value))),
        )
    ]


def test_every_name_that_says_something_is_told() -> None:
    written = set(_written())
    assert len(written) > 10_000
    assert [name for name in written if not all(map(_is_told, _spellings({name: 1})))] == []


@pytest.mark.parametrize("name", ["DB_PASSWORD", "x-auth-user", "apiKey", "connect.sid", "access_id"])
def test_a_name_is_told_wherever_it_stands(name: str) -> None:
    for document in ([name, S], {"name": name, "value": S}, f"{name}={S}", f"a {name}: {S}"):
        assert all(map(_is_told, _spellings(document)))


@pytest.mark.parametrize(
    "name", ["sds_secret_configs", "secretName", "passwordPath", "token_bucket", "max_connections"]
)
def test_a_reference_to_a_secret_sends_nobody_to_look(name: str) -> None:
    assert not _is_told(json.dumps({name: "abc"}).encode())


@pytest.mark.parametrize("name", ["secretIDs", "secret_name_token", "secretname_password"])
def test_a_name_that_only_begins_like_a_reference_is_told(name: str) -> None:
    assert names.says(name) is not names.Says.NOTHING
    assert all(map(_is_told, _spellings({name: S})))


def test_every_field_that_the_api_marks_is_told() -> None:
    assert [name for name in SENSITIVE if not all(map(_is_told, _spellings({name: S})))] == []


def test_every_shape_of_a_secret_is_told() -> None:
    documents = [
        (shape, wrap(text)) for (shape, text), wrap in itertools.product(SHAPES.items(), TEXTS.values())
    ]
    assert [shape for shape, d in documents if not all(map(_is_told, _spellings(d)))] == []


@settings(max_examples=300)
@given(some.data())
def test_no_text_that_is_cleaned_goes_untold(data: Any) -> None:
    """Texts that a pattern of a secret matches, made from the patterns themselves."""
    _, _, pattern = data.draw(some.sampled_from(shapes._SHAPES))
    text = "a " + data.draw(some.from_regex(pattern, alphabet=some.characters(codec="utf-8")))
    assume(list(shapes.look(text)))
    assert shapes.clean(text) != text
    assert _is_told(json.dumps(text).encode())
    assert _is_told(json.dumps(text, ensure_ascii=False).encode())


HIDDEN = {
    "a name with an escape": r'{"p\u0061ssword": "%s"}',
    "a name with an escape, in a string": r'{"x": "{\"p\\u0061ssword\": \"%s\"}"}',
    "a shape with an escape": r'{"x": "Be\u0061rer %s"}',
    "a name behind an escape": r'{"x": "foo\nauth: %s"}',
    "words with a dot between": '{"api.key": "%s"}',
    "words with an escaped quote between": r'{"api\"key": "%s"}',
    "an identifier of access": '{"access_id": "%s"}',
    "a word in the middle of a name": '{"mySid": "%s"}',
    "a word at the end of a long name": '{"' + "a_" * 150 + 'token": "%s"}',
    "a word at the beginning of one": '{"x-auth' + "_a" * 150 + '": "%s"}',
    "a Java key store": '{"server.jks": "%s"}',
    "a user that the API marks": '{"authUsername": {"inlineString": "%s"}}',
    "Argon": '{"x": "bob:$argon2id$v=19$%s"}',
    "curl through a proxy": '{"x": "curl --proxy-user bob:%s https://a.test"}',
    "twice, the last a reference": '{"password": "%s", "password": "%%REF%%"}',
    "twice, the last another": '{"password": "%s", "password": "Other1hJq0pL"}',
    "twice, with escaped colons": r'{"password": "%s", "password": "\u003a"}',
    "twice, in a string": r'{"x": "{\"my_auth\": \"%s\", \"my_auth\": \"%%REF%%\"}"}',
    "a large value beside a telling name": '{"name": "password", "value": "%s' + "z" * 30_000 + '"}',
    "an option in a long list": '["--token", "%s", ' + ",".join(f'"a{i}"' for i in range(5000)) + "]",
    "a member of a large key": '{"kty": "oct", "z": "' + "q" * 30_000 + '", "k": "%s"}',
}


@pytest.mark.parametrize("padding", [0, 30_000])
@pytest.mark.parametrize("case", HIDDEN)
def test_nothing_is_hidden_from_the_search(case: str, padding: int) -> None:
    around = f'{{"a": ["{"x" * padding}"], "b": {{"c": "{"y" * padding}", "d": %s}}}}'
    data, removed = redact_json((around % (HIDDEN[case] % S)).encode(), "f.json")
    assert S not in data.decode()
    assert removed
    json.loads(data)


def test_what_stood_first_under_a_name_that_stands_twice_is_listed() -> None:
    data, removed = redact_json(b'{"token": "first-1234567890", "token": "admin", "b": 1}', "f.json")
    assert json.loads(data) == {"token": "admin", "b": 1}
    assert [(r.path, r.reason) for r in removed] == [("", "what stood first under a name that stands twice")]


def test_a_name_that_stands_twice_where_nothing_tells_stays() -> None:
    data = b'{"a": 1, "a": 2, "b": {"password": "swordfish9"}}'
    padded = b'{"big": "' + b"x" * 9000 + b'", "p": ' + data[:16] + b"}, " + b'"password": "swordfish9"}'
    assert redact_json(padded, "f.json")[0] == padded.replace(b"swordfish9", shapes.MARK.encode())


def _values(leaves: Any) -> Any:
    keys = some.sampled_from(
        ["a", "b", "name", "value", "key", "kty", "k", "password", "token", "auth.users", "users", "s"]
    )
    return some.lists(leaves, max_size=6) | some.dictionaries(keys, leaves, max_size=6)


LEAVES = (
    some.sampled_from(
        [
            S,
            "admin",
            "password",
            "--token",
            "x-api-key",
            f"Bearer {S}",
            "oct",
            f'{{"token": "{S}"}}',
            "x" * 60,
        ]
    )
    | some.integers()
    | some.booleans()
    | some.none()
)
DOCUMENTS = some.recursive(LEAVES, _values, max_leaves=60)


@settings(max_examples=400)
@given(DOCUMENTS, some.integers(0, 200), some.sampled_from([None, 1, 3]))
def test_a_document_that_is_cut_open_gives_what_a_walk_gives(
    document: Any, small: int, indent: int | None
) -> None:
    raw = json.dumps(document, indent=indent).encode()
    kept = redact._SMALL, redact._TOGETHER
    redact._SMALL, redact._TOGETHER = small, 2
    try:
        found = redact._found(raw)
    finally:
        redact._SMALL, redact._TOGETHER = kept
    assert sorted(found) == sorted(redact._secrets(document, ""))


@pytest.mark.parametrize("small", [30, 200, 1000])
def test_every_place_of_a_mark_is_found_however_small_the_parts(
    small: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = json.loads(json.dumps([*CASES.values()]))
    monkeypatch.setattr(redact, "_SMALL", small)
    found = redact._found(msgspec.json.format(json.dumps(document).encode(), indent=1))
    assert sorted(found) == sorted(redact._secrets(document, ""))
