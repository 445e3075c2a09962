"""``python -m tests.fuzz``: random meshes, capture rules and configurations of one Envoy against the real thing, until stopped.

Ends with 1 when anything differed. ``--minutes`` ends it by itself, ``--seed`` begins at a mesh, ``--replay`` sends
a printed counterexample again.
"""

from __future__ import annotations

import argparse
import itertools
import pathlib
import tempfile
import time

from tests.differential.beyond import shown
from tests.differential.generated import run as generated
from tests.fuzz import meshes
from tests.lab import place
from tests.live import netfilter_fuzz

_MESHES_AT_A_TIME = 25
_RULES_SECONDS = 30.0


def _rules(seed: int, seconds: float) -> tuple[list[str], str]:
    """The differences of random rule sets in the kernel, and how many there were."""
    netfilter_fuzz.sweep()
    first = seed * 100_000
    report = netfilter_fuzz.run(iter(range(first, first + 100_000)), time.monotonic() + seconds)
    return [str(d) for d in report.differences], f"{report.sets} rule sets, {report.packets} packets"


def _configurations(seed: int) -> int:
    """How many answers on configurations drawn for a real Envoy are sure and wrong."""
    with tempfile.TemporaryDirectory() as folder:
        report = generated.run(seed, pathlib.Path(folder))
    print("\n".join([*map(shown, report.wrong), str(report)]), flush=True)
    return len(report.wrong)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 1_000_000)
    parser.add_argument("--requests", type=int, default=24, help="of each mesh")
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--only", choices=("meshes", "rules", "envoy"))
    parser.add_argument("--replay", type=pathlib.Path)
    options = parser.parse_args()
    reason = place.why_not()
    if reason is not None and options.only != "envoy":
        parser.exit(1, f"Error: {reason}\n")
    if options.replay:
        found = list(meshes.replay(options.replay))
        print("\n".join(found))
        raise SystemExit(1 if len(found) > 1 else 0)
    raise SystemExit(1 if _run(options) else 0)


def _run(options: argparse.Namespace) -> int:
    """Rounds of meshes and of rules until the time is over or somebody stops it; how many differed."""
    end = time.monotonic() + 60 * options.minutes
    differences = 0
    seeds = itertools.count(options.seed)
    print(f"seed {options.seed}; Ctrl-C ends it", flush=True)
    try:
        for turn in itertools.count(options.seed):
            if time.monotonic() >= end:
                break
            if options.only in (None, "envoy"):
                differences += _configurations(turn)
            if options.only in (None, "meshes"):
                tally = meshes.run(
                    itertools.islice(seeds, _MESHES_AT_A_TIME),
                    options.requests,
                    lambda: time.monotonic() < end,
                    lambda text: print(text, flush=True),
                )
                differences += len(tally.differences)
                print(tally, flush=True)
            left = min(_RULES_SECONDS, end - time.monotonic())
            if options.only in (None, "rules") and left > 0:
                found, said = _rules(turn, left)
                differences += len(found)
                print("\n".join([*found, f"{said}, {len(found)} differences"]), flush=True)
    except KeyboardInterrupt:
        print("stopped", flush=True)
    return differences


if __name__ == "__main__":
    main()
