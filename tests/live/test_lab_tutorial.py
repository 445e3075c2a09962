"""The live paragraphs of the tutorial are what the lab prints today."""

from __future__ import annotations

import os

import pytest

from tests.lab import keep, place, recording
from tests.lab.story import tell


@pytest.mark.root
@pytest.mark.envoy
def test_the_live_paragraphs_are_what_the_lab_tells() -> None:
    reason = place.why_not()
    if reason is not None:
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with keep.mesh(f"t{os.getpid()}") as lab:
        told = recording.paragraphs(list(tell(lab)))
    shown = {what: out for what, kind, out in recording.blocks(recording.TUTORIAL.read_text()) if kind}
    assert shown
    for number, output in shown.items():
        assert told[number] == output.rstrip("\n"), number
