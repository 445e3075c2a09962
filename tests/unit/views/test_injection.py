"""Who is injected: the rules of selectors, and of what is said."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.views import injection


def expression(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


@pytest.mark.parametrize(
    ("selector", "labels", "expected"),
    [
        (None, {}, True),
        ({}, {}, True),
        ({"matchLabels": {"a": "1"}}, {"a": "1"}, True),
        ({"matchLabels": {"a": "1"}}, {"a": "2"}, False),
        (expression("a", "In", "1", "2"), {"a": "2"}, True),
        (expression("a", "In", "1"), {}, False),
        (expression("a", "NotIn", "1"), {}, True),
        (expression("a", "NotIn", "1"), {"a": "1"}, False),
        (expression("a", "Exists"), {"a": ""}, True),
        (expression("a", "Exists"), {}, False),
        (expression("a", "DoesNotExist"), {}, True),
        (expression("a", "DoesNotExist"), {"a": ""}, False),
        (expression("a", "Unheard"), {"a": ""}, False),
    ],
)
def test_selectors(selector: Any, labels: dict[str, str], expected: bool) -> None:
    assert injection.matches(selector, labels) is expected


def configuration(
    over_pod: dict[str, Any], over_namespace: dict[str, Any], name: str = "x.istio.io"
) -> dict[str, Any]:
    webhook = {"name": name, "namespaceSelector": over_namespace, "objectSelector": over_pod}
    return {"metadata": {"name": "w", "labels": {"istio.io/rev": "r"}}, "webhooks": [webhook]}


ENABLED = expression("istio-injection", "In", "enabled")
WANTED = {
    "matchExpressions": [
        *expression("sidecar.istio.io/inject", "NotIn", "false")["matchExpressions"],
        *expression("istio.io/rev", "In", "r")["matchExpressions"],
    ]
}


def test_the_label_that_is_asked_for_is_named_and_not_one_that_is_merely_allowed() -> None:
    labels = {"sidecar.istio.io/inject": "true", "istio.io/rev": "r"}
    (found,) = injection.analyse([configuration(WANTED, {})], labels, {})
    assert (found.injected, found.reason) == (True, "Pod label istio.io/rev=r matches")


def test_webhooks_of_others_are_nobodys_business() -> None:
    assert (
        injection.analyse([configuration({}, ENABLED, "x.example.test")], {}, {"istio-injection": "enabled"})
        == []
    )


def test_a_namespace_that_was_not_given_leaves_open_what_depends_on_it() -> None:
    (found,) = injection.analyse([configuration(expression("a", "NotIn", "1"), ENABLED)], {}, None)
    assert found.injected is None
    (never,) = injection.analyse([configuration(expression("a", "NotIn", "1"), ENABLED)], {"a": "1"}, None)
    assert never.injected is False


def pod(sidecar: bool, **annotations: str) -> dict[str, Any]:
    containers = [{"name": "app"}, *([{"name": "istio-proxy"}] if sidecar else [])]
    return {"metadata": {"annotations": annotations}, "spec": {"nodeName": "n", "containers": containers}}


def outcome(injected: bool | None, revision: str = "default") -> injection.Outcome:
    return injection.Outcome("w", revision, injected, "")


@pytest.mark.parametrize(
    ("running", "outcomes", "said"),
    [
        ({}, [outcome(True)], ""),
        (pod(False), [outcome(False)], "runs without a sidecar"),
        (
            pod(False),
            [outcome(True)],
            "runs without a sidecar; started again it would get one of revision default",
        ),
        (pod(True), [outcome(False)], "runs with a sidecar; started again it would have none"),
        (pod(True), [outcome(None)], "runs with a sidecar"),
        (
            pod(True, **{"sidecar.istio.io/status": '{"revision": "old"}'}),
            [outcome(True, "new")],
            "runs with a sidecar of revision old; started again it would get one of revision new",
        ),
        (
            pod(True, **{"istio.io/rev": "new", "sidecar.istio.io/status": "odd"}),
            [outcome(True, "new")],
            "runs with a sidecar of revision new",
        ),
    ],
)
def test_what_runs_and_what_a_restart_would_change(
    running: dict[str, Any], outcomes: list[injection.Outcome], said: str
) -> None:
    assert injection.running(running, outcomes) == said
