"""The extensions that a proxy was sent apart from its listeners: by type, then name; a rejected one has a row of its own."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.errors import MissingDataError
from meshctl.views import ecds
from tests.unit.views.dumps import clusters, snapshot_of

TYPES = "type.googleapis.com/"
CONFIG = f"{TYPES}envoy.config.core.v3.TypedExtensionConfig"
WASM, RBAC = "envoy.extensions.filters.http.wasm.v3.Wasm", "envoy.extensions.filters.http.rbac.v3.RBAC"


def extension(name: str, kind: str = "", **more: Any) -> dict[str, Any]:
    inner = {"typed_config": {"@type": TYPES + kind}} if kind else {}
    return {"name": name, "ecds_filter": {"@type": CONFIG, "name": name, **inner}, **more}


FOUND = snapshot_of(
    "EcdsConfigDump",
    ecds_filters=[
        extension("b", WASM, version_info="v1", last_updated="now"),
        extension("a", WASM),
        extension("z", RBAC),
        extension("bare"),
        {"name": "new", "error_state": {"details": "no such code", "version_info": "v2"}},
    ],
)


def test_extensions_by_type_then_name() -> None:
    assert ecds.short(FOUND, None).rows[-3:] == [("z", RBAC), ("a", WASM), ("b", WASM)]
    assert ("bare", "") in ecds.short(FOUND, None).rows


def test_what_the_wide_table_adds() -> None:
    rows = ecds._wide(FOUND, None).rows
    assert [row for row in rows if row[0] in "zabbare"][-3:] == [
        ("z", RBAC, RBAC, "active", "-", "-"),
        ("a", WASM, WASM, "active", "-", "-"),
        ("b", WASM, WASM, "active", "v1", "now"),
    ]
    assert ("bare", "-", "-", "active", "-", "-") in rows
    assert rows[-1] == ("new", "-", "-", "rejected: no such code", "-", "-")


def test_a_proxy_without_extensions() -> None:
    with pytest.raises(MissingDataError, match="the proxy uses none"):
        ecds.check(clusters())
    ecds.check(FOUND)
