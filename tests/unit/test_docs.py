"""What the documentation says of the code follows from the code."""

from __future__ import annotations

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_the_generated_parts_are_up_to_date():
    run = subprocess.run(
        [sys.executable, ROOT / "tools" / "build_docs.py", "--check"],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT)},
    )
    assert run.returncode == 0, run.stderr
