"""A snapshot of many pods: time against what the Envoys need to print, and peak memory.

Every pod of the stand-in cluster leads to one of a few real Envoys; the peer reads the same answers from their
admin ports one after the other, which is what a single Envoy per pod would need in all.
"""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request

from bench.measure import Row, peak_mib
from meshctl.sources.record import ADMIN_FILES
from tests import envoy
from tests.live.kube.fake_kube import serve

PODS = 200
ENVOYS = 2
CLUSTERS = 300


def rows() -> list[Row]:
    """The figures of one run."""
    with tempfile.TemporaryDirectory() as text:
        folder = pathlib.Path(text)
        folders = [folder / f"envoy-{i}" for i in range(ENVOYS)]
        for each in folders:
            each.mkdir()
        bootstrap = envoy.static_bootstrap(clusters=CLUSTERS, listeners=CLUSTERS // 4)
        with (
            envoy.running(bootstrap, folders[0]) as first,
            envoy.running(bootstrap, folders[1]) as second,
            serve(out=folder / "kube") as kube,
        ):
            ports = [first, second]
            for index in range(PODS):
                name = f"pod-{index:03}"
                kube.store.add(_pod(name))
                kube.forward("test", name, 15000, to=ports[index % ENVOYS])
            printing, size = _print_all(ports)
            seconds, memory = _snapshot(str(kube.kubeconfig), folder / "mesh.tar.gz")
    return [
        Row(f"{ENVOYS} Envoys print {PODS} pods' answers ({size / 1e6:.0f} MB)", printing, 0, 1.0),
        Row(f"meshctl snapshot of {PODS} pods", seconds, memory, seconds / printing),
    ]


def _pod(name: str) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "test"},
        "spec": {"nodeName": "node-1", "containers": [{"name": "app"}, {"name": "istio-proxy"}]},
        "status": {"phase": "Running"},
    }


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
    with subprocess.Popen(
        command, env={**os.environ, "KUBECONFIG": kubeconfig}, stderr=subprocess.DEVNULL
    ) as process:
        memory = peak_mib(process)
    if process.returncode:
        raise RuntimeError(f"{command} failed")
    return time.perf_counter() - began, memory
