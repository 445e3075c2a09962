"""nft's rules in a person's words: each statement and expression that stands in rules of pods."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.netfilter.walk.explain import explain
from meshctl.netfilter.walk.packet_walk import Verdict, walk
from meshctl.values import replace
from tests.unit.netfilter.sidecar import APP, nft

EXPLAINED = [  # a rule, in words; read off nft(8), each looked at
    ('tcp dport 80 accept', 'TCP, to port 80 → accepted, as it is'), ('tcp dport != 80 accept', 'TCP, not to port 80 → accepted, as it is'),
    ('tcp dport { 80, 90-91 } accept', 'TCP, to port 80, 90-91 → accepted, as it is'), ('tcp dport != { 80, 81 } drop', 'TCP, not to port 80, 81 → dropped'),
    ('tcp sport 1-2 return', 'TCP, from port 1-2 → back to the caller (not captured here)'),
    ('udp dport 53 redirect to :15053', "UDP, to port 53 → REDIRECT to port 15053 (the agent's DNS proxy)"), ('meta l4proto tcp accept', 'TCP → accepted, as it is'),
    ('meta l4proto { tcp, udp } accept', 'TCP, UDP → accepted, as it is'), ('ip protocol tcp accept', 'IPv4, TCP → accepted, as it is'),
    ('ip6 nexthdr tcp accept', 'IPv6, TCP → accepted, as it is'), ('ip daddr 10.0.0.0/8 drop', 'to 10.0.0.0/8 → dropped'),
    ('ip daddr != 127.0.0.1 drop', 'not to 127.0.0.1 → dropped'), ('ip saddr { 10.0.0.1, 10.1.0.0/16 } drop', 'from 10.0.0.1, 10.1.0.0/16 → dropped'),
    ('ip daddr 10.0.0.1-10.0.0.5 drop', 'to 10.0.0.1-10.0.0.5 → dropped'), ('ip6 daddr fd00::/8 drop', 'to fd00::/8 → dropped'),
    ('meta nfproto ipv4 drop', 'IPv4 → dropped'), ('meta nfproto ipv6 drop', 'IPv6 → dropped'), ('iifname "eth0" drop', 'in by eth0 → dropped'),
    ('oifname != "lo" drop', 'not out by lo → dropped'), ('iif "lo" drop', 'in by lo → dropped'), ('oifname { "lo", "eth0" } drop', 'out by lo, eth0 → dropped'),
    ('iifname "eth*" drop', 'in by eth* → dropped'), ('meta skuid 1337 return', 'sent by uid 1337 (Envoy) → back to the caller (not captured here)'),
    ('skuid 1337 return', 'sent by uid 1337 (Envoy) → back to the caller (not captured here)'),
    ('meta skgid != 1337 return', 'not sent by gid 1337 (Envoy) → back to the caller (not captured here)'),
    ('meta skuid { 1, 2 } return', 'sent by uid 1, 2 → back to the caller (not captured here)'),
    ('meta skuid 1-5 return', 'sent by uid 1-5 → back to the caller (not captured here)'),
    ('meta mark 0x539 return', 'mark of the proxy (0x539 = 1337) → back to the caller (not captured here)'),
    ('mark 0x539 return', 'mark of the proxy (0x539 = 1337) → back to the caller (not captured here)'),
    ('meta mark & 0xfff == 0x539 return', 'mark of the proxy (0x539 = 1337) in bits 0xfff → back to the caller (not captured here)'),
    ('meta mark and 0xfff != 0x539 return', 'mark not of the proxy (0x539 = 1337) in bits 0xfff → back to the caller (not captured here)'),
    ('ct mark 0x111 return', "connection mark of the proxy's connections (0x111) → back to the caller (not captured here)"),
    ('ct state new drop', 'connection NEW → dropped'), ('ct state established,related accept', 'connection ESTABLISHED, RELATED → accepted, as it is'),
    ('ct state { new, invalid } drop', 'connection NEW, INVALID → dropped'), ('ct state != new drop', 'connection not NEW → dropped'),
    ('ct direction reply accept', 'an answer → accepted, as it is'), ('ct direction original accept', 'in the first direction → accepted, as it is'),
    ('tcp flags & (fin|syn|rst|ack) == syn drop', 'TCP, TCP flags SYN of FIN, SYN, RST, ACK → dropped'), ('tcp flags syn drop', 'TCP, TCP flags SYN → dropped'),
    # a mask is part of the question, whatever it is asked of
    ('tcp flags & (fin|syn) == 0 drop', 'TCP, TCP flags none of FIN, SYN → dropped'), ('tcp flags & (syn|ack) != syn|ack drop', 'TCP, TCP flags not SYN, ACK of SYN, ACK → dropped'),
    ('ct state & (established|related) == 0 drop', 'connection none of ESTABLISHED, RELATED → dropped'), ('tcp dport & 0xff == 0x50 drop', 'TCP, to port 80 in bits 0xff → dropped'),
    ('ip daddr & 255.0.0.255 == 10.0.0.1 drop', 'to 10.0.0.1 in bits 255.0.0.255 → dropped'), ('ip6 daddr & ffff::1 == fd00::1 drop', 'to fd00::1 in bits ffff::1 → dropped'),
    ('meta mark & 0xffffffff == 5 drop', 'mark 0x5 → dropped'), ('ct mark & 0xf == 5 drop', 'connection mark 0x5 in bits 0xf → dropped'), ('icmp type & 8 == 8 drop', 'ICMP, ICMP type 8 in bits 0x8 → dropped'),
    ('icmp type echo-request drop', 'ICMP, ICMP type 8 → dropped'), ('icmp type 8 drop', 'ICMP, ICMP type 8 → dropped'),
    ('fib daddr type local drop', 'destination of type local → dropped'), ('fib saddr type != local drop', 'source not of type local → dropped'),
    ('counter packets 5 bytes 6 accept', 'everything → accepted, as it is'), ('counter accept', 'everything → accepted, as it is'),
    ('meta mark set 0x539', 'everything → mark of the proxy (0x539 = 1337)'), ('meta mark set meta mark or 0x1', 'everything → mark 0x1'),
    ('meta mark set meta mark and 0xf', 'everything → mark 0x0'), ('meta mark set ct mark', "everything → the connection's mark is put on the packet"),
    ('ct mark set meta mark', "everything → the packet's mark is kept for the connection"),
    ('ct mark set 0x111', "everything → connection mark of the proxy's connections (0x111)"), ('notrack', 'everything → not tracked as a connection'),
    ('redirect to :15001', 'everything → REDIRECT to port 15001 (Envoy outbound)'), ('redirect', 'everything → REDIRECT to port (same)'),
    ('dnat to 10.0.0.1:80', 'everything → DNAT to 10.0.0.1:80'), ('dnat ip to 10.0.0.1', 'everything → DNAT to 10.0.0.1'),
    ('snat to 10.0.0.1', 'everything → SNAT to 10.0.0.1'), ('masquerade', 'everything → source address of the outgoing interface'),
    ('tproxy to :15006', 'everything → TPROXY to port 15006 (Envoy inbound)'), ('tproxy ip to 127.0.0.1:15006', 'everything → TPROXY to port 15006 (Envoy inbound)'),
    ('reject', 'everything → rejected'), ('reject with tcp reset', 'everything → rejected'), ('drop', 'everything → dropped'),
    ('queue num 1', 'everything → handed to a program (queue)'), ('log prefix "x" drop', 'everything → log prefix x, then dropped'),
    ('jump other', 'everything → chain other'), ('goto other', 'everything → goto other'), ('continue', 'everything → continue'),
    ('limit rate 5/second accept', '[limit rate 5/second: not understood] → accepted, as it is'),
    ('tcp dport vmap { 80 : accept, 81 : drop }', 'TCP → by value: tcp dport vmap { 80 : accept, 81 : drop }'),
    ('meta l4proto tcp ip daddr 10.0.0.1 tcp dport 80 counter redirect to :15001 comment "why"', 'TCP, to 10.0.0.1, TCP, to port 80 → REDIRECT to port 15001 (Envoy outbound)'),
    ('ip daddr . tcp dport { 10.0.0.1 . 80 } accept', 'TCP, IPv4, one of (to 10.0.0.1 and to port 80) → accepted, as it is'),
    ('tcp dport @ports accept', 'TCP, to port 1, 2 → accepted, as it is'), ('ip daddr @nobody accept', '[ip daddr @nobody: not understood] → accepted, as it is'),
    ('meta l4proto != tcp return', 'not TCP → back to the caller (not captured here)'), ('th dport 53 accept', 'to port 53 → accepted, as it is'),
    ('socket transparent 1 accept', '[socket key transparent 1: not understood] → accepted, as it is'),
    ('meta pkttype host accept', '[meta pkttype host: not understood] → accepted, as it is'), ('ip ttl 5 drop', '[ip ttl 5: not understood] → dropped'),
    ('tcp option maxseg size set 1400', 'TCP → tcp option maxseg size set 1400'),
    ('ether saddr 00:11:22:33:44:55 drop', '[ether saddr 00:11:22:33:44:55: not understood] → dropped'),
    ('tcp dport >= 80 drop', 'TCP, to port 80 or more → dropped'), ('tcp dport < 80 drop', 'TCP, to port 0-79 → dropped'),
    ('meta skuid > 5 drop', 'sent by uid 6 or more → dropped'), ('ct status dnat accept', '[ct status dnat: not understood] → accepted, as it is'),
    ('icmpv6 type echo-request accept', 'ICMPV6, ICMP type 128 → accepted, as it is'), ('meta l4proto 17 accept', 'UDP → accepted, as it is'),
    ('udp sport 53 udp dport 53 accept', 'UDP, from port 53, UDP, to port 53 → accepted, as it is'),
    ('tcp dport http accept', 'TCP, to port 80 → accepted, as it is'),
]  # fmt: skip


def table(rule: str) -> Any:
    return nft(
        "table inet t {\n set ports { type inet_service; elements = { 1, 2 } }\n chain other { return }\n"
        f" chain c {{ type nat hook output priority -100; policy accept;\n {rule}\n }}\n}}\n"
    )


@pytest.mark.parametrize(("rule", "said"), EXPLAINED)
def test_a_rule_in_words(rule: str, said: str) -> None:
    assert [explain(found) for _, chain, _, found in table(rule).rules() if chain.name == "c"] == [said]


WALKED = [  # a rule that accepts, else the chain drops; what the application's packet may be instead
    ("tcp dport 80", {}, True), ("tcp dport 80", {"dport": 81}, False), ("tcp dport 79-81", {}, True), ("tcp dport >= 81", {}, False), ("tcp dport < 81", {}, True), ("tcp dport > 79", {}, True), ("tcp dport <= 79", {}, False),
    ("tcp dport != { 80, 81 }", {}, False), ("tcp dport @ports", {"dport": 2}, True), ("tcp dport @ports", {}, False), ("udp dport 80", {}, False), ("udp dport 80", {"protocol": "udp"}, True), ("th dport 80", {"protocol": "udp"}, True),
    ("ip daddr 10.102.168.134", {}, True), ("ip daddr 10.102.0.0/16", {}, True), ("ip daddr 10.102.168.0-10.102.168.133", {}, False), ("ip saddr != 10.244.0.72", {}, False), ("meta nfproto ipv4", {}, True), ("meta nfproto ipv6", {}, False),
    ("meta skuid 1000", {}, True), ("meta skuid { 1, 1000 }", {}, True), ("meta skuid != 1000", {}, False), ("meta skgid 999-1001", {}, True), ("oifname \"eth0\"", {}, True), ("oifname \"eth*\"", {}, True), ("oifname { \"lo\" }", {}, False),
    ("meta mark 0x5", {"mark": 5}, True), ("meta mark and 0x4 == 0x4", {"mark": 5}, True), ("meta mark and 0x2 == 0x2", {"mark": 5}, False), ("meta mark != 0", {}, False), ("ct mark 0x111", {"ct_mark": 0x111}, True),
    ("ct state { new, invalid }", {"ct_state": "INVALID"}, True), ("ct state new,established", {"ct_state": "ESTABLISHED"}, True), ("ct state != new", {}, False), ("ip daddr . tcp dport { 10.102.168.134 . 80 }", {}, True),
    ("ip daddr . tcp dport { 10.102.168.134 . 81 }", {}, False), ("meta l4proto { tcp, udp }", {}, True), ("meta l4proto != tcp", {}, False), ("ip protocol 6", {}, True), ("tcp flags & (fin|syn|rst|ack) == syn", {"tcp_flags": 2}, True),
    ("tcp flags & (fin|syn|rst|ack) == syn", {"tcp_flags": 0x12}, False),
    ("meta skuid root", {"uid": 0}, True), ("meta skuid root", {"uid": 1}, False), ("ct state untracked", {"ct_state": "UNTRACKED"}, True), ("ct state 64", {"ct_state": "UNTRACKED"}, True), ("ct state 8", {}, True), ("ct state 0x2", {"ct_state": "ESTABLISHED"}, True),
    ("ct state 1", {"ct_state": "INVALID"}, True), ("ct state 4", {"ct_state": "RELATED"}, True), ("tcp flags 0x2", {"tcp_flags": 2}, True), ("tcp dport @remarked", {}, True), ("tcp dport @remarked", {"dport": 81}, True), ("tcp dport @remarked", {"dport": 82}, False),
    ("ip daddr @nets", {}, True), ("ip daddr @nets", {"dst": "10.103.0.0"}, False), ("ip daddr @nets", {"dst": "10.104.0.5"}, True), ("ip daddr @nets", {"dst": "10.104.0.6"}, False),
    ("tcp dport http", {}, True), ("tcp dport { 79, http }", {}, True), ("tcp dport >= 80", {}, True), ("tcp dport > 80", {}, False), ("tcp dport < 81", {}, True), ("tcp dport <= 79", {}, False),
    ("meta nfproto 2", {}, True), ("meta protocol ip", {}, True), ("meta protocol ip6", {}, False), ("meta protocol 0x0800", {}, True), ("meta protocol 0x86dd", {}, False), ("meta protocol { ip, arp }", {}, True), ("meta protocol != 8021q", {}, True),
    ("icmp type echo-request", {"protocol": "icmp", "icmp_type": 8}, True), ("icmp type echo-request", {"protocol": "icmp", "icmp_type": 0}, False), ("icmp type 8", {}, False),
    ("ct direction original", {"reply": False, "ct_state": "ESTABLISHED"}, True), ("ct direction reply", {"reply": True, "ct_state": "ESTABLISHED"}, True), ("ct direction reply", {"reply": False, "ct_state": "ESTABLISHED"}, False),
    ("ip daddr . tcp dport @pairs", {}, True), ("ip daddr . tcp dport @pairs", {"dport": 82}, True), ("ip daddr . tcp dport @pairs", {"dport": 83}, False), ("ip daddr . tcp dport != @pairs", {}, False), ("ip daddr . tcp dport @nothing", {}, False),
    ("tcp dport @nil", {}, False), ("tcp dport != @nil", {}, True), ("ct state & (established|related) == 0", {}, True), ("ct state & (new|related) != 0", {}, True), ("meta l4proto 6", {}, True), ("meta l4proto 1-17", {}, True),
]  # fmt: skip


@pytest.mark.parametrize(("match", "changes", "taken"), WALKED)
def test_which_packets_a_rule_takes(match: str, changes: dict[str, Any], taken: bool) -> None:
    text = (
        "table inet t {\n set ports { type inet_service; elements = { 1, 2 } }\n set nil { type inet_service; }\n"
        " set pairs { type ipv4_addr . inet_service; elements = { 10.102.168.134 . 80, 10.102.168.134 . 81-82 } }\n"
        ' set remarked { type inet_service; elements = { 80 comment "this", 81 comment "why" } }\n'
        " set nets { type ipv4_addr; flags interval; auto-merge; elements = { 10.102.0.0/16, 10.104.0.1-10.104.0.5 } }\n"
        " set nothing { type ipv4_addr . inet_service; }\n"
        f" chain c {{ type filter hook output priority 0; policy drop;\n {match} accept\n }}\n}}\n"
    )
    assert (walk(nft(text), replace(APP, **changes)).verdict is Verdict.ACCEPT) is taken


VMAPS = [
    ("80 : accept, 81 : drop", 80, Verdict.ACCEPT),
    ("80 : accept, 81 : drop", 81, Verdict.DROP),
    ("80-90 : jump other, 91 : drop", 85, Verdict.REJECT),
    ("80 : accept", 82, Verdict.ACCEPT),
    ("* : drop, 80 : accept", 80, Verdict.ACCEPT),  # a value of its own comes before the rest
    ("* : drop, 80 : accept", 65535, Verdict.DROP),
    ("* : drop, 0-1 : accept", 0, Verdict.ACCEPT),
    ("0-65535 : drop, 80 : accept", 80, Verdict.ACCEPT),
    ("80 : continue, 81 : drop", 80, Verdict.ACCEPT),
    ("80 : goto other", 80, Verdict.REJECT),
]


@pytest.mark.parametrize(("cases", "port", "verdict"), VMAPS)
def test_a_map_of_verdicts(cases: str, port: int, verdict: Verdict) -> None:
    text = f"table ip t {{\n chain other {{ reject }}\n chain c {{ type filter hook output priority 0; policy accept;\n tcp dport vmap {{ {cases} }}\n }}\n}}\n"
    assert walk(nft(text), replace(APP, dport=port)).verdict is verdict
