"""The versions of a mesh: istiod's one line taken apart, and how many proxies have which."""

from __future__ import annotations

import pytest

from meshctl.errors import InputError
from meshctl.render.table import render
from meshctl.views.sync import remotes, versions
from meshctl.views.sync.syncz import ProxyState

COMMIT = "016bc46f4a5e0ef3fa135b3c5380ab7765467c1a"


@pytest.mark.parametrize(
    ("answer", "version", "commit", "status"),
    [
        (f"1.30.0-{COMMIT}-Clean", "1.30.0", COMMIT, "Clean"),
        (f"1.31-dev-{COMMIT}-dirty-Modified", "1.31-dev", f"{COMMIT}-dirty", "Modified"),
        ("unknown-unknown-unknown", "unknown", "unknown", "unknown"),
        ("1.30.0\n", "1.30.0", "unknown", "unknown"),
        ("", "unknown", "unknown", "unknown"),
    ],
)
def test_what_an_istiod_says_of_itself(answer: str, version: str, commit: str, status: str) -> None:
    found = versions.control_plane("istiod-1", "default", answer)
    assert (found.version, found.commit, found.status) == (version, commit, status)


def _proxy(name: str, version: str) -> ProxyState:
    return ProxyState(name, "k", "sidecar", version, "istiod-1", ())


def test_lines() -> None:
    planes = [
        versions.control_plane(name, "r", f"{v}-{COMMIT}-Clean")
        for name, v in (("a", "1.30.0"), ("b", "1.29.1"))
    ]
    proxies = [_proxy("c.n", "1.30.0"), _proxy("a.n", "1.30.0"), _proxy("b.n", "1.29.1")]
    assert versions.lines(planes, proxies) == [
        "control plane version: 1.29.1, 1.30.0",
        "data plane version: 1.29.1 (1 proxy), 1.30.0 (2 proxies)",
    ]
    assert versions.lines([], []) == ["control plane version: unknown", "data plane version: none"]
    values = versions.document(planes, proxies)
    assert [one["ID"] for one in values["dataPlaneVersion"]] == ["a.n", "b.n", "c.n"]
    assert values["meshVersion"][0]["Info"]["version"] == "1.30.0"


def test_remote_clusters() -> None:
    body = b'[{"id": "k", "secretName": "s/one", "syncStatus": "synced"}]'
    found = remotes.rows(body, "istiod-1", "default")
    assert render(remotes.table(found)).splitlines()[1].split() == [
        "k",
        "s/one",
        "synced",
        "istiod-1",
        "default",
    ]
    assert remotes.rows(b"null", "i", "r") == []
    with pytest.raises(InputError):
        remotes.rows(b"404 page not found", "i", "r")
