"""The rules of a pod, from whatever its files say: seen where possible, else computed and marked so.

Files are named as in the snapshot format: ``iptables-save.txt`` and ``ip6tables-save.txt``,
``nft-ruleset.txt`` or ``.json``, ``istio-init.log``, ``pod.json``, ``meta.json``. A saved rule set is what the kernel had;
istio-init's log is what it had when the pod started; a manifest only says what should have been made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from meshctl.coverage import Basis
from meshctl.netfilter.istio.ambient import ambient_rules, is_ambient
from meshctl.netfilter.istio.compute import compute
from meshctl.netfilter.istio.settings import CaptureSettings, from_arguments, from_environment, from_pod
from meshctl.netfilter.model import Criterion, Field, Note, Rule, RuleSet, Unknown
from meshctl.netfilter.packet import Family
from meshctl.netfilter.pod import PodNet
from meshctl.netfilter.read.source import parse_rules
from meshctl.netfilter.read.unseen import observed
from meshctl.netfilter.walk.summary import proxy_of
from meshctl.proxy_kind import proxy_type
from meshctl.values import replace

Files = Callable[[str], bytes | None]

SAVES = (("iptables-save.txt", Family.V4), ("ip6tables-save.txt", Family.V6))
NFT_LISTINGS = ("nft-ruleset.txt", "nft-ruleset.json")
INIT_LOG, MANIFEST, META = "istio-init.log", "pod.json", "meta.json"


def _text(read: Files, name: str) -> str | None:
    data = read(name)
    return data.decode("utf-8", "replace") if data is not None else None


def _json(read: Files, name: str) -> dict[str, Any]:
    text = _text(read, name)
    try:
        value = json.loads(text) if text else {}
    except json.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def rules_of_pod(read: Files, name: str) -> RuleSet | None:
    """The pod's rules; None when nothing says what they are."""
    for source in (_saved, _logged, _computed):
        found = source(read, name)
        if found is not None:
            return found
    return None


def _saved(read: Files, name: str) -> RuleSet | None:
    found = [
        parse_rules(text, name=f"{name}/{file}", family=family)
        for file, family in SAVES
        if (text := _text(read, file)) is not None
    ]
    found += [
        parse_rules(text, name=f"{name}/{file}")
        for file in NFT_LISTINGS[:]
        if (text := _text(read, file)) is not None
    ][:1]
    return observed(*found) if found else None


def _logged(read: Files, name: str) -> RuleSet | None:
    text = _text(read, INIT_LOG)
    if not text:
        return None
    rules = parse_rules(text, name=f"{name}/{INIT_LOG}")
    if rules.tables:
        return rules
    # istio-validation under istio-cni prints the settings but applies nothing: the node did.
    return _from_facts(rules, _json(read, MANIFEST))


def _from_facts(rules: RuleSet, manifest: dict[str, Any]) -> RuleSet | None:
    if "PROXY_PORT" not in rules.facts or manifest:
        return None
    settings, _ = from_environment(rules.facts)
    return computed(settings, rules.source, "the settings in the log")


def _computed(read: Files, name: str) -> RuleSet | None:
    manifest = _json(read, MANIFEST)
    if manifest:
        return rules_of_manifest(manifest, name)
    arguments = _json(read, META).get("istio_iptables_args")
    if isinstance(arguments, list | str):
        words = arguments.split() if isinstance(arguments, str) else [str(word) for word in arguments]
        settings, _ = from_arguments(words)
        return computed(settings, name, "istio-iptables' arguments")
    return None


def has_proxy(manifest: dict[str, Any]) -> bool:
    """Whether a pod has a sidecar, native sidecars included: nobody redirects a gateway's or waypoint's packets
    (istio/cni/pkg/plugin/plugin.go: "excluded because it has proxy type"), unless an istio-init does."""
    init = [c.get("name") for c in (manifest.get("spec") or {}).get("initContainers") or []]
    return proxy_type(manifest) == "sidecar" or (proxy_type(manifest) != "none" and "istio-init" in init)


def rules_of_manifest(manifest: dict[str, Any], name: str) -> RuleSet:
    """What Istio would make for this pod. A pod without a sidecar has no rules."""
    if is_ambient(manifest):
        return ambient_rules(name)
    if not has_proxy(manifest):
        return RuleSet(covers=frozenset(Family), origin=Basis.COMPUTED, source=name)
    found = from_pod(manifest)
    rules = computed(found.settings, name, found.source)
    notes = tuple(Note(0, f"argument not understood: {word}", name) for word in found.unknown)
    return replace(rules, notes=rules.notes + notes)


