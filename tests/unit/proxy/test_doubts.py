"""Fields that nobody evaluates: named, and undetermined only where the answer depends on what they may do."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.proxy.model import Disposition, Passage
from tests.unit.proxy import build

Json = dict[str, Any]
ON_TWO = ("10.0.0.1:80", "10.0.0.2:80")


def asked(
    *hosts: str, match: Json | None = None, manager: Json | None = None, **action: Any
) -> list[Passage]:
    """GET / at a route of cluster c, which has these hosts."""
    one = build.route("r", {"prefix": "/", **(match or {})}, "c", **action)
    filters = build.http([build.virtual_host(one)], **(manager or {}))
    built = build.proxy(
        [build.listener([{"filters": filters}])], (build.cluster("c", *(hosts or ("10.0.0.1:80",))),)
    )
    return build.ask(built, build.get())


@pytest.mark.parametrize(("hosts", "open_"), [(("10.0.0.1:80",), False), (ON_TWO, True)])
def test_how_hosts_share_the_load_matters_where_there_are_several(
    hosts: tuple[str, ...], open_: bool
) -> None:
    (passage,) = asked(*hosts, retry_policy_typed_config={"name": "x"})
    assert passage.verdict.disposition is Disposition.DELIVERED
    assert any("retry_policy_typed_config" in note for note in passage.notes)
    assert bool(passage.undetermined) is open_


@pytest.mark.parametrize(
    ("header", "open_"), [("x-forwarded-client-cert", True), ("x-a", False), (":authority", False)]
)
def test_a_field_that_writes_one_header_leaves_the_others_known(header: str, open_: bool) -> None:
    manager = {"forward_client_cert_matcher": {"on_no_match": {"action": {"name": "x"}}}}
    wanted = {"headers": [{"name": header, "present_match": header == ":authority"}]}
    passages = asked(manager=manager, match=wanted)
    assert all("forward_client_cert_matcher" in "".join(passage.notes) for passage in passages)
    if open_:
        assert {p.verdict.disposition for p in passages} == {Disposition.DELIVERED, Disposition.NO_ROUTE}
        assert all("forward_client_cert_matcher" in p.undetermined[0] for p in passages)
    else:
        (passage,) = passages
        assert passage.verdict.disposition is Disposition.DELIVERED
        assert passage.undetermined == ()


def test_a_field_that_may_end_the_request_is_an_outcome_of_its_own() -> None:
    found = asked(manager={"typed_header_validation_config": {"name": "x"}})
    assert {p.verdict.disposition for p in found} == {Disposition.DELIVERED, Disposition.UNDETERMINED}


def test_a_value_of_a_header_that_may_have_been_changed_is_not_told_as_it_was() -> None:
    manager = {"forward_client_cert_matcher": {"on_no_match": {"action": {"name": "x"}}}}
    (passage,) = asked(manager=manager, host_rewrite_header="x-forwarded-client-cert")
    assert passage.verdict.disposition is Disposition.UNDETERMINED
