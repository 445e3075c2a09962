"""Later packets of a connection, answers, and the packet's way through a pod."""

from __future__ import annotations

import pytest

from meshctl.netfilter import Connections, Hook, Packet, Sender, Verdict, journey
from meshctl.netfilter.packet import TcpFlag
from meshctl.netfilter.pod import PodNet, routed, seen_addresses
from meshctl.netfilter.walk.connections import state_of_first
from meshctl.netfilter.walk.passages import passages
from meshctl.values import replace
from tests.unit.netfilter.sidecar import APP, ENVOY, INBOUND, POD, rules


def test_a_later_packet_is_translated_as_the_first_was() -> None:
    connections = Connections(rules())
    connections.walk(APP)
    later = connections.walk(replace(APP, ct_state="ESTABLISHED", uid=None))
    assert (later.verdict, later.redirect_port, later.path) == (Verdict.NAT_BY_CONNTRACK, 15001, ())
    assert not later.assumed


def test_an_answer_is_not_translated() -> None:
    connections = Connections(rules())
    first = connections.walk(APP)
    assert first.post is not None
    answer = replace(first.post.reversed(), ct_state="ESTABLISHED", sender=Sender.SERVER, uid=None, gid=None)
    assert connections.walk(answer).verdict is Verdict.ACCEPT


def test_the_first_packet_of_an_unseen_connection_is_reconstructed_and_said() -> None:
    later = Connections(rules()).walk(replace(APP, ct_state="ESTABLISHED"))
    assert later.verdict is Verdict.NAT_BY_CONNTRACK
    assert later.assumed


def test_a_redirect_to_where_it_went_anyway_is_no_translation() -> None:
    packet = replace(INBOUND, dport=15006, in_address="10.244.0.72")
    connections = Connections(rules())
    assert connections.walk(packet).verdict is Verdict.REDIRECT
    assert connections.walk(replace(packet, ct_state="ESTABLISHED")).verdict is Verdict.ACCEPT


def test_the_connections_mark_is_remembered() -> None:
    found = rules(interception_mode="TPROXY")
    connections = Connections(found)
    # Envoy's marked packet to the application comes in over lo, and its mark becomes the connection's
    connections.walk(replace(INBOUND, in_if="lo", mark=1337, ct_mark=0))
    answer = replace(
        INBOUND.reversed(),
        hook=Hook.OUTPUT,
        in_if=None,
        out_if="eth0",
        uid=1000,
        gid=1000,
        ct_state="ESTABLISHED",
    )
    post = connections.walk(answer).post
    assert post is not None and post.mark == 1337


@pytest.mark.parametrize(
    ("flags", "state"),
    [
        (TcpFlag.SYN, "NEW"),
        (TcpFlag.ACK, "NEW"),
        (TcpFlag.SYN | TcpFlag.FIN, "INVALID"),
        (TcpFlag.SYN | TcpFlag.ACK, "INVALID"),
        (TcpFlag.RST, "INVALID"),
        (0, "INVALID"),
    ],
)
def test_what_begins_a_connection(flags: int, state: str) -> None:
    assert state_of_first(int(flags)) == state


# ---- a pod's routing ----


def test_its_own_addresses_are_over_lo() -> None:
    packet = Packet(dst="10.244.0.72")
    assert routed(packet, POD).out_if == "lo"
    assert routed(packet, POD).src == "10.244.0.72"


def test_others_are_over_its_interface() -> None:
    assert routed(Packet(dst="9.9.9.9"), POD).out_if == "eth0"
    assert routed(Packet(dst="9.9.9.9"), POD).src == "10.244.0.72"


def test_nothing_is_filled_in_that_is_not_known() -> None:
    assert routed(Packet(dst="9.9.9.9"), PodNet()).out_if is None


def test_addresses_that_a_recording_shows() -> None:
    pod = seen_addresses([replace(INBOUND, in_if="eth0"), replace(APP, src="10.244.0.73")])
    assert set(pod.addresses) == {"10.244.0.72", "10.244.0.73"}


# ---- passages ----


def words(found: tuple[object, ...]) -> list[tuple[str, str, int | None]]:
    return [(p.title, p.result.verdict.value, p.result.redirect_port) for p in found]  # type: ignore[attr-defined]


def test_a_redirected_packet_comes_back_over_lo() -> None:
    found = passages(rules(), replace(APP, out_if=None), POD)
    assert words(found) == [("out", "REDIRECT", 15001), ("back in over lo", "ACCEPT", None)]
    assert found[1].packet.dst == "127.0.0.1"


def test_a_packet_that_leaves_does_not_come_back() -> None:
    assert words(passages(rules(), replace(ENVOY, out_if=None), POD)) == [("out", "ACCEPT", None)]


def test_journey_of_an_application() -> None:
    found = journey(rules(), replace(APP, out_if=None), POD)
    assert [p.title for p in found] == ["out", "back in over lo", "Envoy to the same destination, out"]
    assert found[-1].packet.uid == 1337


def test_journey_to_its_own_service_meets_both_listeners() -> None:
    own = replace(ENVOY, dst="10.244.0.72", out_if=None)
    assert words(journey(rules(), own, POD))[0] == ("out", "REDIRECT", 15006)


def test_journey_inbound_ends_at_the_application() -> None:
    found = journey(rules(), INBOUND, POD)
    assert [p.title for p in found][1:] == [
        "Envoy to the application, out",
        "Envoy to the application, back in over lo",
    ]
    assert found[1].packet.src == "127.0.0.6"
    assert found[1].result.verdict is Verdict.ACCEPT


def test_journey_inbound_by_tproxy_keeps_the_client() -> None:
    found = journey(rules(interception_mode="TPROXY"), INBOUND, replace(POD, tproxy_mark=1337))
    assert found[0].result.verdict is Verdict.TPROXY
    assert (found[1].packet.src, found[1].packet.mark) == ("10.244.0.9", 1337)
    assert all(p.result.verdict is Verdict.ACCEPT for p in found[1:])


def test_answers_in_tproxy_mode_are_routed_to_lo_by_their_mark() -> None:
    answer = Packet(
        src="10.244.0.72",
        dst="10.244.0.9",
        sport=8080,
        dport=40000,
        out_if="eth0",
        uid=1000,
        gid=1000,
        ct_state="ESTABLISHED",
        ct_mark=1337,
    )
    found = passages(rules(interception_mode="TPROXY"), answer, replace(POD, tproxy_mark=1337))
    assert [p.title for p in found] == ["out", "back in over lo"]
    assert "table 133" in found[1].note
