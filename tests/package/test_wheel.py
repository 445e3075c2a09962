"""The wheel of this tree, installed in an empty environment, is a working meshctl with its data files."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import venv
from collections.abc import Iterator

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
STORY = ROOT / "examples" / "story"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pathlib.Path]:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = folder.glob("meshctl-*.whl")
    venv.create(folder / "empty", with_pip=False)
    python = folder / "empty" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-compile"]
    installed = subprocess.run([*pip, str(wheel)], capture_output=True, text=True)
    if installed.returncode and os.environ.get("CI") != "true":
        pytest.skip(f"the dependencies cannot be installed here: {installed.stderr[-200:]}")
    assert installed.returncode == 0, installed.stderr
    yield python


def run(python: pathlib.Path, *arguments: str) -> str:
    # from a folder of its own: the checkout must not be importable by chance
    done = subprocess.run(
        [python, *arguments], cwd=python.parent, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_program_and_the_module_run(environment: pathlib.Path) -> None:
    script = subprocess.run(
        [environment.with_name("meshctl"), "version"], capture_output=True, text=True, check=True
    )
    assert script.stdout == run(environment, "-m", "meshctl", "version")


def test_the_schema_is_in_the_wheel(environment: pathlib.Path) -> None:
    out = run(environment, "-m", "meshctl", "pc", "cluster", "test-pod", "-f", str(STORY), "-o", "json")
    assert '"transportSocketMatches"' in out


def test_a_trace_works_from_the_wheel(environment: pathlib.Path) -> None:
    out = run(environment, "-m", "meshctl", "trace", "test-pod", "http://nginx.test/", "--dir", str(STORY))
    assert "DELIVERED to nginx-7c79c4bf97-7985c port 80" in out


def test_the_questions_of_a_fleet_are_in_the_wheel_and_its_engine_is_an_extra(
    environment: pathlib.Path,
) -> None:
    assert "certificates [--within 7d]" in run(environment, "-m", "meshctl", "fleet", "ask")
    assert "FROM proxies" in run(environment, "-m", "meshctl", "fleet", "ask", "versions", "--sql")
    asked = [environment, "-m", "meshctl", "fleet", "ask", "versions", "--from", "x"]
    without = subprocess.run(asked, cwd=environment.parent, capture_output=True, text=True)
    assert without.returncode == 2
    assert "pip install 'meshctl[fleet]'" in without.stderr
