"""What a packet meets at a hook: one rule of the kernel a test."""

from __future__ import annotations

import pytest

from meshctl.netfilter import Family, Hook, Packet, Sender, Verdict, WalkResult, merge
from meshctl.netfilter.walk.packet_walk import walk
from meshctl.values import replace
from tests.unit.netfilter.sidecar import APP, ENVOY, INBOUND, nat, nft, rules, table


def path(result: WalkResult) -> list[tuple[str, str, int]]:
    return [(step.table, step.chain, step.rule_number) for step in result.path]


# ---- the ten cases everybody asks about ----


@pytest.mark.parametrize(
    ("name", "packet", "verdict", "port"),
    [
        ("application to a service", APP, Verdict.REDIRECT, 15001),
        ("Envoy to another pod", ENVOY, Verdict.ACCEPT, None),
        ("Envoy to its own pod", replace(ENVOY, dst="10.244.0.72", out_if="lo"), Verdict.REDIRECT, 15006),
        ("application to localhost", replace(APP, dst="127.0.0.1", out_if="lo"), Verdict.ACCEPT, None),
        ("application to its own pod", replace(APP, dst="10.244.0.72", out_if="lo"), Verdict.ACCEPT, None),
        (
            "Envoy inbound, from 127.0.0.6",
            replace(ENVOY, src="127.0.0.6", dst="10.244.0.72", out_if="lo"),
            Verdict.ACCEPT,
            None,
        ),
        ("inbound to the application", INBOUND, Verdict.REDIRECT, 15006),
        ("inbound to the tunnel", replace(INBOUND, dport=15008), Verdict.ACCEPT, None),
        ("inbound probe", replace(INBOUND, dport=15021), Verdict.ACCEPT, None),
        ("UDP", replace(APP, protocol="udp"), Verdict.ACCEPT, None),
    ],
)
def test_sidecar(name: str, packet: Packet, verdict: Verdict, port: int | None) -> None:
    result = walk(rules(), packet)
    assert (result.verdict, result.redirect_port) == (verdict, port), name


def test_the_path_is_the_rules_that_matched_in_order() -> None:
    result = walk(rules(), APP)
    assert path(result) == [("nat", "OUTPUT", 1), ("nat", "ISTIO_OUTPUT", 9), ("nat", "ISTIO_REDIRECT", 1)]


def test_every_rule_tried_says_which_criterion_failed_first() -> None:
    tried = {(t.chain, t.rule_number): t for t in walk(rules(), APP).tried}
    assert tried[("ISTIO_OUTPUT", 4)].failed == "--uid-owner 1337"
    assert tried[("ISTIO_OUTPUT", 4)].because == "uid is 1000"
    assert tried[("ISTIO_OUTPUT", 1)].failed == "-s 127.0.0.6/32"
    assert tried[("ISTIO_OUTPUT", 9)].failed is None


# ---- chains ----


def test_return_in_a_built_in_chain_is_its_policy() -> None:
    found = table("filter", ":OUTPUT DROP [0:0]", "-A OUTPUT -p tcp -j RETURN", "-A OUTPUT -j ACCEPT")
    assert walk(found, APP).verdict is Verdict.DROP


def test_the_end_of_a_chain_goes_back_to_the_caller() -> None:
    found = nat(
        "-N A", "-A OUTPUT -p tcp -j A", "-A OUTPUT -p tcp -j REDIRECT --to-ports 2", "-A A -p udp -j RETURN"
    )
    assert walk(found, APP).redirect_port == 2


def test_goto_does_not_come_back() -> None:
    found = nat(
        "-N A", "-A OUTPUT -g A", "-A OUTPUT -p tcp -j REDIRECT --to-ports 2", "-A A -p udp -j RETURN"
    )
    assert walk(found, APP).verdict is Verdict.ACCEPT


def test_accept_ends_its_table_only() -> None:
    mangle = table("mangle", "-A OUTPUT -j ACCEPT", "-A OUTPUT -j DROP")
    assert walk(merge(mangle, nat("-A OUTPUT -p tcp -j REDIRECT --to-ports 2")), APP).redirect_port == 2


