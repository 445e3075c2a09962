"""A dump may be in camelCase, wholly or here and there: what is read is in proto names."""

from __future__ import annotations

import json
from typing import Any

import pytest

from meshctl.envoy.documents import read
from meshctl.envoy.notes import Notes
from meshctl.envoy.snapshot import SectionKind, load

MANY = 6  # more than the bodies that are looked at


def names(entries: list[dict[str, Any]], key: str = "dynamic_active_clusters") -> list[str]:
    section = {"@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump", key: entries}
    notes = Notes()
    snapshot = load(read(json.dumps({"configs": [section]}).encode(), "file", notes), "file", notes)
    assert not notes.lines()
    return [f"{r.name} {r.version_info}" for r in snapshot.resources(SectionKind.CLUSTERS)]


def entry(index: int, version: str = "version_info") -> dict[str, Any]:
    return {version: "1", "cluster": {"name": f"c{index}", "connect_timeout": "1s"}}


@pytest.mark.parametrize("odd", [0, 2, MANY - 1])
def test_one_entry_in_camel_case_is_enough(odd: int) -> None:
    entries = [entry(i, "versionInfo" if i == odd else "version_info") for i in range(MANY)]
    assert names(entries) == [f"c{i} 1" for i in range(MANY)]


def test_a_section_in_camel_case() -> None:
    assert names([entry(0)], "dynamicActiveClusters") == ["c0 1"]
