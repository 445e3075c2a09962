"""How a filter chain is chosen: Envoy's trie, level by level, without a way back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from meshctl.envoy.message import Undecidable
from meshctl.match.address_ranges import Range, contains
from meshctl.match.filter_chains import Choice, Criteria, Facts, Level, Trie, criteria
from meshctl.match.supposing import Open
from meshctl.values import replace


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


EVERYTHING: dict[str, object] = {
    "destination_port": 443, "prefix_ranges": [cidr("10.0.0.0/8"), cidr("fd00::/8")], "server_names": ["A.com", "*.b.com"],
    "transport_protocol": "tls", "application_protocols": ["h2", "istio"], "direct_source_prefix_ranges": [cidr("10.8.0.0/16")],
    "source_type": "EXTERNAL", "source_prefix_ranges": [cidr("10.7.0.0/16")], "source_ports": [5, 6],
}  # fmt: skip
MET = Facts("10.1.1.1", 443, "10.7.1.1", 6, "10.8.1.1", "x.b.com", "tls", ("istio",))
CRITERIA = [  # a criterion, how it is told, what does not meet it, why, in the order in which they are asked
    ("destination_port", "port 443", {"dst_port": 80}, "port is 80, wants port 443"),
    ("prefix_ranges", "to 10.0.0.0/8, fd00::/8", {"dst_ip": "11.1.1.1"},
     "destination is 11.1.1.1, wants destination 10.0.0.0/8, fd00::/8"),
    ("server_names", "SNI a.com, *.b.com", {"sni": "b.com"}, "SNI is b.com, wants SNI a.com, *.b.com"),
    ("server_names", "SNI a.com, *.b.com", {"sni": ""}, "SNI is absent, wants SNI a.com, *.b.com"),
    ("transport_protocol", "tls", {"transport": "raw_buffer"}, "transport is raw_buffer, wants tls"),
    ("application_protocols", "h2, istio", {"alpn": ("x", "y")},
     "application protocol is x, y, wants application protocol h2, istio"),
    ("application_protocols", "h2, istio", {"alpn": ()}, "application protocol is not known, wants application protocol h2, istio"),
    ("direct_source_prefix_ranges", "directly from 10.8.0.0/16", {"direct_src_ip": ""},
     "direct source is 10.7.1.1, wants direct source 10.8.0.0/16"),
    ("source_prefix_ranges", "from 10.7.0.0/16", {"src_ip": ""}, "source is not known, wants source 10.7.0.0/16"),
    ("source_type", "from outside", {"src_ip": "127.0.0.1"}, "source is local, wants an external source"),
    ("source_ports", "source port 5, 6", {"src_port": 7}, "source port is 7, wants source port 5, 6"),
    ("source_ports", "source port 5, 6", {"src_port": 0}, "source port is not known, wants source port 5, 6"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "text", "missed", "why"), CRITERIA)
def test_each_criterion_alone(field: str, text: str, missed: dict[str, object], why: str) -> None:
    alone = criteria({field: EVERYTHING[field]})
    misses = replace(MET, **missed)  # type: ignore[arg-type]
    assert alone.text == text
    assert (alone.failure(MET), alone.passed(MET)) == ("", 1)
    assert (alone.failure(misses), alone.passed(misses)) == (why, 0)
    assert Trie([alone]).find(MET).chains == (0,)
    if misses.untold is not None or misses.port_untold is not None:
        with pytest.raises(Open):
            Trie([alone]).find(misses)
    elif field != "source_type":
        assert Trie([alone]).find(misses).chains == ()


def test_all_criteria_together_and_none() -> None:
    everything, nothing = criteria(EVERYTHING), criteria(None)
    assert everything.text == (
        "port 443; to 10.0.0.0/8, fd00::/8; SNI a.com, *.b.com; tls; h2, istio; directly from 10.8.0.0/16; from outside; "
        "from 10.7.0.0/16; source port 5, 6"
    )
    assert (everything.failure(MET), everything.passed(MET)) == ("", 9)
    assert everything.passed(replace(MET, sni="c.com", src_port=7)) == 2
    assert (nothing.text, nothing.failure(MET), nothing.passed(MET)) == ("any connection", "", 0)


def test_a_source_port_that_is_not_told_is_any_of_those_asked_for_or_none() -> None:
    some, none = criteria({"source_ports": [7, 9]}), criteria({})
    untold, trie = Facts("10.1.1.1", 443, "10.2.2.2"), Trie([some, none])
    with pytest.raises(Open, match="the source port of the connection is not told") as asked:
        trie.find(untold)
    assert asked.value.question == "the source port is 7"
    seven = replace(untold, supposed={asked.value.key: True})
    assert trie.find(seven).chains == (0,)
    with pytest.raises(Open) as again:
        trie.find(replace(untold, supposed={asked.value.key: False}))
    neither = {asked.value.key: False, again.value.key: False}
    assert trie.find(replace(untold, supposed=neither)).chains == (1,)
    assert Trie([some]).find(replace(untold, supposed=neither)).chains == ()
    assert trie.find(replace(untold, src_port=9)).chains == (0,)
    assert trie.find(Facts()).chains == (1,)  # without addresses there is no port


def test_a_source_that_is_not_told_is_neither_local_nor_external() -> None:
    local = criteria({"source_type": "SAME_IP_OR_LOOPBACK"})
    untold = Facts("10.1.1.1", 443)
    assert local.text == "from itself"
    assert local.failure(MET) == "source is external, wants a local source"
    assert local.failure(untold) == criteria({"source_type": "EXTERNAL"}).failure(untold) == ""
    with pytest.raises(Undecidable, match="whether the connection is local is not known"):
        Trie([local]).find(untold)
    assert Trie([criteria({})]).find(untold).chains == (0,)  # nobody asks
    assert Trie([local]).find(Facts()).chains == ()  # without addresses there is no source: external


SOURCES = [("10.1.1.1", True), ("127.0.0.1", True), ("::1", True), ("127.0.0.2", False), ("10.1.1.2", False)]


@pytest.mark.parametrize(("source", "local"), SOURCES)
def test_what_is_local(source: str, local: bool) -> None:
    assert Facts("10.1.1.1", src_ip=source).local is local


def test_without_addresses_only_chains_without_ranges_match() -> None:
    internal = Facts(dst_port=80)
    assert Trie([criteria({"prefix_ranges": [cidr("0.0.0.0/0")]}), criteria({})]).find(internal).chains == (
        1,
    )
    assert Trie([criteria({"prefix_ranges": [cidr("0.0.0.0/0")]})]).find(internal) == Choice(
        (), Level.DESTINATION
    )
    assert Trie([criteria({"source_prefix_ranges": [cidr("::/0")]})]).find(internal) == Choice(
        (), Level.SOURCE
    )


MISSES = [
    ({"destination_port": 1}, Level.PORT), ({"prefix_ranges": [cidr("11.0.0.0/8")]}, Level.DESTINATION),
    ({"server_names": ["x"]}, Level.SERVER_NAME), ({"transport_protocol": "tls"}, Level.TRANSPORT),
    ({"application_protocols": ["x"]}, Level.ALPN), ({"direct_source_prefix_ranges": [cidr("11.0.0.0/8")]}, Level.DIRECT_SOURCE),
    ({"source_type": "SAME_IP_OR_LOOPBACK"}, Level.SOURCE_TYPE), ({"source_prefix_ranges": [cidr("11.0.0.0/8")]}, Level.SOURCE),
    ({"source_ports": [1]}, Level.SOURCE_PORT),
]  # fmt: skip


@pytest.mark.parametrize(("chain", "level"), MISSES)
def test_a_miss_at_each_level(chain: dict[str, object], level: Level) -> None:
    assert Trie([criteria(chain)]).find(Facts("10.1.2.3", 80, "10.7.1.1", 2)) == Choice((), level)


def test_equal_chains_the_first_wins() -> None:
    assert Trie([criteria({}), criteria({})]).find(Facts("10.1.2.3", 80, "10.7.1.1")).chains == (0,)


def test_the_narrower_half_of_an_ambiguity_may_lead_nowhere() -> None:
    chains = [criteria({"prefix_ranges": [cidr("0.0.0.0/0")], "transport_protocol": "tls"}), criteria({})]
    choice = Trie(chains).find(Facts("10.1.2.3", 80))
    assert (choice.chains, choice.ambiguous) == ((-1, 1), True)


UNREAD = [
    ({"destination_port": 1, "new_field": 2}, "filter_chain_match has new_field, which meshctl does not know", 1),
    ({"destination_port": 1, "server_names": "x"}, "server_names", 1),
    ("text", "FilterChainMatch is a text, where the API has an object", 0),
]  # fmt: skip


@pytest.mark.parametrize(("message", "unread", "port"), UNREAD)
def test_what_cannot_be_read_takes_part_in_no_choice(message: object, unread: str, port: int) -> None:
    found = criteria(message)  # type: ignore[arg-type]
    assert unread in found.unread
    assert found.port == port
    assert Trie([found, criteria({})]).find(Facts("10.1.2.3", 1, "10.7.1.1")).chains == (1,)


# The rule of filter_chain_manager_impl.cc once more, as briefly as it can be said: at each level the connection has keys,
# most specific first; of the chains that are left, those stay that hold the first key which any of them holds.
_RANGES = ("10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "11.0.0.0/8")


def _within(ranges: tuple[Range, ...], address: str) -> list[object]:
    return [r for r in sorted(ranges, key=lambda r: -r.length) if contains(r, address)]


def _naive(chains: list[Criteria], facts: Facts) -> int | None:
    left = list(range(len(chains)))
    every = lambda wanted: tuple(r for i in left for r in wanted(chains[i]))  # noqa: E731
    source = facts.direct_src_ip or facts.src_ip
    suffixes = [f"*{facts.sni[i:]}" for i, char in enumerate(facts.sni) if char == "."]
    levels = [
        (lambda c: (c.port or None,), lambda: [facts.dst_port]),
        (lambda c: c.destinations, lambda: _within(every(lambda c: c.destinations), facts.dst_ip)),
        (lambda c: c.server_names, lambda: [facts.sni, *suffixes]),
        (lambda c: (c.transport,), lambda: [facts.transport]),
        (lambda c: c.alpn, lambda: list(facts.alpn)),
        (lambda c: c.direct_sources, lambda: _within(every(lambda c: c.direct_sources), source)),
        (lambda c: (c.source_type if c.source_type != "ANY" else None,), lambda: ["SAME_IP_OR_LOOPBACK" if facts.local else "EXTERNAL"]),
        (lambda c: c.sources, lambda: _within(every(lambda c: c.sources), facts.src_ip)),
        (lambda c: c.source_ports, lambda: [facts.src_port]),
    ]  # fmt: skip
    for wanted, keys in levels:
        takers = [[i for i in left if key in wanted(chains[i])] for key in keys() if key]
        none = [i for i in left if not any(wanted(chains[i]))]
        left = next((found for found in takers if found), none)
    return left[0] if left else None


def _maybe(name: str, values: some.SearchStrategy[object]) -> some.SearchStrategy[dict[str, object]]:
    return some.one_of(some.just({}), values.map(lambda value: {name: value}))


def _several(*values: object) -> some.SearchStrategy[object]:
    return some.lists(some.sampled_from(values), min_size=1, max_size=2, unique_by=str)


_CHAINS = some.tuples(
    _maybe("destination_port", some.sampled_from([80, 81])),
    _maybe("prefix_ranges", _several(*map(cidr, _RANGES))),
    _maybe("server_names", _several("a.b.com", "*.b.com", "*.com", "b.com")),
    _maybe("transport_protocol", some.sampled_from(["tls", "raw_buffer"])),
    _maybe("application_protocols", _several("h2", "http/1.1")),
    _maybe("direct_source_prefix_ranges", _several(*map(cidr, _RANGES))),
    _maybe("source_type", some.sampled_from(["EXTERNAL", "SAME_IP_OR_LOOPBACK"])),
    _maybe("source_prefix_ranges", _several(*map(cidr, _RANGES))),
    _maybe("source_ports", _several(5, 6)),
).map(lambda parts: {key: value for part in parts for key, value in part.items()})
_ADDRESSES = some.sampled_from(["10.1.2.3", "10.1.9.9", "10.9.9.9", "11.1.1.1", "12.1.1.1"])
_FACTS = some.builds(
    Facts, dst_ip=_ADDRESSES, dst_port=some.sampled_from([80, 82]), src_ip=_ADDRESSES, src_port=some.sampled_from([5, 7]),
    direct_src_ip=some.one_of(some.just(""), _ADDRESSES), sni=some.sampled_from(["", "a.b.com", "x.b.com", "b.com", "com"]),
    transport=some.sampled_from(["tls", "raw_buffer"]), alpn=some.sampled_from([(), ("h2",), ("x", "http/1.1", "h2")]),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(some.lists(_CHAINS, max_size=5), _FACTS)
def test_the_trie_chooses_as_the_rule_says(chains: list[dict[str, object]], facts: Facts) -> None:
    read = [criteria(chain) for chain in chains]
    found = Trie(read).find(facts).chains
    assert (found[0] if found else None) == _naive(read, facts)
