"""All resources of one pod's proxy: what the management server serves it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.lab.istio import clusters, inbound, outbound, routes
from tests.lab.model import Model, Pod
from tests.lab.resources import CLUSTER, ENDPOINTS, LISTENER, ROUTES, ResourceStore

Json = dict[str, Any]


def resources(model: Model, pod: Pod, *, fresh: bool = False) -> Iterator[tuple[str, list[Json]]]:
    """(type, resources) of a sidecar, in the order in which a change is sent."""
    yield (
        CLUSTER,
        [
            *clusters.outbound(model, fresh),
            *clusters.inbound(model, pod, fresh),
            *clusters.special(fresh),
        ],
    )
    yield ENDPOINTS, list(clusters.endpoints(model))
    yield LISTENER, [*outbound.listeners(model), inbound.listener(model, pod)]
    yield ROUTES, list(routes.routes(model, pod))


def fill(store: ResourceStore, model: Model, pod: Pod, *, fresh: bool = False) -> None:
    """Make a store serve a pod's view of the mesh; what is the same stays as it is."""
    for kind, values in resources(model, pod, fresh=fresh):
        store.replace(kind, values)
