"""The names that Istio gives its clusters: ``outbound|80|v1|reviews.default.svc.cluster.local``, taken apart.

Follows BuildSubsetKey in istio/pilot/pkg/model/push_context.go: a name of four parts, and nothing else, is one of Istio's.
How istioctl's tables read names, their odd cases included, is ``meshctl.views.subset_key``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class ClusterName(NamedTuple):
    """The parts of a name, as they stand in it."""

    direction: str
    port: str
    subset: str
    host: str


def parts_of(cluster: str) -> ClusterName | None:
    """The parts of a cluster's name; None where Istio did not make it."""
    parts = cluster.split("|")
    return ClusterName(*parts) if len(parts) == 4 else None


def subsets_beside(wanted: ClusterName, names: Iterable[str]) -> list[str]:
    """The subsets that clusters of the same direction, port and host have, sorted."""
    return sorted({
        one.subset
        for one in map(parts_of, names)
        if one is not None and one.subset and one._replace(subset="") == wanted._replace(subset="")
    })  # fmt: skip
