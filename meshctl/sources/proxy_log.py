"""The log of a pod's proxy container, where its access log is: from the cluster, or as it was saved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from meshctl.errors import InputError
from meshctl.sources.record import PROXY_CONTAINER, PROXY_LOG

if TYPE_CHECKING:
    from meshctl.reader.given import Given
    from meshctl.sources.kube import ApiError, KubeCluster
    from meshctl.sources.pods import KubePod

SAVED_LINES = 2000  # of a log, how many lines a snapshot takes
_SAVED_BYTES = 4 << 20


def live_log(cluster: KubeCluster, text: str) -> Iterator[bytes]:
    """The lines of the log of a pod in the cluster. Raises ApiError where it may not be read."""
    from meshctl.sources.pods import resolve

    pod = resolve(cluster, text)[0]
    yield from _text(cluster, pod, {}).encode().splitlines(keepends=True)


def last_lines(cluster: KubeCluster, pod: KubePod) -> tuple[bytes | None, str]:
    """The end of a pod's log, for a snapshot; None and the reason where it cannot be had."""
    from meshctl.sources.kube import ApiError

    limits = {"tailLines": str(SAVED_LINES), "limitBytes": str(_SAVED_BYTES)}
    try:
        text = _text(cluster, pod, limits)
    except ApiError as error:
        return None, _reason(cluster, error)
    return (text.encode(), "") if text.strip() else (None, "it is empty")


def _text(cluster: KubeCluster, pod: KubePod, limits: dict[str, str]) -> str:
    path = f"/api/v1/namespaces/{pod.namespace}/pods/{pod.name}/log"
    return cluster.text(path, {"container": PROXY_CONTAINER, **limits}, what=f"the log of {PROXY_CONTAINER}")


def _reason(cluster: KubeCluster, error: ApiError) -> str:
    return f'user "{cluster.user}" may not read the logs of pods' if error.status == 403 else error.what


def saved_log(given: Given, name: str | None) -> Iterator[bytes]:
    """The lines of the log that was saved beside a pod's dump. Raises InputError where none was."""
    pod = given.one(name)
    data = pod.read(PROXY_LOG)
    if data is None:
        raise InputError(
            f"{pod.title} has no {PROXY_LOG}",
            "Snapshots and bug reports keep the proxy's log; a dump alone does not.",
            f"Save it (`kubectl logs {pod.name or 'POD'} -c {PROXY_CONTAINER}`) and run `meshctl why --log FILE`.",
        )
    yield from data.splitlines(keepends=True)
