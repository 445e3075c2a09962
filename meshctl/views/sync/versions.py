"""The versions of a mesh: what each istiod says of itself, and of the proxies that are connected to it.

Follows istio/pkg/version (cobra.go) and pkg/kube/client.go (GetIstioVersions): ``/version`` answers
``1.30.0-<commit>-Clean``, version, commit and state of the build.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from meshctl.views.sync.syncz import ProxyState
from meshctl.views.table import Table

UNKNOWN = "unknown"


class ControlPlane(msgspec.Struct, frozen=True):
    """One istiod: its pod, its revision, and its build."""

    istiod: str
    revision: str
    version: str
    commit: str
    status: str


def control_plane(istiod: str, revision: str, answer: str) -> ControlPlane:
    """What ``/version`` says; a build that does not know itself says unknown three times."""
    parts = answer.strip().strip('"').split("-")
    if len(parts) < 3:
        return ControlPlane(istiod, revision, answer.strip() or UNKNOWN, UNKNOWN, UNKNOWN)
    for index, part in enumerate(parts[1:-1], start=1):
        if len(part) == 40 or part == UNKNOWN:  # a version may have dashes of its own (1.31-dev)
            return ControlPlane(
                istiod, revision, "-".join(parts[:index]), "-".join(parts[index:-1]), parts[-1]
            )
    return ControlPlane(istiod, revision, parts[0], "-".join(parts[1:-1]), parts[-1])


def lines(istiods: Sequence[ControlPlane], proxies: Sequence[ProxyState]) -> list[str]:
    """istioctl's two lines."""
    known = ", ".join(sorted({one.version for one in istiods})) or UNKNOWN
    counted = Counter(proxy.version for proxy in proxies)
    shares = [f"{version} ({n} prox{'y' if n == 1 else 'ies'})" for version, n in sorted(counted.items())]
    return [f"control plane version: {known}", f"data plane version: {', '.join(shares) or 'none'}"]


def tables(istiods: Sequence[ControlPlane], proxies: Sequence[ProxyState]) -> list[Table]:
    """Each istiod, each proxy."""
    planes = [(one.istiod, one.revision, one.version, one.commit, one.status) for one in istiods]
    found = [(proxy.id, proxy.version, proxy.kind, proxy.istiod) for proxy in _by_name(proxies)]
    return [
        Table(("ISTIOD", "REVISION", "VERSION", "COMMIT", "STATUS"), planes, padding=3),
        Table(("PROXY", "VERSION", "TYPE", "ISTIOD"), found, padding=3),
    ]


def document(istiods: Sequence[ControlPlane], proxies: Sequence[ProxyState]) -> dict[str, Any]:
    """istioctl's values."""
    return {
        "meshVersion": [
            {
                "Component": "pilot",
                "Revision": one.revision,
                "Info": {
                    "version": one.version,
                    "revision": one.commit,
                    "golang_version": "",
                    "status": one.status,
                    "tag": one.version,
                },
            }
            for one in istiods
        ],
        "dataPlaneVersion": [
            {"ID": proxy.id, "IstioVersion": proxy.version, "Type": proxy.kind} for proxy in _by_name(proxies)
        ],
    }


def _by_name(proxies: Sequence[ProxyState]) -> list[ProxyState]:
    return sorted(proxies, key=lambda proxy: (proxy.id, proxy.istiod))
