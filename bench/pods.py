"""A stand-in cluster of many pods, each of which leads to one of a few real Envoys."""

from __future__ import annotations

import contextlib
import os
import pathlib
import subprocess
from collections.abc import Iterator, Sequence

from bench.measure import peak_mib
from tests import envoy
from tests.live.kube.fake_kube import serve

ENVOYS = 2
CLUSTERS = 300


@contextlib.contextmanager
def replayed(folder: pathlib.Path, count: int) -> Iterator[tuple[list[int], str]]:
    """``count`` pods of namespace ``test``: the admin ports of their Envoys, in turn, and a kubeconfig."""
    bootstrap = envoy.static_bootstrap(clusters=CLUSTERS, listeners=CLUSTERS // 4)
    with contextlib.ExitStack() as stack:
        ports = []
        for number in range(ENVOYS):
            (own := folder / f"envoy-{number}").mkdir()
            ports.append(stack.enter_context(envoy.running(bootstrap, own)))
        kube = stack.enter_context(serve(out=folder / "kube"))
        for index in range(count):
            name = f"pod-{index:04}"
            kube.store.add(pod(name))
            kube.forward("test", name, 15000, to=ports[index % ENVOYS])
        yield ports, str(kube.kubeconfig)


def memory_of(command: Sequence[str], kubeconfig: str) -> float:
    """Run a command on the cluster and return its peak memory in MiB. What it prints is dropped."""
    with subprocess.Popen(
        command,
        env={**os.environ, "KUBECONFIG": kubeconfig},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        memory = peak_mib(process)
    if process.returncode:
        raise RuntimeError(f"{command} failed")
    return memory


def pod(name: str, **status: object) -> dict[str, object]:
    """A running pod with a sidecar, and what else its status has."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "test"},
        "spec": {"nodeName": "node-1", "containers": [{"name": "app"}, {"name": "istio-proxy"}]},
        "status": {"phase": "Running", **status},
    }
