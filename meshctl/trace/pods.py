"""The pods a trace may meet, and where they come from.

``PodSource`` is the one interface between a trace and the world: the offline folder and the live cluster
implement it. What was not observed but is certain by Istio's defaults is marked ``assumed``.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Protocol

from meshctl.netfilter import RuleSet
from meshctl.proxy.proxy import Proxy
from meshctl.trace.services import Service, ServiceMap, service_map
from meshctl.values import Struct, field


class Pod(Struct, dict=True):
    """One pod: its addresses, who runs in it, its proxy and its capture rules (None: it has none)."""

    name: str
    namespace: str = ""
    ips: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    service_account: str = ""
    app_uid: int = 1000
    app_gid: int = 1000
    proxy_uid: int = 1337
    proxy_gid: int = 1337
    proxy: Proxy | None = None
    rules: RuleSet | None = None
    app_listens: frozenset[int] | None = None  # None: not known, assumed to listen
    is_gateway: bool = False
    assumed: tuple[str, ...] = ()
    ambient: bool = False  # its packets go to the ztunnel of its node

    @property
    def proxy_unseen(self) -> bool:
        """Whether rules send to a proxy whose configuration was not given."""
        if self.proxy is not None or self.rules is None:
            return False
        return any(chain.rules for table in self.rules.tables for chain in table.chains)

    @functools.cached_property
    def identity(self) -> str:
        """The SPIFFE identity of its workload certificate; "" when it is not known."""
        if self.proxy is None:
            return ""
        node = (self.proxy.snapshot.bootstrap or {}).get("node") or {}
        metadata = node.get("metadata") or {}
        namespace = self.namespace or str(metadata.get("NAMESPACE") or "")
        account = self.service_account or str(metadata.get("SERVICE_ACCOUNT") or "")
        if not namespace or not account:
            return ""
        return f"spiffe://{self.proxy.trust_domain}/ns/{namespace}/sa/{account}"

    @property
    def full_name(self) -> str:
        return f"{self.name}.{self.namespace}" if self.namespace else self.name


class PodSource(Protocol):
    """Finds pods. ``by_ip`` answers None for an address that is no pod of the source."""

    def by_name(self, name: str) -> Pod | None: ...

    def by_ip(self, ip: str) -> Pod | None: ...

    def expect(self, addresses: Sequence[str], hosts: Sequence[str]) -> None:
        """The pods at these addresses are asked for next: what takes long may be had at once. ``hosts`` are the
        services whose endpoints they are."""
        ...

    @property
    def complete(self) -> bool:
        """Whether every pod of the cluster is known: then another address is none."""
        ...

    def service(self, ip: str, port: int) -> Service | None:
        """The service at an address of the network; None when it is not known."""
        ...


class Pods:
    """A fixed set of pods."""

    def __init__(self, pods: list[Pod], complete: bool = False) -> None:
        self.pods = pods
        self._complete = complete
        self._services: dict[str, ServiceMap] = {}
        self._by_ip = {ip: pod for pod in reversed(pods) for ip in pod.ips}

    @property
    def complete(self) -> bool:
        return self._complete

    def by_name(self, name: str) -> Pod | None:
        """``pod`` or ``pod.namespace``."""
        for pod in self.pods:
            if name in (pod.name, pod.full_name):
                return pod
        return None

    def by_ip(self, ip: str) -> Pod | None:
        return self._by_ip.get(ip)

    def expect(self, addresses: Sequence[str], hosts: Sequence[str]) -> None:
        pass

    def service(self, ip: str, port: int) -> Service | None:
        """By what any of the pods' proxies knows."""
        found: Service | None = None
        for pod in self.pods:
            if pod.proxy is None:
                continue
            if pod.name not in self._services:
                self._services[pod.name] = service_map(pod.proxy)
            found = better(found, self._services[pod.name].service(pod.proxy, ip, port))
        return found


def better(first: Service | None, second: Service | None) -> Service | None:
    """Of what two proxies know of an address: with endpoints, else with the port, else whose it is at all."""
    found = [s for s in (first, second) if s is not None]
    return max(found, key=lambda s: (s.endpoints is not None and not s.foreign, not s.foreign), default=None)
