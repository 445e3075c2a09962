"""Istio's rules as ``iptables -t nat -L -n`` prints them, without their interfaces: assumed where all are Istio's, else not known."""

from __future__ import annotations

import pytest

from meshctl.netfilter import Connections, Packet, RuleSet, Verdict, parse_rules
from meshctl.netfilter.packet import Hook, Sender, TcpFlag
from meshctl.netfilter.walk.packet_walk import walk
from meshctl.values import replace
from tests.unit.netfilter.sidecar import APP, ENVOY, INBOUND, nat, table

HEAD = "Chain {} ({})\ntarget     prot opt source               destination\n"
LINES = {
    "PREROUTING": ["ISTIO_INBOUND  tcp  --  0.0.0.0/0            0.0.0.0/0"],
    "INPUT": [],
    "OUTPUT": ["ISTIO_OUTPUT  tcp  --  0.0.0.0/0            0.0.0.0/0"],
    "POSTROUTING": [],
    "ISTIO_INBOUND": [
        "RETURN     tcp  --  0.0.0.0/0            0.0.0.0/0            tcp dpt:15008",
        "ISTIO_IN_REDIRECT  tcp  --  0.0.0.0/0            0.0.0.0/0",
    ],
    "ISTIO_IN_REDIRECT": ["REDIRECT   tcp  --  0.0.0.0/0            0.0.0.0/0            redir ports 15006"],
    "ISTIO_OUTPUT": [
        "RETURN     all  --  127.0.0.6            0.0.0.0/0",
        "ISTIO_IN_REDIRECT  all  --  0.0.0.0/0           !127.0.0.1            owner UID match 1337",
        "RETURN     all  --  0.0.0.0/0            0.0.0.0/0            ! owner UID match 1337",
        "RETURN     all  --  0.0.0.0/0            0.0.0.0/0            owner UID match 1337",
        "ISTIO_IN_REDIRECT  all  --  0.0.0.0/0           !127.0.0.1            owner GID match 1337",
        "RETURN     all  --  0.0.0.0/0            0.0.0.0/0            ! owner GID match 1337",
        "RETURN     all  --  0.0.0.0/0            0.0.0.0/0            owner GID match 1337",
        "RETURN     all  --  0.0.0.0/0            127.0.0.1",
        "ISTIO_REDIRECT  all  --  0.0.0.0/0            0.0.0.0/0",
    ],
    "ISTIO_REDIRECT": ["REDIRECT   tcp  --  0.0.0.0/0            0.0.0.0/0            redir ports 15001"],
}


def listing(lines: dict[str, list[str]], command: str = "iptables -t nat -L -n") -> RuleSet:
    builtin = ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING")
    parts = [
        HEAD.format(name, "policy ACCEPT" if name in builtin else "1 references")
        + "".join(f"{line}\n" for line in rules)
        for name, rules in lines.items()
    ]
    return parse_rules(f"$ {command}\n" + "\n".join(parts))


OWN = {"dst": "10.244.0.72", "out_if": "lo"}
WALKED = [  # a packet, the port it goes to
    ("the application", APP, 15001), ("Envoy", ENVOY, None), ("Envoy to its own pod", replace(ENVOY, **OWN), 15006), ("the application to its own pod", replace(APP, **OWN), None),
    ("by gid alone", replace(ENVOY, uid=5), None), ("by gid alone, to its own pod", replace(ENVOY, uid=5, **OWN), None), ("from 127.0.0.6 over lo", replace(ENVOY, src="127.0.0.6", **OWN), None),
    ("from 127.0.0.6 by eth0", replace(APP, src="127.0.0.6"), 15001), ("in", INBOUND, 15006), ("in, to the tunnel", replace(INBOUND, dport=15008), None),
]  # fmt: skip


@pytest.mark.parametrize(("packet", "port"), [one[1:] for one in WALKED], ids=[one[0] for one in WALKED])
def test_istios_interfaces_are_assumed(packet: Packet, port: int | None) -> None:
    found = listing(LINES)
    assert found.facts["assumed"] == "the rules' interfaces (a listing without -v)"
    result = walk(found, packet)
    assert not result.undetermined
    assert result.redirect_port == port
    assert len([note for note in found.notes if "without -v" in note.text]) == 1


def changed(chain: str, place: int, line: str) -> dict[str, list[str]]:
    rules = list(LINES[chain])
    rules[place : place + 1] = [line]
    return {**LINES, chain: rules}


ANY = "  --  0.0.0.0/0            0.0.0.0/0"
OTHERS = [  # what is other than Istio's, whether the interfaces are assumed all the same
    ("nothing", LINES, True),
    ("an entry to another chain", changed("PREROUTING", 0, f"ISTIO_REDIRECT  tcp{ANY}"), False),
    ("a foreign rule at the entry", changed("OUTPUT", 0, f"ACCEPT  tcp{ANY}"), False),
    ("a match that is not understood", changed("ISTIO_OUTPUT", 0, f"RETURN  all{ANY} HYPHENATED what"), False),
    ("a foreign target", changed("ISTIO_OUTPUT", 0, f"DROP  all{ANY}"), False),
    ("a jump elsewhere", changed("ISTIO_OUTPUT", 8, f"ISTIO_INBOUND  all{ANY}"), False),
    ("a redirect at once", changed("ISTIO_OUTPUT", 8, f"REDIRECT  tcp{ANY} redir ports 15001"), True),
    ("an excluded port", changed("ISTIO_OUTPUT", 0, f"RETURN  tcp{ANY} tcp dpt:25"), True),
    ("no chain for what is sent", {name: rules for name, rules in LINES.items() if name != "ISTIO_OUTPUT"}, False),
    ("no chain that redirects", {name: rules for name, rules in LINES.items() if name != "ISTIO_REDIRECT"}, False),
    ("a chain of somebody else", {**LINES, "KUBE_MARK": [f"RETURN  all{ANY}"]}, False),
    ("an empty chain of somebody else", {**LINES, "KUBE_MARK": []}, True),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "assumed"), [one[1:] for one in OTHERS], ids=[one[0] for one in OTHERS])
