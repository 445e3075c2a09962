"""Views of all pods of a cluster: time against what the Envoys need to print over as many connections, and peak memory.

Every pod of the stand-in cluster leads to one of two real Envoys; the peer reads the same answers from their admin ports, eight
at a time. What comes after the printing is the way through the stand-in, which is written in Python, runs on one core and shares
the machine with what it serves, and meshctl's own work; the processor times of both are shown apart.
"""

from __future__ import annotations

import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from bench.measure import Row, peak_mib
from bench.snapshot import _pod
from meshctl.envoy.sections import SectionKind
from meshctl.sources.admin import mask
from tests import envoy
from tests.live.kube.fake_kube import serve

PODS = int(os.environ.get("MESHCTL_BENCH_PODS", "1000"))
AT_ONCE = 8
CLUSTERS = 300
VIEWS = (
    ("pc all -A -o json (200 MiB at most)", ("all", "-A", "-o", "json"), "include_eds"),
    ("pc cluster -A (ratio 1.5 at most)", ("cluster", "-A"), f"mask={mask(SectionKind.CLUSTERS)}"),
)


def rows() -> list[Row]:
    """The figures of one run."""
    with tempfile.TemporaryDirectory() as text:
        folder = pathlib.Path(text)
        folders = [folder / f"envoy-{i}" for i in range(2)]
        for each in folders:
            each.mkdir()
        bootstrap = envoy.static_bootstrap(clusters=CLUSTERS, listeners=CLUSTERS // 4)
        with (
            envoy.running(bootstrap, folders[0]) as first,
            envoy.running(bootstrap, folders[1]) as second,
            serve(out=folder / "kube") as kube,
        ):
            for index in range(PODS):
                name = f"pod-{index:04}"
                kube.store.add(_pod(name))
                kube.forward("test", name, 15000, to=(first, second)[index % 2])
            return [row for view in VIEWS for row in _measured((first, second), str(kube.kubeconfig), *view)]


def _measured(
    ports: tuple[int, int], kubeconfig: str, title: str, arguments: tuple[str, ...], query: str
) -> list[Row]:
    urls = [f"http://127.0.0.1:{ports[index % 2]}/config_dump?{query}" for index in range(PODS)]
    began = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        size = sum(threads.map(lambda url: len(urllib.request.urlopen(url, timeout=60).read()), urls))
    printing = time.perf_counter() - began
    command = [sys.executable, "-m", "meshctl", "pc", *arguments]
    began, before, own = time.perf_counter(), _busy(resource.RUSAGE_CHILDREN), _busy(resource.RUSAGE_SELF)
    with subprocess.Popen(
        command, env={**os.environ, "KUBECONFIG": kubeconfig}, stdout=subprocess.DEVNULL
    ) as process:
        memory = peak_mib(process)
    if process.returncode:
        raise RuntimeError(f"{command} failed")
    seconds, busy = time.perf_counter() - began, _busy(resource.RUSAGE_CHILDREN) - before
    stand_in = _busy(resource.RUSAGE_SELF) - own
    return [
        Row(f"2 Envoys print it {PODS} times ({size / 1e6:.0f} MB)", printing, 0, 1.0),
        Row(title, seconds, memory, seconds / printing),
        Row("  processor time of meshctl in it", busy, memory, busy / printing),
        Row("  processor time of the stand-in", stand_in, 0, stand_in / printing),
    ]


def _busy(whose: int) -> float:
    """Processor time: of this process, or of all children that have ended."""
    usage = resource.getrusage(whose)
    return usage.ru_utime + usage.ru_stime
