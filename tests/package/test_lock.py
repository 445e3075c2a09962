"""What is installed is locked by hashes, the locks follow pyproject.toml, and the sdist holds the bill of materials and no strays."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
import tarfile

import pytest

from tools import lock

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_every_requirement_is_met_by_the_locks_with_hashes():
    assert lock.unmet() == []


def test_a_range_that_moved_on_is_drift(monkeypatch: pytest.MonkeyPatch):
    have = lock.locked

    def older(name: str) -> dict[str, str]:
        return {**have(name), "typer": "0.1.0"}

    monkeypatch.setattr(lock, "locked", older)
    problems = lock.unmet()
    assert any("typer 0.1.0" in problem for problem in problems)
    assert any("sbom.cdx.json" in problem for problem in problems)


def test_neither_the_locks_nor_the_bill_names_an_index():
    for path in (lock.lock_path("run"), lock.lock_path("dev"), lock.SBOM):
        text = path.read_text("utf-8")
        assert "index-url" not in text and "/simple" not in text


def test_the_sdist_holds_the_program_and_the_bill_and_no_strays(tmp_path: pathlib.Path):
    build = [sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (archive,) = tmp_path.glob("meshctl-*.tar.gz")
    with tarfile.open(archive) as tar:
        names = {name.partition("/")[2] for name in tar.getnames()}
        bill = json.load(tar.extractfile(next(n for n in tar.getnames() if n.endswith("/sbom.cdx.json"))))
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    allowed = {*tracked.splitlines(), "PKG-INFO", ".gitignore"}
    assert names - allowed == set()
    assert not {name for name in names if name.startswith(("tests/", "examples/"))}
    assert bill["bomFormat"] == "CycloneDX" and len(bill["components"]) > 20