def test_with_a_foreign_rule_no_interface_is_assumed(lines: dict[str, list[str]], assumed: bool) -> None:
    found = listing(lines)
    assert ("assumed" in found.facts) is assumed
    if not assumed and "ISTIO_OUTPUT" in lines:
        assert walk(found, replace(APP, **OWN)).undetermined
    told = [
        note.text for note in found.notes if "without -v: the rules' interfaces are not shown" in note.text
    ]
    assert bool(told) is not assumed


def test_of_another_table_nothing_is_assumed() -> None:
    assert "assumed" not in listing(LINES, "iptables -t mangle -L -n").facts


# ---- connections ----

IN_TPROXY = (
    "-A PREROUTING -p tcp -j CONNMARK --set-mark 7",
    "-A OUTPUT -p tcp -m connmark --mark 7 -j MARK --set-mark 1",
)
ANSWER = replace(
    INBOUND.reversed(), hook=Hook.OUTPUT, in_if=None, out_if="eth0", uid=1000, gid=1000, ct_state="ESTABLISHED", tcp_flags=int(TcpFlag.SYN | TcpFlag.ACK)
)  # fmt: skip
UNSEEN = [  # of an answer whose connection was not seen: what is other, the mark it leaves with (7 was put on what came in)
    ({}, 1), ({"sender": Sender.SERVER, "tcp_flags": None}, 1), ({"sender": Sender.KERNEL, "tcp_flags": None}, 1), ({"reply": True, "tcp_flags": None}, 1),
    ({"ct_mark": 8}, 0), ({"out_if": "lo"}, None), ({"reply": False}, None), ({"tcp_flags": int(TcpFlag.ACK)}, None), ({"tcp_flags": int(TcpFlag.SYN)}, None),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "mark"), UNSEEN)
def test_an_answer_has_the_mark_of_what_came_in(changes: dict[str, object], mark: int | None) -> None:
    result = Connections(table("mangle", *IN_TPROXY)).walk(replace(ANSWER, **changes))
    if mark is None:
        assert result.post is None or result.post.mark == 0
    else:
        assert result.post is not None and result.post.mark == mark


def test_a_connections_packets_are_known_by_their_addresses_and_ports() -> None:
    connections = Connections(nat("-A OUTPUT -p tcp -j REDIRECT --to-ports 1"))
    connections.walk(APP)
    later = replace(APP, ct_state="ESTABLISHED")
    for other in ({"sport": 1}, {"dst": "10.9.9.9"}, {"dport": 81}, {"src": "10.9.9.9"}):
        assert connections.walk(replace(later, **other)).assumed
    known = connections.walk(later)
    assert (known.verdict, known.redirect_port, known.assumed) == (Verdict.NAT_BY_CONNTRACK, 1, ())
    # at another hook, or seen as it was after the translation, it is translated already
    assert connections.walk(replace(later, hook=Hook.POSTROUTING)).verdict is Verdict.ACCEPT
    back = replace(later, hook=Hook.PREROUTING, in_if="lo", dst="127.0.0.1", dport=1)
    assert connections.walk(back).verdict is Verdict.ACCEPT
    answer = replace(later.reversed(), hook=Hook.PREROUTING, in_if="eth0", out_if=None)
    assert connections.walk(answer).verdict is Verdict.ACCEPT


def test_each_state_is_walked_as_what_it_is() -> None:
    rules = nat("-A OUTPUT -p tcp -j REDIRECT --to-ports 1")
    for state, verdict in (
        ("NEW", Verdict.REDIRECT),
        ("ESTABLISHED", Verdict.NAT_BY_CONNTRACK),
        ("RELATED", Verdict.NAT_BY_CONNTRACK),
        ("INVALID", Verdict.ACCEPT),
        ("UNTRACKED", Verdict.ACCEPT),
    ):
        assert Connections(rules).walk(replace(APP, ct_state=state)).verdict is verdict


def test_a_first_packet_that_comes_back_over_lo_brings_the_connections_mark() -> None:
    marks = table(
        "mangle",
        "-A OUTPUT -p tcp -j CONNMARK --set-mark 7",
        "-A PREROUTING -p tcp -m connmark --mark 7 -j CONNMARK --set-mark 8",
        "-A POSTROUTING -p tcp -m connmark --mark 8 -j MARK --set-mark 9",
    )
    connections = Connections(marks)
    connections.walk(APP)
    back = replace(APP, hook=Hook.PREROUTING, in_if="lo", out_if="")
    first = connections.walk(back)
    assert first.post is not None and first.post.ct_mark == 8
    later = connections.walk(replace(APP, ct_state="ESTABLISHED", hook=Hook.POSTROUTING))
    assert later.post is not None and later.post.mark == 9
    elsewhere = Connections(marks).walk(back)  # never seen: no connection to take the mark of
    assert elsewhere.post is not None and elsewhere.post.ct_mark != 8
