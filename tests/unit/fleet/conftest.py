"""A small fleet with plants, indexed once for all tests of this folder."""

from __future__ import annotations

import pathlib

import pytest

from bench import fleet
from tests import cli

PROXIES = 75
TODAY, YESTERDAY = "2026-11-27", "2026-11-26"


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> pathlib.Path:
    """The folder of the fleet's pods."""
    folder = tmp_path_factory.mktemp("fleet") / "pods"
    fleet.Fleet(1).write(folder, range(PROXIES))
    return folder


@pytest.fixture(scope="session")
def place(made, tmp_path_factory) -> str:
    """The data set of the fleet."""
    pytest.importorskip("duckdb")
    to = tmp_path_factory.mktemp("fleet") / "set"
    done = cli.run(
        "fleet", "index", str(made), "--mesh", "prod", "--date", TODAY, "--to", str(to), "--workers", "1"
    )
    assert done.rc == 0, done.err
    return str(to)
