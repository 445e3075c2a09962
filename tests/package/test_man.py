"""The man page is in the wheel, up to date, and one that man reads."""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys
import zipfile

import pytest

from tools import build_man


def test_the_page_is_what_the_program_says():
    assert build_man.PAGE.read_text("utf-8") == build_man.page()


def test_every_command_and_global_option_is_in_it():
    text = build_man.page()
    for words in ("proxy\\-config, pc", "trace", "why", "\\-\\-namespace, \\-n", "\\-\\-error\\-format"):
        assert words in text, words


def test_it_is_in_the_wheel(tmp_path: pathlib.Path):
    build = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(tmp_path),
        str(build_man.ROOT),
    ]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    assert any(name.endswith("share/man/man1/meshctl.1") for name in zipfile.ZipFile(wheel).namelist())


def test_groff_has_nothing_to_say():
    groff = shutil.which("groff")
    if groff is None:
        pytest.skip("groff is not installed")
    run = subprocess.run(
        [groff, "-man", "-Tutf8", "-ww", "-z", build_man.PAGE], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0 and not run.stderr
