"""Which proxy leads to the API server: the kubeconfig's ``proxy-url``, else the environment.

The oracle is Go's golang.org/x/net/http/httpproxy, which client-go uses: HTTPS_PROXY (with or without a scheme) for https,
HTTP_PROXY for http, upper case before lower; ALL_PROXY is not read; loopback is never proxied; NO_PROXY lists names with
their sub-domains (``.x`` the sub-domains alone), addresses, CIDR ranges, each with an optional port, or ``*``.
``proxy-url`` knows no exceptions. The standard library's and requests' matching differ in ports, ranges and
leading dots, so the five rules stand here, as addresses of ``ipaddress``.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from meshctl.errors import MeshctlError

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

    _Address = IPv4Address | IPv6Address

_SCHEMES = ("http", "https")


def proxy_for(server: str, named: str, title: str) -> str | None:
    """The URL of the proxy to a server; None where it is reached directly. Raises MeshctlError for one we cannot use."""
    target = urlsplit(server)
    where = f"proxy-url of {title}"
    if not named:
        variable = f"{target.scheme.upper()}_PROXY"
        named = os.environ.get(variable) or os.environ.get(variable.lower()) or ""
        where = f"${variable}"
        if not named or is_direct(target, os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""):
            return None
    url = named if "://" in named else f"http://{named}"
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise MeshctlError(
            f"the proxy of {where} is no URL: {without_password(url)}", "", "Write http://host:port."
        )
    if parts.scheme.startswith("socks"):
        raise MeshctlError(
            f"the proxy {without_password(url)} of {where} is a SOCKS proxy, which meshctl does not speak",
            "It knows http and https proxies.",
            "Name such a one, or open a tunnel and read the pod with --admin.",
        )
    if parts.scheme not in _SCHEMES:
        raise MeshctlError(
            f"the proxy {without_password(url)} of {where} has an unknown scheme",
            "",
            "Write http://host:port.",
        )
    return url


def without_password(url: str) -> str:
    """A URL as it may be shown."""
    scheme, mark, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{mark}{authority.rpartition('@')[2]}{slash}{path}"


def is_direct(target: SplitResult, no_proxy: str) -> bool:
    """Whether Go would not use the environment's proxy for a server."""
    host = (target.hostname or "").rstrip(".")
    port = target.port or {"http": 80, "https": 443}.get(target.scheme, 0)
    address = _address(host)
    if host == "localhost" or (address is not None and address.is_loopback):
        return True
    return any(_matches(entry.strip().lower(), host, port, address) for entry in no_proxy.split(","))


def _address(text: str) -> _Address | None:
    import ipaddress

    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _matches(entry: str, host: str, port: int, address: _Address | None) -> bool:
    if entry in ("", "*"):
        return entry == "*"
    if "/" in entry:
        return address is not None and _in_range(entry, address)
    name, wanted = _split_port(entry)
    if wanted and wanted != str(port):
        return False
    own = _address(name)
    if own is not None:
        return own == address
    name = name.removeprefix("*")  # *.example.com is .example.com
    if name.startswith("."):
        return host.endswith(name)
    return host == name or host.endswith(f".{name}")


def _in_range(entry: str, address: _Address) -> bool:
    import ipaddress

    try:
        return address in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False


def _split_port(entry: str) -> tuple[str, str]:
    if entry.startswith("["):
        name, _, rest = entry[1:].partition("]")
        return name, rest.removeprefix(":")
    if entry.count(":") == 1:
        name, _, wanted = entry.partition(":")
        return name, wanted
    return entry, ""
