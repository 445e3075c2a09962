"""A configuration broken on purpose: the trace of the story names the culprit.

Each case changes the story's pods (examples/story) as a mistake would, and tells what the trace must say.
"""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable
from typing import Any

import pytest

from meshctl.envoy.notes import Notes
from meshctl.netfilter import parse_rules
from meshctl.proxy.model import Disposition
from meshctl.sources.record import NamedFiles
from meshctl.sources.trace_pods import pod_of
from meshctl.trace import target
from meshctl.trace.journey import Journey
from meshctl.trace.pods import Pod, Pods
from meshctl.trace.services import service_map
from meshctl.trace.ways import Way
from tests.corpus import ROOT

STORY = ROOT / "examples" / "story"
Json = dict[str, Any]
Change = Callable[[Json], None]


class Changed(NamedFiles):
    """A pod's folder, its dump changed."""

    def __init__(self, folder: pathlib.Path, change: Change | None) -> None:
        self.name, self.namespace = folder.name, "test"
        self._folder, self._change = folder, change

    def read(self, name: str) -> bytes | None:
        path = self._folder / name
        if not path.exists() or (name == "clusters.json" and self._change is not None):
            return None
        data = path.read_bytes()
        if name == "config_dump.json" and self._change is not None:
            dump = json.loads(data)
            self._change(dump)
            data = json.dumps(dump).encode()
        return data


def pods(client: Change | None = None, server: Change | None = None) -> list[Pod]:
    found = []
    for folder in sorted(p for p in STORY.iterdir() if p.is_dir()):
        change = client if folder.name == "test-pod" else server
        found.append(pod_of(Changed(folder, change), Notes()))
    return found


def trace(found: list[Pod], url: str = "http://nginx.test/", uid: int | None = None) -> Way:
    source = Pods(found)
    pod = source.by_name("test-pod")
    assert pod is not None and pod.proxy is not None
    dialled = target.parse(target.Wanted(url))
    ip, port, _ = target.resolve(dialled, lambda name: service_map(pod.proxy).vips.get(name, ""))  # type: ignore[arg-type]
    (way,) = Journey(source).start(pod, ip, port, dialled.stream, uid)
    return way


def section(dump: Json, name: str) -> Json:
    return next(s for s in dump["configs"] if s["@type"].endswith(f".{name}"))


def listeners(dump: Json) -> list[Json]:
    return [e["active_state"]["listener"] for e in section(dump, "ListenersConfigDump")["dynamic_listeners"]]


CLUSTER = "outbound|80||nginx.test.svc.cluster.local"


def without_cluster(dump: Json) -> None:
    clusters = section(dump, "ClustersConfigDump")
    clusters["dynamic_active_clusters"] = [
        e for e in clusters["dynamic_active_clusters"] if e["cluster"]["name"] != CLUSTER
    ]


def wrong_subset(dump: Json) -> None:
    text = json.dumps(section(dump, "RoutesConfigDump"))
    routes = section(dump, "RoutesConfigDump")
    changed = json.loads(text.replace(f'"{CLUSTER}"', '"outbound|80|v9|nginx.test.svc.cluster.local"'))
    routes.clear()
    routes.update(changed)


def unhealthy(dump: Json) -> None:
    for entry in section(dump, "EndpointsConfigDump")["dynamic_endpoint_configs"]:
        for locality in entry["endpoint_config"].get("endpoints") or ():
            for endpoint in locality["lb_endpoints"]:
                endpoint["health_status"] = "UNHEALTHY"


def no_endpoints(dump: Json) -> None:
    for entry in section(dump, "EndpointsConfigDump")["dynamic_endpoint_configs"]:
        if entry["endpoint_config"]["cluster_name"] == CLUSTER:
            entry["endpoint_config"].pop("endpoints", None)


def plain_client(dump: Json) -> None:
    """DestinationRule tls DISABLE: the client no longer speaks TLS."""
    for entry in section(dump, "ClustersConfigDump")["dynamic_active_clusters"]:
        entry["cluster"].pop("transport_socket_matches", None)
        entry["cluster"].pop("transport_socket", None)


def strict(dump: Json) -> None:
    """PeerAuthentication STRICT: the chains for plain text are gone."""
    for listener in listeners(dump):
        if listener["name"] == "virtualInbound":
            listener["filter_chains"] = [
                chain
                for chain in listener["filter_chains"]
                if (chain.get("filter_chain_match") or {}).get("transport_protocol") != "raw_buffer"
            ]


def deny(dump: Json) -> None:
    """AuthorizationPolicy with action DENY for everyone."""
    rules = {"action": "DENY", "policies": {"ns[test]-policy[lock]-rule[0]": {
        "permissions": [{"any": True}], "principals": [{"any": True}]}}}  # fmt: skip
    rbac = {
        "name": "envoy.filters.http.rbac",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC",
            "rules": rules,
        },
    }
    for listener in listeners(dump):
        for chain in listener["filter_chains"]:
            for network_filter in chain["filters"]:
                filters = network_filter["typed_config"].get("http_filters")
                if filters is not None:
                    filters.insert(0, rbac)


