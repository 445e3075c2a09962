"""The keeper of a lab: network, management server, proxies and applications, up until closed.

``update`` changes the mesh under running proxies: new services, rules and policies for the same pods.
"""

from __future__ import annotations

import contextlib
import os
import time
from types import TracebackType
from typing import Self

from tests.lab import place
from tests.lab.istio import proxy, tls
from tests.lab.model import Model, Pod
from tests.lab.network import capture_rules
from tests.lab.pki import Authority, spiffe
from tests.lab.place import LabError
from tests.lab.process import Application, Process, start_envoy, start_nginx
from tests.lab.reach import Reach
from tests.lab.resources import SECRET, ResourceStore
from tests.lab.xds import ManagementServer


class Mesh(Reach):
    """A lab in this process; a context manager."""

    def __init__(
        self,
        name: str,
        model: Model,
        *,
        nginx: dict[str, int] | None = None,
        api_type: str = "GRPC",
        fresh: bool = False,
    ) -> None:
        super().__init__(name, model)
        self.fresh, self._nginx, self._api_type = fresh, nginx or {}, api_type
        self.stores: dict[str, ResourceStore] = {}
        self.processes: dict[str, Process] = {}
        self._applications: list[Application] = []
        self._authority = Authority()
        self.server: ManagementServer

    def __enter__(self) -> Self:
        place.require()
        place.sweep()
        if place.keeper(self.name) is not None:
            raise LabError(f"a lab named {self.name!r} is up already")
        place.claim(self.name)
        try:
            self._up()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End everything and leave nothing."""
        for application in self._applications:
            application.close()
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            with contextlib.suppress(Exception):
                process.wait(5)
        if "server" in self.__dict__:
            self.server.stop()
        place.remove(self.name, keeper_too=False)

    # ---- bringing it up ----

    def _up(self) -> None:
        self.write_hosts()
        self.network.make(self.model.pods)
        self.network.serve_vips(self.model)
        self._serve()
        for pod in self.model.pods:
            self.pod_folder(pod.name).mkdir()
            self.network.load(pod.name, _rules(pod))
            self._start(pod)
        self.settle(30)

    def _serve(self) -> None:
        socket = str(self.folder / "xds.sock")
        self.server = ManagementServer(socket)
        for pod in self._sidecars():
            store = self.stores[pod.name] = ResourceStore()
            identity = self._authority.issue(spiffe(pod.namespace, pod.service_account))
            store.replace(SECRET, tls.secrets(identity.certificate, identity.key, self._authority.root))
            proxy.fill(store, self.model, pod, fresh=self.fresh)
            self.server.add(pod.node_id, store)
        self.server.start()
        os.chmod(socket, 0o777)

    def _start(self, pod: Pod) -> None:
        namespace, own = self.network.namespace(pod.name), self.pod_folder(pod.name)
        if pod.sidecar:
            self.start_proxy(pod)
        if pod.name in self._nginx:
            port = self._nginx[pod.name]
            self.processes[f"{pod.name}/nginx"] = start_nginx(pod, namespace, own, port)
        else:
            self._applications.append(Application(pod.name, namespace, pod.ports))

    def start_proxy(self, pod: Pod) -> None:
        """Start a pod's Envoy, also again after it died."""
        self.processes[pod.name] = start_envoy(
            pod,
            self.network.namespace(pod.name),
            self.pod_folder(pod.name),
            self.server.socket,
            self._api_type,
        )

    def revive(self) -> list[str]:
        """Start again the proxies that ended, as a kubelet does; their names."""
        ended = [p for p in self._sidecars() if self.processes[p.name].poll() is not None]
        for pod in ended:
            self.start_proxy(pod)
        return [pod.name for pod in ended]

    def _sidecars(self) -> list[Pod]:
        return [pod for pod in self.model.pods if pod.sidecar]

    # ---- changing it ----

    def update(self, model: Model) -> None:
        """Another mesh for the same pods; returns when the proxies have it."""
        if [(p.name, p.ip) for p in model.pods] != [(p.name, p.ip) for p in self.model.pods]:
            raise LabError("the pods of a running lab stay as they are")
        before = {pod.name: pod.capture for pod in self.model.pods}
        self.model = model
        self.network.serve_vips(model)
        for pod in model.pods:
            if pod.sidecar:
                proxy.fill(self.stores[pod.name], model, pod, fresh=self.fresh)
            if pod.capture != before[pod.name]:
                self.network.load(pod.name, _rules(pod))
        self.settle(20)

    def settle(self, seconds: float) -> None:
        """Wait until every proxy has the newest state and nothing is warming."""
        waiting = {pod.name: pod for pod in self._sidecars()}
        deadline = time.monotonic() + seconds
        while waiting:
            for name, pod in list(waiting.items()):
                self._alive(name)
                with contextlib.suppress(OSError):
                    if self.server.settled(pod.node_id) and not self._warming(name):
                        del waiting[name]
            if waiting and time.monotonic() > deadline:
                raise LabError(f"not ready within {seconds:.0f} s: {', '.join(waiting)}{self._why(waiting)}")
            if waiting:
                time.sleep(0.05)

    def _alive(self, name: str) -> None:
        if self.processes[name].poll() is not None:
            tail = (self.pod_folder(name) / "envoy.log").read_text()[-2000:]
            raise LabError(f"Envoy of {name} ended:\n{tail}")

    def _warming(self, name: str) -> bool:
        state = self.admin(name, "/init_dump")
        ready = self.admin(name, "/ready").strip() == b"LIVE"
        return not ready or b'"unready_targets_dumps"' in state or b'"target_names"' in state

    def _why(self, waiting: dict[str, Pod]) -> str:
        refused = [a.error for pod in waiting.values() for a in self.server.log.refused(pod.node_id)]
        return f"; refused: {refused[-1]}" if refused else ""


def _rules(pod: Pod) -> str:
    return capture_rules(pod.capture) if pod.sidecar else ""
