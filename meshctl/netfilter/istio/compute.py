"""Istio's capture rules for given settings, as the scripts that Istio feeds to iptables-restore and nft.

``plan`` says which rules in which order; here they are arranged: tables sorted, chains named before
their rules, inserted rules with their position (iptables counts from 1, nft from 0).
"""

from __future__ import annotations

from collections import Counter

from meshctl.coverage import Basis
from meshctl.netfilter.hooks import BUILTIN_HOOKS
from meshctl.netfilter.istio.plan import V4, V6, Planned, plan
from meshctl.netfilter.istio.settings import CaptureSettings
from meshctl.netfilter.model import RuleSet, merge
from meshctl.netfilter.packet import Family
from meshctl.netfilter.read.source import parse_rules
from meshctl.values import Struct, replace

NFT_CHAINS: dict[str, tuple[str, ...]] = {
    "nat": (
        "prerouting { type nat hook prerouting priority -100 ; }",
        "output { type nat hook output priority -100 ; }",
        "istio-inbound",
        "istio-redirect",
        "istio-in-redirect",
        "istio-output",
        "istio-output-dns",
    ),
    "mangle": (
        "prerouting { type filter hook prerouting priority -150 ; }",
        "output { type route hook output priority -150 ; }",
        "istio-divert",
        "istio-tproxy",
        "istio-inbound",
        "istio-drop",
    ),
    "raw": (
        "prerouting { type filter hook prerouting priority -300 ; }",
        "output { type filter hook output priority -300 ; }",
        "istio-inbound",
        "istio-output-dns",
    ),
}


class ComputedRules(Struct, frozen=True):
    """The scripts. ``iptables_v6`` is empty where IPv6 is off."""

    iptables_v4: str
    iptables_v6: str
    nft: str

    def rule_set(self, backend: str = "iptables") -> RuleSet:
        """The rules as the kernel would have them, marked as computed."""
        if backend == "nft":
            rules = parse_rules(self.nft, name="computed rules")
        else:
            v4 = parse_rules(self.iptables_v4, name="computed rules", family=Family.V4)
            v6 = parse_rules(self.iptables_v6, name="computed rules (IPv6)", family=Family.V6)
            rules = merge(v4, v6)
        return replace(rules, origin=Basis.COMPUTED, covers=frozenset(Family))


def compute(settings: CaptureSettings) -> ComputedRules:
    """The rules Istio would make. In mode NONE it makes none."""
    if settings.interception_mode == "NONE":
        return ComputedRules("", "", "")
    planned = plan(settings)
    return ComputedRules(
        iptables_v4=_restore_script(planned, V4),
        iptables_v6=_restore_script(planned, V6) if settings.ipv6 else "",
        nft=_nft_script(planned, settings.ipv6),
    )


def _restore_script(planned: list[Planned], family: str) -> str:
    rules = [rule for rule in planned if rule.form == "iptables" and family in rule.families]
    lines: list[str] = []
    for table in sorted({rule.table for rule in rules}):
        here = [rule for rule in rules if rule.table == table]
        lines.append(f"* {table}")
        lines += [f"-N {chain}" for chain in _new_chains(here)]
        lines += [_iptables_command(rule) for rule in here]
        lines.append("COMMIT")
    return "".join(f"{line}\n" for line in lines)


def _new_chains(rules: list[Planned]) -> list[str]:
    """Chains that must be made: those with rules first, then those only jumped to."""
    named = [rule.chain for rule in rules] + [
        rule.action for rule in rules if rule.action.startswith("ISTIO_")
    ]
    return [chain for chain in dict.fromkeys(named) if chain not in BUILTIN_HOOKS]


def _iptables_command(rule: Planned) -> str:
    place = f"-A {rule.chain}" if rule.insert is None else f"-I {rule.chain} {rule.insert + 1}"
    return " ".join(part for part in (place, rule.words, f"-j {rule.action}") if part)


def _nft_script(planned: list[Planned], ipv6: bool) -> str:
    rules = [rule for rule in planned if rule.form == "nft" and (V4 in rule.families or ipv6)]
    lines: list[str] = []
    for table, chains in NFT_CHAINS.items():
        here = [rule for rule in rules if rule.table == table]
        if not here:
            continue
        name = f"inet istio-proxy-{table}"
        lines += [f"add table {name}", f"flush table {name}"]
        used = {rule.chain for rule in here}
        lines += [f"add chain {name} {chain}" for chain in chains if chain.split()[0] in used]
        filled: Counter[str] = Counter()
        for rule in here:
            lines.append(_nft_command(name, rule, filled[rule.chain]))
            filled[rule.chain] += 1
    return "".join(f"{line}\n" for line in lines)


def _nft_command(table: str, rule: Planned, filled: int) -> str:
    """nft inserts only before a rule that is there; else the rule is added."""
    if rule.insert is None or rule.insert >= filled:
        place = f"add rule {table} {rule.chain}"
    else:
        place = f"insert rule {table} {rule.chain} index {rule.insert}"
    return " ".join(part for part in (place, rule.words, "counter", rule.action) if part)
