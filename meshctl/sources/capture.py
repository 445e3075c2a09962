"""Where capture rules come from: files, a folder or archive of pods, a manifest, a pod of the cluster.

What the bytes mean is found out in ``meshctl.netfilter``; here they are only fetched.
"""

from __future__ import annotations

import json
import pathlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from meshctl.errors import InputError, MeshctlError, MissingDataError, UsageError
from meshctl.netfilter.istio.settings import from_environment, pod_of
from meshctl.netfilter.model import RuleSet, merge
from meshctl.netfilter.pod import PodNet
from meshctl.netfilter.podrules import computed, net_of, net_of_pod, rules_of_manifest, rules_of_pod
from meshctl.netfilter.read.source import parse_rules
from meshctl.netfilter.walk.summary import proxy_of

if TYPE_CHECKING:
    from meshctl.sources.interface import Globals, Progress
    from meshctl.sources.record import PodRecord


@dataclass(frozen=True, slots=True)
class Captured:
    """Rules with the pod they are of, as far as it is known."""

    rules: RuleSet
    pod: PodNet
    name: str
    manifest: dict[str, Any] | None = None
    dump: bytes | None = None  # the /config_dump of its Envoy, where it was asked for and there is one
    dump_failed: MeshctlError | None = None


def read_text(path: str) -> str:
    """A file's text, ``-`` for standard input."""
    if path == "-":
        return sys.stdin.buffer.read().decode("utf-8", "replace")
    try:
        return pathlib.Path(path).read_bytes().decode("utf-8", "replace")
    except IsADirectoryError as error:
        raise UsageError(f"{path} is a folder", "A file was expected here.") from error
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror or error}",
            "",
            f"Working directory: {pathlib.Path.cwd()}",
        ) from error


def read_manifest(path: str) -> dict[str, Any]:
    """A pod's manifest or its workload's, YAML or JSON; of a list or several documents the first."""
    text = read_text(path)
    if text.lstrip().startswith("{"):
        try:
            documents: list[Any] = [json.loads(text)]
        except json.JSONDecodeError as error:
            raise InputError(f"{path} is no JSON: {error}") from error
    else:
        import yaml

        try:
            documents = list(yaml.safe_load_all(text))
        except yaml.YAMLError as error:
            raise InputError(f"{path} is no YAML", str(error)) from error
    for document in documents:
        for item in document.get("items") or [document] if isinstance(document, dict) else []:
            if isinstance(item, dict) and pod_of(item) is not None:
                return item
    raise InputError(f"{path} holds no pod", "A Pod, or a workload with a pod template, was expected.")


def from_manifest(path: str) -> Captured:
    """Rules computed for a manifest."""
    manifest = read_manifest(path)
    name = str((manifest.get("metadata") or {}).get("name") or path)
    pod = dict(pod_of(manifest) or {})
    rules = rules_of_manifest(pod, name)
    return Captured(rules, net_of({}, pod, rules), name, manifest)


def from_files(
    paths: Sequence[str], pod: str | None, namespace: str | None, with_dump: bool = False
) -> Captured:
    """Rules of files: one rule set for all of them, or a pod of a snapshot."""
    if len(paths) == 1 and paths[0] != "-" and _is_bundle(paths[0]):
        return _from_bundle(paths[0], pod, namespace, with_dump)
    sets: list[RuleSet] = []
    for path in paths:
        if path != "-" and pathlib.Path(path).suffix in (".yaml", ".yml"):
            return from_manifest(path)
        name = "standard input" if path == "-" else path
        sets.append(parse_rules(read_text(path), name=name, pod=pod))
    rules = merge(*sets)
    title = " + ".join("standard input" if path == "-" else path for path in paths)
    if not rules.tables:
        rules = _without_rules(rules, title)
    return Captured(rules, proxy_of(rules), title)


def _without_rules(rules: RuleSet, title: str) -> RuleSet:
    """Files that hold no rules: settings to compute them from, nothing at all, or something else."""
    if "PROXY_PORT" in rules.facts:
        settings, _ = from_environment(rules.facts)
        return replace(computed(settings, title, "the settings in the log"), notes=rules.notes)
    if rules.notes:
        raise InputError(
            f"{title} holds no rules that can be read",
            str(rules.notes[0]),
            "Give iptables-save, iptables -S, iptables -L -n -v, nft list ruleset, or a log of istio-init.",
        )
    return rules


def _is_bundle(path: str) -> bool:
    from meshctl.sources.bundle import is_tar

    place = pathlib.Path(path)
    return place.is_dir() or (place.is_file() and is_tar(place))


def _from_bundle(path: str, pod: str | None, namespace: str | None, with_dump: bool) -> Captured:
    from meshctl.sources.file import choose
    from meshctl.sources.saved import open_records

    records = open_records(path, namespace)
    return of_record(choose(records.folders, pod, namespace, path), with_dump)


def of_record(record: PodRecord, with_dump: bool = False) -> Captured:
    """Rules of a pod, live or saved, and its Envoy's configuration where that is wanted."""
    rules = rules_of_pod(record.read, record.name)
    if rules is None:
        raise MissingDataError(
            f"nothing is known of the capture rules of {record.name}",
            "It has no iptables-save.txt, istio-init.log or pod.json.",
            "Take a snapshot with `meshctl snapshot`, or give the rules with -f.",
        )
    pod = net_of_pod(record.read, rules)
    manifest = record.read("pod.json")
    captured = Captured(rules, pod, record.name, json.loads(manifest) if manifest else None)
    if not with_dump:
        return captured
    try:
        return replace(captured, dump=record.read("config_dump.json"))
    except MeshctlError as error:
        return replace(captured, dump_failed=error)


def from_cluster(pod: str, options: Globals | None, progress: Progress, with_dump: bool = False) -> Captured:
    """Rules of a pod of the cluster: the log of its istio-init, else computed from its manifest."""
    from meshctl.sources.live import cluster_of
    from meshctl.sources.record import LiveRecords

    cluster = cluster_of(options)
    try:
        return of_record(LiveRecords(cluster, 15000, progress).pod(pod), with_dump)
    finally:
        cluster.close()


def with_addresses(captured: Captured, addresses: Sequence[str]) -> Captured:
    """The same with the pod's addresses as the user gives them."""
    import ipaddress

    for address in addresses:
        try:
            ipaddress.ip_address(address)
        except ValueError as error:
            raise UsageError(f"{address!r} is no IP address") from error
    return replace(captured, pod=replace(captured.pod, addresses=tuple(addresses))) if addresses else captured


__all__ = ["Captured", "MeshctlError", "from_cluster", "from_files", "from_manifest", "read_text"]
