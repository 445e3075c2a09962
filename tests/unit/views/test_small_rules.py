"""Rules of the tables that are a line each: which resources come first, what a missing section asks for."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.envoy.sections import SectionKind
from meshctl.errors import MissingDataError
from meshctl.views import bootstrap, states, view
from tests.unit.views.dumps import snapshot_of

Json = dict[str, Any]


def test_resources_in_force_come_first_dynamic_ones_before_static_ones() -> None:
    found = snapshot_of(
        "ClustersConfigDump",
        static_clusters=[{"cluster": {"name": "static"}}],
        dynamic_active_clusters=[{"cluster": {"name": "active"}}],
        dynamic_warming_clusters=[{"cluster": {"name": "warming"}}],
    )
    assert [one.name for one in states.everything(found, SectionKind.CLUSTERS)] == [
        "active",
        "static",
        "warming",
    ]
    assert [one.name for one in states.in_force(found, SectionKind.CLUSTERS)] == ["active", "static"]
    listeners = snapshot_of(
        "ListenersConfigDump",
        dynamic_listeners=[
            {"name": "w", "warming_state": {"listener": {"name": "w"}}},
            {"name": "a", "active_state": {"listener": {"name": "a"}}},
        ],
        static_listeners=[{"listener": {"name": "s"}}],
    )
    assert [one.name for one in states.everything(listeners, SectionKind.LISTENERS)] == ["a", "s", "w"]


@pytest.mark.parametrize(
    ("kind", "hint", "request_"),
    [
        (
            SectionKind.ENDPOINTS,
            "Envoy prints that section only when asked for it.",
            "/config_dump?include_eds",
        ),
        (SectionKind.ROUTES, "", "/config_dump"),
    ],
)
def test_a_section_that_is_not_there_is_asked_for(kind: SectionKind, hint: str, request_: str) -> None:
    found = snapshot_of("ClustersConfigDump", static_clusters=[])
    with pytest.raises(MissingDataError) as raised:
        view.require(found, kind, "such things")
    assert raised.value.cause == hint
    assert f"localhost:15000{request_}`" in raised.value.hint
    view.require(found, SectionKind.CLUSTERS, "clusters")


def rows(node: Json | None) -> dict[str, str]:
    found = snapshot_of("BootstrapConfigDump", bootstrap={} if node is None else {"node": node})
    return {row[0]: row[1] for row in bootstrap._wide(found, None).rows}


def test_the_facts_of_a_proxys_bootstrap() -> None:
    metadata = {"NAMESPACE": "ns", "CLUSTER_ID": "Kubernetes", "ISTIO_VERSION": "1.27.0", "OTHER": "x"}
    found = rows({"id": "sidecar~1", "cluster": "web.ns", "metadata": metadata})
    assert {key: found.get(key) for key in ("Node:", "Cluster:", "NAMESPACE:", "CLUSTER_ID:", "Istio Version:", "OTHER:")} == {
        "Node:": "sidecar~1", "Cluster:": "web.ns", "NAMESPACE:": "ns", "CLUSTER_ID:": "Kubernetes", "Istio Version:": "1.27.0", "OTHER:": None,
    }  # fmt: skip
    assert "NAMESPACE:" not in rows({"id": "sidecar~1"})
    assert rows(None)["Node:"] == ""
