"""Which tests reach which line: one measuring run under coverage, kept in ``.mutation/`` and brought up to date.

Theory of operation. The first run takes minutes (all of ``TESTS`` but what is listed in ``_LEFT_OUT``, on one core). What
it found is kept with a hash of each test file and each module:

- a test file that changed, or is new, is measured again, alone, and its old contexts are deleted;
- a module that changed has other lines now. Of it only is known which tests reach the module at all, and these are
  asked, nearest first, until ``make mutate MUTATE=--fresh`` measures everything anew.

Which tests are asked about a line, in this order: those that reach the line, then those that reach its module (what a
cache hides, and what runs once on import, is reached by the first test alone); in each part the tests of the module's
own room first, then the quick ones. The recorded comparisons, which take minutes, are thereby asked last.
"""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

ROOT = pathlib.Path(__file__).resolve().parents[2]
STORE = ROOT / ".mutation"
TESTS = ("tests/unit", "tests/golden", "tests/differential")
_DATA, _SECONDS, _HASHES = STORE / "coverage", STORE / "seconds.json", STORE / "hashes.json"

# No rule of one module is decided by these alone: whole processes, random input, engines of other people.
_LEFT_OUT = (
    "tests/unit/fleet",
    "tests/unit/test_bombs.py",
    "tests/unit/test_tutorial.py",
    "tests/unit/commands/test_fuzz_inputs.py",
    "tests/differential/generated",
    "tests/golden/test_pc_live_golden.py",
)


@dataclass(frozen=True)
class Reach:
    """What the measuring run found."""

    seconds: dict[str, float]  # of each test that passes
    modules: dict[str, str]  # the hash of each module when it was measured
    data: pathlib.Path

    @cached_property
    def _by_module(self) -> dict[str, dict[int, set[str]]]:
        import coverage

        data = coverage.CoverageData(str(self.data))
        data.read()
        found: dict[str, dict[int, set[str]]] = {}
        for file in data.measured_files():
            lines = data.contexts_by_lineno(file)
            found[str(pathlib.Path(file).relative_to(ROOT))] = {
                n: {c for c in contexts if c in self.seconds} for n, contexts in lines.items()
            }
        return found

    def tests(self, module: str, line: int, seconds: float) -> list[str]:
        """The tests to ask about a line, as many as take so long together."""
        lines = self._by_module.get(module, {})
        of_module = set().union(*lines.values()) if lines else set()
        of_line = lines.get(line, set()) if self.modules.get(module) == _hash(ROOT / module) else of_module
        chosen: list[str] = []
        left = seconds
        for name in (*self._in_order(module, of_line), *self._in_order(module, of_module - of_line)):
            left -= self.seconds[name] + 0.01
            if left < 0:
                break
            chosen.append(name)
        return chosen

    def _in_order(self, module: str, names: Iterable[str]) -> list[str]:
        room = "tests/unit/" + module.split("/")[1]
        return sorted(names, key=lambda n: (not n.startswith(room), self.seconds[n], n))


def _hash(path: pathlib.Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else ""


def _test_files(places: Iterable[str]) -> list[str]:
    files = (
        f
        for p in places
        for f in (sorted((ROOT / p).rglob("test_*.py")) if (ROOT / p).is_dir() else [ROOT / p])
    )
    names = (str(file.relative_to(ROOT)) for file in files)
    return [name for name in names if not name.startswith(_LEFT_OUT)]


def measured(fresh: bool, only: tuple[str, ...] = ()) -> Reach:
    """What is known, after measuring what is not; of all tests or of some files and folders."""
    STORE.mkdir(exist_ok=True)
    known = json.loads(_HASHES.read_text("utf-8")) if _HASHES.exists() and not fresh else {}
    if not known:
        _DATA.unlink(missing_ok=True)
        _SECONDS.unlink(missing_ok=True)
        modules = {str(f.relative_to(ROOT)): _hash(f) for f in sorted((ROOT / "meshctl").rglob("*.py"))}
        known = {"modules": modules, "tests": {}}
    hashes = {name: _hash(ROOT / name) for name in _test_files(only or TESTS)}
    stale = [name for name, digest in hashes.items() if known["tests"].get(name) != digest]
    seconds = json.loads(_SECONDS.read_text("utf-8")) if _SECONDS.exists() else {}
    if stale:
        seconds = {test: s for test, s in seconds.items() if test.split("::")[0] not in stale}
        _forget(stale)
        seconds |= _run(stale)
        _SECONDS.write_text(json.dumps(seconds), "utf-8")
        _HASHES.write_text(json.dumps({**known, "tests": known["tests"] | hashes}), "utf-8")
    asked = {test: s for test, s in seconds.items() if not only or test.startswith(only)}
    return Reach(asked, known["modules"], _DATA)


def _forget(files: list[str]) -> None:
    """Delete the contexts of test files."""
    if not _DATA.exists():
        return
    with sqlite3.connect(_DATA) as db:
        for file in files:
            ids = "select id from context where context like ? || '::%'"
            db.execute(f"delete from line_bits where context_id in ({ids})", (file,))
            db.execute("delete from context where context like ? || '::%'", (file,))
    db.close()


def _run(files: list[str]) -> dict[str, float]:
    """Run test files under coverage, adding to what is kept; the seconds of each test."""
    settings, times = STORE / "coveragerc", STORE / "seconds-of-run.json"
    settings.write_text(f"[run]\nsource = meshctl\ndata_file = {_DATA}\n", "utf-8")
    coverage = (sys.executable, "-m", "coverage", "run", "--append", f"--rcfile={settings}")
    pytest = (
        "-m",
        "pytest",
        "-q",
        "-n",
        "0",
        "-p",
        "tests.mutation.contexts",
        "-m",
        "not envoy and not root",
    )
    environment = {**os.environ, "MESHCTL_MUTATION_SECONDS": str(times)}
    subprocess.run([*coverage, *pytest, *files], cwd=ROOT, env=environment, check=False, stdout=sys.stderr)
    found: dict[str, float] = json.loads(times.read_text("utf-8"))
    return found
