"""Which pods a service is described by, and what is said of those that it is not."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.views.describe.mesh import Page
from meshctl.views.describe.page import _is_ready

Json = dict[str, Any]


def status(name: str, ready: bool | None) -> Json:
    return {"name": name} if ready is None else {"name": name, "ready": ready}


NOT_READY, NO_PROXY = (
    "WARNING: Pod web Container istio-proxy NOT READY",
    'Pod web: no container "istio-proxy" in pod',
)
PODS: list[tuple[str, list[Json], list[Json], bool, list[str]]] = [  # phase, containers, init containers, ready, said
    ("Running", [status("app", True), status("istio-proxy", True)], [], True, []),
    ("Running", [status("app", False), status("istio-proxy", True)], [], True, []),
    ("Running", [status("app", True)], [status("istio-init", True), status("istio-proxy", True)], True, []),
    ("Running", [status("istio-proxy", False)], [], False, [NOT_READY]),
    ("Running", [status("istio-proxy", None)], [], False, [NOT_READY]),
    ("Running", [], [status("istio-proxy", False)], False, [NOT_READY]),
    ("Running", [status("app", True)], [status("istio-init", True)], False, [NO_PROXY]),
    ("Running", [], [], False, [NO_PROXY]),
    ("Pending", [status("istio-proxy", True)], [], False, ["   Pod is not Running (Pending)"]),
    ("", [status("istio-proxy", True)], [], False, ["   Pod is not Running ()"]),
]  # fmt: skip


@pytest.mark.parametrize(("phase", "containers", "init", "ready", "said"), PODS)
def test_a_service_is_described_by_a_pod_whose_proxy_is_ready(
    phase: str, containers: list[Json], init: list[Json], ready: bool, said: list[str]
) -> None:
    page = Page("ns")
    state = {"phase": phase, "containerStatuses": containers, "initContainerStatuses": init}
    assert _is_ready(page, {"metadata": {"name": "web", "namespace": "ns"}, "status": state}) is ready
    assert page.lines == said
