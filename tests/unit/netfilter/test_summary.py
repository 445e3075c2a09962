"""What a rule set captures, said from walks."""

from __future__ import annotations

import pytest

from meshctl.netfilter import Family, PodNet
from meshctl.netfilter.istio.settings import CaptureSettings
from meshctl.netfilter.podrules import computed
from meshctl.netfilter.read.source import parse_rules
from meshctl.netfilter.walk.explain import explain
from meshctl.netfilter.walk.packet_walk import Verdict
from meshctl.netfilter.walk.summary import proxy_of, summarise
from tests.unit.netfilter.sidecar import nat, nft, rules


def test_the_usual_sidecar() -> None:
    summary = summarise(rules())
    assert str(summary.inbound.default) == "to 15006"
    assert summary.inbound.exceptions == {"not captured": {"port": ("15008", "15020", "15021", "15090")}}
    assert str(summary.outbound.default) == "to 15001"
    assert not summary.outbound.exceptions
    assert [
        str(one)
        for one in (summary.envoy, summary.envoy_to_own_pod, summary.own_pod, summary.localhost, summary.udp)
    ] == ["not captured", "to 15006", "not captured", "not captured", "not captured"]
    assert summary.mode == "REDIRECT"


def test_exclusions_of_every_kind() -> None:
    summary = summarise(
        rules(
            outbound_ports_exclude="25",
            outbound_ranges_exclude="10.1.0.0/16",
            owner_groups_exclude="202",
            exclude_interfaces="net1",
        )
    )
    assert summary.outbound.exceptions == {
        "not captured": {
            "port": ("25",),
            "network": ("10.1.0.0/16",),
            "interface": ("net1",),
            "gid": ("202",),
        }
    }


def test_only_some_networks() -> None:
    summary = summarise(rules(outbound_ranges_include="9.9.0.0/16"))
    assert str(summary.outbound.default) == "not captured"
    assert summary.outbound.exceptions == {"to 15001": {"network": ("9.9.0.0/16",)}}


def test_dns() -> None:
    udp, tcp = summarise(rules(redirect_dns=True, capture_all_dns=True)).dns
    assert (str(udp), str(tcp)) == ("to 15053", "to 15053")


def test_dns_of_named_servers_only() -> None:
    summary = summarise(rules(redirect_dns=True, dns_servers_v4=("10.96.0.10",)))
    assert str(summary.dns[0]) == "not captured"
    assert summary.dns_servers.exceptions == {"to 15053": {"server": ("10.96.0.10",)}}


def test_dns_is_open_where_the_pods_servers_are_not_known() -> None:
    found = computed(CaptureSettings(redirect_dns=True), "pod", "its annotations")
    udp, _ = summarise(found).dns
    assert udp.verdict is Verdict.UNDETERMINED
    assert any("/etc/resolv.conf" in note.text for note in found.notes)


TPROXY = """*mangle
-A PREROUTING -i lo -p tcp -m mark ! --mark 0x53a -j ACCEPT
-A PREROUTING ! -d 127.0.0.1/32 -p tcp -j TPROXY --on-port 15006 --tproxy-mark 0x539/0xffffffff
-A OUTPUT ! -d 127.0.0.1/32 -o lo -p tcp -m owner --gid-owner 1337 -j MARK --set-xmark 0x53a/0xffffffff
COMMIT
"""


def test_what_comes_back_over_lo_is_part_of_the_answer() -> None:
    summary = summarise(parse_rules(TPROXY))
    assert (str(summary.envoy_to_own_pod), str(summary.own_pod)) == ("to 15006", "not captured")


def test_ipv6() -> None:
    assert str(summarise(rules(ipv6=True), Family.V6).outbound.default) == "to 15001"
    assert str(summarise(rules(), Family.V6).outbound.default) == "not captured"


def test_the_proxys_user_is_found_in_the_rules() -> None:
    assert proxy_of(rules(proxy_uid="5000", proxy_gid="5000")).envoy_uid == 5000
    assert proxy_of(rules(interception_mode="TPROXY")).envoy_uid == 0


def test_ambient_rules_know_the_proxy_by_its_mark() -> None:
    found = nft(
        """table inet istio-ambient-nat { chain output { type nat hook output priority -100;
             meta l4proto tcp ip daddr != 127.0.0.1 meta mark and 0xfff != 0x539 redirect to :15001 } }"""
    )
    assert proxy_of(found).envoy_mark == 0x539
    assert str(summarise(found).envoy) == "not captured"


def test_a_pods_own_address_is_used() -> None:
    assert str(summarise(rules(), Family.V4, PodNet(addresses=("10.1.2.3",))).own_pod) == "not captured"


def test_explanations() -> None:
    said = [explain(rule) for *_, rule in rules().rules()]
    assert "TCP, to port 15008 (HBONE tunnel) → back to the caller (not captured here)" in said
    assert "TCP → REDIRECT to port 15001 (Envoy outbound)" in said
    assert "out by lo, not sent by uid 1337 (Envoy) → back to the caller (not captured here)" in said
    assert "everything → chain ISTIO_REDIRECT" in said


