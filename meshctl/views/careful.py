"""A view made once more where odd values broke it: they are taken out and told, the others stand.

The fast way trusts the dump. Where it meets a value of a type that nothing can be made of, every resource of the snapshot is
compared with the schema (``meshctl.envoy.schema.misfits``), what does not fit is noted, and the view is made from the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from meshctl.envoy.notes import NoteKind
from meshctl.envoy.snapshot import SectionKind, Snapshot

T = TypeVar("T")

ODD = (TypeError, ValueError, AttributeError, KeyError, IndexError, OverflowError)
_MESSAGES = {
    SectionKind.CLUSTERS: "envoy.config.cluster.v3.Cluster",
    SectionKind.ENDPOINTS: "envoy.config.endpoint.v3.ClusterLoadAssignment",
    SectionKind.LISTENERS: "envoy.config.listener.v3.Listener",
    SectionKind.ROUTES: "envoy.config.route.v3.RouteConfiguration",
    SectionKind.SCOPED_ROUTES: "envoy.config.route.v3.ScopedRouteConfiguration",
    SectionKind.SECRETS: "envoy.extensions.transport_sockets.tls.v3.Secret",
    SectionKind.ECDS: "envoy.config.core.v3.TypedExtensionConfig",
}


def carefully(snapshot: Snapshot, make: Callable[[], T]) -> T:
    """What ``make`` makes of the snapshot; where it fails, what it makes of the snapshot without misfits."""
    try:
        return make()
    except ODD:
        if not _take_out_misfits(snapshot):
            raise
        return make()


def _take_out_misfits(snapshot: Snapshot) -> bool:
    """Whether something was taken out of what the views read."""
    from meshctl.envoy.schema.misfits import take_out

    found = 0
    for kind, message in _MESSAGES.items():
        for resource in snapshot.resources(kind):

            def told(place: str, where: str = f"{kind.value} {resource.name}") -> None:
                nonlocal found
                found += 1
                snapshot.notes.add(NoteKind.MISFIT, f"{where}: {place.lstrip('.')}")

            take_out(resource.value, message, told)
    return found > 0