def test_tables_are_asked_in_the_kernels_order_whatever_the_files_order() -> None:
    found = merge(
        table("filter", "-A OUTPUT -j ACCEPT"),
        nat("-A OUTPUT -p tcp -j REDIRECT --to-ports 2"),
        table("mangle", "-A OUTPUT -j MARK --set-mark 1"),
        table("raw", "-A OUTPUT -j RETURN"),
    )
    assert [step.table for step in walk(found, APP).path] == ["raw", "mangle", "nat", "filter"]


def test_the_filter_table_sees_the_rewritten_destination() -> None:
    found = merge(
        nat("-A OUTPUT -p tcp -j REDIRECT --to-ports 15001"),
        table("filter", "-A OUTPUT -d 127.0.0.1 -p tcp --dport 15001 -j DROP"),
    )
    assert walk(found, APP).verdict is Verdict.DROP


def test_chains_that_jump_in_a_circle_do_not_hang() -> None:
    found = table("mangle", "-N A", "-N B", "-A OUTPUT -j A", "-A A -j B", "-A B -j A")
    assert walk(found, APP).verdict is Verdict.UNDETERMINED


# ---- connection tracking ----


def test_nat_is_asked_for_a_connections_first_packet_only() -> None:
    result = walk(rules(), replace(APP, ct_state="ESTABLISHED"))
    assert (result.verdict, result.path) == (Verdict.ACCEPT, ())


def test_an_invalid_packet_is_not_redirected() -> None:
    assert walk(rules(), replace(INBOUND, ct_state="INVALID")).verdict is Verdict.ACCEPT


def test_what_comes_back_over_lo_was_decided_in_output() -> None:
    result = walk(rules(), replace(INBOUND, in_if="lo"))
    assert (result.verdict, result.path) == (Verdict.ACCEPT, ())


def test_the_first_nat_chain_that_translates_ends_the_search() -> None:
    found = nft(
        """table ip a { chain c { type nat hook output priority -110; tcp dport 80 redirect to :1; } }
           table ip b { chain c { type nat hook output priority -90; tcp dport 80 redirect to :2; } }"""
    )
    result = walk(found, APP)
    assert (result.redirect_port, len(result.path)) == (1, 1)


def test_raw_rules_see_no_connection_yet() -> None:
    found = table(
        "raw", "-A OUTPUT -m conntrack --ctstate NEW -j DROP", "-A OUTPUT -m conntrack --ctstate INVALID"
    )
    assert path(walk(found, APP)) == [("raw", "OUTPUT", 2)]


def test_untracked_packets_are_not_translated() -> None:
    found = merge(table("raw", "-A OUTPUT -j CT --notrack"), nat("-A OUTPUT -p tcp -j REDIRECT --to-ports 2"))
    assert walk(found, APP).verdict is Verdict.ACCEPT


def test_notrack_after_a_zone_does_nothing() -> None:
    raw = table("raw", "-A OUTPUT -j CT --zone 1", "-A OUTPUT -j CT --notrack")
    assert walk(merge(raw, nat("-A OUTPUT -p tcp -j REDIRECT --to-ports 2")), APP).redirect_port == 2


def test_a_nat_table_that_nobody_tracks_for_is_not_asked() -> None:
    assert walk(nat("-A OUTPUT -p tcp -j RETURN"), APP).path == ()


# ---- redirect, dnat, tproxy, marks ----


def test_redirect_in_output_goes_to_loopback() -> None:
    post = walk(rules(), APP).post
    assert post is not None and (post.dst, post.dport, post.src) == ("127.0.0.1", 15001, "10.244.0.72")


def test_redirect_in_prerouting_goes_to_the_address_of_the_interface() -> None:
    post = walk(rules(), replace(INBOUND, in_address="10.244.0.72")).post
    assert post is not None and (post.dst, post.dport) == ("10.244.0.72", 15006)


def test_redirect_without_a_port_keeps_it() -> None:
    assert walk(nat("-A OUTPUT -p tcp -j REDIRECT"), APP).redirect_port == 80


def test_dnat() -> None:
    result = walk(nat("-A OUTPUT -p tcp -j DNAT --to-destination 10.0.0.5:8080"), APP)
    assert (result.verdict, result.nat_to) == (Verdict.DNAT, "10.0.0.5:8080")


def test_reject() -> None:
    found = table("filter", "-A OUTPUT -p tcp -j REJECT --reject-with tcp-reset")
    assert walk(found, APP).verdict is Verdict.REJECT


