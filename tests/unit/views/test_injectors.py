"""``injector list``: which namespaces are injected by their labels, and which pods a restart would change."""

from __future__ import annotations

import json

import pytest

from meshctl.render.table import render
from meshctl.views import injectors


def _hook(name: str, revision: str, *, label: str = "istio-injection", value: str = "enabled") -> dict:
    def webhook(own: str, namespace: list, pod: list) -> dict:
        return {
            "name": own,
            "namespaceSelector": {"matchExpressions": namespace},
            "objectSelector": {"matchExpressions": pod},
        }

    asked = {"key": label, "operator": "In", "values": [value]}
    allowed = {"key": "sidecar.istio.io/inject", "operator": "NotIn", "values": ["false"]}
    wanted = {"key": "sidecar.istio.io/inject", "operator": "In", "values": ["true"]}
    unlabelled = {"key": label, "operator": "DoesNotExist"}
    return {
        "metadata": {"name": name, "labels": {"app": "sidecar-injector", "istio.io/rev": revision}},
        "webhooks": [
            webhook("namespace.sidecar-injector.istio.io", [asked], [allowed]),
            webhook("object.sidecar-injector.istio.io", [unlabelled], [wanted]),
        ],
    }


HOOKS = [_hook("a", "default")]


def _namespace(name: str, **labels: str) -> dict:
    return {
        "metadata": {"name": name, "labels": {key.replace("_", "-"): value for key, value in labels.items()}}
    }


def _pod(revision: str = "", inject: str = "") -> dict:
    annotations = {"sidecar.istio.io/status": json.dumps({"revision": revision})} if revision else {}
    labels = {"sidecar.istio.io/inject": inject} if inject else {}
    return {"metadata": {"name": "p", "namespace": "n", "labels": labels, "annotations": annotations}}


ENABLED, PLAIN = _namespace("n", istio_injection="enabled"), _namespace("n")


@pytest.mark.parametrize(
    ("namespace", "revision"),
    [
        (ENABLED, "default"),
        (PLAIN, ""),  # a pod's label would be needed
        (_namespace("n", istio_injection="disabled"), ""),
        (_namespace("n", istio_injection="true"), "MISSING/istio-injection"),
        ({"metadata": {"name": "n", "labels": {"istio.io/rev": "nosuch"}}}, "MISSING/nosuch"),
    ],
)
def test_the_revision_of_a_namespace(namespace: dict, revision: str) -> None:
    assert injectors.revision_for(namespace, HOOKS) == revision


@pytest.mark.parametrize(
    ("namespace", "pod", "text"),
    [
        (ENABLED, _pod("default"), "default: 1"),
        (ENABLED, _pod("old"), "old: 1 NEEDS RESTART: 1"),
        (ENABLED, _pod(), "<non-Istio>: 1 NEEDS RESTART: 1"),
        (ENABLED, _pod(inject="false"), "<non-Istio>: 1 (injection disabled: 1)"),
        (PLAIN, _pod(), "<non-Istio>: 1"),
        (PLAIN, _pod(inject="true"), "<non-Istio>: 1 NEEDS RESTART: 1"),
        (PLAIN, _pod("old"), "old: 1"),  # a restart would take its sidecar away
    ],
    ids=[
        "as injected",
        "another revision",
        "none yet",
        "opted out",
        "not injected",
        "opted in",
        "no longer injected",
    ],
)
def test_a_restart_is_needed_where_it_would_inject_another_revision(
    namespace: dict, pod: dict, text: str
) -> None:
    (count,) = injectors.counts(namespace, [pod], HOOKS)
    assert count.text == text


def test_system_and_ambient_namespaces_are_not_shown() -> None:
    ambient = {"metadata": {"name": "x", "labels": {"istio.io/dataplane-mode": "ambient"}}}
    both = {
        "metadata": {
            "name": "y",
            "labels": {"istio.io/dataplane-mode": "ambient", "istio-injection": "enabled"},
        }
    }
    found = injectors.shown_namespaces(
        [_namespace("kube-system"), _namespace("istio-system"), both, ambient, PLAIN], "istio-system"
    )
    assert [one["metadata"]["name"] for one in found] == ["n", "y"]


def test_tables() -> None:
    images = injectors.images(
        [
            {
                "metadata": {"labels": {"istio.io/rev": "default"}},
                "data": {
                    "values": json.dumps({"global": {"hub": "h", "tag": "t", "proxy": {"image": "proxyv2"}}})
                },
            }
        ]
    )
    assert render(injectors.hook_table(injectors.injected([ENABLED], HOOKS, images))).split() == [
        *("NAMESPACES", "INJECTOR-HOOK", "ISTIO-REVISION", "SIDECAR-IMAGE"),
        *("n", "a", "default", "h/proxyv2:t"),
    ]
    assert "DOES NOT AUTOINJECT" in render(injectors.hook_table(injectors.injected([PLAIN], HOOKS, {})))
    assert render(injectors.hook_table([])) == "No Istio injection hooks present.\n"
    rows = injectors.rows([ENABLED, _namespace("empty")], [], HOOKS)
    assert [(row.namespace, row.count) for row in rows] == [("n", None)]
    assert "<no pods>" in render(injectors.namespace_table(rows))
