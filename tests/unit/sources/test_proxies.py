"""Which server is reached through which proxy, by the rules of Go's httpproxy."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from meshctl.errors import MeshctlError
from meshctl.sources.proxies import is_direct, proxy_for, without_password

# NO_PROXY, the server's host and port, whether it is reached directly
DIRECT = [
    ("", "example.com", False),
    ("*", "example.com", True),
    ("example.com", "example.com", True),
    ("example.com", "api.example.com", True),
    ("example.com", "notexample.com", False),
    (".example.com", "example.com", False),
    (".example.com", "api.example.com", True),
    ("*.example.com", "api.example.com", True),
    ("*.example.com", "example.com", False),
    ("EXAMPLE.com", "Example.COM", True),
    ("example.com:6443", "example.com:6443", True),
    ("example.com:6443", "example.com", False),
    ("example.com:443", "example.com", True),
    ("other, example.com", "example.com", True),
    ("10.0.0.1", "10.0.0.1:6443", True),
    ("10.0.0.1:6443", "10.0.0.1:6443", True),
    ("10.0.0.1:6444", "10.0.0.1:6443", False),
    ("10.0.0.0/8", "10.1.2.3", True),
    ("10.0.0.0/8", "11.1.2.3", False),
    ("10.0.0.0/8", "example.com", False),
    ("10.0.0", "10.0.0.1", False),
    ("::1/64,fd00::/8", "[fd00::1]:6443", True),
    ("[fd00::1]:6443", "[fd00::1]:6443", True),
    ("fd00::1", "[fd00::1]:6443", True),
    ("10.0.0.0/99", "10.0.0.1", False),
    ("", "localhost:6443", True),
    ("", "127.0.0.1:6443", True),
    ("", "127.8.8.8", True),
    ("", "[::1]:6443", True),
]


@pytest.mark.parametrize(("no_proxy", "server", "direct"), DIRECT)
def test_no_proxy(no_proxy: str, server: str, direct: bool) -> None:
    assert is_direct(urlsplit(f"https://{server}"), no_proxy) is direct


# environment, server, proxy-url of the kubeconfig, the proxy
CHOSEN: list[tuple[dict[str, str], str, str, str | None]] = [
    ({"HTTPS_PROXY": "http://p:1"}, "https://api", "", "http://p:1"),
    ({"HTTPS_PROXY": "p:1"}, "https://api", "", "http://p:1"),
    ({"https_proxy": "http://p:1"}, "https://api", "", "http://p:1"),
    ({"HTTPS_PROXY": "http://p:1", "https_proxy": "http://q:2"}, "https://api", "", "http://p:1"),
    ({"HTTPS_PROXY": "https://p:1"}, "https://api", "", "https://p:1"),
    ({"HTTP_PROXY": "http://p:1"}, "https://api", "", None),
    ({"HTTP_PROXY": "http://p:1"}, "http://api", "", "http://p:1"),
    ({"ALL_PROXY": "http://p:1"}, "https://api", "", None),
    ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "api"}, "https://api", "", None),
    ({"HTTPS_PROXY": "http://p:1", "no_proxy": "api"}, "https://api", "", None),
    ({"HTTPS_PROXY": "http://p:1"}, "https://127.0.0.1", "", None),
    ({"HTTPS_PROXY": "http://p:1"}, "https://api", "http://q:2", "http://q:2"),
    ({"NO_PROXY": "*"}, "https://127.0.0.1", "http://q:2", "http://q:2"),
    ({}, "https://api", "", None),
]  # fmt: skip


@pytest.mark.parametrize(("environment", "server", "named", "proxy"), CHOSEN)
def test_the_proxy_to_a_server(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], server: str, named: str, proxy: str | None
) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(server, named, "kubeconfig") == proxy


@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks4", "quic"])
def test_a_proxy_that_we_do_not_speak_to_is_named(scheme: str) -> None:
    with pytest.raises(MeshctlError, match=f"{scheme}://host:1080") as caught:
        proxy_for("https://api", f"{scheme}://me:s3cret@host:1080", "kubeconfig x")
    assert "s3cret" not in str(caught.value.lines())


def test_a_password_is_not_shown() -> None:
    assert without_password("https://me:p@ss@host:1/x") == "https://host:1/x"