def test_tproxy_sets_the_mark_and_keeps_the_destination() -> None:
    result = walk(rules(interception_mode="TPROXY"), INBOUND)
    assert (result.verdict, result.redirect_port, result.tproxy_mark) == (Verdict.TPROXY, 15006, 1337)
    assert result.post is not None and (result.post.dport, result.post.mark) == (8080, 1337)


def test_tproxy_of_iptables_drops_where_nobody_listens() -> None:
    packet = replace(INBOUND, transparent_listener=False)
    assert walk(rules(interception_mode="TPROXY"), packet).verdict is Verdict.DROP


def test_tproxy_of_nft_does_not_match_where_nobody_listens() -> None:
    found = nft(
        "table ip t { chain c { type filter hook prerouting priority -150; tcp dport 8080 tproxy to :15006 accept; } }"
    )
    assert walk(found, replace(INBOUND, transparent_listener=False)).path == ()
    assert walk(found, INBOUND).verdict is Verdict.TPROXY


def test_tproxy_listener_unknown() -> None:
    packet = replace(INBOUND, transparent_listener=None)
    assert walk(rules(interception_mode="TPROXY"), packet).verdict is Verdict.UNDETERMINED


@pytest.mark.parametrize(
    ("target", "mark"),
    [
        ("--set-mark 0x10", 0x10),
        ("--set-mark 0x10/0xf0", 0x0F | 0x10),
        ("--set-xmark 0x10/0xff", 0x10),
        ("--and-mark 0xf", 0x0F),
        ("--or-mark 0x100", 0x1FF),
        ("--xor-mark 0x1", 0xFE),
    ],
)
def test_mark_arithmetic(target: str, mark: int) -> None:
    post = walk(table("mangle", f"-A OUTPUT -j MARK {target}"), replace(APP, mark=0xFF)).post
    assert post is not None and post.mark == mark


def test_marks_travel_between_packet_and_connection() -> None:
    found = table(
        "mangle",
        "-A OUTPUT -j CONNMARK --save-mark",
        "-A OUTPUT -j MARK --set-mark 0",
        "-A OUTPUT -j CONNMARK --restore-mark",
    )
    post = walk(found, replace(APP, mark=7)).post
    assert post is not None and (post.mark, post.ct_mark) == (7, 7)


# ---- owners ----


def test_owner_without_a_socket_is_another_owner_to_iptables() -> None:
    found = table("mangle", "-A OUTPUT -m owner ! --uid-owner 1337 -j MARK --set-mark 1")
    assert len(walk(found, replace(APP, sender=Sender.KERNEL)).path) == 1


def test_owner_without_a_socket_is_no_owner_to_nft() -> None:
    found = nft("table ip t { chain c { type filter hook output priority 0; meta skuid != 1337 drop; } }")
    assert walk(found, replace(APP, sender=Sender.KERNEL)).verdict is Verdict.ACCEPT


def test_a_server_s_answer_is_undetermined_only_where_it_matters() -> None:
    packet = replace(APP, sender=Sender.SERVER, uid=None, gid=None)
    ours = table("mangle", "-A OUTPUT -m owner --uid-owner 1337 -j DROP")
    roots = table("mangle", "-A OUTPUT -m owner --uid-owner 0 -j DROP")
    assert walk(ours, packet).verdict is Verdict.ACCEPT
    assert walk(roots, packet).verdict is Verdict.UNDETERMINED


def test_user_names_are_not_guessed() -> None:
    result = walk(table("filter", "-A OUTPUT -m owner --uid-owner istio-proxy -j DROP"), APP)
    assert result.verdict is Verdict.UNDETERMINED


# ---- what is not known ----


def test_an_unknown_match_shows_both_branches() -> None:
    found = nat(
        "-A OUTPUT -p tcp -m bpf --object-pinned /x -j RETURN",
        "-A OUTPUT -p tcp -j REDIRECT --to-ports 15001",
    )
    result = walk(found, APP)
    assert result.verdict is Verdict.UNDETERMINED
    assert [branch.result.verdict for branch in result.branches] == [Verdict.ACCEPT, Verdict.REDIRECT]
    assert "bpf" in result.undetermined[0]


