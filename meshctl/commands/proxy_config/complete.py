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


def _given(ctx: Any) -> list[str]:
    """The files and folders already named on the line, whatever the command calls them."""
    found: list[str] = []
    for name in ("file", "files", "directory"):
        value = ctx.params.get(name)
        found += [value] if isinstance(value, str) else list(value or ())
    return found


def _snapshot(ctx: Any) -> Any:
    """The snapshot of the files already named on the line; None without one, or when it cannot be read."""
    return _first_snapshot(ctx) if _given(ctx) else None


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
    """Pods: those of the folder or archive that ``-f`` names, else those of the namespace in the cluster; behind ``deploy/`` or ``svc/``
    the workloads and services."""
    try:
        files = _given(ctx)
        kind, slash, _ = incomplete.partition("/")
        if slash:
            found = _bundled_owners(files, kind) if files else _live_owners(ctx, kind)
            return _matching((f"{kind}/{name}" for name in found), incomplete)
        found = _bundled_pods(files) if files else _live_pods(ctx)
        return _matching(found, incomplete)
    except Exception:  # a shell that completes must never see an error
        return []


def namespaces(ctx: Any, incomplete: str) -> list[str]:
    """The namespaces of the cluster."""
    try:
        with _cluster(ctx) as cluster:
            found = cluster.items("/api/v1/namespaces", what="namespaces", names_only=True)
        return _matching((item["metadata"]["name"] for item in found), incomplete)
    except Exception:
        return []


def contexts(ctx: Any, incomplete: str) -> list[str]:
    """The contexts of the kubeconfig."""
    try:
        from meshctl.sources.interface import Globals
        from meshctl.sources.kubeconfig import context_names

        return _matching(
            context_names(Globals(kubeconfig=ctx.find_root().params.get("kubeconfig"))), incomplete
        )
    except Exception:
        return []


def words(ctx: Any, incomplete: str) -> list[str]:
    """The words of ``trace``: a pod, then a URL of a host that its proxy knows; with files the URL alone will do."""
    given = ctx.params.get("words") or []
    found = [] if given else pods(ctx, incomplete)
    return found + (urls(ctx, incomplete) if given or _given(ctx) else [])


def urls(ctx: Any, incomplete: str) -> list[str]:
    """URLs of the services that the first proxy that is given knows."""
    from meshctl.envoy.cluster_names import parts_of

    try:
        names = _cluster_names(_first_snapshot(ctx))
        keys = [key for name in names if name.startswith("outbound|") and (key := parts_of(name))]
        ports = ("" if key.port == "80" else f":{key.port}" for key in keys)
        found = (f"http://{key.host}{port}/" for key, port in zip(keys, ports, strict=True))
        return _matching(found, incomplete)
    except Exception:
        return []


def reached(ctx: Any, incomplete: str) -> list[str]:
    """What a request may be asked not to reach: the clusters that the first proxy knows."""
    try:
        return _matching(_cluster_names(_first_snapshot(ctx)), incomplete)
    except Exception:
        return []


def _first_snapshot(ctx: Any) -> Any:
    """The snapshot of the pod that is named, else of the first that was given."""
    from meshctl.envoy.notes import Notes
    from meshctl.sources.file import open_given

    given = open_given(_given(ctx))
    said = [ctx.params.get(name) or [] for name in ("words", "pods", "pod")]
    named = [word for one in said for word in ([one] if isinstance(one, str) else one) if "://" not in word]
    pod = given.find(named[0])[0] if named and not given.plain else given.pods[0]
    return pod.snapshot(Notes())


def _bundled_pods(files: list[str]) -> list[str]:
    from meshctl.sources.file import open_given

    return [pod.name for pod in open_given(files).pods if pod.name]


def _kind(word: str) -> Any:
    """The resource type that stands for pods under this name."""
    from meshctl.reader.naming import KINDS

    return next(kind for kind in KINDS if word.lower() in kind.names)


def _bundled_owners(files: list[str], word: str) -> list[str]:
    """The workloads of a kind (deploy, sts, ds ...) that pods of an archive belong to, or its services."""
    from meshctl.sources.file import open_given

    given, kind = open_given(files), _kind(word)
    if kind.plural == "services":
        return [str(item["metadata"]["name"]) for item in given.objects("services") or ()]
    return [name for pod in given.pods for owner, name in pod.owners if owner.lower() in kind.names]


def _live_owners(ctx: Any, word: str) -> list[str]:
    kind = _kind(word)
    with _cluster(ctx) as cluster:
        path = f"{kind.group_path}/namespaces/{cluster.namespace}/{kind.plural}"
        found = cluster.items(path, what=kind.plural, names_only=True)
    return [str(item["metadata"]["name"]) for item in found]


def _live_pods(ctx: Any) -> list[str]:
    from meshctl.sources.pods import running_names

    with _cluster(ctx) as cluster:
        return running_names(cluster, cluster.namespace)


@contextmanager
def _cluster(ctx: Any) -> Iterator[Any]:
    """The cluster that the line names, asked with little patience and without a word."""
    from meshctl.sources.interface import Globals
    from meshctl.sources.kubeconfig import connect

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
            yield cluster
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
