"""Envoy's counters: from its admin port, the agent's merged page, or what was saved of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing

import msgspec

from meshctl.errors import InputError, MeshctlError, MissingDataError, UsageError
from meshctl.plain import object_at
from meshctl.sources.interface import Globals, Origin, Progress
from meshctl.sources.pods import KubePod
from meshctl.views.counters import text

AGENT_PORT = 15020
AGENT_PATH = "/stats/prometheus"
# The files of a snapshot that answer a request.
_SAVED = {
    "/stats": "stats.json",
    "/stats?format=json": "stats.json",
    "/clusters?format=json": "clusters.json",
}


class Answer(msgspec.Struct, frozen=True):
    """What one proxy answered; ``pod`` is its name."""

    pod: str
    body: bytes


def from_cluster(origin: Origin, path: str, merged: bool, progress: Progress) -> Iterator[Answer]:
    """One pod after another; one of several that cannot be asked is told and costs the exit code."""
    from meshctl.sources.live import admin_of, cluster_of, find_pods

    with closing(cluster_of(origin.globals)) as cluster:
        pods = find_pods(cluster, origin)
        for pod in pods:
            port, page = _agents(pod) if merged else (origin.admin_port, path)
            try:
                with (
                    admin_of(cluster, pod, port, progress) as admin,
                    progress.fetching(f"{pod.name}: {page}"),
                ):
                    yield Answer(pod.name, bytes(admin.get(page)))
            except MeshctlError as error:
                if len(pods) == 1:
                    raise
                progress.failed(f"{pod.name}.{pod.namespace}", error)


def _agents(pod: KubePod) -> tuple[int, str]:
    """Where the agent answers with the application's metrics beside Envoy's: as the pod's annotations say."""
    annotations = object_at(object_at(pod.object, "metadata"), "annotations")
    port = str(annotations.get("prometheus.io/port") or "")
    path = str(annotations.get("prometheus.io/path") or AGENT_PATH)
    return int(port) if port.isdigit() else AGENT_PORT, path if path.startswith("/") else f"/{path}"


def from_admin(origin: Origin, path: str, progress: Progress) -> Answer:
    from meshctl.sources.admin import open_port

    with open_port(origin, progress) as port:
        return Answer(str(origin.admin), bytes(port.get(path)))


def from_files(files: Sequence[str], pods: Sequence[str], options: Globals, path: str) -> Iterator[Answer]:
    """Of a snapshot the pods that are named, or its one pod; a plain file is a saved answer itself."""
    from meshctl.sources.file import open_given
    from meshctl.sources.folder import open_path

    if len(files) == 1:
        opened = open_path(files[0])
        if isinstance(opened, bytes):
            yield Answer("-" if files[0] == "-" else files[0], _answered(opened, path, files[0]))
            return
    name = _SAVED.get(path)
    if name is None:
        raise MissingDataError(
            f"a snapshot has no answer to {path}",
            "It has Envoy's counters as JSON.",
            "Use -o short, json or yaml.",
        )
    given = open_given(files, options.namespace)
    found = [pod for text_ in pods for pod in given.find(text_)] if pods else [given.one(None)]
    for pod in found:
        data = pod.read(name)
        if data is None:
            raise MissingDataError(f"{pod.title} has no {name}", "", "Take it with `meshctl snapshot`.")
        yield Answer(pod.name, _answered(data, path, pod.title))


def _answered(data: bytes, path: str, origin: str) -> bytes:
    """A saved answer in the notation that is asked for."""
    is_json = data.lstrip()[:1] == b"{"
    if path.endswith("format=json"):
        if not is_json:
            raise InputError(f"{origin} is no JSON", "It is the text form.", "Leave -o out.")
        return data
    if path == "/stats" and is_json:
        return text(data, origin).encode()
    if is_json:
        raise UsageError(f"{origin} is JSON", f"It is no answer to {path}.", "Use -o json or yaml.")
    return data
