"""Views of all pods of a cluster: time against what the Envoys need to print over as many connections, and peak memory.

Every pod of the stand-in cluster leads to one of two real Envoys; the peer reads the same answers from their admin ports, eight
at a time. What comes after the printing is the way through the stand-in, which is written in Python, runs on one core and shares
the machine with what it serves, and meshctl's own work; the processor times of both are shown apart.
"""

from __future__ import annotations

import os
import pathlib
import resource
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from bench.measure import Row
from bench.pods import ENVOYS, memory_of, replayed
from meshctl.envoy.sections import SectionKind
from meshctl.sources.admin import mask

PODS = int(os.environ.get("MESHCTL_BENCH_PODS", "1000"))
AT_ONCE = 8
VIEWS = (
    ("pc all -A -o json (200 MiB at most)", ("all", "-A", "-o", "json"), "include_eds"),
    ("pc cluster -A (ratio 1.5 at most)", ("cluster", "-A"), f"mask={mask(SectionKind.CLUSTERS)}"),
)


def rows() -> list[Row]:
    """The figures of one run."""
    with tempfile.TemporaryDirectory() as text, replayed(pathlib.Path(text), PODS) as (ports, kubeconfig):
        return [row for view in VIEWS for row in _measured(ports, kubeconfig, *view)]


def _measured(
    ports: list[int], kubeconfig: str, title: str, arguments: tuple[str, ...], query: str
) -> list[Row]:
    urls = [f"http://127.0.0.1:{ports[index % ENVOYS]}/config_dump?{query}" for index in range(PODS)]
    began = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        size = sum(threads.map(lambda url: len(urllib.request.urlopen(url, timeout=60).read()), urls))
    printing = time.perf_counter() - began
    command = [sys.executable, "-m", "meshctl", "pc", *arguments]
    began, before, own = time.perf_counter(), _busy(resource.RUSAGE_CHILDREN), _busy(resource.RUSAGE_SELF)
    memory = memory_of(command, kubeconfig)
    seconds, busy = time.perf_counter() - began, _busy(resource.RUSAGE_CHILDREN) - before
    stand_in = _busy(resource.RUSAGE_SELF) - own
    return [
        Row(f"{ENVOYS} Envoys print it {PODS} times ({size / 1e6:.0f} MB)", printing, 0, 1.0),
        Row(title, seconds, memory, seconds / printing),
        Row("  processor time of meshctl in it", busy, memory, busy / printing),
        Row("  processor time of the stand-in", stand_in, 0, stand_in / printing),
    ]


def _busy(whose: int) -> float:
    """Processor time: of this process, or of all children that have ended."""
    usage = resource.getrusage(whose)
    return usage.ru_utime + usage.ru_stime
