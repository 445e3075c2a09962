"""The rules of a pod whose manifest has no sidecar yet, or will never have one: what is said of it, a line each."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.netfilter.model import Basis
from meshctl.netfilter.podrules import has_proxy, rules_before_injection, rules_of_manifest

Json = dict[str, Any]
PROXY = {"name": "istio-proxy", "args": ["proxy", "sidecar"]}
INIT = {
    "name": "istio-init",
    "args": ["istio-iptables", "-p", "15001", "-z", "15006", "-u", "1337", "-i", "*", "-b", "*"],
}
BEFORE = "there is no sidecar in the manifest: it is one before injection; these are the rules it would get"
RUNS, NOT_ASKED = (
    "the pod runs without a sidecar, so it has no rules",
    "the manifest asks for no sidecar (sidecar.istio.io/inject: false), so it gets no rules",
)
HOST = "a pod in its node's network (hostNetwork) gets no sidecar and no rules"
OFF = "sidecar.istio.io/inject"


def manifest(
    annotations: Json | None = None,
    labels: Json | None = None,
    *containers: Json,
    phase: str = "",
    **spec: Any,
) -> Json:
    metadata = {"name": "p", "annotations": annotations or {}, "labels": labels or {}}
    return {
        "metadata": metadata,
        "spec": {"containers": [{"name": "app"}, *containers], **spec},
        "status": {"phase": phase} if phase else {},
    }


TOLD: list[tuple[Json, str, bool]] = [  # a manifest, what is said, whether it has rules
    (manifest(), BEFORE, True),
    (manifest({OFF: "true"}), BEFORE, True),
    (manifest({OFF: "false"}), NOT_ASKED, False),
    (manifest(None, {OFF: "False"}), NOT_ASKED, False),
    (manifest({OFF: "false"}, {OFF: "true"}), BEFORE, True),  # the label is the stronger
    (manifest(hostNetwork=True), HOST, False),
    (manifest(nodeName="n"), RUNS, False),
    (manifest(phase="Running"), RUNS, False),
    (manifest({OFF: "false"}, phase="Running"), RUNS, False),
    (manifest(None, None, {"name": "istio-proxy", "args": ["proxy", "router"]}), "the pod's proxy is a router, so it has no rules", False),
]  # fmt: skip


@pytest.mark.parametrize(("pod", "said", "ruled"), TOLD)
def test_what_a_manifest_without_a_sidecar_would_get(pod: Json, said: str, ruled: bool) -> None:
    found = rules_before_injection(pod, "p.yaml")
    assert [note.text for note in found.notes if note.text == said] == [said]
    assert bool(found.tables) is ruled
    assert (found.origin is Basis.ASSUMED) is ruled


PROXIED: list[tuple[Json, bool]] = [
    (manifest(), False), (manifest(None, None, PROXY), True), (manifest(initContainers=[INIT]), False), (manifest(None, None, PROXY, initContainers=[INIT]), True),
    (manifest(initContainers=[PROXY]), True), (manifest(None, None, {"name": "istio-proxy", "args": ["proxy", "router"]}), False),
    (manifest(None, None, {"name": "istio-proxy", "args": ["proxy", "router"]}, initContainers=[INIT]), True),
]  # fmt: skip


@pytest.mark.parametrize(("pod", "proxied"), PROXIED)
def test_which_pods_have_rules_of_a_sidecar(pod: Json, proxied: bool) -> None:
    assert has_proxy(pod) is proxied
    assert bool(rules_of_manifest(pod, "p").tables) is proxied
