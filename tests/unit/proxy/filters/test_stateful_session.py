"""Stateful sessions: a cookie or a header names the upstream host."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.unit.proxy.build import cluster, get, route
from tests.unit.proxy.filters.chains import a_filter, passages, settings

STATES = "type.googleapis.com/envoy.extensions.http.stateful_session."
HOSTS = cluster("t", "10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1")


def session(kind: str, config: dict[str, Any], **fields: Any) -> dict[str, Any]:
    state = {"name": "s", "typed_config": {"@type": f"{STATES}{kind}", **config}}
    return a_filter("stateful_session.v3.StatefulSession", session_state=state, **fields)


def by_cookie(path: str = "/", **fields: Any) -> dict[str, Any]:
    return session("cookie.v3.CookieBasedSessionState", {"cookie": {"name": "s", "path": path}}, **fields)


def hosts(http_filter: dict[str, Any], value: bytes, path: str = "/") -> tuple[set[str], int | None]:
    encoded = base64.b64encode(value).decode()
    request = get(path, "a.com", ("cookie", f's="{encoded}"'), ("x-s", encoded))
    (passage,) = passages(
        (http_filter,), request, routes=(route("r", {"prefix": "/"}, "t"),), clusters=(HOSTS,)
    )
    return {address for address, _ in passage.upstream_hosts}, passage.verdict.code


ALL = {"10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1"}
MESSAGE = b"\x0a\x0a10.0.0.2:1"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"10.0.0.2:1", {"10.0.0.2:1"}),
        (MESSAGE, {"10.0.0.2:1"}),
        (MESSAGE + b"\x10\x01", ALL),
        (MESSAGE + b"\x10\x80\x80\x80\x80\x10", {"10.0.0.2:1"}),
        (b"\x10\x00" + MESSAGE, {"10.0.0.2:1"}),
        (b"\x0a\x0b10.0.0.2:1", ALL),
        (b"\x0b\x0a10.0.0.2:1", ALL),
        (MESSAGE + b"\x10", ALL),
        (b"10.9.9.9:1", ALL),
        (b"", ALL),
    ],
    ids=[
        "an address",
        "a message",
        "one that has ended",
        "one that has not",
        "the end first",
        "cut off",
        "another tag",
        "no number",
        "no host of the cluster",
        "empty",
    ],
)
def test_the_cookie(value: bytes, expected: set[str]) -> None:
    assert hosts(by_cookie(), value) == (expected, 200)


def test_a_strict_session_has_its_host_or_none() -> None:
    assert hosts(by_cookie(strict=True), b"10.9.9.9:1") == (set(), 503)
    assert hosts(by_cookie(strict=True, status_on_strict_destination_not_found=410), b"10.9.9.9:1") == (
        set(),
        410,
    )


@pytest.mark.parametrize(("path", "expected"), [("/a", 1), ("/a/b", 1), ("/ab", 3), ("/", 3)])
def test_the_cookie_counts_on_its_path(path: str, expected: int) -> None:
    assert len(hosts(by_cookie("/a"), MESSAGE, path)[0]) == expected


def test_a_header() -> None:
    assert hosts(session("header.v3.HeaderBasedSessionState", {"name": "x-s"}), b"10.0.0.3:1")[0] == {
        "10.0.0.3:1"
    }


@pytest.mark.parametrize(
    ("path", "target", "counts"),
    [
        ("/a/", "/a/b", True), ("/a/", "/a", False),
    ],
)  # fmt: skip
def test_the_cookie_counts_under_its_path(path: str, target: str, counts: bool) -> None:
    assert hosts(by_cookie(path), b"10.0.0.2:1", target)[0] == ({"10.0.0.2:1"} if counts else ALL)


def test_a_session_that_is_kept_in_another_way_is_open() -> None:
    for strict in (True, False):
        (way,) = passages(
            (session("mine.v3.MineSessionState", {}, strict=strict),),
            get(),
            routes=(route("r", {"prefix": "/"}, "t"),),
            clusters=(HOSTS,),
        )
        assert any("how it keeps the session (MineSessionState)" in text for text in way.undetermined)


@pytest.mark.parametrize(("own", "expected"), [({"disabled": True}, ALL), ({}, {"10.0.0.2:1"})])
def test_a_route_may_turn_sessions_off(own: dict[str, Any], expected: set[str]) -> None:
    one = by_cookie()
    per_route = a_filter("stateful_session.v3.StatefulSessionPerRoute", one["name"], **own)
    at = {**route("r", {"prefix": "/"}, "t"), "typed_per_filter_config": settings(per_route)}
    encoded = base64.b64encode(MESSAGE).decode()
    (way,) = passages((one,), get("/", "a.com", ("cookie", f"s={encoded}")), routes=(at,), clusters=(HOSTS,))
    assert {address for address, _ in way.upstream_hosts} == expected


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


NOW = 1_764_000_000  # of the proxies of these tests


@pytest.mark.parametrize(
    ("end", "expected"),
    [(NOW - 1, ALL), (NOW, {"10.0.0.2:1"}), (NOW + 1, {"10.0.0.2:1"}), (0, {"10.0.0.2:1"})],
)
def test_a_cookie_ends_at_its_second(end: int, expected: set[str]) -> None:
    assert hosts(by_cookie(), MESSAGE + b"\x10" + varint(end))[0] == expected
