"""A snapshot of many pods: time against what the Envoys need to print, and peak memory.

Every pod of the stand-in cluster leads to one of a few real Envoys; the peer reads the same answers from their
admin ports one after the other, which is what a single Envoy per pod would need in all.
"""

from __future__ import annotations

import pathlib
import sys
import tempfile
import time
import urllib.request

from bench.measure import Row
from bench.pods import ENVOYS, memory_of, replayed
from meshctl.sources.record import ADMIN_FILES

PODS = 200


def rows() -> list[Row]:
    """The figures of one run."""
    with tempfile.TemporaryDirectory() as text:
        folder = pathlib.Path(text)
        with replayed(folder, PODS) as (ports, kubeconfig):
            printing, size = _print_all(ports)
            seconds, memory = _snapshot(kubeconfig, folder / "mesh.tar.gz")
    return [
        Row(f"{ENVOYS} Envoys print {PODS} pods' answers ({size / 1e6:.0f} MB)", printing, 0, 1.0),
        Row(f"meshctl snapshot of {PODS} pods", seconds, memory, seconds / printing),
    ]


def _print_all(ports: list[int]) -> tuple[float, int]:
    """Seconds and bytes of all answers of all pods, read without anything between."""
    began, size = time.perf_counter(), 0
    for index in range(PODS):
        for path in ADMIN_FILES.values():
            size += len(
                urllib.request.urlopen(f"http://127.0.0.1:{ports[index % ENVOYS]}{path}", timeout=60).read()
            )
    return time.perf_counter() - began, size


def _snapshot(kubeconfig: str, target: pathlib.Path) -> tuple[float, float]:
    command = [sys.executable, "-m", "meshctl", "-n", "test", "snapshot", "-o", str(target)]
    began = time.perf_counter()
    memory = memory_of(command, kubeconfig)
    return time.perf_counter() - began, memory
