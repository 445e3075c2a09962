"""``make mutate``: change a module in one place, run the tests that reach that place, and see whether one notices.

    python -m tests.mutation                       modules changed since main's last landing, 150 mutants
    python -m tests.mutation meshctl/match -n 400  a folder or module, more of them
    python -m tests.mutation --all                 every mutant
    python -m tests.mutation meshctl/why --tests tests/unit/why      by the tests of a room: a lower bound, and quick

How it works. Which tests reach which line is measured once (``reach.py``). The tests that reach the changed line are
run, nearest and quickest first, until one fails: first where they are collected already (``quick.py``), then, if none
has noticed, in a process of its own in which an import hook gives the changed source.

How to read the figures. "survived": no test of unit, golden and differential that reaches the line failed within
``--seconds``: a rule that nobody states. "uncovered": no such test at all. With ``--tests`` only these are asked: what
they notice is a lower bound. A few survivors of each hundred are the same program (a limit of a cache, an order that
is sorted later): judge, do not chase. A sample of 150 is good for plus or minus 6 points; draw again with ``--seed``.
"""

from __future__ import annotations

import argparse
import collections
import importlib.abc
import importlib.util
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import NoReturn

from tests.mutation.mutants import Mutant, changed, mutants
from tests.mutation.quick import Quick
from tests.mutation.reach import ROOT, measured

_SECONDS = 120
_NO_SUCH_TEST = 4
_HEAVY = (
    "pytest",
    "hypothesis",
    "msgspec",
    "yaml",
    "typer",
    "google.protobuf.descriptor_pool",
    "cryptography.x509",
    "re2",
)


def changed_modules(base: str) -> list[str]:
    """The modules of meshctl that differ from a revision."""
    run = subprocess.run(
        ["git", "diff", "--name-only", base, "--", "meshctl"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in run.stdout.split() if name.endswith(".py") and (ROOT / name).exists()]


def modules_of(places: Iterable[str]) -> list[str]:
    """The modules of files and folders; generated ones are left out."""
    found: list[str] = []
    for place in places:
        path = ROOT / place
        files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        found += [str(file.relative_to(ROOT)) for file in files]
    return [name for name in found if "/envoy/api/" not in name]


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module another source."""

    def __init__(self, mutant: Mutant) -> None:
        parts = mutant.path.removesuffix(".py").split("/")
        self.package = parts[-1] == "__init__"
        self.name = ".".join(parts[:-1] if self.package else parts)
        self.mutant = mutant
        self.source = changed(mutant, (ROOT / mutant.path).read_text("utf-8"))

    def find_spec(self, name: str, path: object = None, target: object = None) -> object:
        if name != self.name:
            return None
        return importlib.util.spec_from_file_location(
            name,
            ROOT / self.mutant.path,
            loader=self,
            submodule_search_locations=[str((ROOT / self.mutant.path).parent)] if self.package else None,
        )

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.source, self.mutant.path, "exec"), module.__dict__)


def noticed(mutant: Mutant, tests: Sequence[str]) -> bool:
    """Whether one of the tests fails with the changed module; a run without end is noticed too."""
    code = _exit_code(mutant, tests)
    if code == _NO_SUCH_TEST:  # parameters made from what was changed: their functions, whole
        code = _exit_code(mutant, tuple(dict.fromkeys(name.split("[")[0] for name in tests)))
    return code != 0


def _exit_code(mutant: Mutant, tests: Sequence[str]) -> int:
    """What pytest says of the tests with the changed module, in a process of its own."""
    child = os.fork()
    if child == 0:
        _be_pytest(mutant, tests)
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -signal.SIGKILL


def _be_pytest(mutant: Mutant, tests: Sequence[str]) -> NoReturn:
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)
    os.setpgid(0, 0)
    code = 1
    try:
        sys.meta_path.insert(0, _Changed(mutant))  # type: ignore[arg-type]
        import pytest

        code = int(pytest.main(["-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", *tests]))
    finally:
        os._exit(code)


def fate(mutant: Mutant, tests: Sequence[str], quick: Quick) -> str:
    """What becomes of a mutant: the tests of its own room are asked first, being quick to collect."""
    if quick.noticed(mutant, tests):
        return "killed"
    room = "tests/unit/" + mutant.path.split("/")[1]
    near = [name for name in tests if name.startswith(room)]
    far = [name for name in tests if not name.startswith(room)]
    if not tests:
        return "uncovered"
    return "killed" if any(noticed(mutant, part) for part in (near, far) if part) else "survived"


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "places", nargs="*", help="modules or folders; without any, what changed since --base"
    )
    parser.add_argument("-n", type=int, default=150, help="how many mutants, drawn at random")
    parser.add_argument("--all", action="store_true", help="every mutant")
    parser.add_argument("--base", default="HEAD~20", help="what counts as changed")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--fresh", action="store_true", help="measure again which tests reach which line")
    parser.add_argument("--tests", nargs="+", default=[], help="only these: quick, and a lower bound")
    parser.add_argument("--seconds", type=float, default=30, help="how long the tests of a mutant may take")
    options = parser.parse_args()
    os.chdir(ROOT)
    reach = measured(options.fresh, tuple(options.tests))
    for heavy in _HEAVY:
        importlib.import_module(heavy)
    names = modules_of(options.places) if options.places else changed_modules(options.base)
    found = [m for name in names for m in mutants(name, (ROOT / name).read_text("utf-8"))]
    if not options.all and len(found) > options.n:
        found = random.Random(options.seed).sample(found, options.n)
    quick = Quick(ROOT, {name.split("::")[0] for name in reach.seconds})
    counts: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for number, mutant in enumerate(found, 1):
        print(f"\r{number} of {len(found)}", end="", file=sys.stderr, flush=True)
        tests = reach.tests(mutant.path, mutant.line, options.seconds)
        what = fate(mutant, tests, quick)
        counts["/".join(mutant.path.split("/")[:2])][what] += 1
        if what != "killed":
            print(f"\r{what:9} {mutant.path}:{mutant.line} {mutant.kind:10} | {mutant.shown}", flush=True)
    quick.end()
    for room, fates in sorted(counts.items()):
        share = 100 * fates["killed"] / fates.total()
        print(f"{room:24} {share:5.1f} % of {fates.total()} noticed  {dict(fates)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
