"""istiod's debug pages: how one is asked for, and what of it is about one proxy."""

from __future__ import annotations

import json

import pytest

from meshctl.views.sync.pages import of_proxy, page_for


@pytest.mark.parametrize(
    ("words", "proxy", "path"),
    [
        ("syncz", "", "/debug/syncz"),
        ("syncz", "a.b", "/debug/syncz"),
        ("edsz", "a.b", "/debug/edsz?proxyID=a.b"),
        ("edsz?proxyID=c.d", "a.b", "/debug/edsz?proxyID=c.d"),
        ("config_dump?types=cds", "a.b", "/debug/config_dump?proxyID=a.b&types=cds"),
        ("/debug/list", "", "/debug/list"),
        ("x y", "", "/debug/x%20y"),
    ],
)
def test_paths(words: str, proxy: str, path: str) -> None:
    assert page_for(words, proxy) == path


def test_lists_over_proxies_are_narrowed() -> None:
    page = [{"proxy": "a.b"}, {"proxy": "a2.b"}]
    assert json.loads(of_proxy(json.dumps(page).encode(), "/debug/syncz", "a.b").body) == [{"proxy": "a.b"}]
    clients = {"totalClients": 2, "clients": [{"connectionId": "a.b-1"}, {"connectionId": "a.b-c-2"}]}
    found = of_proxy(json.dumps(clients).encode(), "/debug/connections", "a.b")
    assert (
        json.loads(found.body) == {"totalClients": 1, "clients": [{"connectionId": "a.b-1"}]} and found.about
    )


def test_pages_that_know_no_proxies_stay_whole() -> None:
    assert of_proxy(b"{}", "/debug/mesh", "a.b").about is False
    assert of_proxy(b"no json", "/debug/syncz", "a.b").about is False
