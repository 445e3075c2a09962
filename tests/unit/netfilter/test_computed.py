"""The rules computed from settings: the very scripts that Istio writes, and both forms of them to the same effect."""

from __future__ import annotations

import itertools
import json
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from meshctl.netfilter import CaptureSettings, Family, Hook, Packet
from meshctl.netfilter.istio.ambient import ambient_rules, is_ambient
from meshctl.netfilter.istio.compute import compute
from meshctl.netfilter.istio.settings import from_environment
from meshctl.netfilter.model import Basis
from meshctl.netfilter.walk.packet_walk import walk
from meshctl.values import replace
from tests.unit.netfilter.sidecar import SETTINGS, rules

# Settings, and what Istio's own code (tools/istio-iptables, tools/istio-nftables) wrote for them.
RECORDED = pathlib.Path(__file__).parents[2] / "fixtures" / "istio-capture-rules.jsonl"
RECORDS = [json.loads(line) for line in RECORDED.read_text().splitlines()]


@pytest.mark.parametrize("record", RECORDS, ids=[f"configuration{n}" for n in range(len(RECORDS))])
def test_the_scripts_are_istios(record: dict[str, Any]) -> None:
    settings, unknown = from_environment(record["config"])
    found = compute(settings)
    assert not unknown
    assert (found.iptables_v4 + found.iptables_v6).splitlines() == record["iptables"]
    assert found.nft == record["nft"]


WRITTEN = [  # settings, a line of the iptables script and one of the nft script that they make
    ({"owner_groups_include": "java,202"}, "-A ISTIO_OUTPUT -m owner ! --gid-owner java -m owner ! --gid-owner 202 -j RETURN",
     "add rule inet istio-proxy-nat istio-output skgid != java skgid != 202 counter return"),
    ({"owner_groups_exclude": "303"}, "-A ISTIO_OUTPUT -m owner --gid-owner 303 -j RETURN", "add rule inet istio-proxy-nat istio-output skgid 303 counter return"),
    ({"inbound_ports_include": "80,81"}, "-A ISTIO_INBOUND -p tcp --dport 81 -j ISTIO_IN_REDIRECT",
     "add rule inet istio-proxy-nat istio-inbound meta l4proto tcp tcp dport 81 counter jump istio-in-redirect"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "line", "nft"), WRITTEN)
def test_a_line_of_the_scripts(changes: dict[str, Any], line: str, nft: str) -> None:
    found = compute(CaptureSettings(**changes))
    assert line in found.iptables_v4.splitlines()
    assert nft in found.nft.splitlines()


def test_no_rules_of_a_proxy_that_intercepts_nothing_and_none_of_ipv6_unless_the_pod_has_it() -> None:
    none = compute(CaptureSettings(interception_mode="NONE"))
    assert (none.iptables_v4, none.iptables_v6, none.nft) == ("", "", "")
    assert compute(SETTINGS).iptables_v6 == ""
    assert " ip6 " not in compute(SETTINGS).nft


FORMS: list[dict[str, Any]] = [  # one setting at a time, and what only shows together
    {}, {"interception_mode": "TPROXY"}, {"interception_mode": "TPROXY", "proxy_uid": "0", "inbound_ports_include": "80,8080"},
    {"inbound_ports_include": ""}, {"inbound_ports_include": "80"}, {"inbound_ports_exclude": "80,8080"},
    {"outbound_ports_include": "3306", "outbound_ranges_include": ""}, {"outbound_ports_exclude": "80"}, {"outbound_ranges_include": "10.96.0.0/12,fd96::/16"},
    {"outbound_ranges_include": "127.0.0.1/32"}, {"outbound_ranges_exclude": "10.96.0.0/12,fd96::/16"}, {"owner_groups_exclude": "1000"}, {"owner_groups_include": "1000"},
    {"virtual_interfaces": "virbr0"}, {"virtual_interfaces": "virbr0", "outbound_ranges_include": "10.96.0.0/12,fd96::/16"},
    {"exclude_interfaces": "net1"}, {"exclude_interfaces": "net1", "interception_mode": "TPROXY"}, {"drop_invalid": True},
    {"redirect_dns": True, "capture_all_dns": True}, {"redirect_dns": True, "dns_servers_v4": ("10.96.0.10",), "dns_servers_v6": ("fd96::10",)},
    {"proxy_uid": "1337,1000"}, {"proxy_gid": "1337,1000"}, {"proxy_port": "1", "inbound_capture_port": "2", "tunnel_port": "3306"}, {"tproxy_mark": "7", "interception_mode": "TPROXY"},
]  # fmt: skip


