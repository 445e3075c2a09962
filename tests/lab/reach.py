"""A running lab from any process: its proxies' admin ports, access logs and rules, and a snapshot of all of it.

Needs no more than the lab's name and its model, since namespaces and files are found by name.
"""

from __future__ import annotations

import http.client
import json
import pathlib
import socket
from collections.abc import Sequence
from typing import Any

from tests.lab.istio.tls import as_istio
from tests.lab.model import Model, Pod
from tests.lab.network import Network, inside
from tests.lab.place import folder
from tests.lab.process import ADMIN_PORT, APP_UID, PROXY_UID

Json = dict[str, Any]


class Reach:
    """What can be asked of a lab."""

    def __init__(self, name: str, model: Model) -> None:
        self.name, self.model = name, model
        self.network = Network(name)
        self.folder = folder(name)

    def pod_folder(self, pod: str) -> pathlib.Path:
        return self.folder / pod

    def connect(
        self, pod: str, address: tuple[str, int], uid: int = APP_UID, timeout: float = 10
    ) -> socket.socket:
        """A connection of a process in a pod."""
        with inside(self.network.namespace(pod), uid):
            connection = socket.socket()
        connection.settimeout(timeout)
        try:
            connection.connect(address)
        except OSError:
            connection.close()
            raise
        return connection

    def admin(self, pod: str, path: str, method: str = "GET") -> bytes:
        """An answer of a proxy's admin port."""
        connection = http.client.HTTPConnection("127.0.0.1", ADMIN_PORT)
        connection.sock = self.connect(pod, ("127.0.0.1", ADMIN_PORT), uid=0)
        try:
            connection.request(method, path)
            return connection.getresponse().read()
        finally:
            connection.close()

    def dump(self, pod: str) -> Json:
        """The proxy's configuration as Istio would have it."""
        return dict(as_istio(json.loads(self.admin(pod, "/config_dump?include_eds"))))

    def command(self, pod: str, argv: Sequence[str], uid: int = APP_UID) -> list[str]:
        """The command line that runs a program in a pod as a user, with the mesh's names in /etc/hosts."""
        user = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
        script = 'mount --bind "$0" /etc/hosts && exec "$@"'
        hosts = str(self.folder / "hosts")
        return ["ip", "netns", "exec", self.network.namespace(pod), "sh", "-c", script, hosts, *user, *argv]

    def write_hosts(self) -> None:
        """The mesh's names, which a cluster would have in its DNS."""
        lines = ["127.0.0.1 localhost"]
        for service in self.model.services:
            within = f"{service.name}.{service.namespace}"
            lines.append(f"{service.vip} {service.host} {within}.svc {within} {service.name}")
        (self.folder / "hosts").write_text("\n".join(lines) + "\n")

    def access_log(self, pod: str, offset: int = 0) -> tuple[list[Json], int]:
        """Complete lines of the access log from an offset on, and where to go on."""
        data = (self.pod_folder(pod) / "access.log").read_bytes()[offset:]
        complete = data[: data.rfind(b"\n") + 1]
        return [json.loads(line) for line in complete.splitlines()], offset + len(complete)

    def meta(self, pod: Pod) -> Json:
        """Who a pod is, in the snapshot's words."""
        return {
            "pod": pod.name,
            "namespace": pod.namespace,
            "ip": pod.ip,
            "ips": [pod.ip],
            "labels": dict(pod.labels),
            "service_account": pod.service_account,
            "node": pod.node,
            "app_uid": APP_UID,
            "proxy": "sidecar" if pod.sidecar else "none",
            "proxy_uid": PROXY_UID,
            "interception": "REDIRECT",
            "app_listens": sorted(pod.ports),
        }

    def record(self, to: pathlib.Path) -> None:
        """Write every pod in the form that ``meshctl … --dir`` reads."""
        for pod in self.model.pods:
            place = to / pod.name
            place.mkdir(parents=True, exist_ok=True)
            _write(place / "meta.json", self.meta(pod))
            (place / "iptables-save.txt").write_text(self.network.saved(pod.name))
            if pod.sidecar:
                _write(place / "config_dump.json", self.dump(pod.name))
                (place / "clusters.json").write_bytes(self.admin(pod.name, "/clusters?format=json"))


def _write(path: pathlib.Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1) + "\n")
