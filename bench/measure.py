"""What every benchmark uses: the best of several runs, peak memory of a child, a table of ratios."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterable
from typing import NamedTuple


class Row(NamedTuple):
    """A figure: seconds (best of several runs), MB or MiB as the title says, and the ratio to the peer."""

    title: str
    seconds: float
    megabytes: float
    ratio: float


def best_of(runs: int, measure: Callable[[], float]) -> float:
    """The smallest of several measurements: noise only ever adds."""
    return min(measure() for _ in range(runs))


def peak_mib(process: subprocess.Popen[bytes]) -> float:
    """Wait for a child and return its peak resident memory in MiB."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss / 1024


def table(title: str, rows: Iterable[Row], unit: str = "MiB") -> str:
    """The figures of one benchmark as text."""
    lines = [title, f"{'':48} {'seconds':>8} {unit:>8} {'ratio':>7}"]
    lines += [f"{r.title:48} {r.seconds:8.3f} {r.megabytes:8.0f} {r.ratio:7.2f}" for r in rows]
    return "\n".join(lines)
