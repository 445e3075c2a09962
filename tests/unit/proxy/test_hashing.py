"""Consistent hashing: the very host that Envoy chooses for a key."""

from __future__ import annotations

from typing import Any

import pytest
import zstandard

from meshctl.envoy.api.extensions_filters_common_set_filter_state_v3 import FilterStateValue
from meshctl.match.request_view import HashableText, PartlyKnown, RequestView
from meshctl.match.substitution import Known
from meshctl.proxy.filters.state import states_of
from meshctl.proxy.upstream import rings
from meshctl.proxy.upstream.hash_policy import (
    ConnectionPolicy,
    HashKey,
    HashPolicy,
    of_connection,
    of_request,
)
from meshctl.proxy.upstream.hashing import murmur2, xxhash64, xxhash64_of


@pytest.mark.parametrize("length", [*range(70), 95, 96, 97, 1000])
def test_xxhash_of_every_length_is_the_checksum_that_zstd_writes(length: int) -> None:
    """A zstd frame ends in the lower four bytes of its content's XXH64."""
    text = "".join(chr(33 + n * 7 % 90) for n in range(length))
    frame = zstandard.ZstdCompressor(write_checksum=True).compress(text.encode())
    assert xxhash64(text) & 0xFFFFFFFF == int.from_bytes(frame[-4:], "little")


HOSTS = [f"127.0.0.1:{port}" for port in range(21004, 21009)]


@pytest.mark.parametrize(
    ("text", "xx", "murmur"),
    [
        ("foo", 3728699739546630719, 9631199822919835226),
        ("bar", 5234164152756840025, 11474628671133349555),
        ("foo\nbar", 8917841378505826757, 16306510975912980159),
        ("lyft", 4400747396090729504, 12847078931730529320),
        ("", 17241709254077376921, 6142509188972423790),
    ],
)
def test_the_hashes_of_envoys_own_test(text: str, xx: int, murmur: int) -> None:
    """test/common/common/hash_test.cc"""
    assert (xxhash64(text), murmur2(text)) == (xx, murmur)


def test_a_text_longer_than_a_stripe_of_32_bytes() -> None:
    """The reference value of the xxHash project."""
    assert xxhash64("Nobody inspects the spammish repetition") == 0xFBCEA83C8A378BF1


def test_several_texts_seed_each_other() -> None:
    assert xxhash64_of(["foo", "bar"]) == 17745830980996999794


def owner(kind: str, key: str) -> str:
    ring = rings.build(HOSTS, [0.2] * 5, rings.Settings(kind))
    return HOSTS[ring.owner(xxhash64(key))]


@pytest.mark.parametrize(
    ("key", "port"), [("a", 21005), ("b", 21006), ("c", 21004), ("dd", 21008), ("alice", 21008)]
)
def test_the_ring_as_a_real_envoy_has_it(key: str, port: int) -> None:
    assert owner("RING_HASH", key) == f"127.0.0.1:{port}"


@pytest.mark.parametrize(
    ("key", "port"), [("a", 21005), ("b", 21008), ("c", 21008), ("127.0.0.1", 21005), ("127.0.0.2", 21008)]
)
def test_maglev_as_a_real_envoy_has_it(key: str, port: int) -> None:
    assert owner("MAGLEV", key) == f"127.0.0.1:{port}"


@pytest.mark.parametrize("kind", ["RING_HASH", "MAGLEV"])
def test_a_random_key_falls_by_the_shares_which_sum_to_one(kind: str) -> None:
    assert sum(rings.build(HOSTS, [0.2] * 5, rings.Settings(kind)).shares) == pytest.approx(1.0)


def view(**headers: str) -> RequestView:
    return RequestView({":path": ["/?u=a"], **{name: [value] for name, value in headers.items()}})


def key_of(policies: list[dict[str, Any]], **headers: str) -> HashKey:
    return of_request(map(HashPolicy, policies), view(**headers), "10.0.0.1")


def test_a_policy_without_a_value_gives_no_number_and_the_next_counts() -> None:
    policies = [{"header": {"header_name": "x-u"}}, {"query_parameter": {"name": "u"}}]
    assert key_of(policies) == HashKey(xxhash64("a"))


def test_a_terminal_policy_with_a_value_ends_the_list() -> None:
    policies = [{"header": {"header_name": "x"}, "terminal": True}, {"query_parameter": {"name": "u"}}]
    assert key_of(policies, x="b") == HashKey(xxhash64("b"))


