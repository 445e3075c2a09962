"""Patterns that are compiled when they are first asked: every one that a module states compiles, and answers as ``re`` does."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest

import meshctl
from meshctl.patterns import expression


def test_it_answers_as_re_does() -> None:
    late, made = (
        expression(r"(?P<word>[a-z]+)-\d", re.IGNORECASE),
        re.compile(r"(?P<word>[a-z]+)-\d", re.IGNORECASE),
    )
    text = "Ab-1 cd-2"
    found = late.match(text, 5)
    assert found is not None and found["word"] == "cd"
    assert late.sub("x", text) == made.sub("x", text) == "x x"
    assert (
        late.findall(text) == made.findall(text) and late.pattern == made.pattern and late.flags == made.flags
    )
    assert expression(rb"\d").search(b"a1") is not None


def test_it_is_compiled_once_and_not_before_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[object] = []
    compile_ = re.compile
    monkeypatch.setattr(re, "compile", lambda *given: compiled.append(given) or compile_(*given))
    late = expression("a")
    assert not compiled
    assert late.match("a") and late.search("ba") and not late.fullmatch("b")
    assert len(compiled) == 1


def test_it_has_nothing_else() -> None:
    with pytest.raises(AttributeError):
        _ = expression("a").serach  # type: ignore[attr-defined]


def _stated() -> Iterator[tuple[str, object]]:
    for module in pkgutil.walk_packages(meshctl.__path__, "meshctl."):
        try:
            names = vars(importlib.import_module(module.name))
        except ModuleNotFoundError as error:  # an extra that is not installed
            assert not str(error.name).startswith("meshctl")
            continue
        yield from (
            (f"{module.name}.{name}", value) for name, value in names.items() if type(value) is expression
        )


def test_every_pattern_that_is_stated_compiles() -> None:
    stated = list(_stated())
    assert len(stated) > 50
    for name, value in stated:
        assert value.pattern is not None, name  # type: ignore[attr-defined]