def test_an_unknown_match_that_changes_nothing_does_not_decide() -> None:
    found = nat("-A OUTPUT -m bpf --object-pinned /x -j RETURN")
    result = walk(found, APP)
    assert result.verdict is Verdict.ACCEPT
    assert result.undetermined


def test_an_unknown_target_may_end_the_walk_or_not() -> None:
    result = walk(nat("-A OUTPUT -j FOO --bar 1", "-A OUTPUT -p tcp -j REDIRECT --to-ports 2"), APP)
    assert result.verdict is Verdict.UNDETERMINED


def test_an_unknown_uid_is_the_same_unknown_in_every_rule() -> None:
    found = nat(
        "-A OUTPUT -p tcp -m owner --uid-owner 1337 -j REDIRECT --to-ports 2",
        "-A OUTPUT -p tcp -m owner ! --uid-owner 1337 -j REDIRECT --to-ports 2",
        "-A OUTPUT -j DROP",
    )
    result = walk(found, replace(APP, uid=None, gid=None))
    assert (result.verdict, result.redirect_port) == (Verdict.REDIRECT, 2)


def test_no_rules_of_a_family_is_not_freedom() -> None:
    packet = Packet(
        family=Family.V6, src="fd00::1", dst="fd00::2", dport=80, out_if="eth0", uid=1000, gid=1000
    )
    result = walk(nat("-A OUTPUT -d 10.0.0.0/8 -j RETURN"), packet)
    assert result.verdict is Verdict.UNDETERMINED
    assert "IPv6" in result.undetermined[0]


# ---- criteria ----


@pytest.mark.parametrize(
    ("rule", "packet", "matches"),
    [
        ("-d 10.102.0.0/16", APP, True),
        ("! -d 10.102.0.0/16", APP, False),
        ("-d 10.102.168.134,10.0.0.1", APP, True),
        ("-d 10.0.0.134/255.0.0.255", APP, True),
        ("-o eth+", APP, True),
        ("-o eth1", APP, False),
        ("! -o lo", APP, True),
        ("-p tcp --dport 80:90", APP, True),
        ("-p tcp --dport :79", APP, False),
        ("-p tcp --dport http", APP, True),
        ("-p udp --dport 80", APP, False),
        ("-p 6", APP, True),
        ("-p all", APP, True),
        ("-p tcp -m multiport --dports 53,80,100:200", APP, True),
        ("-p tcp -m multiport ! --dports 53,80", APP, False),
        ("-p tcp -m multiport --ports 40000", APP, True),
        ("-p tcp -m multiport ! --ports 1,2", APP, True),
        ("-m owner --uid-owner 900-1100", APP, True),
        ("-m mark --mark 0x1/0x1", replace(APP, mark=3), True),
        ("-m mark ! --mark 0x3", replace(APP, mark=3), False),
        ("-m connmark --mark 0x0", APP, True),
        ("-m conntrack --ctstate NEW,RELATED", APP, True),
        ("-m state --state ESTABLISHED", APP, False),
        ("-m conntrack ! --ctstate NEW", APP, False),
        ("-p tcp --syn", APP, True),
        ("-p tcp --tcp-flags SYN,FIN SYN,FIN", replace(APP, tcp_flags=3), True),
        ("-m iprange --dst-range 10.102.0.0-10.103.0.0", APP, True),
        ("-m addrtype --dst-type LOCAL", replace(APP, dst="127.0.0.1"), True),
        ("-m addrtype --dst-type LOCAL", replace(APP, out_if="lo"), True),
        ("-m addrtype --dst-type LOCAL", APP, False),
        ("-m comment --comment 'a b'", APP, True),
    ],
)
def test_iptables_criteria(rule: str, packet: Packet, matches: bool) -> None:
    result = walk(
        table("mangle", f"-A OUTPUT {rule} -j MARK --set-mark 9"), replace(packet, hook=Hook.OUTPUT)
    )
    assert not result.undetermined
    assert bool(result.path) is matches


