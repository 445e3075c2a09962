"""Random meshes and requests from a seed: the same seed gives the same mesh, requests and order.

The pods stay the same in every mesh (a lab keeps its namespaces and proxies); their labels, what is captured,
services, routes and policies change. A mesh is a list of manifests, so that it can be printed, replayed and shrunk.
Requests are drawn from the words that the mesh's rules use, else nearly all would take the default way.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from tests.lab.model import Model, build
from tests.lab.traffic import Request

Json = dict[str, Any]

_PODS = (  # name, namespace, address, service account, has a sidecar
    ("client-0", "test", "10.244.1.10", "default", True),
    ("client-1", "other", "10.244.1.11", "client", True),
    ("server-0", "test", "10.244.1.20", "default", True),
    ("server-1", "test", "10.244.1.21", "default", True),
    ("server-2", "test", "10.244.1.22", "default", True),
    ("plain-0", "test", "10.244.1.30", "default", False),
)
_CLIENTS = ("client-0", "client-0", "client-1", "server-0")
_LISTENS = (80, 8080, 9090, 7000)
_PATHS = ("/", "/api", "/api/v1", "/api/v1/items", "/admin", "/static/a.css", "/healthz")
_METHODS = ("GET", "GET", "GET", "POST", "PUT", "DELETE", "HEAD")
_USERS = ("jason", "jason2", "alice", "")
_PORTS = (  # name, port, target
    ("http", 80, 80),
    ("http-web", 8080, 8080),
    ("http-alt", 80, 8080),
    ("", 80, 80),
    ("", 9090, 9090),
    ("", 8081, 8080),
    ("tcp", 7000, 7000),
    ("tcp-redis", 6379, 7000),
    ("http-closed", 8085, 6666),
)


@dataclass(frozen=True, slots=True)
class Case:
    """A mesh and the requests for it."""

    seed: int
    documents: tuple[Json, ...]
    requests: tuple[Request, ...]

    @property
    def model(self) -> Model:
        return build(self.documents)


def case(seed: int, requests: int) -> Case:
    """The mesh of a seed, with so many requests."""
    chance = random.Random(seed)
    mesh = _Mesh(chance, seed)
    documents = tuple(mesh.documents())
    model = build(documents)
    return Case(seed, documents, tuple(_request(chance, model, seed, n) for n in range(requests)))


def _named(kind: str, version: str, name: str, namespace: str, spec: Json, **metadata: Any) -> Json:
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace, **metadata},
        "spec": spec,
    }


class _Mesh:
    """Draws the manifests of one mesh."""

    def __init__(self, chance: random.Random, seed: int) -> None:
        self.chance, self.seed = chance, seed
        self.vips = [f"10.96.{seed % 250}.{n + 1}" for n in range(4)]

    def maybe(self, share: float) -> bool:
        return self.chance.random() < share

    def documents(self) -> list[Json]:
        pods = [self._pod(*pod) for pod in _PODS]
        found = list(pods)
        for index in range(self.chance.randint(2, 4)):
            found += self._service(index, pods)
        return [*found, *self._security()]

    # ---- pods and their capture rules ----

    def _pod(self, name: str, namespace: str, ip: str, account: str, sidecar: bool) -> Json:
        labels = {"app": self.chance.choice("ab"), "version": self.chance.choice(("v1", "v2"))}
        if name.startswith("client"):
            labels = {"app": "client"}
        containers: list[Json] = [{"name": "app", "ports": [{"containerPort": p} for p in _LISTENS]}]
        spec: Json = {"serviceAccountName": account, "containers": containers}
        if sidecar:
            labels["security.istio.io/tlsMode"] = "istio"
            spec["initContainers"] = [{"name": "istio-init", "args": ["istio-iptables", *self._capture()]}]
        pod = _named("Pod", "v1", name, namespace, spec, labels=labels)
        return {**pod, "status": {"podIP": ip}}

    def _capture(self) -> list[str]:
        """Arguments of istio-iptables: mostly Istio's defaults, now and then something is left out."""
        include, exclude, inbound, spared, ports = "*", "", "*", "15090,15021,15020", ""
        if self.maybe(0.2):
            exclude = self.chance.choice((f"{self.vips[0]}/32", f"{self.vips[1]}/31", "10.244.1.30/32"))
        if self.maybe(0.1):
            include = self.chance.choice(("10.96.0.0/16", f"{self.vips[0]}/32,10.244.1.0/24"))
        if self.maybe(0.15):
            inbound = self.chance.choice(("80,8080", "9090,7000", "8080"))
        if self.maybe(0.2):
            spared += f",{self.chance.choice(_LISTENS)}"
        if self.maybe(0.2):
            ports = self.chance.choice(("7000", "80", "6379,9090", "8080"))
        arguments = [
            "-p",
            "15001",
            "-z",
            "15006",
            "-u",
            "1337",
            "-m",
            "REDIRECT",
            "-i",
            include,
            "-x",
            exclude,
        ]
        arguments += ["-b", inbound, "-d", spared]
        return [*arguments, "-o", ports] if ports else arguments

    # ---- services and their routes ----

    def _service(self, index: int, pods: list[Json]) -> list[Json]:
        name = f"s{self.seed}-{index}"
        selector: Json = {"app": self.chance.choice("ab")}
        ports, numbers = [], set()
        for word, number, target in self.chance.sample(_PORTS, self.chance.randint(1, 4)):
            if number not in numbers:
                numbers.add(number)
                ports.append(
                    {
                        "name": word or f"port-{number}",
                        "port": number,
                        "targetPort": target,
                        "protocol": "TCP",
                    }
                )
        spec = {"clusterIP": self.vips[index], "selector": selector, "ports": ports}
        found = [_named("Service", "v1", name, "test", spec), self._slice(name, selector, pods)]
        subsets = self._rule(name, found)
        if self.maybe(0.7):
            found.append(self._virtual_service(name, subsets, ports))
        return found

    def _slice(self, name: str, selector: Json, pods: list[Json]) -> Json:
        chosen = [
            p
            for p in pods
            if p["metadata"]["labels"].get("app") == selector["app"] and p["metadata"]["namespace"] == "test"
        ]
        if self.maybe(0.05):
            chosen = []
        return {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": name,
                "namespace": "test",
                "labels": {"kubernetes.io/service-name": name},
            },
            "addressType": "IPv4",
            "endpoints": [
                {"addresses": [p["status"]["podIP"]], "conditions": {"ready": not self.maybe(0.1)}}
                for p in chosen
            ],
        }

    def _rule(self, name: str, found: list[Json]) -> list[str]:
        """Now and then a DestinationRule; the subsets that there are."""
        if self.maybe(0.3):
            return []
        spec: Json = {
            "host": name,
            "subsets": [{"name": v, "labels": {"version": v}} for v in ("v1", "v2")],
        }
        if self.maybe(0.15):
            spec["trafficPolicy"] = {"tls": {"mode": "DISABLE"}}
        found.append(_named("DestinationRule", "networking.istio.io/v1", name, "test", spec))
        return ["v1", "v2"]

    def _virtual_service(self, name: str, subsets: list[str], ports: list[Json]) -> Json:
        spec: Json = {"hosts": [name]}
        spec["http"] = [self._http(name, subsets, n) for n in range(self.chance.randint(0, 3))]
        if self.maybe(0.9):
            spec["http"].append({"route": self._split(name, subsets)})
        if self.maybe(0.4):
            spec["tcp"] = [{"route": self._split(name, subsets)}]
        return _named("VirtualService", "networking.istio.io/v1", name, "test", spec)

    def _split(self, name: str, subsets: list[str]) -> list[Json]:
        # v9 is a subset that no DestinationRule has.
        known = [*subsets, "v9"] if self.maybe(0.1) else subsets
        if not known or self.maybe(0.2):
            return [{"destination": {"host": name}}]
        if len(known) > 1 and self.maybe(0.5):
            share = self.chance.choice((10, 50, 80, 100))
            first, second = self.chance.sample(known, 2)
            return [
                {"destination": {"host": name, "subset": first}, "weight": share},
                {"destination": {"host": name, "subset": second}, "weight": 100 - share},
            ]
        return [{"destination": {"host": name, "subset": self.chance.choice(known)}}]

    def _match(self) -> Json:
        match: Json = {}
        if self.maybe(0.6):
            kind = self.chance.choice(("exact", "prefix", "prefix", "regex"))
            path = self.chance.choice(_PATHS)
            match["uri"] = {kind: f"{path}.*" if kind == "regex" else path}
        if self.maybe(0.5):
            kind = self.chance.choice(("exact", "prefix", "regex"))
            user = self.chance.choice(_USERS[:3])
            match["headers"] = {"end-user": {kind: f"{user}[0-9]?" if kind == "regex" else user}}
        if self.maybe(0.2):
            match["withoutHeaders"] = {"x-debug": {"exact": "1"}}
        if self.maybe(0.2):
            match["method"] = {"exact": self.chance.choice(_METHODS)}
        if self.maybe(0.15):
            match["queryParams"] = {"q": {"exact": "1"}}
        return match or {"uri": {"prefix": "/api"}}

    def _http(self, name: str, subsets: list[str], index: int) -> Json:
        rule: Json = {"match": [self._match() for _ in range(self.chance.randint(1, 2))]}
        if self.maybe(0.5):
            rule["name"] = f"rule-{index}"
        kind = self.chance.random()
        if kind < 0.1:
            return {**rule, "redirect": {"uri": "/moved"}}
        if kind < 0.2:
            return {
                **rule,
                "directResponse": {"status": self.chance.choice((200, 403, 503)), "body": {"string": "no"}},
            }
        rule["route"] = self._split(name, subsets)
        if self.maybe(0.15):
            rule["rewrite"] = {"uri": "/rewritten"}
        if self.maybe(0.15):
            share = self.chance.choice((100, 100, 50))
            rule["fault"] = {"abort": {"httpStatus": 418, "percentage": {"value": share}}}
        return rule

    # ---- policies ----

    def _security(self) -> list[Json]:
        found = []
        modes = ("STRICT", "PERMISSIVE", "DISABLE")
        if self.maybe(0.5):
            spec: Json = {"mtls": {"mode": self.chance.choice(modes[:2])}}
            found.append(_named("PeerAuthentication", "security.istio.io/v1", "default", "test", spec))
        if self.maybe(0.4):
            spec = {
                "selector": {"matchLabels": {"app": self.chance.choice("ab")}},
                "mtls": {"mode": self.chance.choice(modes)},
                "portLevelMtls": {
                    str(self.chance.choice(_LISTENS)): {"mode": self.chance.choice(modes)},
                },
            }
            found.append(_named("PeerAuthentication", "security.istio.io/v1", "app", "test", spec))
        for index in range(self.chance.choice((0, 0, 1, 1, 2))):
            found.append(self._policy(index))
        return found

    def _policy(self, index: int) -> Json:
        spec: Json = {"action": self.chance.choice(("ALLOW", "DENY"))}
        if self.maybe(0.6):
            spec["selector"] = {"matchLabels": {"app": self.chance.choice("ab")}}
        spec["rules"] = [self._policy_rule() for _ in range(self.chance.randint(1, 3))]
        if spec["action"] == "ALLOW" and self.maybe(0.5):
            spec["rules"].append({"to": [{"operation": {"ports": ["7000", "9090"]}}]})
        return _named("AuthorizationPolicy", "security.istio.io/v1", f"policy-{index}", "test", spec)

    def _policy_rule(self) -> Json:
        source: Json = self.chance.choice(
            (
                {"principals": ["cluster.local/ns/test/sa/default"]},
                {"principals": ["*/sa/client"]},
                {"namespaces": ["other"]},
                {"notNamespaces": ["other"]},
                {"ipBlocks": ["10.244.1.10/32"]},
                {"notPrincipals": ["cluster.local/ns/other/*"]},
            )
        )
        operation: Json = self.chance.choice(
            (
                {"methods": ["GET", "HEAD"]},
                {"paths": ["/api/*", "/"]},
                {"notPaths": ["/admin*"]},
                {"ports": ["8080"]},
                {"methods": ["DELETE"], "paths": ["*/items", "/admin"]},
                {"hosts": ["*.local", "s*"]},
            )
        )
        rule: Json = {}
        if self.maybe(0.7):
            rule["from"] = [{"source": source}]
        if self.maybe(0.7):
            rule["to"] = [{"operation": operation}]
        return rule


