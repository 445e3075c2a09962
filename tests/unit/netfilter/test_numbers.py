"""The numbers that names stand for: protocols, flags, states, types, ports, and how many words follow a flag."""

from __future__ import annotations

import pytest

from meshctl.netfilter.istio.settings import CaptureSettings, from_arguments
from meshctl.netfilter.model import Criterion
from meshctl.netfilter.packet import CtState, TcpFlag, protocol_name, protocol_number
from meshctl.netfilter.walk.explain import explain
from meshctl.netfilter.walk.summary import known_port
from tests.unit.netfilter.sidecar import nat, nft

PROTOCOLS = {  # as /etc/protocols has them
    "icmp": 1, "igmp": 2, "ipencap": 4, "tcp": 6, "udp": 17, "dccp": 33, "gre": 47, "esp": 50, "ah": 51, "icmpv6": 58, "ipv6-icmp": 58, "ospf": 89, "sctp": 132, "udplite": 136,
}  # fmt: skip


@pytest.mark.parametrize(("name", "number"), PROTOCOLS.items())
def test_protocols(name: str, number: int) -> None:
    assert protocol_number(name) == protocol_number(name.upper()) == protocol_number(str(number)) == number
    assert protocol_name(str(number)) == ("icmpv6" if number == 58 else name)
    (rule,) = [rule for *_, rule in nat(f"-A OUTPUT -p {name} -j RETURN").rules()]
    assert isinstance(rule.steps[0], Criterion) and rule.steps[0].ranges == ((number, number),)


@pytest.mark.parametrize(("text", "number"), [("nobody", None), ("", None), ("255", 255), (" TCP ", 6)])
def test_what_is_no_protocol(text: str, number: int | None) -> None:
    assert protocol_number(text) == number


