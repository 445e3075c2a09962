"""The quick way to ask tests about a mutant: a process that has collected them exchanges the code of its functions.

Theory of operation. Most of the time of a mutant goes into importing and collecting. One process does it once. For
each mutant it forks, and the fork gives every function whose code the change made another (closures that were made on
import too) its new code, forgets what is cached, and runs the tests. What only an import can change, such as a table, a
default or a test's parameter, stays as it was: a test that fails has noticed the mutant, but one that none notices here
has to be imported to be asked about (``__main__.noticed``).
"""

from __future__ import annotations

import ast
import functools
import gc
import multiprocessing
import os
import pathlib
import signal
import types
from collections.abc import Iterable, Sequence
from multiprocessing.connection import Connection

import pytest

from tests.mutation.mutants import Mutant, changed_tree

Codes = dict[tuple[str, int], list[types.CodeType]]


def _codes(code: types.CodeType) -> list[types.CodeType]:
    """A code object and those within it."""
    inner = [part for part in code.co_consts if isinstance(part, types.CodeType)]
    return [code, *(one for part in inner for one in _codes(part))]


def _by_place(tree: ast.Module, path: pathlib.Path) -> Codes:
    found: Codes = {}
    for code in _codes(compile(tree, str(path), "exec")):
        found.setdefault((code.co_qualname, code.co_firstlineno), []).append(code)
    return found


def exchanged(path: pathlib.Path, mutant: Mutant) -> list[tuple[types.FunctionType, types.CodeType]]:
    """The living functions of a module that the mutant changes, each with its new code."""
    source = path.read_text("utf-8")
    old, new = _by_place(ast.parse(source), path), _by_place(changed_tree(mutant, source), path)
    pairs = [
        (before, after)
        for place, codes in old.items()
        for before, after in zip(codes, new.get(place, ()), strict=False)
        if before != after
    ]
    functions = [
        function
        for function in gc.get_objects()
        if isinstance(function, types.FunctionType) and function.__code__.co_filename == str(path)
    ]
    return [
        (function, after) for function in functions for before, after in pairs if function.__code__ == before
    ]


class _Server:
    """A pytest plugin: instead of running the tests it answers questions, (mutant, names of tests) each."""

    def __init__(self, root: pathlib.Path, questions: Connection) -> None:
        self.root, self.questions = root, questions

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        by_name = {item.nodeid: item for item in session.items}
        while (question := self.questions.recv()) is not None:
            mutant, names = question
            found = exchanged(self.root / mutant.path, mutant)
            items = [by_name[name] for name in names if name in by_name]
            self.questions.send(bool(found and items) and _fails(found, items))
        return True


def _fails(found: Sequence[tuple[types.FunctionType, types.CodeType]], items: Sequence[pytest.Item]) -> bool:
    """Whether one of the tests fails with the functions' new code, in a process of its own."""
    from _pytest.runner import runtestprotocol

    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.alarm(120)  # a run without end is noticed too
            for function, after in found:
                function.__code__ = after
            for cached in gc.get_objects():
                if isinstance(cached, functools._lru_cache_wrapper):
                    cached.cache_clear()
            failed = any(
                report.failed for item in items for report in runtestprotocol(item, log=False, nextitem=None)
            )
            code = int(failed)
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1] != 0


class Quick:
    """The process that has collected the tests of some files."""

    def __init__(self, root: pathlib.Path, files: Iterable[str]) -> None:
        self.questions, other = multiprocessing.Pipe()
        self.child = os.fork()
        if self.child == 0:
            self.questions.close()
            silence = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(silence, stream)
            flags = ("-q", "-s", "-p", "no:cacheprovider", "-p", "no:xdist")
            try:
                pytest.main([*flags, *sorted(files)], plugins=[_Server(root, other)])
            finally:
                os._exit(0)
        other.close()

    def noticed(self, mutant: Mutant, tests: Sequence[str]) -> bool:
        """Whether one of the tests fails; False also where only importing the mutant can tell."""
        try:
            self.questions.send((mutant, tests))
            return bool(self.questions.recv())
        except (EOFError, OSError):
            return False

    def end(self) -> None:
        """Let the process go."""
        try:
            self.questions.send(None)
        except OSError:
            return
        os.waitpid(self.child, 0)
