"""What a pod's files say of its rules and its network, in the order in which they are believed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from meshctl.netfilter import CaptureSettings, Family, PodNet, RuleSet, Verdict
from meshctl.netfilter.istio.compute import compute
from meshctl.netfilter.model import Basis, Unknown
from meshctl.netfilter.podrules import Files, computed, net_of, net_of_pod, rules_of_manifest, rules_of_pod
from meshctl.netfilter.walk.packet_walk import walk
from meshctl.values import replace
from tests.unit.netfilter.sidecar import APP, SETTINGS, rules

SAVE4 = "*nat\n-A OUTPUT -p tcp -j REDIRECT --to-ports 4\nCOMMIT\n"
SAVE6 = "*nat\n-A OUTPUT -p tcp -j REDIRECT --to-ports 6\nCOMMIT\n"
NFT = "table ip t { chain c { type nat hook output priority -100; tcp dport 1-65535 redirect to :5; } }"
LOG = "Istio config:\nPROXY_PORT=15001\n\ninfo\tRunning iptables restore with the following input:\n* nat\n-A OUTPUT -p tcp -j REDIRECT --to-ports 7\nCOMMIT\n"
SETTINGS_LOG = "Istio config:\nPROXY_PORT=8\nOUTBOUND_IPRANGES_INCLUDE=*\n"
PROXY = {"name": "istio-proxy", "args": ["proxy", "sidecar"], "securityContext": {"runAsUser": 1337}}
POD = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "app"}, PROXY]}}
ARGS = {"istio_iptables_args": ["-p", "9", "-i", "*"]}


def files(**texts: str | dict[str, Any]) -> Files:
    names = {"v4": "iptables-save.txt", "v6": "ip6tables-save.txt", "nft": "nft-ruleset.txt", "nftj": "nft-ruleset.json", "log": "istio-init.log", "pod": "pod.json", "meta": "meta.json"}  # fmt: skip
    held = {names[key]: text if isinstance(text, str) else json.dumps(text) for key, text in texts.items()}
    return lambda name: held[name].encode() if name in held else None


HELD: list[tuple[dict[str, Any], int | None, Basis]] = [  # files, the port that the application's packet goes to, how that is known
    ({"v4": SAVE4}, 4, Basis.OBSERVED), ({"nft": NFT}, 5, Basis.OBSERVED), ({"log": LOG}, 7, Basis.OBSERVED), ({"log": SETTINGS_LOG}, 8, Basis.COMPUTED), ({"pod": POD}, 15001, Basis.COMPUTED), ({"meta": ARGS}, 9, Basis.COMPUTED),
    ({"meta": {"istio_iptables_args": "-p 10 -i *"}}, 10, Basis.COMPUTED),
    # what was seen comes before what was done when the pod started, that before what should have been done
    ({"v4": SAVE4, "log": LOG, "pod": POD, "meta": ARGS}, 4, Basis.OBSERVED), ({"log": LOG, "pod": POD, "meta": ARGS}, 7, Basis.OBSERVED), ({"log": SETTINGS_LOG, "pod": POD}, 15001, Basis.COMPUTED), ({"pod": POD, "meta": ARGS}, 15001, Basis.COMPUTED),
    ({"log": "", "meta": ARGS}, 9, Basis.COMPUTED), ({"log": "hello\n", "meta": ARGS}, 9, Basis.COMPUTED), ({"pod": "no json", "meta": ARGS}, 9, Basis.COMPUTED), ({"pod": "[]", "meta": ARGS}, 9, Basis.COMPUTED),
]  # fmt: skip


@pytest.mark.parametrize(("held", "port", "basis"), HELD)
def test_which_file_is_believed(held: dict[str, Any], port: int | None, basis: Basis) -> None:
    found = rules_of_pod(files(**held), "p")
    assert found is not None
    assert (walk(found, APP).redirect_port, found.origin) == (port, basis)


@pytest.mark.parametrize("held", [{}, {"meta": {}}, {"meta": {"istio_iptables_args": 5}}, {"log": "hello\n"}])
def test_where_nothing_says_what_the_rules_are(held: dict[str, Any]) -> None:
    assert rules_of_pod(files(**held), "p") is None


def test_saves_of_both_families_are_one_rule_set_and_of_nfts_listings_one_is_read() -> None:
    both = rules_of_pod(files(v4=SAVE4, v6=SAVE6), "p")
    assert both is not None and both.covers == frozenset(Family)
    assert walk(both, APP).redirect_port == 4
    six = replace(APP, family=Family.V6, src="fd00::1", dst="fd00::2")
    assert walk(both, six).redirect_port == 6
    listed = rules_of_pod(files(nft=NFT, nftj=NFT.replace(":5", ":55")), "p")
    assert listed is not None and len(listed.tables) == 1
    only = rules_of_pod(files(v4=SAVE4), "p")
    assert only is not None and walk(only, six).verdict is Verdict.UNDETERMINED


DNS: list[tuple[dict[str, Any], Verdict, int | None]] = [  # settings, what becomes of a query to some server
    ({"redirect_dns": True}, Verdict.UNDETERMINED, None), ({"redirect_dns": True, "capture_all_dns": True}, Verdict.REDIRECT, 15053), ({"redirect_dns": True, "dns_servers_v4": ("10.0.0.9",)}, Verdict.ACCEPT, None), ({}, Verdict.ACCEPT, None),
]  # fmt: skip


@pytest.mark.parametrize("nft", [False, True])
@pytest.mark.parametrize(("changes", "verdict", "port"), DNS)
def test_queries_to_a_server_that_only_the_pod_knows(
    changes: dict[str, Any], verdict: Verdict, port: int | None, nft: bool
) -> None:
    found = computed(replace(SETTINGS, native_nftables=nft, **changes), "p", "its annotations")
    query = replace(APP, protocol="udp", dport=53)
    result = walk(found, query)
    assert (result.verdict, result.redirect_port) == (verdict, port)
    unknown = verdict is Verdict.UNDETERMINED
    assert any("/etc/resolv.conf" in note.text for note in found.notes) is unknown
    assert any("NAMESERVER" in rule.text for *_, rule in found.rules()) is unknown
    assert not any("192.0.2.53" in rule.text for *_, rule in found.rules())
    assert any(isinstance(step, Unknown) for *_, rule in found.rules() for step in rule.steps) is unknown
    assert (found.source, found.facts) == ("p", {"made by": "its annotations"})
    assert walk(found, replace(APP, dport=80)).redirect_port == 15001


def test_the_arguments_of_a_manifest_that_are_not_understood_are_told() -> None:
    init = {"name": "istio-init", "args": ["istio-iptables", "-p", "15001", "--no-such-flag", "-i", "*"]}
    found = rules_of_manifest({"spec": {"initContainers": [init], "containers": [PROXY]}}, "p")
    assert "argument not understood: --no-such-flag" in [note.text for note in found.notes]
    assert walk(found, APP).redirect_port == 15001


TPROXY = compute(replace(SETTINGS, interception_mode="TPROXY"))
NETS: list[tuple[dict[str, Any], dict[str, Any], RuleSet | None, dict[str, Any]]] = [
    # meta.json, pod.json, rules: what is known of the pod's network
    ({}, {}, None, {}), ({"ips": ["10.0.0.1", "fd00::1"]}, {}, None, {"addresses": ("10.0.0.1", "fd00::1")}), ({}, {"status": {"podIPs": [{"ip": "10.0.0.2"}, {"ip": "fd00::2"}, {}]}}, None, {"addresses": ("10.0.0.2", "fd00::2")}),
    ({}, {"status": {"podIP": "10.0.0.3"}}, None, {"addresses": ("10.0.0.3",)}), ({"ips": ["10.0.0.1"]}, {"status": {"podIP": "10.0.0.3", "podIPs": [{"ip": "10.0.0.1"}]}}, None, {"addresses": ("10.0.0.1",)}),
    ({"interception": "TPROXY"}, {}, None, {"tproxy_mark": 1337}), ({"interception": "REDIRECT"}, {}, None, {}), ({}, {}, TPROXY.rule_set(), {"tproxy_mark": 1337, "envoy_uid": 0}), ({}, {}, TPROXY.rule_set("nft"), {"tproxy_mark": 1337, "envoy_uid": 0}), ({}, {}, rules(), {}),
    ({}, {}, rules(proxy_uid="5", proxy_gid="6"), {"envoy_uid": 5, "envoy_gid": 6}), ({"proxy_uid": 7}, {}, rules(proxy_uid="5"), {"envoy_uid": 7, "envoy_gid": 7, "envoy_known": True}), ({"proxy_uid": "7", "proxy_gid": "8"}, {}, None, {"envoy_uid": 7, "envoy_gid": 8, "envoy_known": True}),
    ({}, {"spec": {"containers": [{"name": "app", "securityContext": {"runAsUser": 1}}, {"name": "istio-proxy", "securityContext": {"runAsUser": 7, "runAsGroup": 8}}]}}, None, {"envoy_uid": 7, "envoy_gid": 8, "envoy_known": True}),
    ({}, {"spec": {"initContainers": [{"name": "istio-proxy", "securityContext": {"runAsUser": 7}}]}}, None, {"envoy_uid": 7, "envoy_gid": 7, "envoy_known": True}), ({}, {"spec": {"containers": [{"name": "istio-proxy"}]}}, None, {}),
    ({"proxy_uid": 9}, {"spec": {"containers": [{"name": "istio-proxy", "securityContext": {"runAsUser": 7}}]}}, None, {"envoy_uid": 9, "envoy_gid": 9, "envoy_known": True}), ({"proxy_uid": 0, "proxy_gid": 0}, {}, None, {"envoy_uid": 0, "envoy_gid": 0, "envoy_known": True}),
]  # fmt: skip


@pytest.mark.parametrize(("meta", "manifest", "rule_set", "known"), NETS)
def test_a_pods_network(
    meta: dict[str, Any], manifest: dict[str, Any], rule_set: RuleSet | None, known: dict[str, Any]
) -> None:
    assert net_of(meta, manifest, rule_set) == replace(PodNet(), **known)
    assert net_of_pod(files(meta=meta, pod=manifest), rule_set) == replace(PodNet(), **known)


def test_rules_that_a_pod_of_settings_gets_are_of_its_own_form() -> None:
    assert {t.family for t in computed(CaptureSettings(native_nftables=True), "p", "x").tables} == {"inet"}
    assert {t.family for t in computed(CaptureSettings(), "p", "x").tables} == {"ip"}
