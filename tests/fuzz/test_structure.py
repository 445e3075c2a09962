"""20,000 structure-aware inputs through tables and rules: none is a fault of meshctl (tests/fuzz/structure.py)."""

from __future__ import annotations

import os
import pathlib

import pytest

from tests.fuzz import structure

_BATCHES = 40
_INPUTS = int(os.environ.get("MESHCTL_FUZZ_INPUTS", "2000"))  # CI asks for 20,000


@pytest.mark.parametrize("batch", range(_BATCHES))
def test_no_odd_value_is_a_fault(batch: int, tmp_path: pathlib.Path) -> None:
    each = _INPUTS // _BATCHES
    found = (structure.fault(number, tmp_path) for number in range(batch * each, (batch + 1) * each))
    assert [wrong for wrong in found if wrong] == []


def test_the_same_number_is_the_same_input() -> None:
    import random

    seed = structure.seeds()[0]
    assert structure.mutated(seed, random.Random(7)) == structure.mutated(seed, random.Random(7)) != seed
