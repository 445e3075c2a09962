"""The hash key of a request or a connection, from the hash policies of its route, its cluster or tcp_proxy.

Theory of operation. Each policy may give a number (a header's, cookie's, query parameter's value, the client's
address, a filter state object, hashed); numbers are joined by rotating the one so far and xor; a terminal policy
that has one ends the list. No number is a random key. A cookie that is made for the client, and a value that a filter
may have changed, cannot be told.
Follows source/common/http/hash_policy.cc and source/common/network/hash_policy.cc.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from meshctl.envoy.api.config_route_v3 import RouteAction
from meshctl.envoy.api.type_v3 import HashPolicy as ConnectionPolicy
from meshctl.envoy.message import Undecidable
from meshctl.match import string_match
from meshctl.match.address_ranges import Untold
from meshctl.match.request_view import HashableText, PartlyKnown, RequestView
from meshctl.proxy.upstream.hashing import xxhash64, xxhash64_of
from meshctl.values import Struct

HashPolicy = RouteAction.HashPolicy
_MASK = (1 << 64) - 1


class HashKey(Struct, frozen=True):
    """The key: a number, None for a random one, or why it cannot be told."""

    value: int | None = None
    unknown: str = ""


RANDOM = HashKey()


def of_request(policies: Iterable[HashPolicy], view: RequestView, client_ip: str) -> HashKey:
    """The key by a route's hash_policy."""
    found: int | None = None
    try:
        for policy in policies:
            number = _number(policy, view, client_ip)
            if number is not None:
                before = ((found << 1) | (found >> 63)) & _MASK if found is not None else 0
                found = before ^ number
            if policy.terminal and found is not None:
                break
    except Undecidable as unknown:
        return HashKey(None, f"the hash key: {unknown.reason}")
    return HashKey(found)


def of_connection(policies: Iterable[ConnectionPolicy], client_ip: str, state: Mapping[str, str]) -> HashKey:
    """The key by tcp_proxy's hash_policy."""
    try:
        for policy in policies:
            if policy.source_ip is not None:
                return HashKey(_of_source(client_ip))
            if policy.filter_state is not None:
                value = state.get(policy.filter_state.key)
                return HashKey(xxhash64(value)) if isinstance(value, HashableText) else RANDOM
    except Undecidable as unknown:
        return HashKey(None, unknown.reason)
    return RANDOM


def _of_source(client_ip: str) -> int:
    if not client_ip:
        raise Undecidable("the client's address is not known")
    if isinstance(client_ip, Untold):
        raise Undecidable(client_ip)
    return xxhash64(client_ip)


def _number(policy: HashPolicy, view: RequestView, client_ip: str) -> int | None:
    if policy.policy_specifier is None:
        return None
    if policy.header is not None:
        return _of_header(policy.header, view)
    if policy.cookie is not None:
        return _of_cookie(policy.cookie, view)
    if policy.connection_properties is not None:
        return _of_source(client_ip) if policy.connection_properties.source_ip else None
    value = None
    if policy.query_parameter is not None:
        value = view.query.get(policy.query_parameter.name)
    elif policy.filter_state is not None:
        found = view.state(policy.filter_state.key)
        value = found if isinstance(found, HashableText) else None
    return None if value is None else xxhash64(value)


def _of_header(policy: HashPolicy.Header, view: RequestView) -> int | None:
    values = list(view.values(policy.header_name.lower()))
    if not values:
        return None
    if any(isinstance(value, PartlyKnown) for value in values):
        raise Undecidable(f"header `{policy.header_name}` is not known in full")
    rewrite = policy.regex_rewrite
    if rewrite is not None:
        pattern = rewrite.pattern.regex if rewrite.pattern is not None else ""
        values = [string_match.replace_all(pattern, rewrite.substitution, value) for value in values]
    return xxhash64(values[0]) if len(values) == 1 else xxhash64_of(sorted(values))


def _of_cookie(policy: HashPolicy.Cookie, view: RequestView) -> int | None:
    value = view.cookies.get(policy.name, "")
    if value:
        return xxhash64(value)
    if policy.ttl is None:
        return None
    raise Undecidable(f"cookie `{policy.name}` is made for the client, from its address and port")
