"""As much of an API server as Spark asks of one: pods that a driver makes are executors on this machine.

A pod is started as the entrypoint of Spark's image starts it: the class that runs in it, with what stands in the pod's
environment. Pods that run are listed; a watch stays silent (Spark lists too).
"""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import pathlib
import subprocess
import threading
import time
import urllib.parse
from collections.abc import Iterator
from typing import Any

from tests.live.spark_cluster import ENVIRONMENT

_BACKEND = "org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend"


class Api(http.server.ThreadingHTTPServer):
    """The pods that were made, and their processes."""

    daemon_threads = True

    def __init__(self, folder: pathlib.Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder = folder
        self.pods: dict[str, Any] = {}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        return f"k8s://http://127.0.0.1:{self.server_address[1]}"

    def start(self, pod: Any) -> None:
        """Run a pod's one container."""
        import pyspark

        (container,) = pod["spec"]["containers"]
        told = {one["name"]: one.get("value", "127.0.0.1") for one in container["env"]}
        told["SPARK_LOCAL_DIRS"] = str(self.folder)
        name = pod["metadata"]["name"]
        options = [value for key, value in told.items() if key.startswith("SPARK_JAVA_OPT_")]
        home = pathlib.Path(pyspark.__file__).parent
        words = ["--driver-url", told["SPARK_DRIVER_URL"], "--executor-id", told["SPARK_EXECUTOR_ID"]]
        words += ["--cores", told["SPARK_EXECUTOR_CORES"], "--app-id", told["SPARK_APPLICATION_ID"]]
        words += ["--hostname", "127.0.0.1", "--resourceProfileId", told["SPARK_RESOURCE_PROFILE_ID"]]
        log = (self.folder / f"{name}.log").open("wb")
        self.processes[name] = subprocess.Popen(
            ["java", *options, "-cp", f"{home}/jars/*", _BACKEND, *words, "--podName", name],
            env={
                **os.environ,
                **told,
                "SPARK_HOME": str(home),
                "JAVA_TOOL_OPTIONS": ENVIRONMENT["JAVA_TOOL_OPTIONS"],
            },
            stdout=log,
            stderr=log,
        )
        running = {"name": container["name"], "ready": True, "state": {"running": {}}}
        status = {"phase": "Running", "podIP": "127.0.0.1", "containerStatuses": [running]}
        self.pods[name] = {**pod, "status": status}


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Api

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _answer(self, status: int, value: Any) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        if query.get("watch") != "true":
            items = list(self.server.pods.values())
            return self._answer(
                200,
                {"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": items},
            )
        if self.headers.get("Upgrade"):  # Spark's client then watches without a websocket
            return self._answer(503, {"kind": "Status", "status": "Failure", "code": 503})
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        time.sleep(300)

    def do_POST(self) -> None:
        value = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        value["metadata"] |= {"uid": value["metadata"]["name"], "resourceVersion": "1"}
        if self.path.endswith("/pods"):
            self.server.start(value)
        self._answer(201, value)

    def do_DELETE(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(200, {"kind": "Status", "apiVersion": "v1", "status": "Success"})

    do_PATCH = do_PUT = do_POST


@contextlib.contextmanager
def serving(folder: pathlib.Path) -> Iterator[Api]:
    """The API server, for as long as the context lasts; its pods end with it."""
    with Api(folder) as api:
        threading.Thread(target=api.serve_forever, daemon=True).start()
        try:
            yield api
        finally:
            for process in api.processes.values():
                process.kill()
                process.wait()
            api.shutdown()