def test_a_cookie_that_is_made_for_the_client_cannot_be_told() -> None:
    found = key_of([{"cookie": {"name": "c", "ttl": "10s"}}])
    assert found.value is None
    assert "cookie `c`" in found.unknown


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ({"header": {"header_name": 1}}, "Header.header_name is a number"),
        ({"header": "x"}, "HashPolicy.header is a text"),
        ({"of_tomorrow": {}}, "HashPolicy.policy_specifier may be of_tomorrow"),
    ],
)
def test_a_policy_that_cannot_be_read_gives_no_key(policy: dict[str, Any], reason: str) -> None:
    assert reason in key_of([policy]).unknown


@pytest.mark.parametrize(("factory", "hashed"), [("envoy.hashable_string", True), ("envoy.string", False)])
def test_only_hashable_filter_state_is_a_key(factory: str, hashed: bool) -> None:
    value = {
        "object_key": "k",
        "factory_key": factory,
        "format_string": {"text_format_source": {"inline_string": "v"}},
    }
    states, unknown = states_of([FilterStateValue(value)], Known({}))
    assert not unknown
    key = of_request((HashPolicy({"filter_state": {"key": "k"}}),), RequestView({}, filter_state=states), "")
    assert key.value == (xxhash64("v") if hashed else None)


def rotated(first: int, second: int) -> int:
    return ((first << 1 | first >> 63) & (1 << 64) - 1) ^ second


X, U = {"header": {"header_name": "X"}}, {"query_parameter": {"name": "u"}}
REWRITE = {"pattern": {"regex": "[0-9]+"}, "substitution": "n"}
POLICIES = [  # policies, headers, the key (None: random)
    ([], {}, None), ([{}], {}, None), ([X], {}, None), ([X], {"x": "b"}, xxhash64("b")), ([U], {}, xxhash64("a")), ([{"query_parameter": {"name": "v"}}], {}, None),
    ([X, U], {"x": "b"}, rotated(xxhash64("b"), xxhash64("a"))), ([U, X], {"x": "b"}, rotated(xxhash64("a"), xxhash64("b"))), ([{**X, "terminal": True}, U], {}, xxhash64("a")),
    ([{**X, "terminal": True}, U], {"x": "b"}, xxhash64("b")), ([{"cookie": {"name": "c"}}], {"cookie": "c=v"}, xxhash64("v")), ([{"cookie": {"name": "c"}}], {}, None),
    ([{"cookie": {"name": "c", "ttl": "1s"}}], {"cookie": "c=v"}, xxhash64("v")), ([{"connection_properties": {"source_ip": True}}], {}, xxhash64("10.0.0.1")), ([{"connection_properties": {}}], {}, None),
    ([{"header": {"header_name": "x", "regex_rewrite": REWRITE}}], {"x": "a12b3"}, xxhash64("anbn")), ([{"header": {"header_name": "x", "regex_rewrite": {"substitution": "-"}}}], {"x": "ab"}, xxhash64("-a-b-")),
]  # fmt: skip


@pytest.mark.parametrize(("policies", "headers", "key"), POLICIES)
def test_the_key_of_a_request(
    policies: list[dict[str, Any]], headers: dict[str, str], key: int | None
) -> None:
    assert key_of(policies, **headers) == HashKey(key)


def test_several_values_of_a_header_are_sorted() -> None:
    policy = HashPolicy({"header": {"header_name": "x"}})
    both = [of_request((policy,), RequestView({"x": values}), "") for values in (["b", "a"], ["a", "b"])]
    assert both[0] == both[1] == HashKey(xxhash64_of(["a", "b"]))


def test_a_client_or_a_value_that_is_not_known_gives_no_key() -> None:
    assert (
        of_request((HashPolicy({"connection_properties": {"source_ip": True}}),), RequestView({}), "").unknown
        == "the hash key: the client's address is not known"
    )
    partly = RequestView({"x": [PartlyKnown("a")]})
    assert (
        of_request((HashPolicy({"header": {"header_name": "x"}}),), partly, "").unknown
        == "the hash key: header `x` is not known in full"
    )


CONNECTIONS = [  # tcp_proxy's policies, the client, the key
    ([], "10.0.0.1", HashKey()), ([{"source_ip": {}}], "10.0.0.1", HashKey(xxhash64("10.0.0.1"))), ([{"source_ip": {}}], "", HashKey(None, "the client's address is not known")),
    ([{"filter_state": {"key": "k"}}], "", HashKey(xxhash64("v"))), ([{"filter_state": {"key": "plain"}}], "", HashKey()), ([{"filter_state": {"key": "none"}}, {"source_ip": {}}], "10.0.0.1", HashKey()),
]  # fmt: skip


@pytest.mark.parametrize(("policies", "client", "key"), CONNECTIONS)
def test_the_key_of_a_connection(policies: list[dict[str, Any]], client: str, key: HashKey) -> None:
    state = {"k": HashableText("v"), "plain": "v"}
    assert of_connection(map(ConnectionPolicy, policies), client, state) == key
