"""A real Envoy with one listener, asked over a socket: what its access log says of each request.

``Lab`` starts Envoy with the given connection manager and clusters, keeps an upstream that answers 200, and gives the
config_dump that the trace reads. Each request carries an id, by which its log line is found.
"""

from __future__ import annotations

import json
import pathlib
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from typing import Any

from tests import envoy

Json = dict[str, Any]

_LOG = {
    "id": "%REQ(X-RID)%",
    "code": "%RESPONSE_CODE%",
    "flags": "%RESPONSE_FLAGS%",
    "details": "%RESPONSE_CODE_DETAILS%",
    "route_name": "%ROUTE_NAME%",
    "virtual_host": "%CEL(xds.virtual_host_name)%",
    "cluster": "%UPSTREAM_CLUSTER_RAW%",
    "path": "%REQ(:PATH)%",
    "authority": "%REQ(:AUTHORITY)%",
}
_FILTERS = "type.googleapis.com/envoy.extensions.filters"


def envoy_binary() -> str | None:
    """The Envoy of the development environment, or of the path."""
    beside = pathlib.Path(sys.executable).with_name("envoy")
    return str(beside) if beside.exists() else shutil.which("envoy")


class Lab:
    """One running Envoy; a context manager."""

    def __init__(self, folder: pathlib.Path, manager: Json) -> None:
        self.port, self.admin = envoy.free_port(), envoy.free_port()
        self.log = folder / "access.log"
        self._upstream = socket.create_server(("127.0.0.1", 0))
        self._config = folder / "envoy.json"
        self._config.write_text(json.dumps(self._bootstrap(manager)))
        self._process: subprocess.Popen[bytes] | None = None
        self._output = folder / "envoy.out"

    def _bootstrap(self, manager: Json) -> Json:
        address = lambda port: {"socket_address": {"address": "127.0.0.1", "port_value": port}}  # noqa: E731
        access_log = {
            "name": "file",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
                "path": str(self.log),
                "log_format": {"json_format": _LOG},
            },
        }
        http = {
            "@type": f"{_FILTERS}.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": "lab",
            "access_log": [access_log],
            **manager,
        }
        http["http_filters"] = [
            *manager.get("http_filters", ()),
            {"name": "router", "typed_config": {"@type": f"{_FILTERS}.http.router.v3.Router"}},
        ]
        host = {"endpoint": {"address": address(self._upstream.getsockname()[1])}}
        cluster = {
            "name": "c",
            "type": "STATIC",
            "connect_timeout": "1s",
            "load_assignment": {"cluster_name": "c", "endpoints": [{"lb_endpoints": [host]}]},
        }
        listener = {
            "name": "lab",
            "address": address(self.port),
            "filter_chains": [{"name": "chain", "filters": [{"name": "http", "typed_config": http}]}],
        }
        return {
            "admin": {"address": address(self.admin)},
            "static_resources": {"listeners": [listener], "clusters": [cluster]},
        }

    def __enter__(self) -> Lab:
        threading.Thread(target=self._serve, daemon=True).start()
        binary = envoy_binary()
        assert binary is not None
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [binary, "-c", str(self._config), "--concurrency", "1", "-l", "warning", "--use-dynamic-base-id",
                 "--file-flush-interval-msec", "50"],
                stdout=output, stderr=output,
            )  # fmt: skip
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise AssertionError(self._output.read_text()[-2000:])
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/ready", timeout=1):
                    return self
            except OSError:
                time.sleep(0.05)
        raise AssertionError("Envoy does not get ready")

    def __exit__(self, *unused: object) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(timeout=10)
        self._upstream.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._upstream.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    @staticmethod
    def _answer(connection: socket.socket) -> None:
        with connection:
            while data := connection.recv(65536):
                if b"\r\n\r\n" in data:
                    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")

    def dump(self) -> bytes:
        """The config_dump."""
        with urllib.request.urlopen(
            f"http://127.0.0.1:{self.admin}/config_dump?include_eds", timeout=5
        ) as answer:
            return bytes(answer.read())

    def send(self, identity: str, method: str, path: str, host: str, headers: list[tuple[str, str]]) -> str:
        """One request; the Location of the answer."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", f"x-rid: {identity}", "connection: close"]
        lines += [f"{name}: {value}" for name, value in headers]
        received = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
            while data := connection.recv(65536):
                received += data
        for line in received.split(b"\r\n"):
            if line.lower().startswith(b"location: "):
                return line[10:].decode()
        return ""

    def logged(self, count: int) -> dict[str, Json]:
        """The log lines by id, once there are that many."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            lines = self.log.read_text().splitlines() if self.log.exists() else []
            if len(lines) >= count:
                return {entry["id"]: entry for entry in map(json.loads, lines) if entry.get("id")}
            time.sleep(0.05)
        raise AssertionError(f"only {len(lines)} of {count} log lines")
