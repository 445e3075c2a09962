"""Completion of values: resource names from the ``-f`` file on the line, outputs, directions, states, types."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_PATIENCE = 2.0  # seconds that a person waits for a completion
_STATUSES = ("healthy", "unhealthy", "draining", "timeout", "degraded", "unknown")


def _matching(words: Any, incomplete: str) -> list[str]:
    return sorted({word for word in words if word.startswith(incomplete)})


def directions(incomplete: str) -> list[str]:
    return _matching(("inbound", "outbound", "inbound-vip"), incomplete)


def listener_types(incomplete: str) -> list[str]:
    return _matching(("HTTP", "TCP", "HTTP+TCP"), incomplete)


def statuses(incomplete: str) -> list[str]:
    return _matching(_STATUSES, incomplete)


def _snapshot(ctx: Any) -> Any:
    """The snapshot of the files already named on the line; None without one, or when it cannot be read."""
    files = ctx.params.get("file")
    if not files:
        return None
    from meshctl.sources import Needs, Origin, open_snapshots
    from meshctl.sources.interface import Silent

    return next(iter(open_snapshots(Origin(files=tuple(files)), Needs(), Silent()))).snapshot


def _from_file(collect: Callable[[Any], Any]) -> Callable[[Any, str], list[str]]:
    def completer(ctx: Any, incomplete: str) -> list[str]:
        try:
            snapshot = _snapshot(ctx)
            return _matching(collect(snapshot), incomplete) if snapshot is not None else []
        except Exception:  # a shell that completes must never see an error
            return []

    def complete(ctx: Any, incomplete: str) -> list[str]:
        return completer(ctx, incomplete)

    return complete


def _cluster_names(snapshot: Any) -> Any:
    from meshctl.envoy.snapshot import SectionKind

    return [r.name for r in snapshot.resources(SectionKind.CLUSTERS)]


def _hosts(snapshot: Any) -> Any:
    from meshctl.views import subset_key

    return [subset_key.parse(name).host or name for name in _cluster_names(snapshot)]


def _subsets(snapshot: Any) -> Any:
    from meshctl.views import subset_key

    return [key.subset for name in _cluster_names(snapshot) if (key := subset_key.parse(name)).subset]


def _route_names(snapshot: Any) -> Any:
    from meshctl.views import routes

    return [name for name in routes.names(snapshot, routes.RouteFilter()) if name]


def _listener_addresses(snapshot: Any) -> Any:
    from meshctl.views import listeners

    found = listeners.select(snapshot, listeners.ListenerFilter())
    return [address for item in found for address in listeners.addresses(item.head) if address]


def _listener_ports(snapshot: Any) -> Any:
    from meshctl.views import listeners

    found = listeners.select(snapshot, listeners.ListenerFilter())
    return [str(item.head.port) for item in found if item.head.port]


def _endpoint_clusters(snapshot: Any) -> Any:
    from meshctl.envoy.documents import DocumentKind
    from meshctl.views import eds, endpoints
    from meshctl.views.endpoint_filter import EndpointFilter

    if DocumentKind.CLUSTERS in snapshot.documents:
        return [cluster for _, _, cluster, _ in endpoints.select(snapshot, EndpointFilter())]
    return [assignment.cluster_name for _, assignment in eds.select(snapshot, EndpointFilter())]


clusters = _from_file(_cluster_names)
hosts = _from_file(_hosts)
subsets = _from_file(_subsets)
routes = _from_file(_route_names)
listener_addresses = _from_file(_listener_addresses)
listener_ports = _from_file(_listener_ports)
endpoint_clusters = _from_file(_endpoint_clusters)


def pods(ctx: Any, incomplete: str) -> list[str]:
    """Pods: those of the folder or archive that ``-f`` names, else those of the namespace in the cluster."""
    try:
        files = ctx.params.get("file")
        found = _bundled_pods(files) if files else _live_pods(ctx)
        return _matching(found, incomplete)
    except Exception:  # a shell that completes must never see an error
        return []


def _bundled_pods(files: list[str]) -> list[str]:
    from meshctl.sources.file import open_given

    return [pod.name for pod in open_given(files).pods if pod.name]


def _live_pods(ctx: Any) -> list[str]:
    from meshctl.sources.interface import Globals
    from meshctl.sources.kubeconfig import connect
    from meshctl.sources.pods import running_names

    given = ctx.find_root().params
    with _unheard():
        cluster = connect(
            Globals(
                kubeconfig=given.get("kubeconfig"),
                context=given.get("context"),
                namespace=given.get("namespace"),
                as_user=given.get("as_user"),
                timeout=_PATIENCE,
            )
        )
        try:
            return running_names(cluster, cluster.namespace)
        finally:
            cluster.close()


@contextmanager
def _unheard() -> Iterator[None]:
    """What a credential plugin says or asks must not end up in the line that is being typed."""
    kept = os.dup(2), os.dup(0)
    nothing = os.open(os.devnull, os.O_RDWR)
    try:
        os.dup2(nothing, 2)
        os.dup2(nothing, 0)
        yield
    finally:
        os.dup2(kept[0], 2)
        os.dup2(kept[1], 0)
        for descriptor in (*kept, nothing):
            os.close(descriptor)
