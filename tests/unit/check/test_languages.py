"""Automata against RE2 itself: the same texts match, and what is said to be in a set is."""

from __future__ import annotations

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from meshctl.check.prove import languages, regex

PATTERNS = [
    "", "a", ".*", "/a/.*", "/[^/]+/b", "(a|b)*c", "a{2,3}", "a{2,}", "a{0}", "[[:digit:]]+x?", r"\d+\.\d", "(?i)aB", "(?i:a)B",
    "^/a$", "^(/a|/b)$", "a|", "[^a]", "[a-c]b+?", r"\Qa.b\E", "(?:ab)+", r"[\d-]a", "a.b", "(?s)a.b", r"\x41", "[]a]", "x{,2}",
    "(?P<n>a)b", r"\w+@\w+", "((a))", "(^a|b)", r"\s*",
]  # fmt: skip
TEXTS = [
    "",
    "a",
    "b",
    "ab",
    "aB",
    "AB",
    "aa",
    "aaa",
    "aaaa",
    "abc",
    "aabc",
    "/a",
    "/a/",
    "/a/b",
    "/a/b/c",
    "1",
    "12x",
    "1.2",
    "a\nb",
    "axb",
    "A",
    "-a",
    "]",
    "x{,2}",
    "a.b",
    "a@b",
    "c",
    "cab",
    " ",
    "abab",
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_an_automaton_matches_what_re2_matches(pattern):
    language = languages.of_regex(pattern)
    compiled = re2.compile(pattern)
    for text in TEXTS:
        assert language.holds(text) == (compiled.fullmatch(text) is not None), (pattern, text)


@pytest.mark.parametrize("pattern", [r"\bword", r"a$b", r"\pL+", r"a^b", "(?m)^a$", "(", "[a", r"\C"])
def test_what_is_not_understood_is_refused(pattern):
    with pytest.raises(regex.NotRegular):
        languages.of_regex(pattern)


_piece = st.sampled_from(["a", "b", "/", ".", "[ab]", "[^a]", "(a|b/)", "(ab)", r"\d"])
_pattern = st.lists(st.tuples(_piece, st.sampled_from(["", "*", "+", "?", "{2}", "{1,2}"])), max_size=5).map(
    lambda parts: "".join(piece + mark for piece, mark in parts)
)


@settings(deadline=None)
@given(_pattern, st.text("ab/1\n", max_size=6))
def test_random_patterns_match_what_re2_matches(pattern, text):
    assert languages.of_regex(pattern).holds(text) == (re2.compile(pattern).fullmatch(text) is not None)


@settings(deadline=None)
@given(_pattern, _pattern, st.lists(st.text("ab/1", max_size=5), max_size=10))
def test_inclusion_is_never_said_of_what_a_text_denies(inner, outer, texts):
    first, second = re2.compile(inner), re2.compile(outer)
    found = languages.common([languages.of_regex(inner)], [languages.of_regex(outer)])
    if found is not None:
        assert first.fullmatch(found) and not second.fullmatch(found)
    else:
        assert not [text for text in texts if first.fullmatch(text) and not second.fullmatch(text)]


@pytest.mark.parametrize(
    ("inner", "outer", "expected"),
    [
        (("prefix", "/api/v1"), ("prefix", "/api"), True),
        (("prefix", "/api"), ("prefix", "/api/v1"), False),
        (("exact", "/api"), ("prefix", "/api"), True),
        (("suffix", ".svg"), ("contains", ".s"), True),
        (("contains", "ab"), ("contains", "abc"), False),
    ],
)
def test_plain_kinds(inner, outer, expected):
    nothing_left = languages.common([languages.of_text(*inner)], [languages.of_text(*outer)]) is None
    assert nothing_left is expected


def test_a_text_reads_like_one_that_people_type():
    assert languages.common([languages.of_regex("/api/[^/]+/items")], []) == "/api/x/items"
    assert languages.common([languages.of_text("prefix", "/a")], [languages.of_text("exact", "/a")]) == "/ax"


def test_a_question_without_end_is_given_up():
    many = [languages.of_regex(f".*{char}.{{12}}") for char in "abcdefgh"]
    with pytest.raises(languages.TooLarge):
        languages.common(many, [languages.of_regex(".*")])
