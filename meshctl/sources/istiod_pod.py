"""Both sides of a proxy's configuration: what istiod would send it, and what its Envoy has."""

from __future__ import annotations

from contextlib import closing
from urllib.parse import quote

import msgspec

from meshctl.envoy.documents import Document, DocumentKind
from meshctl.envoy.documents import read as read_documents
from meshctl.envoy.notes import Notes
from meshctl.envoy.snapshot import SectionKind, Snapshot, load
from meshctl.errors import MeshctlError, MissingDataError
from meshctl.sources.interface import Globals, Needs, Origin, Progress
from meshctl.sources.istiod import Compared, Istiods, of_cluster
from meshctl.sources.live import cluster_of, open_pod
from meshctl.sources.pods import KubePod, resolve

_COMPARED = frozenset(
    {
        SectionKind.CLUSTERS,
        SectionKind.LISTENERS,
        SectionKind.ROUTES,
        SectionKind.ECDS,
        SectionKind.ENDPOINTS,
        SectionKind.SECRETS,
    }
)


def sides(
    options: Globals, wanted: Compared, progress: Progress, istiods: Istiods | None = None
) -> tuple[Snapshot, Snapshot]:
    """istiod's and Envoy's, of a pod of the cluster, of a snapshot, or of a dump that was saved of it. istiods: those to ask
    instead of the cluster's; then a saved dump whose pod is named in full needs no cluster."""
    named = _pod(wanted, options)
    if istiods is not None and named is not None:
        return would_send(istiods, f"{named.name}.{named.namespace}"), _saved(wanted.file)
    if wanted.file and istiods is None:
        found = _of_snapshot(options, wanted)
        if found is not None:
            return found
    with closing(cluster_of(options)) as cluster:
        pod = named or resolve(cluster, wanted.name)[0]
        if wanted.file:
            envoy = _saved(wanted.file)
        else:
            envoy = open_pod(cluster, pod, wanted.port, Needs(_COMPARED), progress).snapshot
        asked = istiods or of_cluster(cluster, options, progress, wanted.revision, wanted.label)
        return would_send(asked, f"{pod.name}.{pod.namespace}"), envoy


def _of_snapshot(options: Globals, wanted: Compared) -> tuple[Snapshot, Snapshot] | None:
    """Both sides as a snapshot has them; None for a file that is none."""
    from meshctl.sources.file import open_given
    from meshctl.sources.folder import open_path
    from meshctl.sources.istiod_saved import SavedIstiods

    if isinstance(open_path(wanted.file), bytes):
        return None
    given = open_given((wanted.file,), options.namespace)
    if given.index is None:
        return None
    pod = given.pod(wanted.name)
    notes = Notes()
    envoy = pod.snapshot(notes)
    if envoy is None:
        raise MissingDataError(f"{pod.title} has no dump of its Envoy", "", "")
    return would_send(SavedIstiods(given, wanted.revision), f"{pod.name}.{pod.namespace}"), envoy


def _pod(wanted: Compared, options: Globals) -> KubePod | None:
    """With a dump the pod need not be there any more: its name with the namespace says enough."""
    from meshctl.reader.naming import KINDS, parse

    reference = parse(wanted.name, options.namespace or "")
    if wanted.file and reference.kind is KINDS[0] and reference.namespace:
        return KubePod(reference.name, reference.namespace, {})
    return None


def _saved(file: str) -> Snapshot:
    from meshctl.sources import open_snapshots
    from meshctl.sources.interface import Silent

    return next(iter(open_snapshots(Origin(files=(file,)), Needs(_COMPARED), Silent()))).snapshot


def would_send(istiods: Istiods, proxy: str) -> Snapshot:
    """What istiod would send a proxy now. Raises MeshctlError where no istiod has it."""
    words = f"proxyID={quote(proxy)}"
    answer = istiods.ask_until_known(f"/debug/config_dump?{words}")
    if answer is None:
        raise MeshctlError(
            "unable to find config dump in Istiod responses",
            f"No istiod has {proxy} connected.",
            "`meshctl proxy-status` lists the proxies that are; the log of istio-proxy says why one is not.",
        )
    origin, notes = f"istiod {answer.istiod}", Notes()
    documents = read_documents(answer.body, f"{origin}: /debug/config_dump", notes)
    endpoints = istiods.ask_until_known(f"/debug/edsz?{words}")
    if endpoints is not None:
        documents.append(_endpoints(endpoints.body))
    return load(documents, origin, notes)


def _endpoints(body: bytes) -> Document:
    """istiod's list of assignments as the section that Envoy has them in."""
    try:
        page = msgspec.json.decode(body)
    except msgspec.DecodeError:
        page = {}
    configs = page.get("configs") if isinstance(page, dict) else None
    entries = [{"endpointConfig": one} for one in configs or [] if isinstance(one, dict)]
    section = {
        "@type": "type.googleapis.com/envoy.admin.v3.EndpointsConfigDump",
        "dynamicEndpointConfigs": entries,
    }
    return Document(DocumentKind.CONFIG_DUMP, msgspec.json.encode({"configs": [section]}), "/debug/edsz")
