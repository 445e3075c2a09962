"""Chains of thousands of rules: what is tried of them, and that leaving rules out changes no answer."""

from __future__ import annotations

import pytest

from meshctl.netfilter import Family, Hook, RuleSet, parse_rules
from meshctl.netfilter.lint.regions import space
from meshctl.netfilter.model import Backend
from meshctl.netfilter.walk.long_chains import LONG_CHAIN
from meshctl.netfilter.walk.packet_walk import walk
from meshctl.values import replace
from tests.unit.netfilter.sidecar import APP, nat, nft


def services(count: int) -> RuleSet:
    """kube-proxy's form: a rule a service, each of which asks for one address."""
    lines = [
        f"-A OUTPUT -d 10.96.{n // 250}.{n % 250}/32 -p tcp -j REDIRECT --to-ports {n + 1}"
        for n in range(count)
    ]
    return nat(*lines, "-A OUTPUT -p tcp --dport 81 -j REDIRECT --to-ports 60000")


@pytest.mark.parametrize("count", [LONG_CHAIN - 2, LONG_CHAIN - 1, 300])
def test_leaving_out_rules_of_other_destinations_changes_no_answer(count: int) -> None:
    rules = services(count)
    for packet in (
        replace(APP, dst="10.96.0.7"),
        APP,
        replace(APP, dport=81),
        replace(APP, dst="10.96.0.7", protocol="udp"),
    ):
        whole, short = walk(rules, packet), walk(rules, packet, all_tried=False)
        assert (whole.verdict, whole.redirect_port, whole.path) == (
            short.verdict,
            short.redirect_port,
            short.path,
        )
        # all are tried unless somebody says that nobody reads it
        ends = whole.path[0].rule_number if whole.path else count + 1
        assert [one.rule_number for one in whole.tried] == list(range(1, ends + 1))
        assert (len(short.tried) < len(whole.tried)) is (count + 1 >= LONG_CHAIN)


def test_without_a_destination_every_rule_is_tried() -> None:
    packet = replace(APP, dst=None)
    assert walk(services(300), packet, all_tried=False).undetermined


NUMBERS = [  # a match of nft whose number is the largest of its field, how many pieces it cuts the field into
    ("icmp type 255", 2), ("tcp flags & 0xff == 0xff", 2), ("tcp dport 65535", 2), ("udp sport 65535", 2), ("meta l4proto 255", 2), ("ip daddr 255.255.255.255", 2), ("meta mark 0xffffffff", 2), ("meta skuid 4294967295", 3), ("icmp type 254", 3), ("tcp dport 65534", 3),
    ("tcp flags & 0xff == 0xfe", 3), ("meta l4proto 254", 3), ("tcp flags syn", 10),
]  # fmt: skip


@pytest.mark.parametrize(("match", "pieces"), NUMBERS)
def test_a_field_ends_at_its_largest_number(match: str, pieces: int) -> None:
    found = nft(f"table ip t {{ chain c {{ type filter hook output priority 0; {match} accept\n }} }}")
    cut = space([rule for *_, rule in found.rules()], Family.V4, Hook.OUTPUT, "filter", Backend.NFT)
    assert len(cut.atoms[-1]) == pieces


def test_a_listing_in_code_fences() -> None:
    rows = "Chain OUTPUT (policy ACCEPT)\npkts bytes target prot opt in out source destination\n3 4 DROP all -- * * 0.0.0.0/0 0.0.0.0/0\n"
    for text in (f"```\n{rows}```\n", f"```\n{rows}\n```\n"):
        found = parse_rules(text)
        assert [rule.packets for _, chain, _, rule in found.rules() if chain.name == "OUTPUT"] == [3]
        assert not [note for note in found.notes if "understood" in note.text or "columns" in note.text]
