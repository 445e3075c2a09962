"""Filter chains that no connection reaches, against the trie that decides."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshctl.check.prove.chains import outcomes
from meshctl.check.prove.routes import Fate
from meshctl.match.filter_chains import Facts, Trie, criteria


def chain(**match: Any) -> dict:
    for name in ("prefix_ranges", "source_prefix_ranges", "direct_source_prefix_ranges"):
        if name in match:
            ranges = [one.split("/") for one in match[name]]
            match[name] = [{"address_prefix": a, "prefix_len": int(b)} for a, b in ranges]
    return match


def dead(*matches: dict) -> list[int]:
    found = outcomes([criteria(match) for match in matches])
    assert not [one for one in found if one.fate is Fate.OPEN]
    return [one.index for one in found if one.fate is not Fate.ALIVE]


@pytest.mark.parametrize(
    ("matches", "expected"),
    [
        ([chain(), chain(destination_port=80)], []),
        ([chain(server_names=["a.com"]), chain(server_names=["*.com"]), chain()], []),
        ([chain(server_names=["a.com"], transport_protocol="raw_buffer"), chain()], [0]),
        ([chain(transport_protocol="tls"), chain(transport_protocol="raw_buffer"), chain()], [2]),
        ([chain(transport_protocol="tls"), chain()], []),
        ([chain(source_type="SAME_IP_OR_LOOPBACK"), chain(source_type="EXTERNAL"), chain()], [2]),
        ([chain(source_type="EXTERNAL"), chain()], []),
        ([chain(prefix_ranges=["10.0.0.0/24"]), chain(prefix_ranges=["10.0.0.0/25"]), chain(prefix_ranges=["10.0.0.128/25"])], [0]),
        ([chain(prefix_ranges=["10.0.0.0/24"]), chain(prefix_ranges=["10.0.0.0/25"])], []),
        ([chain(prefix_ranges=["0.0.0.0/1", "128.0.0.0/1"]), chain(prefix_ranges=["10.0.0.0/8"])], []),
        ([chain(source_ports=[80]), chain()], []),
        ([chain(application_protocols=["h2"]), chain(application_protocols=["http/1.1"]), chain()], []),
        ([chain(prefix_ranges=["10.0.0.0/24"], source_prefix_ranges=["10.0.0.0/24"], source_type="EXTERNAL")], []),
        ([chain(prefix_ranges=["10.0.0.1/32"], source_prefix_ranges=["10.0.0.1/32"], source_type="EXTERNAL")], [0]),
        ([chain(direct_source_prefix_ranges=["10.0.0.0/8"]), chain(source_prefix_ranges=["10.1.0.0/16"])], []),
        ([chain(source_prefix_ranges=["10.0.0.0/8"], source_type="SAME_IP_OR_LOOPBACK"), chain(prefix_ranges=["10.9.9.9/32"])], []),
    ],
)  # fmt: skip
def test_which_chains_no_connection_reaches(matches, expected):
    assert dead(*matches) == expected


_address = st.sampled_from(["10.0.0.1", "10.0.1.1", "10.1.0.1", "11.0.0.1", "127.0.0.1", "203.0.113.77"])
_range = st.sampled_from(
    ["10.0.0.0/8", "10.0.0.0/16", "10.0.0.0/24", "10.1.0.0/16", "0.0.0.0/0", "127.0.0.1/32", "11.0.0.1/32"]
)
_match = st.builds(
    lambda **match: chain(**{key: value for key, value in match.items() if value}),
    destination_port=st.sampled_from([0, 0, 80, 443]),
    prefix_ranges=st.lists(_range, max_size=2),
    server_names=st.lists(st.sampled_from(["a.com", "*.com", "*.a.com", "b.com"]), max_size=1),
    transport_protocol=st.sampled_from(["", "", "tls", "raw_buffer"]),
    application_protocols=st.lists(st.sampled_from(["h2", "http/1.1"]), max_size=1),
    direct_source_prefix_ranges=st.lists(_range, max_size=1),
    source_type=st.sampled_from(["", "", "SAME_IP_OR_LOOPBACK", "EXTERNAL"]),
    source_prefix_ranges=st.lists(_range, max_size=1),
    source_ports=st.lists(st.sampled_from([1000, 2000]), max_size=1),
)  # fmt: skip
_facts = st.builds(
    lambda dst, port, src, sport, direct, tls, sni, alpn: Facts(
        dst, port, src, sport, direct, sni if tls else "", "tls" if tls else "raw_buffer", alpn
    ),
    _address, st.sampled_from([80, 443, 8080]), _address, st.sampled_from([1000, 2000, 3000]), _address, st.booleans(),
    st.sampled_from(["", "a.com", "x.a.com", "b.com", "org"]), st.sampled_from([(), ("h2",), ("http/1.1",), ("foo", "h2")]),
)  # fmt: skip


@settings(deadline=None, max_examples=500)
@given(st.lists(_match, min_size=1, max_size=5), st.lists(_facts, min_size=20, max_size=60))
def test_no_connection_reaches_what_is_said_to_be_dead(matches, connections):
    chains = [criteria(match) for match in matches]
    trie = Trie(chains)
    for found in outcomes(chains):
        if found.fate is Fate.ALIVE:
            assert found.facts is not None and found.index in trie.find(found.facts).chains
        elif found.fate is not Fate.OPEN:
            assert not [facts for facts in connections if found.index in trie.find(facts).chains]
