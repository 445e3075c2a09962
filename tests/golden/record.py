"""Write exceptions.json again: how many recordings of each scenario show each deliberate difference."""

from __future__ import annotations

import json
import os
import pathlib

import pytest

from tests.corpus import corpus_root
from tests.golden.cases import scenarios


def main() -> None:
    from tests.golden.test_istioctl_golden import run

    target = pathlib.Path(__file__).resolve().parent / "exceptions.json"
    os.chdir(corpus_root())
    counts = {}
    for scenario in scenarios(pathlib.Path("golden")):
        failures, used = run(scenario, pytest.MonkeyPatch())
        print(f"{scenario.name}: {len(failures)} unexplained, {dict(used)}")
        if used:
            counts[scenario.name] = dict(sorted(used.items()))
    target.write_text(json.dumps(counts, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
