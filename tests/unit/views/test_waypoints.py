"""``waypoint list``: which Gateways are waypoints, and what is shown of them."""

from __future__ import annotations

from meshctl.render.table import render
from meshctl.views.waypoints import table, waypoints


def _gateway(
    name: str, namespace: str, kind: str = "istio-waypoint", status: str = "True", **labels: str
) -> dict:
    return {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {f"istio.io/{k.replace('_', '-')}": v for k, v in labels.items()},
        },
        "spec": {"gatewayClassName": kind},
        "status": {
            "conditions": [
                {"type": "Accepted", "status": "True"},
                {"type": "Programmed", "status": status, "message": "no address"},
            ]
        },
    }


def test_waypoints_by_namespace_and_name() -> None:
    found = waypoints(
        [
            _gateway("w", "b", rev="canary", waypoint_for="service", status="False"),
            _gateway("gw", "a", kind="istio"),
            _gateway("w", "a"),
        ]
    )
    assert render(table(found, True, given=True)) == (
        "NAMESPACE     NAME     REVISION     TRAFFIC TYPE     PROGRAMMED\n"
        "a             w        default      none             True\n"
        "b             w        canary       service          False\n"
    )
    assert render(table(found[:1], False, given=True)).splitlines()[1].split() == [
        "w",
        "default",
        "none",
        "True",
    ]
    assert found[1].reason == "no address"


def test_none() -> None:
    assert render(table([], False, given=False)) == "No waypoints found.\n"
