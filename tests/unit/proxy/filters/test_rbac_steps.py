"""What a reader is told of RBAC: a step where rules were asked, with the policies that did not match, over HTTP and TCP."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.proxy.model import Stage
from tests.unit.proxy.build import (
    NETWORK_RBAC,
    RBAC,
    ask,
    get,
    http,
    listener,
    proxy,
    route,
    tcp,
    virtual_host,
)

Json = dict[str, Any]
POLICY = "ns[foo]-policy[bar]-rule[0]"


def policies(port: int) -> Json:
    return {
        "policies": {POLICY: {"permissions": [{"destination_port": port}], "principals": [{"any": True}]}}
    }


TOLD: list[tuple[Json, str, str, list[str]]] = [  # rules, the step, its detail, the policies that were rejected
    ({"action": "ALLOW", **policies(80)}, "RBAC ALLOW: allowed", f"{POLICY}; caller a plain text client", []), ({"action": "ALLOW", **policies(81)}, "RBAC ALLOW: denied", "no policy matches; caller a plain text client", [POLICY]), ({"action": "ALLOW"}, "RBAC ALLOW: denied", "no policies; caller a plain text client", []),
    ({"action": "DENY", **policies(80)}, "RBAC DENY: denied", f"{POLICY}; caller a plain text client", []), ({"action": "DENY", **policies(81)}, "RBAC DENY: allowed", "no policy matches; caller a plain text client", [POLICY]), ({"action": "DENY"}, "", "", []),
]  # fmt: skip


@pytest.mark.parametrize("over_http", [True, False])
@pytest.mark.parametrize(("rules", "title", "detail", "rejected"), TOLD)
def test_what_is_told_of_a_decision(
    rules: Json, title: str, detail: str, rejected: list[str], over_http: bool
) -> None:
    kind = RBAC if over_http else NETWORK_RBAC
    own = {
        "name": "rbac",
        "typed_config": {"@type": kind, "rules": rules, **({} if over_http else {"stat_prefix": "x"})},
    }
    routes = [virtual_host(route("r", {"prefix": "/"}))]
    filters = http(routes, filters=(own,)) if over_http else [own, *tcp("c")]
    (passage,) = ask(proxy([listener([{"filters": filters}])]), get(), silent=False)
    found = [step for step in passage.steps if step.chosen.startswith("RBAC")]
    assert [(step.stage, step.chosen, step.detail) for step in found] == (
        [(Stage.HTTP_FILTER, title, detail)] if title else []
    )
    assert [one.name for step in found for one in step.rejected] == [f"policy {name}" for name in rejected]


def test_nobody_is_told_of_policies_where_nobody_listens() -> None:
    own = {"name": "rbac", "typed_config": {"@type": RBAC, "rules": {"action": "ALLOW", **policies(81)}}}
    built = proxy(
        [listener([{"filters": http([virtual_host(route("r", {"prefix": "/"}))], filters=(own,))}])]
    )
    (passage,) = ask(built, get())
    assert passage.steps == ()
