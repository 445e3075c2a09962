"""The views on a large dump and on a small one, as ratios to ``json.load`` of the same file in the same run.

The ratio is what counts: it does not depend on the machine. istioctl's own are 2.0 for a table, 2.0 for one
match as JSON, 3.0 for everything as JSON, 7.7 as YAML.
"""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import tempfile
import time

from bench import big_dump
from bench.measure import Row, best_of, peak_mib

MEGABYTES = 45.0
RUNS = 5
_ONE = "outbound|9080|v1|reviews-7.bookinfo.svc.cluster.local"

# title, arguments (``{dump}`` and ``{clusters}`` stand for the files), the target in ratios
CASES: tuple[tuple[str, tuple[str, ...], float], ...] = (
    ("cluster, table", ("cluster", "-f", "{dump}"), 0.35),
    ("cluster, table, one match", ("cluster", "-f", "{dump}", "--fqdn", _ONE), 0.35),
    ("listener, table", ("listener", "-f", "{dump}"), 0.35),
    ("listener, table, one port", ("listener", "-f", "{dump}", "--port", "15001"), 0.35),
    ("route, table", ("route", "-f", "{dump}"), 0.35),
    ("eds, table", ("eds", "-f", "{dump}"), 0.35),
    ("secret, table", ("secret", "-f", "{dump}"), 0.35),
    ("bootstrap, short", ("bootstrap", "-f", "{dump}", "-o", "short"), 0.35),
    ("cluster, one match as JSON", ("cluster", "-f", "{dump}", "--fqdn", _ONE, "-o", "json"), 0.40),
    ("cluster, all as JSON", ("cluster", "-f", "{dump}", "-o", "json"), 1.2),
    ("listener, all as JSON", ("listener", "-f", "{dump}", "-o", "json"), 1.2),
    ("cluster, all as YAML", ("cluster", "-f", "{dump}", "-o", "yaml"), 3.0),
    ("all, as JSON", ("all", "-f", "{dump}", "-o", "json"), 1.2),
    ("all, tables", ("all", "-f", "{dump}"), 1.2),
)


def rows(megabytes: float = MEGABYTES, runs: int = RUNS) -> list[Row]:
    """The figures of one run; the first is the peer."""
    with tempfile.TemporaryDirectory() as text:
        folder = pathlib.Path(text)
        # made by a process of its own: a child's memory counts from its parent's
        subprocess.run([sys.executable, "-m", "bench.big_dump", str(folder), str(megabytes)], check=True)
        dump, clusters = folder / "config_dump.json", folder / "clusters.json"
        files = {"dump": str(dump), "clusters": str(clusters)}
        loading = [sys.executable, "-c", f"import json; json.load(open({str(dump)!r}))"]
        peer, memory = _timed(loading, runs)
        found = [Row(f"python json.load, {dump.stat().st_size / 1e6:.0f} MB", peer, memory, 1.0)]
        for title, arguments, target in CASES:
            command = [sys.executable, "-m", "meshctl", "pc", *(a.format(**files) for a in arguments)]
            seconds, memory = _timed(command, runs)
            found.append(Row(f"{title} (target {target})", seconds, memory, seconds / peer))
        loading = [sys.executable, "-c", f"import json; json.load(open({str(clusters)!r}))"]
        peer, memory = _timed(loading, runs)
        found.append(Row(f"python json.load, {clusters.stat().st_size / 1e6:.0f} MB", peer, memory, 1.0))
        command = [sys.executable, "-m", "meshctl", "pc", "endpoint", "-f", str(clusters)]
        seconds, memory = _timed(command, runs)
        found.append(Row("endpoint, table (target 0.35)", seconds, memory, seconds / peer))
        return found


def small_rows(runs: int = 2 * RUNS) -> list[Row]:
    """A table of a small dump, whose time is mostly Python's own start; the peer is an empty Python."""
    peer, memory = _timed([sys.executable, "-c", "pass"], runs)
    found = [Row("python, nothing", peer, memory, 1.0)]
    with tempfile.TemporaryDirectory() as text:
        small = pathlib.Path(text) / "dump.json"
        small.write_bytes(big_dump.encoded_fixture("bookinfo-productpage.config_dump"))
        for view in ("cluster", "listener", "route"):
            seconds, memory = _timed([sys.executable, "-m", "meshctl", "pc", view, "-f", str(small)], runs)
            found.append(Row(f"{view}, table, small dump", seconds, memory, seconds / peer))
    return found


def _timed(command: list[str], runs: int) -> tuple[float, float]:
    """The best time and the largest memory of several runs."""
    memory: list[float] = []

    def run() -> float:
        began = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment) as process:
            memory.append(peak_mib(process))
        assert process.returncode == 0, command
        return time.perf_counter() - began

    with tempfile.TemporaryDirectory() as cache:  # as installed: compiled once, by the first run
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        run()
        return best_of(runs, run), max(memory)
