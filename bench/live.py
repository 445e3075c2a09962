"""A large dump fetched live: meshctl through the stand-in API server, against what Envoy needs to print it.

The peer is a plain HTTP read of the same answer from Envoy's admin port, in the same run. Envoy sends nothing before
it has printed all; what comes after is the way through the stand-in, which is written in Python and slower than an
API server, and meshctl's own work, whose processor time is shown apart.
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

from bench.measure import Row, best_of, peak_mib
from bench.pods import pod
from tests import envoy
from tests.live.kube.fake_kube import serve

CLUSTERS = 18_000  # 47 MB
RUNS = 3


def rows() -> list[Row]:
    """The figures of one run."""
    with tempfile.TemporaryDirectory() as text:
        folder = pathlib.Path(text)
        (folder / "envoy").mkdir()
        bootstrap = envoy.static_bootstrap(clusters=CLUSTERS, listeners=CLUSTERS // 6)
        with (
            envoy.running(bootstrap, folder / "envoy") as port,
            serve(out=folder / "kube") as kube,
        ):
            kube.store.add(pod("test-pod", podIP="10.0.0.1"))
            kube.forward("test", "test-pod", 15000, to=port)
            return _measured(port, str(kube.kubeconfig))


def _measured(port: int, kubeconfig: str) -> list[Row]:
    url = f"http://127.0.0.1:{port}/config_dump?include_eds"
    sizes: list[int] = []

    def plain() -> None:
        sizes.append(len(urllib.request.urlopen(url, timeout=300).read()))

    peer = best_of(RUNS, lambda: _timed(plain))
    result = [Row("Envoy prints /config_dump?include_eds", peer, sizes[0] / 1e6, 1.0)]
    for title, arguments in (
        ("pc all -o json (target 1.2)", ("all", "-o", "json")),
        ("pc cluster (mask)", ("cluster",)),
        ("pc listener (mask)", ("listener",)),
    ):
        command = [
            sys.executable,
            "-m",
            "meshctl",
            "-n",
            "test",
            "pc",
            arguments[0],
            "test-pod",
            *arguments[1:],
        ]
        environment = {**os.environ, "KUBECONFIG": kubeconfig}
        memory: list[float] = []
        busy: list[float] = []

        def run(
            command: list[str] = command,
            memory: list[float] = memory,
            busy: list[float] = busy,
            env: dict[str, str] = environment,
        ) -> float:
            began, before = time.perf_counter(), _children()
            with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL) as process:
                memory.append(peak_mib(process))
            assert process.returncode == 0, command
            busy.append(_children() - before)
            return time.perf_counter() - began

        seconds = best_of(RUNS, run)
        result.append(Row(title, seconds, max(memory), seconds / peer))
        result.append(Row("  processor time of meshctl in it", min(busy), max(memory), min(busy) / peer))
    return result


def _children() -> float:
    """Processor time of all children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _timed(work: object) -> float:
    began = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - began