FLAGS = {"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32, "ECE": 64, "CWR": 128}  # RFC 9293, 3.1
STATES = {"INVALID": 1, "ESTABLISHED": 2, "RELATED": 4, "NEW": 8, "UNTRACKED": 64}  # NF_CT_STATE_BIT
VIRTUAL = {"SNAT": 128, "DNAT": 256}  # XT_CONNTRACK_STATE_SNAT, _DNAT


@pytest.mark.parametrize(("name", "bit"), FLAGS.items())
def test_flags_of_tcp(name: str, bit: int) -> None:
    assert int(TcpFlag[name]) == bit
    for line, mask in (
        (f"--tcp-flags {name} {name}", bit),
        (f"--tcp-flags ALL {name}", 0x3F),
        (f"--tcp-flags {name} NONE", bit),
    ):
        (rule,) = [rule for *_, rule in nat(f"-A OUTPUT -p tcp {line} -j RETURN").rules()]
        assert isinstance(rule.steps[1], Criterion)
        assert (rule.steps[1].mask, rule.steps[1].ranges) == (mask, ((0 if "NONE" in line else bit,) * 2,))


@pytest.mark.parametrize(("name", "bit"), {**STATES, **VIRTUAL}.items())
def test_states_of_a_connection(name: str, bit: int) -> None:
    assert int(CtState[name]) == bit
    (rule,) = [rule for *_, rule in nat(f"-A OUTPUT -m conntrack --ctstate {name} -j RETURN").rules()]
    assert isinstance(rule.steps[0], Criterion) and rule.steps[0].ranges == ((bit, bit),)


ICMP = {  # RFC 792, by the names of iptables and nft
    "echo-reply": 0, "destination-unreachable": 3, "source-quench": 4, "redirect": 5, "echo-request": 8, "time-exceeded": 11, "parameter-problem": 12, "timestamp-request": 13, "timestamp-reply": 14,
}  # fmt: skip
ICMPV6 = {"echo-request": 128, "echo-reply": 129, "nd-router-solicit": 133, "nd-router-advert": 134, "nd-neighbor-solicit": 135, "nd-neighbor-advert": 136, "nd-redirect": 137}  # fmt: skip


@pytest.mark.parametrize(("name", "number"), ICMP.items())
def test_types_of_icmp(name: str, number: int) -> None:
    for word in (name, str(number), f"{number}/0"):
        (rule,) = [rule for *_, rule in nat(f"-A OUTPUT -p icmp --icmp-type {word} -j RETURN").rules()]
        assert explain(rule).startswith(f"ICMP, ICMP type {number} ")
    text = f"table ip t {{ chain c {{ type filter hook input priority 0; icmp type {name} accept\n }} }}"
    assert [explain(rule) for *_, rule in nft(text).rules()] == [
        f"ICMP, ICMP type {number} → accepted, as it is"
    ]


@pytest.mark.parametrize(("name", "number"), ICMPV6.items())
def test_types_of_icmpv6(name: str, number: int) -> None:
    text = f"table ip6 t {{ chain c {{ type filter hook input priority 0; icmpv6 type {name} accept\n }} }}"
    assert [explain(rule) for *_, rule in nft(text).rules()] == [
        f"ICMPV6, ICMP type {number} → accepted, as it is"
    ]


def test_any_type_of_icmp_asks_nothing() -> None:
    for word in ("any", "255"):
        (rule,) = [rule for *_, rule in nat(f"-A OUTPUT -p icmp --icmp-type {word} -j RETURN").rules()]
        assert explain(rule).startswith("ICMP → ")


KNOWN = {  # Istio's ports (istio.io, "Application Requirements")
    15000: "Envoy's admin", 15001: "Envoy outbound", 15004: "debug", 15006: "Envoy inbound", 15008: "HBONE tunnel", 15020: "the agent's metrics", 15021: "health checks", 15053: "the agent's DNS proxy", 15090: "Envoy's metrics",
}  # fmt: skip


@pytest.mark.parametrize(("port", "what"), KNOWN.items())
def test_ports_that_istio_uses(port: int, what: str) -> None:
    assert known_port(port) == f"{port} ({what})"
    (rule,) = [rule for *_, rule in nat(f"-A OUTPUT -p tcp --dport {port} -j RETURN").rules()]
    assert explain(rule).startswith(f"TCP, to port {port} ({what}) ")


def test_ports_of_others() -> None:
    assert (known_port(80), known_port(None)) == ("80", "its own port")


ALONE = ("--dual-stack", "-n", "--dry-run", "-f", "--restore-format", "--skip-rule-apply", "--run-validation", "--cni-mode", "--host-nsenter-exec", "--iptables-trace-logging", "--reconcile", "--cleanup-only", "--force-apply", "--log_as_json")  # fmt: skip
WITH_A_WORD = ("--network-namespace", "--iptables-probe-port", "--probe-timeout", "--log_output_level", "--force-iptables-binary", "--iptables-version")  # fmt: skip


@pytest.mark.parametrize("flag", [*ALONE, *WITH_A_WORD])
def test_how_many_words_follow_a_flag_of_istio_iptables(flag: str) -> None:
    words = [flag, "word"] if flag in WITH_A_WORD else [flag]
    assert from_arguments([*words, "-p", "7"]) == (CaptureSettings(proxy_port="7"), [])
    assert from_arguments([f"{flag}=word", "-p", "7"]) == (CaptureSettings(proxy_port="7"), [])


NOISE = ["-w", "--wait", "-w 5", "--wait 5", "-W 1000", "--wait-interval 1000", "-n", "-v", "-4", "-6", "--line-numbers", "-w 5 -n"]  # fmt: skip


@pytest.mark.parametrize("words", NOISE)
def test_words_of_the_command_line_are_no_part_of_the_rule(words: str) -> None:
    plain = nat("-A OUTPUT -p tcp --dport 80 -j RETURN")
    for line in (
        f"-A OUTPUT {words} -p tcp --dport 80 -j RETURN",
        f"-A OUTPUT -p tcp --dport 80 -j RETURN {words}",
    ):
        found = nat(line)
        assert [rule.steps for *_, rule in found.rules()] == [rule.steps for *_, rule in plain.rules()]
        assert not found.notes
