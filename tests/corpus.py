"""Where the recorded data lies: the folder named by MESHCTL_CORPUS, or ``.corpus`` in the checkout.

The recordings are large and not part of the repository. Without them the comparisons that need them
skip with a reason; under CI (CI=true) they must be there, so the absence is a failure.
"""

from __future__ import annotations

import os
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]


def corpus_root() -> pathlib.Path:
    """The folder of the recordings, whether or not it exists."""
    return pathlib.Path(os.environ.get("MESHCTL_CORPUS") or ROOT / ".corpus")


def available() -> bool:
    """Whether the recordings can be read; under CI always true, so that a missing corpus fails loudly."""
    return os.environ.get("CI") == "true" or corpus_root().is_dir()


def corpus(relative: str = "") -> pathlib.Path:
    """The path of a recording; skips the test where the recordings are absent (fails under CI)."""
    path = corpus_root() / relative
    if not path.exists():
        text = f"recorded data {path} is absent: unpack it there or set MESHCTL_CORPUS"
        if os.environ.get("CI") == "true":
            pytest.fail(text)
        pytest.skip(text)
    return path
