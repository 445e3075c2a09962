"""Write exceptions.json and answers.json again: how many recordings of each scenario show each deliberate difference,
and the digests of what we answer there."""

from __future__ import annotations

import json
import os
import pathlib

import pytest

from tests.corpus import corpus_root
from tests.golden.cases import scenarios


def main() -> None:
    from tests.golden.test_istioctl_golden import run

    here = pathlib.Path(__file__).resolve().parent
    os.chdir(corpus_root())
    counts, answers = {}, {}
    for scenario in scenarios(pathlib.Path("golden")):
        failures, used, ours = run(scenario, pytest.MonkeyPatch())
        print(f"{scenario.name}: {len(failures)} unexplained, {dict(used)}")
        if used:
            counts[scenario.name] = dict(sorted(used.items()))
        if ours:
            answers[scenario.name] = ours
    for name, value in (("exceptions", counts), ("answers", answers)):
        (here / f"{name}.json").write_text(json.dumps(value, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
