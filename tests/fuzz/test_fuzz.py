"""Shrinking a counterexample keeps what the difference needs."""

from __future__ import annotations

from typing import Any

from tests.fuzz.shrink import shrink
from tests.lab.generate import Case, case
from tests.lab.traffic import Request

Json = dict[str, Any]


def test_shrinking_keeps_what_the_difference_needs_and_drops_the_rest() -> None:
    whole = case(3, 0)
    request = Request("1", "client-0", "192.0.2.1", 80, "http1", "POST", "a", "/admin", (("a", "b"),), 0)
    target = next(d for d in whole.documents if d["kind"] == "VirtualService")

    def fails(smaller: Case, asked: Request) -> bool:
        names = {d["metadata"]["name"] for d in smaller.documents if d["kind"] == "VirtualService"}
        return target["metadata"]["name"] in names and asked.path == "/admin"

    small, plain = shrink(whole, request, fails, tries=500)
    assert {d["kind"] for d in small.documents} == {"Pod", "VirtualService"}
    assert plain == Request("1", "client-0", "192.0.2.1", 80, "http1", "GET", "a", "/admin", (), 1000)
