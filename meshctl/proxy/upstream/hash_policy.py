"""The hash key of a request or a connection, from the hash policies of its route, its cluster or tcp_proxy.

Theory of operation. Each policy may give a number (a header's, cookie's, query parameter's value, the client's
address, a filter state object, hashed); numbers are joined by rotating the one so far and xor; a terminal policy
that has one ends the list. No number is a random key. A cookie that is made for the client, and a value that a filter
may have changed, cannot be told.
Follows source/common/http/hash_policy.cc and source/common/network/hash_policy.cc.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from meshctl.envoy.message import Undecidable
from meshctl.match import string_match
from meshctl.match.request_view import PartlyKnown, RequestView
from meshctl.proxy.upstream.hashing import xxhash64, xxhash64_of

Json = dict[str, Any]
_MASK = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class HashKey:
    """The key: a number, None for a random one, or why it cannot be told."""

    value: int | None = None
    unknown: str = ""


RANDOM = HashKey()


def of_request(policies: Iterable[Json], view: RequestView, client_ip: str) -> HashKey:
    """The key by a route's hash_policy."""
    found: int | None = None
    try:
        for policy in policies:
            number = _number(policy, view, client_ip)
            if number is not None:
                before = ((found << 1) | (found >> 63)) & _MASK if found is not None else 0
                found = before ^ number
            if policy.get("terminal") and found is not None:
                break
    except Undecidable as unknown:
        return HashKey(None, f"the hash key: {unknown.reason}")
    return HashKey(found)


def of_connection(policies: Iterable[Json], client_ip: str, state: Mapping[str, str]) -> HashKey:
    """The key by tcp_proxy's hash_policy."""
    for policy in policies:
        if "source_ip" in policy:
            return (
                HashKey(xxhash64(client_ip))
                if client_ip
                else HashKey(None, "the client's address is not known")
            )
        if "filter_state" in policy:
            value = state.get(str(policy["filter_state"].get("key") or ""))
            return RANDOM if value is None else HashKey(xxhash64(value))
    return RANDOM


def _number(policy: Json, view: RequestView, client_ip: str) -> int | None:
    if "header" in policy:
        return _of_header(policy["header"], view)
    if "cookie" in policy:
        return _of_cookie(policy["cookie"], view)
    if (policy.get("connection_properties") or {}).get("source_ip"):
        if not client_ip:
            raise Undecidable("the client's address is not known")
        return xxhash64(client_ip)
    if "query_parameter" in policy:
        value = view.query.get(str(policy["query_parameter"].get("name") or ""))
        return None if value is None else xxhash64(value)
    if "filter_state" in policy:
        value = view.state(str(policy["filter_state"].get("key") or ""))
        return None if value is None else xxhash64(value)
    return None


def _of_header(message: Json, view: RequestView) -> int | None:
    values = list(view.values(str(message.get("header_name") or "").lower()))
    if not values:
        return None
    if any(isinstance(value, PartlyKnown) for value in values):
        raise Undecidable(f"header `{message.get('header_name')}` is not known in full")
    rewrite = message.get("regex_rewrite")
    if rewrite:
        pattern = str((rewrite.get("pattern") or {}).get("regex", ""))
        values = [string_match.replace_all(pattern, str(rewrite.get("substitution", "")), v) for v in values]
    return xxhash64(values[0]) if len(values) == 1 else xxhash64_of(sorted(values))


def _of_cookie(message: Json, view: RequestView) -> int | None:
    value = view.cookies.get(str(message.get("name") or ""), "")
    if value:
        return xxhash64(value)
    if message.get("ttl") is None:
        return None
    raise Undecidable(f"cookie `{message.get('name')}` is made for the client, from its address and port")
