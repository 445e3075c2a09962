"""Where capture rules come from: files, a folder or archive of pods, a manifest, a pod of the cluster.

What the bytes mean is found out in ``meshctl.netfilter``; here they are only fetched.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from meshctl.errors import InputError, MeshctlError, MissingDataError, UsageError
from meshctl.netfilter.istio.settings import from_environment, pod_of
from meshctl.netfilter.model import RuleSet
from meshctl.netfilter.pod import PodNet
from meshctl.netfilter.podrules import computed, has_proxy, net_of, rules_before_injection, rules_of_manifest
from meshctl.netfilter.read.source import parse_rules
from meshctl.netfilter.read.unseen import observed
from meshctl.netfilter.walk.summary import proxy_of
from meshctl.reader.given import Given, refusal
from meshctl.reader.parts import PassedOver
from meshctl.reader.recognise import RULES_COMMAND, UNKNOWN
from meshctl.sources.file import open_given, read_text, without_rules
from meshctl.values import Struct, replace

if TYPE_CHECKING:
    from meshctl.sources.interface import Globals, Progress
    from meshctl.sources.record import PodRecord


class Captured(Struct, frozen=True):
    """Rules with the pod they are of, as far as it is known."""

    rules: RuleSet
    pod: PodNet
    name: str
    manifest: dict[str, Any] | None = None
    dump: bytes | None = None  # the /config_dump of its Envoy, where it was asked for and there is one
    dump_failed: MeshctlError | None = None


def read_manifest(path: str) -> dict[str, Any]:
    """A pod's manifest or its workload's, YAML or JSON; of a list or several documents the first."""
    given = open_given((path,))
    for pod in given.pods:
        if pod.object is not None:
            return pod.object
    if given.passed:
        raise refusal(given.passed, "pod's manifest")
    raise InputError(f"{path} holds no pod", "A Pod, or a workload with a pod template, was expected.")


def from_manifest(path: str) -> Captured:
    """Rules computed for a manifest."""
    manifest = read_manifest(path)
    name = str((manifest.get("metadata") or {}).get("name") or path)
    return _of_manifest(manifest, name)


def _of_manifest(manifest: dict[str, Any], name: str) -> Captured:
    pod = dict(pod_of(manifest) or {})
    rules = rules_of_manifest(pod, name) if has_proxy(pod) else rules_before_injection(pod, name)
    return Captured(rules, net_of({}, pod, rules), name, manifest)


def from_files(
    paths: Sequence[str], pod: str | None, namespace: str | None, with_dump: bool = False
) -> Captured:
    """Rules of what was given: a pod of it, or all plain files as one rule set."""
    given = open_given(paths, namespace, pod or "")
    if not given.plain:
        if not given.pods and all(part.form.what == "empty" for part in given.passed):
            return Captured(parse_rules("", name=given.origin), PodNet(), given.origin)
        if not given.pods:
            raise refusal(
                given.passed or [PassedOver(given.origin, UNKNOWN)], "rules", f"Rules are {RULES_COMMAND}."
            )
        record = given.one(pod)
        if record.object is not None:
            return _of_manifest(record.object, record.name)
        return of_record(record, with_dump)
    return _of_texts(given, pod)


def _of_texts(given: Given, pod: str | None) -> Captured:
    """The rules in plain files, one paste or several."""
    texts = [part for record in given.own for part in record.rule_texts]
    if not texts:
        raise without_rules(given.origin)
    rules = observed(*[parse_rules(text, name=origin, pod=pod) for origin, text in texts])
    title = " + ".join(
        "standard input" if path == "stdin" else path for path in dict.fromkeys(o for o, _ in texts)
    )
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


def of_record(record: PodRecord, with_dump: bool = False) -> Captured:
    """Rules of a pod, live or saved, and its Envoy's configuration where that is wanted."""
    rules = record.rules()
    if rules is None:
        raise MissingDataError(
            f"nothing is known of the capture rules of {record.name}",
            "It has no iptables-save.txt, istio-init.log or pod.json.",
            "Take a snapshot with `meshctl snapshot`, or give the rules with -f.",
        )
    manifest = record.manifest
    captured = Captured(rules, net_of(record.meta, manifest or {}, rules), record.name, manifest)
    if not with_dump:
        return captured
    try:
        return replace(captured, dump=record.read("config_dump.json"))
    except MeshctlError as error:
        return replace(captured, dump_failed=error)


def from_cluster(pod: str, options: Globals | None, progress: Progress, with_dump: bool = False) -> Captured:
    """Rules of a pod of the cluster: the log of its istio-init, else computed from its manifest."""
    from meshctl.sources.live import cluster_of
    from meshctl.sources.live_records import LiveRecords

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