def _request(chance: random.Random, model: Model, seed: int, number: int) -> Request:
    """A request: mostly to a service by one of its names, sometimes to a pod, sometimes to what is not there."""
    service = chance.choice(model.services)
    port = chance.choice(service.ports)
    ip, dialled = service.vip, port.number
    if chance.random() < 0.2:
        ip = chance.choice([pod[2] for pod in _PODS[2:]])
        dialled = chance.choice((*_LISTENS, 6666))
    names = (service.host, service.name, f"{service.name}.test", f"{service.host}:{dialled}", service.vip, ip)
    host = chance.choice((*names, *names, "unknown.example.com"))
    headers: list[tuple[str, str]] = []
    if chance.random() < 0.5:
        headers.append(("end-user", chance.choice(_USERS)))
    if chance.random() < 0.1:
        headers.append(("x-debug", "1"))
    path = chance.choice(_PATHS) + chance.choice(("", "", "", "?q=1", "/x"))
    kind = chance.choices(("http1", "tcp", "http10"), (80, 15, 5))[0]
    return Request(
        id=f"{seed}-{number}",
        pod=chance.choice(_CLIENTS),
        ip=ip,
        port=dialled,
        kind=kind,
        method="GET" if kind != "http1" else chance.choice(_METHODS),
        host=host,
        path=path.replace("//", "/"),
        headers=tuple(headers),
        uid=chance.choices((1000, 1337, 0), (90, 6, 4))[0],
    )