@pytest.mark.parametrize(
    ("rule", "packet", "matches"),
    [
        ("tcp dport 80", APP, True),
        ("tcp dport != 80", APP, False),
        ("tcp dport { 53, 80-90 }", APP, True),
        ("tcp dport != { 53, 15008 }", APP, True),
        ("udp dport != 53", APP, False),
        ("th dport 80", APP, True),
        ("tcp dport < 100", APP, True),
        ("ip daddr 10.102.0.0/16", APP, True),
        ("ip6 daddr != ::1", APP, False),
        ("ip daddr != 127.0.0.1", APP, True),
        ('oifname "eth*"', APP, True),
        ('oifname != "lo"', APP, True),
        ("meta skuid { 0, 1000 }", APP, True),
        ("skuid 1000", APP, True),
        ("meta mark & 0xfff == 0x539", replace(APP, mark=0x1539), True),
        ("meta mark and 0xfff != 0x539", APP, True),
        ("ct state new,related", APP, True),
        ("ct state != new", APP, False),
        ("tcp flags syn", APP, True),
        ("tcp flags & (fin|syn|rst|ack) == syn", APP, True),
        ("meta l4proto { tcp, udp }", APP, True),
        ("meta nfproto ipv6", APP, False),
        ("ip protocol tcp", APP, True),
        ("ip daddr . tcp dport { 10.102.168.134 . 80, 10.0.0.1 . 443 }", APP, True),
        ("ip daddr . tcp dport { 10.102.168.134 . 81 }", APP, False),
        ("ip daddr @services", APP, True),
        ("ip daddr != @services", APP, False),
        ("tcp dport @nothing", APP, False),
    ],
)
def test_nft_criteria(rule: str, packet: Packet, matches: bool) -> None:
    text = f"""table inet t {{
      set services {{ type ipv4_addr; flags interval; elements = {{ 10.96.0.0/12, 10.102.168.134 }} }}
      set nothing {{ type inet_service; }}
      chain c {{ type filter hook output priority 0; policy accept;
        {rule} counter packets 3 bytes 180 drop comment "why"
      }} }}"""
    result = walk(nft(text), packet)
    assert not result.undetermined
    assert (result.verdict is Verdict.DROP) is matches


# ---- nft only ----


def test_verdict_map() -> None:
    found = nft(
        """table inet t { chain c { type filter hook output priority 0;
             tcp dport vmap { 22 : drop, 80 : jump web, 1000-2000 : accept } }
           chain web { drop } }"""
    )
    assert path(walk(found, APP)) == [("t", "c", 1), ("t", "web", 1)]
    assert walk(found, replace(APP, dport=443)).path == ()


def test_named_verdict_map() -> None:
    found = nft(
        """table inet t { map ports { type inet_service : verdict; elements = { 80 : drop } }
           chain c { type filter hook output priority 0; tcp dport vmap @ports } }"""
    )
    assert walk(found, APP).verdict is Verdict.DROP


def test_a_set_that_traffic_fills_is_undetermined() -> None:
    found = nft(
        """table inet t { set seen { type ipv4_addr; flags dynamic,timeout; }
           chain c { type filter hook output priority 0; ip daddr @seen drop } }"""
    )
    assert walk(found, APP).verdict is Verdict.UNDETERMINED


def test_a_set_that_is_not_in_the_source_is_undetermined() -> None:
    found = nft(
        "table inet t { chain c { type filter hook output priority 0; ip daddr @istio-inpod-probes-v4 drop } }"
    )
    assert walk(found, APP).verdict is Verdict.UNDETERMINED


def test_of_equal_priorities_the_chain_made_last_comes_first() -> None:
    found = nft(
        """table ip a { chain c { type filter hook output priority 0; counter } }
           table ip b { chain c { type filter hook output priority 0; counter } }"""
    )
    assert path(walk(found, APP)) == [("b", "c", 1), ("a", "c", 1)]


def test_a_limit_is_undetermined() -> None:
    found = nft("table ip t { chain c { type filter hook output priority 0; limit rate 10/second drop } }")
    assert walk(found, APP).verdict is Verdict.UNDETERMINED


def test_a_mark_can_be_set_before_a_later_criterion() -> None:
    found = nft(
        "table ip t { chain c { type filter hook output priority 0; meta mark set 0x5 meta mark 0x5 drop } }"
    )
    assert walk(found, APP).verdict is Verdict.DROP


def test_mark_arithmetic_of_nft() -> None:
    found = nft(
        "table ip t { chain c { type filter hook output priority 0; ct mark set ct mark and 0xfffff111 or 0x111 } }"
    )
    post = walk(found, replace(APP, ct_mark=0xFFF)).post
    assert post is not None and post.ct_mark == 0x111
