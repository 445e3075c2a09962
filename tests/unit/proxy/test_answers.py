"""What a route adds to answers: the Location of them all, whoever gives them."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.proxy.model import Disposition
from meshctl.trace.answers import Answer, behind
from tests.unit.proxy.build import get, http, listener, proxy, route, routed, virtual_host
from tests.unit.proxy.filters.chains import a_filter

Json = dict[str, Any]

ALL: Json = {"prefix": "/"}
MOVED: Json = {"response_headers_to_add": [{"header": {"key": "Location", "value": "/moved/%REQ(x)%"}}]}
INSTEAD = {
    "response_headers_to_add": [
        {**MOVED["response_headers_to_add"][0], "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
    ]
}
REDIRECT: Json = {"match": ALL, "redirect": {"path_redirect": "/r", "response_code": "FOUND"}}
DENIES = a_filter("rbac.v3.RBAC", rules={"policies": {}})
UNKNOWN: Json = {
    "response_headers_to_add": [{"header": {"key": "location", "value": "%UPSTREAM_METADATA(a:b)%"}}]
}
ANSWERS: list[tuple[str, Json, tuple[Json, ...], Json, str | None]] = [
    ("an upstream's", {**route("r", ALL), **MOVED}, (), {}, "/moved/1"),
    ("a direct response", {"match": ALL, "direct_response": {"status": 200}, **MOVED}, (), {}, "/moved/1"),
    ("appended to a redirect's own", {**REDIRECT, **MOVED}, (), {}, "http://a.com/r,/moved/1"),
    ("in place of it", {**REDIRECT, **INSTEAD}, (), {}, "/moved/1"),
    ("taken away", {**REDIRECT, "response_headers_to_remove": ["location"]}, (), {}, None),
    ("a virtual host's", route("r", ALL), (), MOVED, "/moved/1"),
    ("a filter's denial", {**route("r", ALL), **MOVED}, (DENIES,), {}, "/moved/1"),
    ("a filter's denial where the route forwards nothing", {**REDIRECT, **INSTEAD}, (DENIES,), {}, None),
    ("the router's own", {**route("r", ALL, to="nowhere"), **MOVED}, (), {}, "/moved/1"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "filters", "host", "location"), [a[1:] for a in ANSWERS], ids=[a[0] for a in ANSWERS]
)
def test_the_location_of_an_answer(
    one: Json, filters: tuple[Json, ...], host: Json, location: str | None
) -> None:
    built = proxy([listener([{"filters": http([virtual_host(one, **host)], filters=filters)}])])
    assert routed(built, get("/", "a.com", ("x", "1"))).location == location


CAME_BACK: list[tuple[str, Json, str | None]] = [
    ("as it came", {}, "/back"),
    ("appended to", MOVED, "/back,/moved/1"),
    ("replaced", INSTEAD, "/moved/1"),
    ("taken away", {"response_headers_to_remove": ["location"]}, None),
]


@pytest.mark.parametrize(("changes", "location"), [c[1:] for c in CAME_BACK], ids=[c[0] for c in CAME_BACK])
def test_the_location_of_a_redirect_that_comes_back(changes: Json, location: str | None) -> None:
    built = proxy([listener([{"filters": http([virtual_host({**route("r", ALL), **changes})])}])])
    passage = routed(built, get("/", "a.com", ("x", "1")))
    answer = Answer(Disposition.REDIRECTED, 302, location="/back")
    assert behind(passage, answer, passage.verdict).location == location


def test_a_location_that_is_filled_in_with_what_is_not_known_is_named() -> None:
    built = proxy([listener([{"filters": http([virtual_host({**REDIRECT, **UNKNOWN})])}])])
    assert "Location" in routed(built, get()).undetermined[0]
