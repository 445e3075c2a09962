"""``make mutate``: change a module in one place, run the tests that reach that place, and see whether one notices.

    python -m tests.mutation                       modules changed since main's last landing, 150 mutants
    python -m tests.mutation meshctl/match -n 400  a folder or module, more of them
    python -m tests.mutation --all                 every mutant
    python -m tests.mutation meshctl/why --tests tests/unit/why      by the tests of a room: seconds, not minutes

How it works. One run of the tests under coverage, a context a test, tells which tests reach which line (kept in
``.mutation/``, made again with ``--fresh``). Each mutant then runs in a process of its own, forked from one that has
imported what is heavy; an import hook gives it the changed source. A mutant that no test notices is a missing rule.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import importlib.abc
import importlib.util
import os
import pathlib
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from types import ModuleType

from tests.mutation.mutants import Mutant, mutants

ROOT = pathlib.Path(__file__).resolve().parents[2]
STORE = ROOT / ".mutation"
TESTS = ("tests/unit", "tests/golden", "tests/differential")
_MOST_TESTS = 60
_SECONDS = 90


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


def reach(fresh: bool, tests: Sequence[str] = TESTS) -> dict[str, dict[int, list[str]]]:
    """For each module and line the tests that run it, of all tests or of some."""
    import coverage

    some = (
        ""
        if tuple(tests) == TESTS
        else "-" + hashlib.sha256(" ".join(sorted(tests)).encode()).hexdigest()[:8]
    )
    data_file = STORE / f"coverage{some}"
    if fresh or not data_file.exists():
        STORE.mkdir(exist_ok=True)
        settings = STORE / "coveragerc"
        settings.write_text(
            f"[run]\nsource = meshctl\ndata_file = {data_file}\ndynamic_context = test_function\n"
        )
        subprocess.run(
            [
                sys.executable,
                "-m",
                "coverage",
                "run",
                f"--rcfile={settings}",
                "-m",
                "pytest",
                "-q",
                *tests,
            ],
            cwd=ROOT,
            check=False,
        )
    data = coverage.CoverageData(str(data_file))
    data.read()
    found: dict[str, dict[int, list[str]]] = {}
    for file in data.measured_files():
        name = str(pathlib.Path(file).relative_to(ROOT))
        found[name] = {
            line: [c for c in contexts if c] for line, contexts in data.contexts_by_lineno(file).items()
        }
    return found


def files_of(contexts: Sequence[str]) -> list[str]:
    """pytest's names of tests from coverage's contexts (``tests.unit.a.test_b.test_c``): unit tests first."""
    names = []
    for context in contexts:
        parts = context.split(".")
        for cut in range(len(parts), 0, -1):
            file = ROOT.joinpath(*parts[:cut]).with_suffix(".py")
            if file.is_file():
                names.append(f"{file.relative_to(ROOT)}::{'::'.join(parts[cut:])}")
                break
    order = {prefix: index for index, prefix in enumerate(TESTS)}
    rank = lambda name: next((i for p, i in order.items() if name.startswith(p)), 9)  # noqa: E731
    return sorted(dict.fromkeys(names), key=rank)[:_MOST_TESTS]


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module another source."""

    def __init__(self, mutant: Mutant) -> None:
        parts = mutant.path.removesuffix(".py").split("/")
        self.package = parts[-1] == "__init__"
        self.name = ".".join(parts[:-1] if self.package else parts)
        self.mutant = mutant

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
        exec(compile(self.mutant.source, self.mutant.path, "exec"), module.__dict__)


def noticed(mutant: Mutant, tests: Sequence[str]) -> bool:
    """Whether one of the tests fails with the changed module; a run without end is noticed too."""
    child = os.fork()
    if child == 0:
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silence, stream)
        os.setpgid(0, 0)
        sys.meta_path.insert(0, _Changed(mutant))  # type: ignore[arg-type]
        import pytest

        code = 1
        try:
            code = int(pytest.main(["-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", *tests]))
        finally:
            os._exit(code)
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) != 0
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "places", nargs="*", help="modules or folders; without any, what changed since --base"
    )
    parser.add_argument("-n", type=int, default=150, help="how many mutants, drawn at random")
    parser.add_argument("--all", action="store_true", help="every mutant")
    parser.add_argument("--base", default="HEAD~20", help="what counts as changed")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--fresh", action="store_true", help="measure again which tests reach which line")
    parser.add_argument(
        "--tests",
        nargs="+",
        default=list(TESTS),
        help="only these tests: quick, and a lower bound of what is noticed",
    )
    options = parser.parse_args()
    os.chdir(ROOT)
    by_line = reach(options.fresh, options.tests)
    for heavy in (
        "pytest",
        "hypothesis",
        "msgspec",
        "yaml",
        "typer",
        "google.protobuf.descriptor_pool",
        "cryptography.x509",
    ):
        importlib.import_module(heavy)
    names = modules_of(options.places) if options.places else changed_modules(options.base)
    found = [m for name in names for m in mutants(name, (ROOT / name).read_text("utf-8"))]
    if not options.all and len(found) > options.n:
        found = random.Random(options.seed).sample(found, options.n)
    counts: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for mutant in found:
        tests = files_of(by_line.get(mutant.path, {}).get(mutant.line, ()))
        fate = "uncovered" if not tests else "killed" if noticed(mutant, tests) else "survived"
        counts["/".join(mutant.path.split("/")[:2])][fate] += 1
        if fate != "killed":
            print(f"{fate:9} {mutant.path}:{mutant.line} {mutant.kind:10} | {mutant.shown}", flush=True)
    for room, fates in sorted(counts.items()):
        print(
            f"{room:24} {100 * fates['killed'] / fates.total():5.1f} % of {fates.total()} noticed  {dict(fates)}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