def no_listener(dump: Json) -> None:
    """The listener that the packet is redirected to is gone."""
    entries = section(dump, "ListenersConfigDump")
    entries["dynamic_listeners"] = [e for e in entries["dynamic_listeners"] if e["name"] != "virtualOutbound"]


CASES: list[tuple[str, Change | None, Change | None, Disposition, str, str]] = [
    ("the story itself", None, None, Disposition.DELIVERED, "delivered to nginx", "via_upstream"),
    ("missing cluster", without_cluster, None, Disposition.NO_CLUSTER, f"cluster {CLUSTER} does not exist", "cluster_not_found"),
    ("wrong subset", wrong_subset, None, Disposition.NO_CLUSTER, "outbound|80|v9|nginx", "cluster_not_found"),
    ("no endpoints", no_endpoints, None, Disposition.NO_HEALTHY_ENDPOINT, "has no endpoints", "no_healthy_upstream"),
    ("STRICT against a plain client", plain_client, strict, Disposition.NO_FILTER_CHAIN, "listener virtualInbound", "connection_termination"),
    ("no listener", no_listener, None, Disposition.NO_LISTENER, "no listener of pod test-pod has port 15001", ""),
    ("RBAC deny", None, deny, Disposition.DENIED, "AuthorizationPolicy test/lock rule 0", "via_upstream"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "client", "server", "disposition", "reason", "details"), CASES, ids=[c[0] for c in CASES]
)
def test_culprit(
    name: str,
    client: Change | None,
    server: Change | None,
    disposition: Disposition,
    reason: str,
    details: str,
) -> None:
    way = trace(pods(client, server))
    assert way.answer.disposition is disposition
    assert reason in way.answer.reason
    assert details in str(way.hops[0].verdict.details if way.hops else "")


def test_unhealthy_endpoints_are_used_in_panic_and_named_without() -> None:
    way = trace(pods(unhealthy))
    threshold = way.hops[0].passage
    # Istio sets healthy_panic_threshold to 0: no panic, so nothing is left
    assert way.answer.disposition is Disposition.NO_HEALTHY_ENDPOINT, threshold
    assert "unhealthy" in way.answer.reason


def test_an_excluded_port_never_meets_the_proxy() -> None:
    found = pods()
    client = next(p for p in found if p.name == "test-pod")
    text = (STORY / "test-pod" / "iptables-save.txt").read_text()
    line = "-A ISTIO_OUTPUT -s 127.0.0.6/32 -o lo -j RETURN"
    assert line in text
    client.rules = parse_rules(
        text.replace(line, f"-A ISTIO_OUTPUT -p tcp -m tcp --dport 80 -j RETURN\n{line}")
    )
    way = trace(found)
    assert way.answer.disposition is Disposition.DELIVERED
    assert [hop.pod.name for hop in way.hops] == [
        "nginx-7c79c4bf97-7985c"
    ]  # the client's own proxy is not asked
    assert way.sent[0].verdict == "RETURN"
    assert not way.hops[0].passage.tls


def test_a_port_nobody_listens_on() -> None:
    found = pods()
    server = next(p for p in found if p.name.startswith("nginx"))
    server.app_listens = frozenset({443})
    way = trace(found)
    assert way.answer.disposition is Disposition.CONNECTION_FAILED
    assert "listens on port 80" in way.answer.reason
    assert way.hops[1].verdict.flags == "URX,UF"
    assert way.hops[0].verdict.code == 503


def test_envoys_own_user_passes_by_the_proxy() -> None:
    way = trace(pods(), uid=1337)
    assert [hop.pod.name for hop in way.hops] == ["nginx-7c79c4bf97-7985c"]
    assert "kube-proxy" in way.network


def test_mutual_tls_to_a_port_that_bypasses_the_servers_proxy() -> None:
    """traffic.sidecar.istio.io/excludeInboundPorts of a port that clients reach by mutual TLS."""
    found = pods()
    server = next(p for p in found if p.name.startswith("nginx"))
    text = (STORY / server.name / "iptables-save.txt").read_text()
    line = "-A ISTIO_INBOUND -p tcp -j ISTIO_IN_REDIRECT"
    assert line in text
    server.rules = parse_rules(
        text.replace(line, f"-A ISTIO_INBOUND -p tcp -m tcp --dport 80 -j RETURN\n{line}")
    )
    way = trace(found)
    assert way.answer.disposition is Disposition.CONNECTION_FAILED
    assert "port 80 of pod nginx-7c79c4bf97-7985c is not captured" in way.answer.reason
    assert [hop.pod.name for hop in way.hops] == ["test-pod"]
    assert (way.hops[0].verdict.code, way.hops[0].verdict.flags) == (503, "URX,UF")