ELSEWHERE = ("203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24")
PROBED = [  # networks that are not captured, whether what is said of everywhere else is still "captured"
    ELSEWHERE[:1],
    ELSEWHERE[:2],
    ELSEWHERE,
    ("203.0.113.77/32", "198.51.100.77/32"),
    ("203.0.113.0/26", "203.0.113.64/26"),
    ("128.0.0.0/1",),
]


@pytest.mark.parametrize("networks", PROBED)
def test_an_address_that_rules_name_does_not_stand_for_everywhere_else(networks: tuple[str, ...]) -> None:
    found = summarise(rules(outbound_ranges_exclude=",".join(networks))).outbound
    assert str(found.default) == "to 15001"
    shown = {name.removesuffix("/32") for name in networks}
    assert set(found.exceptions["not captured"]["network"]) == shown


def test_nor_does_one_of_a_wide_ipv6_network() -> None:
    found = summarise(
        rules(outbound_ranges_exclude="2001:db8:ffff::/48,2001:db8:eeee::/48", ipv6=True), Family.V6
    )
    assert str(found.outbound.default) == "to 15001"
    assert set(found.outbound.exceptions["not captured"]["network"]) == {
        "2001:db8:ffff::/48",
        "2001:db8:eeee::/48",
    }


def test_a_port_and_an_owner_that_rules_name_do_not_stand_for_any() -> None:
    found = summarise(rules(outbound_ports_exclude="47321,39119", inbound_ports_exclude="47321"))
    assert (str(found.outbound.default), str(found.inbound.default)) == ("to 15001", "to 15006")
    assert found.outbound.exceptions == {"not captured": {"port": ("39119", "47321")}}


ALL_PROBES = "47321,39119,27773"
NAMED_PORTS = [  # outbound ports that are not captured: what stands for all others is none of them
    ALL_PROBES,
    f"{ALL_PROBES},27774",
    "27000:48000",
    "1:1023,27000:48000",
    "47321:65535",
    "1:47321",
]


@pytest.mark.parametrize("ports", NAMED_PORTS)
def test_however_many_ports_rules_name_one_that_none_names_stands_for_the_rest(ports: str) -> None:
    lines = [f"-A OUTPUT -p tcp --dport {part} -j RETURN" for part in ports.split(",")]
    found = summarise(nat(*lines, "-A OUTPUT -p tcp -j REDIRECT --to-ports 15001"))
    assert str(found.outbound.default) == "to 15001"


@pytest.mark.parametrize("owners", [("987654", "876543"), ("0-999999",), ("987654", "876543", "987655")])
def test_however_many_owners_rules_name_another_stands_for_the_rest(owners: tuple[str, ...]) -> None:
    lines = [f"-A OUTPUT -m owner --uid-owner {owner} -j RETURN" for owner in owners]
    found = summarise(nat(*lines, "-A OUTPUT -p tcp -j REDIRECT --to-ports 15001"))
    assert str(found.outbound.default) == "to 15001"


def test_where_rules_name_all_ports_there_is_no_other_and_any_stands_for_them() -> None:
    lines = ("-A OUTPUT -p tcp --dport 0:65535 -j REDIRECT --to-ports 15001", "-A OUTPUT -p tcp -j DROP")
    assert str(summarise(nat(*lines)).outbound.default) == "to 15001"
    halves = ("-A OUTPUT -p tcp --dport 0:999 -j DROP", "-A OUTPUT -p tcp --dport 1000:65535 -j RETURN")
    assert str(summarise(nat(*halves)).outbound.default) == "not captured"


RANGED = """*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
{}
-A OUTPUT -p tcp -j REDIRECT --to-ports 15001
COMMIT
"""


@pytest.mark.parametrize(
    ("rule", "default", "exceptions"),
    [
        (
            "-A OUTPUT -p tcp --dport 6000:6010 -j RETURN",
            "to 15001",
            {"not captured": {"port": ("6000-6010",)}},
        ),
        (
            "-A OUTPUT -p tcp --dport 1024:65535 -j RETURN",
            "to 15001",
            {"not captured": {"port": ("1024-65535",)}},
        ),
        ("-A OUTPUT -p tcp --dport 1:1023 -j RETURN", "to 15001", {"not captured": {"port": ("1-1023",)}}),
        (
            "-A OUTPUT -p tcp ! --dport 8000:8001 -j RETURN",
            "not captured",
            {"to 15001": {"port": ("8000-8001",)}},
        ),
        ("-A OUTPUT -p tcp --dport 0:65535 -j RETURN", "not captured", {}),
        (
            "-A OUTPUT -p tcp --dport 8005 -j DROP\n-A OUTPUT -p tcp --dport 8000:8010 -j RETURN",
            "to 15001",
            {"not captured": {"port": ("8000-8004", "8006-8010")}, "dropped": {"port": ("8005",)}},
        ),
    ],
)
def test_ranges_of_ports_are_exceptions_whole(rule: str, default: str, exceptions: dict) -> None:
    found = summarise(parse_rules(RANGED.format(rule))).outbound
    assert str(found.default) == default
    assert found.exceptions == exceptions
