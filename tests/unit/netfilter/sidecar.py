"""A usual sidecar's rules and packets, for the tests of this folder."""

from __future__ import annotations

from meshctl.netfilter import CaptureSettings, Hook, Packet, PodNet, RuleSet, parse_rules
from meshctl.netfilter.istio.compute import compute
from meshctl.values import replace

SETTINGS = CaptureSettings(
    inbound_ports_include="*",
    inbound_ports_exclude="15090,15021,15020",
    outbound_ranges_include="*",
)
POD = PodNet(addresses=("10.244.0.72",))
APP = Packet(
    src="10.244.0.72", dst="10.102.168.134", sport=40000, dport=80, out_if="eth0", uid=1000, gid=1000
)
ENVOY = replace(APP, uid=1337, gid=1337)
INBOUND = Packet(
    hook=Hook.PREROUTING, src="10.244.0.9", dst="10.244.0.72", sport=40000, dport=8080, in_if="eth0"
)


def rules(**changes: object) -> RuleSet:
    """The rules istio-init makes, with some settings changed."""
    return compute(replace(SETTINGS, **changes)).rule_set()  # type: ignore[arg-type]


def nat(*lines: str) -> RuleSet:
    """A nat table of these rules (and chains, written as -N lines)."""
    return parse_rules("*nat\n" + "\n".join(lines) + "\nCOMMIT\n")


def table(name: str, *lines: str) -> RuleSet:
    """Another table of these rules."""
    return parse_rules(f"*{name}\n" + "\n".join(lines) + "\nCOMMIT\n")


def nft(text: str) -> RuleSet:
    """An nft ruleset."""
    return parse_rules(text)
