"""What a pod's object says of its proxy and of its capture rules: who is redirected, and who is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from meshctl.coverage import Basis
from meshctl.netfilter import rules_of_pod
from meshctl.sources.pods import KubePod
from meshctl.sources.record import meta_of

INIT = {"name": "istio-init", "args": ["istio-iptables", "-p", "15001", "-z", "15006", "-u", "1337", "-m", "REDIRECT", "-i", "*", "-x", "", "-b", "*", "-d", "15090"]}  # fmt: skip


def pod(
    *containers: dict[str, Any], init: tuple[dict[str, Any], ...] = (), **metadata: Any
) -> dict[str, Any]:
    spec = {"containers": list(containers), "initContainers": list(init)}
    return {
        "metadata": {"name": "p", "namespace": "n", **metadata},
        "spec": spec,
        "status": {"phase": "Running"},
    }


APP = {"name": "app"}


def proxy(*words: str) -> dict[str, Any]:
    return {"name": "istio-proxy", "args": list(words)}


MANAGED = "gateway.istio.io/managed"
KINDS = [
    ("a sidecar", pod(APP, proxy("proxy", "sidecar"), init=(INIT,)), "sidecar", True, True),
    ("a native sidecar", pod(APP, init=(INIT, {**proxy("proxy", "sidecar"), "restartPolicy": "Always"})), "sidecar", True, True),
    ("a sidecar under istio-cni", pod(APP, proxy("proxy", "sidecar")), "sidecar", True, True),
    ("a sidecar without arguments", pod(APP, proxy()), "sidecar", True, True),
    ("a gateway of the chart", pod(proxy("proxy", "router", "--domain", "x")), "router", True, False),
    ("a gateway with an istio-init", pod(proxy("proxy", "router"), init=(INIT,)), "router", True, True),
    ("a gateway by its controller", pod(proxy(), labels={MANAGED: "istio.io-gateway-controller"}), "router", True, False),
    ("a waypoint", pod(proxy("proxy", "waypoint")), "waypoint", True, False),
    ("a waypoint by its controller", pod(proxy(), labels={MANAGED: "istio.io-mesh-controller"}), "waypoint", True, False),
    ("a ztunnel", pod(proxy("proxy", "ztunnel"), labels={"app": "ztunnel"}), "ztunnel", False, False),
    ("an ambient pod", pod(APP, annotations={"ambient.istio.io/redirection": "enabled"}), "none", False, True),
    ("a pod that ambient mode has left", pod(APP, annotations={"ambient.istio.io/redirection": "disabled"}), "none", False, False),
    ("a pod of nobody", pod(APP), "none", False, False),
]  # fmt: skip


@pytest.mark.parametrize(("name", "object_", "kind", "envoy", "captured"), KINDS, ids=[k[0] for k in KINDS])
def test_the_kind_of_a_pod(
    name: str, object_: dict[str, Any], kind: str, envoy: bool, captured: bool
) -> None:
    found = KubePod("p", "n", object_)
    assert (found.proxy, found.has_proxy) == (kind, envoy)
    meta = meta_of(object_)
    assert meta["proxy"] == kind
    rules = rules_of_pod({"pod.json": json.dumps(object_).encode()}.get, "p")
    assert rules is not None
    assert bool(rules.tables) is captured


def test_the_rules_of_an_ambient_pod_are_assumed() -> None:
    object_ = pod(APP, annotations={"ambient.istio.io/redirection": "enabled"})
    rules = rules_of_pod({"pod.json": json.dumps(object_).encode()}.get, "p")
    assert rules is not None
    assert rules.origin is Basis.ASSUMED
    assert meta_of(object_)["interception"] == "AMBIENT"


def test_dns_capture_is_seen_in_the_environment() -> None:
    variable = {"env": [{"name": "ISTIO_META_DNS_CAPTURE", "value": "true"}]}
    object_ = pod(APP, {**proxy("proxy", "sidecar"), **variable}, init=({**INIT, **variable},))
    rules = rules_of_pod({"pod.json": json.dumps(object_).encode()}.get, "p")
    assert rules is not None
    assert "15053" in str(rules)
