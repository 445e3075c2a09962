"""The table of all checks, theme by theme."""

from __future__ import annotations

from meshctl.check.check import Check, MeshCheck
from meshctl.check.checks import (
    capture,
    certificates,
    control_plane,
    dead,
    endpoints,
    idle,
    mesh,
    mutual_tls,
    objects,
    policy,
    policy_never,
    ports,
    proxy_state,
    redirects,
    targets,
    twice,
)
from meshctl.values import Struct


class Theme(Struct, frozen=True):
    """Checks that belong together."""

    name: str
    about: str
    rows: tuple[Check | MeshCheck, ...]


THEMES = (
    Theme(
        "Proxy",
        "The state of one Envoy: what it refused, what it waits for, its certificates, its control plane.",
        (*proxy_state.CHECKS, *control_plane.CHECKS, *certificates.CHECKS),
    ),
    Theme(
        "Routing",
        "Where requests go: routes, virtual hosts, filter chains and listeners, and the clusters they lead to.",
        (*dead.CHECKS, *targets.CHECKS, *redirects.CHECKS),
    ),
    Theme(
        "Endpoints",
        "Whether there is a host for what is sent, and whether limits and time-outs let it through.",
        (*endpoints.CHECKS, *idle.CHECKS),
    ),
    Theme(
        "Ports",
        "What collides on a port, and connections that come to the wrong chain.",
        ports.CHECKS,
    ),
    Theme(
        "Capture",
        "The rules before Envoy, with the pod's own Envoy beside them.",
        capture.CHECKS,
    ),
    Theme(
        "Mutual TLS and policy",
        "Whether client and server fit, and what policies make of it.",
        (*mutual_tls.CHECKS, *policy.CHECKS, *policy_never.CHECKS),
    ),
    Theme(
        "Mesh",
        "What only several proxies together, or Istio's own resources, show.",
        (*mesh.CHECKS, *twice.CHECKS, *objects.CHECKS),
    ),
)


def rows() -> tuple[Check | MeshCheck, ...]:
    """All rows, in the order of the themes."""
    return tuple(row for theme in THEMES for row in theme.rows)


CHECKS = tuple(row for row in rows() if isinstance(row, Check))
MESH_CHECKS = tuple(row for row in rows() if isinstance(row, MeshCheck))

__all__ = ["CHECKS", "MESH_CHECKS", "THEMES", "Check", "MeshCheck", "Theme", "rows"]