def packets() -> Iterator[Packet]:
    """Packets of both families, out and in, that the rules tell apart."""
    for family, own, servers, loopback, envoy in (
        (Family.V4, "10.244.0.72", ("10.96.0.10", "9.9.9.9"), "127.0.0.1", "127.0.0.6"),
        (Family.V6, "fd00::72", ("fd96::10", "2001:db8::9"), "::1", "::6"),
    ):
        ways = [(own, server, "eth0") for server in servers] + [(own, servers[1], "net1")]
        ways += [(own, own, "lo"), (envoy, own, "lo"), (own, loopback, "lo")]
        owners = ((1337, 1337), (1000, 1000), (0, 1337))
        for (src, dst, out_if), port, owner in itertools.product(ways, (80, 53, 3306, 15008), owners):
            for protocol in ("tcp", "udp") if port == 53 else ("tcp",):
                packet = Packet(family=family, protocol=protocol, src=src, dst=dst, sport=5, dport=port)
                yield replace(packet, out_if=out_if, uid=owner[0], gid=owner[1])
        come = Packet(hook=Hook.PREROUTING, family=family, src=servers[1], dst=own, sport=53)
        for interface, port in itertools.product(("eth0", "net1", "virbr0"), (80, 8080, 15008, 15090)):
            for state in ("NEW", "ESTABLISHED", "INVALID"):
                yield replace(come, in_if=interface, dport=port, ct_state=state, ct_mark=0)
        for mark, source in itertools.product((0, 1337, 1338, 7), (own, envoy)):
            yield replace(come, in_if="lo", dport=80, mark=mark, src=source, ct_mark=0)
        yield replace(come, in_if="eth0", protocol="udp", dport=9)
        for mark in (0, 1337, 7):
            answer = Packet(family=family, src=own, dst=servers[1], sport=80, dport=5, out_if="eth0")
            yield replace(answer, ct_state="ESTABLISHED", ct_mark=mark, uid=1000, gid=1000, reply=True)


PACKETS = list(packets())


@pytest.mark.parametrize("changes", FORMS, ids=[" ".join(form) or "default" for form in FORMS])
def test_iptables_and_nft_rules_of_the_same_settings_do_the_same(changes: dict[str, Any]) -> None:
    found = compute(replace(SETTINGS, **{"ipv6": True, **changes}))
    iptables, nft = found.rule_set(), found.rule_set("nft")
    for packet in PACKETS:
        left, right = walk(iptables, packet), walk(nft, packet)
        assert not left.undetermined and not right.undetermined
        ends = [(one.verdict, one.redirect_port, one.post) for one in (left, right)]
        assert ends[0] == ends[1], packet


# ---- ambient ----


@pytest.mark.parametrize(
    ("annotations", "ambient"),
    [
        ({"ambient.istio.io/redirection": "enabled"}, True),
        ({"ambient.istio.io/redirection": "disabled"}, False),
        ({"ambient.istio.io/redirection": None}, False),
        ({}, False),
        (None, False),
    ],
)
def test_a_pod_is_ambient_when_istio_cni_says_so(annotations: Any, ambient: bool) -> None:
    assert is_ambient({"metadata": {"annotations": annotations}}) is ambient
    assert is_ambient({}) is False


AMBIENT = [  # a packet of a pod in the ambient mesh, the port of its node's ztunnel that gets it
    ({"dst": "10.96.0.10", "dport": 80, "out_if": "eth0"}, 15001), ({"dst": "10.96.0.10", "dport": 80, "out_if": "eth0", "mark": 0x539}, None),
    ({"dst": "10.96.0.10", "dport": 53, "protocol": "udp", "out_if": "eth0"}, 15053), ({"dst": "10.96.0.10", "dport": 53, "out_if": "eth0"}, 15053),
    ({"dst": "127.0.0.1", "dport": 53, "out_if": "lo"}, None), ({"dst": "169.254.7.127", "dport": 80, "out_if": "eth0"}, None), ({"dst": "10.244.0.72", "dport": 80, "out_if": "lo"}, None),
    ({"dst": "10.96.0.10", "dport": 80, "out_if": "eth0", "mark": 0x111}, None), ({"hook": Hook.PREROUTING, "src": "10.9.9.9", "dst": "10.244.0.72", "dport": 80, "in_if": "eth0"}, 15006),
    ({"hook": Hook.PREROUTING, "src": "10.9.9.9", "dst": "10.244.0.72", "dport": 15008, "in_if": "eth0"}, None), ({"hook": Hook.PREROUTING, "src": "169.254.7.127", "dst": "10.244.0.72", "dport": 80, "in_if": "eth0"}, None),
    ({"family": Family.V6, "dst": "fd96::10", "dport": 80, "out_if": "eth0"}, 15001), ({"family": Family.V6, "dst": "::1", "dport": 80, "out_if": "lo"}, None),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "port"), AMBIENT)
def test_the_rules_of_an_ambient_pod(fields: dict[str, Any], port: int | None) -> None:
    found = ambient_rules("p")
    assert (found.origin, found.source) == (Basis.ASSUMED, "istio-cni's rules of an ambient pod")
    result = walk(found, Packet(**fields))
    assert not result.undetermined
    assert result.redirect_port == port


def test_rules_of_settings_speak_for_both_families() -> None:
    found = rules()
    assert (found.covers, found.origin) == (frozenset(Family), Basis.COMPUTED)
