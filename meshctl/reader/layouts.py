"""Which pods a folder or archive holds: the layouts in which people and tools save what they found.

Theory of operation. Every file is told by its name where that is one of the snapshot format's, else by its first
bytes. Files of one folder belong to one pod, unless they are dumps of Envoys with different identities. The pod's
name and namespace come from ``meta.json``, from the path where a tool puts them there (the table below), from the
Envoy's own node id, else from the folder. Whole-cluster files (manifests, logs of the CNI) belong to all pods.

Layouts: docs/snapshot-format.md; istio tools/bug-report/pkg/archive (``proxies/NS/POD``); OpenShift's must-gather
(``namespaces/NS/pods/POD``); sosreport (``sos_commands``), cilium-bugtool (``cmd/``): by content.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from meshctl.patterns import expression
from meshctl.reader.archive import File, Files
from meshctl.reader.recognise import INDEX, MANIFEST, META, Form, Gives, form_of

# Files of the snapshot format by name; others are told by their content.
ENVOY_NAMES = ("config_dump", "clusters", "certs", "listeners", "server_info", "stats", "init_dump")
PROXY_LOG = "istio-proxy.log"
RULE_NAMES = ("iptables-save", "ip6tables-save", "nft-ruleset", "istio-init.log", "iptables", "ip6tables")
# What istiod would send to a pod's proxy, and what a ztunnel has: read by the commands that are about those.
BESIDE_NAMES = ("istiod_config_dump.json", "istiod_endpoints.json", "ztunnel_config.json")
# What istiod would send to a proxy is not what the proxy has.
INTENDED = expression(r"config_dump_istiod|istiod_config_dump")

# Where a tool puts the pod's name and namespace in the path of its folder.
PATHS: tuple[str, ...] = (
    r"(?:^|/)proxies/(?P<namespace>[^/]+)/(?P<pod>[^/]+)$",
    r"(?:^|/)namespaces/(?P<namespace>[^/]+)/pods/(?P<pod>[^/]+)(?:/.*)?$",
    r"(?:^|/)namespaces/(?P<namespace>[^/]+)/(?P<pod>[^/]+)(?:/.*)?$",
    r"(?:^|/)pods/(?P<namespace>[^/]+)/(?P<pod>[^/]+)$",
    r"(?:^|/)(?:istio|cni|ztunnel|operator)/(?P<namespace>[^/]+)/(?P<pod>[^/]+)$",
    r"(?:^|/)(?P<pod>[a-z0-9-]+)\.(?P<namespace>[a-z0-9-]+)$",
    r"(?:^|/)cni/(?P<pod>[^/]+)$",
)
_NOT_PODS = frozenset(
    {"core", "apps", "batch", "networking.istio.io", "security.istio.io", "pods", "route.openshift.io"}
)
NODE_ID = expression(
    rb'"id"\s*:\s*"(?:sidecar|router|waypoint|ztunnel|ingress|agentgateway)~[^~"]*~([^~".]+)\.([^~"]+)~'
)
NODE_ADDRESS = expression(rb'"id"\s*:\s*"(?:sidecar|router|waypoint)~([0-9a-fA-F.:]+)~')
_SAVED_COMMAND = expression(r"^(?P<tool>ip6?tables(?:-nft|-legacy)?)_(?P<rest>-[\w-]+)$")


class Told(NamedTuple):
    """A file and what it is told to be."""

    file: File
    gives: Gives
    form: Form | None  # None: told by its name


class PodFiles(NamedTuple):
    """The files of one pod, and what it is called as far as names and paths tell."""

    folder: str
    name: str
    namespace: str
    files: tuple[Told, ...]


class Layout(NamedTuple):
    """What a folder or archive holds."""

    pods: list[PodFiles]
    shared: list[Told]  # manifests and logs of the whole cluster
    passed: list[tuple[str, Form]]


class _Meta(msgspec.Struct):
    pod: str | None = None
    namespace: str | None = None


def told(file: File) -> Told:
    """What a file is."""
    name = file.path.rpartition("/")[2]
    if name.startswith(ENVOY_NAMES) and name.endswith((".json", ".json.gz")) and not INTENDED.search(name):
        return Told(file, Gives.ENVOY, None)
    if name in (META, MANIFEST, INDEX) or (
        name.startswith(RULE_NAMES) and name.endswith((".txt", ".log", ".json"))
    ):
        gives = Gives.RULES if name.startswith(RULE_NAMES) else Gives.OBJECTS
        return Told(file, gives, None)
    if name == PROXY_LOG:
        return Told(file, Gives.LOG, None)
    if name in BESIDE_NAMES:
        return Told(file, Gives.BESIDE, None)
    form = form_of(file.head())
    if INTENDED.search(name):
        form = Form(
            "what istiod would send to the proxy",
            Gives.NOTHING,
            "It is not what the proxy has.",
            "Its own dump is read.",
        )
    elif (
        form.gives is Gives.ENVOY
        and form.what in ("JSON", "YAML")
        and name.endswith((".yaml", ".yml", ".json"))
    ):
        return Told(file, Gives.ENVOY, form)
    elif form.gives is Gives.NOTHING and name.startswith(("clusters", "listeners")) and b"::" in file.head():
        return Told(file, Gives.ENVOY, None)
    return Told(file, form.gives, form)


def layout_of(files: Files, origin: str) -> Layout:
    """The pods of a folder or archive, in the order of their folders."""
    folders: dict[str, list[Told]] = {}
    for path in sorted(files):
        folders.setdefault(path.rpartition("/")[0], []).append(told(files[path]))
    pods: list[PodFiles] = []
    shared: list[Told] = []
    passed: list[tuple[str, Form]] = []
    for folder, found in folders.items():
        passed += [
            (one.file.path, one.form) for one in found if one.gives is Gives.NOTHING and one.form is not None
        ]
        useful = [one for one in found if one.gives not in (Gives.NOTHING, Gives.MANY)]
        own = _pods_of(folder, useful, files, origin)
        pods += own
        taken = {one.file.path for pod in own for one in pod.files}
        shared += [one for one in useful if one.file.path not in taken]
    return Layout(_joined(pods), shared, passed)


def _pods_of(folder: str, found: list[Told], files: Files, origin: str) -> list[PodFiles]:
    """The pods whose files lie in one folder."""
    path = f"{folder}/{META}" if folder else META
    meta = _meta(files[path]) if path in files else None
    placed = _placed(folder)
    has_envoy = any(one.gives is Gives.ENVOY and not _is_weak(one) for one in found)
    has_rules = any(one.gives is Gives.RULES for one in found)
    if meta is None and not has_envoy and not (has_rules and not _is_shared_log(folder)):
        return []
    dumps = _by_identity(found) if meta is None else {}
    if len(dumps) > 1:
        return [_identified(folder, identity, own, found) for identity, own in dumps.items()]
    label = folder.rsplit("/", 1)[-1] or _stem(origin)
    identity = next(iter(dumps), None)
    name, namespace = placed or identity or (label, "")
    if meta is not None:
        name, namespace = meta.pod or name, meta.namespace or namespace
    return [PodFiles(folder, name, namespace, tuple(found))]


def _stem(origin: str) -> str:
    return origin.rstrip("/").rsplit("/", 1)[-1]


def _is_weak(one: Told) -> bool:
    """A JSON or YAML file of which the first bytes do not tell what it is."""
    return one.form is not None and one.form.what in ("JSON", "YAML") and not _looks_envoy(one.file.head())


def _looks_envoy(head: bytes) -> bool:
    return (
        re.search(
            rb'"@type"|envoy\.|virtual_?[hH]osts|filter_?[cC]hains|static_resources|socket_?[aA]ddress|"?configs"?:|::added_via_api|hostStatuses|connect_?[tT]imeout',
            head,
        )
        is not None
    )


def _is_shared_log(folder: str) -> bool:
    """Whether logs in a folder are about the pods of a node, not of one."""
    return re.search(r"(?:^|/)(?:cni|istio-cni|ztunnel)(?:/|$)", folder) is not None


def _placed(folder: str) -> tuple[str, str] | None:
    """Name and namespace as the path has them."""
    for pattern in PATHS:
        match = re.search(pattern, folder)
        if match and match["pod"] not in _NOT_PODS:
            return match["pod"], match.groupdict().get("namespace") or ""
    return None


def _meta(file: File) -> _Meta | None:
    try:
        return msgspec.json.decode(file.load(), type=_Meta)
    except msgspec.DecodeError:
        return None


def _by_identity(found: Iterable[Told]) -> dict[tuple[str, str], list[Told]]:
    """The dumps of a folder by the (name, namespace) of their Envoy, as far as their first bytes have it."""
    result: dict[tuple[str, str], list[Told]] = {}
    for one in found:
        if one.gives is not Gives.ENVOY:
            continue
        match = NODE_ID.search(one.file.head())
        if match:
            result.setdefault((match[1].decode(), match[2].decode()), []).append(one)
    return result


def _identified(folder: str, identity: tuple[str, str], own: list[Told], found: list[Told]) -> PodFiles:
    """One of several Envoys whose dumps lie in one folder, with the files that are named after it."""
    name, namespace = identity
    named = [one for one in found if one not in own and name in one.file.path.rpartition("/")[2]]
    return PodFiles(folder, name, namespace, (*own, *named))


def _joined(pods: list[PodFiles]) -> list[PodFiles]:
    """Folders of one pod (its logs beside its dumps) as one pod."""
    found: dict[tuple[str, str, str], PodFiles] = {}
    for pod in pods:
        key = (pod.name, pod.namespace, "" if pod.namespace else pod.folder)
        known = found.get(key)
        found[key] = pod if known is None else known._replace(files=known.files + pod.files)
    return list(found.values())


def command_of(path: str) -> str:
    """The command whose output a file is, where its name says so (sosreport: ``iptables_-t_nat_-nvL``)."""
    match = _SAVED_COMMAND.match(path.rpartition("/")[2])
    return f"{match['tool']} {match['rest'].replace('_', ' ')}" if match else ""
