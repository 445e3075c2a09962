"""The walk against the running kernel: random rule sets in namespaces, real packets, the kernel's own trace.

200 rule sets of 20 packets a run; MESHCTL_SEED chooses them (default 1), MESHCTL_RULE_SETS how many.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from tests.live.netfilter_fuzz import BACKENDS, Report, one_set
from tests.live.netfilter_lab import PREFIX, Labs, sweep, why_not

pytestmark = pytest.mark.root

SEED = int(os.environ.get("MESHCTL_SEED", "1"))
RULE_SETS = int(os.environ.get("MESHCTL_RULE_SETS", "216"))
PARTS = 6  # a lab each, so that pytest-xdist can share the work


@pytest.fixture(scope="module")
def labs() -> Iterator[Labs]:
    """Pods and peers; skipped without root, required in CI."""
    reason = why_not()
    if reason is not None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"the kernel test cannot run: {reason}")
        pytest.skip(reason)
    sweep()
    with Labs() as made:
        yield made


@pytest.mark.parametrize("part", range(PARTS))
def test_the_kernel_and_the_walk_agree(labs: Labs, part: int) -> None:
    each = RULE_SETS // PARTS
    first = SEED * 100_000 + part * each
    report, backends = Report(), set()
    seed, end = first, time.monotonic() + 240
    while report.sets < each and time.monotonic() < end:
        report.add(one_set(labs, seed))
        backends.add(BACKENDS[seed % len(BACKENDS)])
        # a refused set is replaced by one from elsewhere, so that parts never overlap
        seed = seed + 1 if seed + 1 < first + each else first + 50_000
    assert not report.differences, "\n".join(report.differences[:10])
    assert report.sets >= each, f"only {report.sets} of {each} rule sets in four minutes"
    assert report.packets > 15 * report.sets
    # whether a DNAT's new destination is local is for the routing table, which a rule set does not hold
    assert report.undetermined < report.packets / 50
    assert report.refused <= each // 2
    assert backends == set(BACKENDS)


def test_nothing_is_left_behind_of_a_killed_run() -> None:
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    import subprocess

    gone = subprocess.Popen(["true"])
    gone.wait()
    name = f"{PREFIX}{gone.pid}-pod"
    subprocess.run(["ip", "netns", "add", name], check=True)
    sweep()
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True).stdout
    assert name not in listed
