"""CSRF: what changes something must come from the host it goes to."""

from __future__ import annotations

import pytest

from tests.unit.proxy.build import get
from tests.unit.proxy.filters.chains import VIA, a_filter, answer

CSRF = a_filter(
    "csrf.v3.CsrfPolicy",
    filter_enabled={"default_value": {"numerator": 100}},
    additional_origins=[{"suffix": "friend.com"}],
)
REFUSED = (403, "csrf_origin_mismatch")


@pytest.mark.parametrize(
    ("method", "headers", "expected"),
    [
        ("GET", (), VIA),
        ("POST", (), REFUSED),
        ("POST", (("origin", "http://a.com"),), VIA),
        ("POST", (("origin", "a.com"),), VIA),
        ("POST", (("origin", "http://a.com:80"),), REFUSED),
        ("POST", (("origin", "null"),), REFUSED),
        ("POST", (("referer", "https://a.com/x"),), VIA),
        ("POST", (("origin", "http://evil.com"), ("referer", "http://a.com/")), REFUSED),
        ("DELETE", (("origin", "https://my.friend.com"),), VIA),
        ("PATCH", (("origin", "http://b.com"),), REFUSED),
    ],
)
def test_origins(method: str, headers: tuple[tuple[str, str], ...], expected: tuple[int, str]) -> None:
    assert answer((CSRF,), get("/", "a.com", *headers, method=method)) == expected


def test_a_filter_that_is_not_enabled_lets_pass() -> None:
    shadow = a_filter("csrf.v3.CsrfPolicy", shadow_enabled={"default_value": {"numerator": 100}})
    assert answer((shadow,), get(method="POST")) == VIA
