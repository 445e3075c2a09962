"""The committed schema is what the build step makes of the pinned packages."""

from __future__ import annotations

import importlib.util
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]


@pytest.mark.skipif(
    importlib.util.find_spec("envoy_data_plane") is None,
    reason="envoy-data-plane is not installed (dev extra)",
)
def test_the_committed_schema_is_up_to_date():
    run = subprocess.run(
        [sys.executable, ROOT / "tools" / "build_schema.py", "--check"], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
