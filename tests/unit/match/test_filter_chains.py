"""How a filter chain is chosen: Envoy's trie, level by level, without a way back."""

from __future__ import annotations

import pytest

from meshctl.match.filter_chains import Facts, Level, Trie, criteria


def cidr(text: str) -> dict[str, object]:
    address, _, length = text.partition("/")
    return {"address_prefix": address, "prefix_len": int(length)}


def find(chains: list[dict[str, object]], **facts: object) -> int | None:
    known = {"dst_ip": "10.1.2.3", "dst_port": 80, "src_ip": "10.7.1.1", **facts}
    chosen = Trie([criteria(c) for c in chains]).find(Facts(**known)).chains  # type: ignore[arg-type]
    return chosen[0] if chosen else None


CASES = [
    ("a port beats no port", [{}, {"destination_port": 80}], {}, 1),
    ("no way back from a port", [{}, {"destination_port": 80, "transport_protocol": "tls"}], {}, None),
    ("the narrower range wins", [{"prefix_ranges": [cidr("10.0.0.0/8")]}, {"prefix_ranges": [cidr("10.1.2.0/24")]}], {}, 1),
    ("no way back from a range", [{"prefix_ranges": [cidr("10.0.0.0/8")]},
                                  {"prefix_ranges": [cidr("10.1.2.0/24")], "transport_protocol": "tls"}], {}, None),
    ("a range is masked", [{"prefix_ranges": [cidr("10.1.2.200/24")]}], {}, 0),
    ("SNI exact beats suffix", [{"server_names": ["*.foo.com"]}, {"server_names": ["a.foo.com"]}], {"sni": "a.foo.com"}, 1),
    ("the longer suffix wins", [{"server_names": ["*.com"]}, {"server_names": ["*.foo.com"]}], {"sni": "a.b.foo.com"}, 1),
    ("a suffix is not its own name", [{"server_names": ["*.foo.com"]}, {}], {"sni": "foo.com"}, 1),
    ("no SNI takes chains without names", [{"server_names": ["a.com"]}, {}], {}, 1),
    ("ALPN: the client's order decides",
     [{"application_protocols": ["h2"]}, {"application_protocols": ["http/1.1"]}], {"alpn": ("http/1.1", "h2")}, 1),
    ("unknown ALPN takes chains without", [{"application_protocols": ["h2"]}, {}], {"alpn": ("x",)}, 1),
    ("a local source hides ANY", [{}, {"source_type": "SAME_IP_OR_LOOPBACK"}], {"src_ip": "127.0.0.1"}, 1),
    ("an external source takes ANY", [{}, {"source_type": "SAME_IP_OR_LOOPBACK"}], {}, 0),
    ("the same address is local", [{"source_type": "SAME_IP_OR_LOOPBACK"}], {"src_ip": "10.1.2.3"}, 0),
    ("direct source apart from source", [{"direct_source_prefix_ranges": [cidr("10.8.0.0/16")]}, {}],
     {"direct_src_ip": "10.8.1.1"}, 0),
    ("source port", [{"source_ports": [5]}, {}], {"src_port": 5}, 0),
    ("transport beats none", [{}, {"transport_protocol": "raw_buffer"}], {}, 1),
]  # fmt: skip


@pytest.mark.parametrize(("name", "chains", "facts", "expected"), CASES, ids=[c[0] for c in CASES])
def test_choice(
    name: str, chains: list[dict[str, object]], facts: dict[str, object], expected: int | None
) -> None:
    assert find(chains, **facts) == expected


def test_an_explicit_zero_range_beside_none_is_ambiguous() -> None:
    chains = [criteria({"prefix_ranges": [cidr("0.0.0.0/0")]}), criteria({})]
    choice = Trie(chains).find(Facts("10.1.2.3", 80))
    assert choice.ambiguous
    assert set(choice.chains) == {0, 1}


def test_a_miss_names_its_level() -> None:
    assert (
        Trie([criteria({"transport_protocol": "tls"})]).find(Facts("10.1.2.3", 80)).level is Level.TRANSPORT
    )


def test_a_failure_is_told_by_its_first_criterion() -> None:
    chain = criteria({"destination_port": 443, "transport_protocol": "tls"})
    assert chain.failure(Facts("10.1.2.3", 80)) == "port is 80, wants port 443"
    assert chain.failure(Facts("10.1.2.3", 443)) == "transport is raw_buffer, wants tls"
    assert chain.failure(Facts("10.1.2.3", 443, transport="tls")) == ""