def rules_before_injection(manifest: dict[str, Any], name: str) -> RuleSet:
    """What a manifest's annotations would give once a sidecar is injected; a pod that runs without one, or is not
    to get one, has no rules."""
    metadata, spec = manifest.get("metadata") or {}, manifest.get("spec") or {}
    marks = {**(metadata.get("annotations") or {}), **(metadata.get("labels") or {})}
    runs = bool((manifest.get("status") or {}).get("phase")) or bool(spec.get("nodeName"))
    why = ""
    if is_ambient(manifest):
        return rules_of_manifest(manifest, name)
    if proxy_type(manifest) != "none":
        why = f"the pod's proxy is a {proxy_type(manifest)}, so it has no rules"
    elif runs:
        why = "the pod runs without a sidecar, so it has no rules"
    elif str(marks.get("sidecar.istio.io/inject", "")).lower() == "false":
        why = "the manifest asks for no sidecar (sidecar.istio.io/inject: false), so it gets no rules"
    elif spec.get("hostNetwork"):
        why = "a pod in its node's network (hostNetwork) gets no sidecar and no rules"
    if why:
        rules = rules_of_manifest(manifest, name)
        return replace(rules, notes=(*rules.notes, Note(0, why, name)))
    rules = computed(
        from_pod(manifest).settings, name, "its annotations, as they would count once it is injected"
    )
    text = "there is no sidecar in the manifest: it is one before injection; these are the rules it would get"
    return replace(rules, notes=(*rules.notes, Note(0, text, name)), origin=Basis.ASSUMED)


def computed(settings: CaptureSettings, name: str, made_by: str) -> RuleSet:
    """Rules of settings, with how they came about."""
    backend = "nft" if settings.native_nftables else "iptables"
    if settings.redirect_dns and not settings.dns:
        rules = _some_servers(settings, backend)
    else:
        rules = compute(settings).rule_set(backend)
    return replace(rules, source=name, facts={"made by": made_by})


# Documentation addresses (RFC 5737, RFC 3849) that stand for the name servers of a pod's /etc/resolv.conf.
_SERVERS = {"192.0.2.53": "NAMESERVER", "2001:db8::53": "NAMESERVER6"}


def _some_servers(settings: CaptureSettings, backend: str) -> RuleSet:
    """The rules for DNS capture where istio-iptables read the servers in the pod: which they are is not known."""
    four, six = _SERVERS
    rules = compute(replace(settings, dns_servers_v4=(four,), dns_servers_v6=(six,))).rule_set(backend)
    tables = tuple(
        replace(
            table,
            chains=tuple(
                replace(c, rules=tuple(_any_server(rule) for rule in c.rules)) for c in table.chains
            ),
        )
        for table in rules.tables
    )
    text = "DNS capture is on for the servers in the pod's /etc/resolv.conf, which were not given"
    return replace(rules, tables=tables, notes=(*rules.notes, Note(0, text, rules.source)))


def _any_server(rule: Rule) -> Rule:
    """A rule for a stand-in server as one for a server that is not known."""
    for server, word in _SERVERS.items():
        if server in rule.text:
            unknown = Unknown("the destination is a name server of the pod's /etc/resolv.conf")
            steps = tuple(
                unknown if isinstance(step, Criterion) and step.field is Field.DST else step
                for step in rule.steps
            )
            return replace(rule, steps=steps, text=re.sub(rf"{re.escape(server)}(/\d+)?", word, rule.text))
    return rule


def net_of_pod(read: Files, rules: RuleSet | None = None) -> PodNet:
    """The pod's network: addresses and the proxy's user."""
    meta, manifest = _json(read, META), _json(read, MANIFEST)
    return net_of(meta, manifest, rules)


def net_of(meta: dict[str, Any], manifest: dict[str, Any], rules: RuleSet | None = None) -> PodNet:
    """The pod's network from its meta.json, its manifest, or both."""
    status = manifest.get("status") or {}
    addresses = [str(address) for address in meta.get("ips") or []]
    addresses += [str(entry["ip"]) for entry in status.get("podIPs") or [] if entry.get("ip")]
    if not addresses and status.get("podIP"):
        addresses = [str(status["podIP"])]
    tproxy = meta.get("interception") == "TPROXY" or (rules is not None and _uses_tproxy(rules))
    pod = PodNet(addresses=tuple(dict.fromkeys(addresses)), tproxy_mark=1337 if tproxy else None)
    if rules is not None:
        pod = proxy_of(rules, pod)
    uid, gid = _proxy_user(meta, manifest)
    if uid is not None:
        pod = replace(pod, envoy_uid=uid, envoy_gid=gid if gid is not None else uid, envoy_known=True)
    return pod


def _proxy_user(meta: dict[str, Any], manifest: dict[str, Any]) -> tuple[int | None, int | None]:
    """The proxy's user and group, where they are written down."""
    if meta.get("proxy_uid") is not None:
        gid = meta.get("proxy_gid")
        return int(meta["proxy_uid"]), int(gid) if gid is not None else None
    spec = manifest.get("spec") or {}
    for container in [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]:
        if container.get("name") == "istio-proxy":
            context = container.get("securityContext") or {}
            return context.get("runAsUser"), context.get("runAsGroup")
    return None, None


def _uses_tproxy(rules: RuleSet) -> bool:
    return any(rule.target.upper() == "TPROXY" for *_, rule in rules.rules())
