"""istiod's debug pages: how one is asked for, and what one says of a single proxy.

Some pages want a proxy's name in the request; some are lists over all proxies, of which one's entries are taken; the others
know no proxies. Follows istio pilot/pkg/xds/debug.go.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec

ROOT = "/debug/"
LIST = ROOT + "list"
# The pages that answer for the proxy in ``proxyID``.
_BY_REQUEST = frozenset(
    {"config_dump", "edsz", "ecdsz", "ndsz", "sidecarz", "force_disconnect", "authorizationz", "telemetryz"}
)
# The pages that list proxies: the key of the list ("" for the page itself), and the field with a proxy's name.
_LISTS = {
    "syncz": ("", "proxy"),
    "connections": ("clients", "connectionId"),
    "adsz": ("clients", "connectionId"),
}


class Narrowed(msgspec.Struct, frozen=True):
    """A page, and whether it is about the one proxy."""

    body: bytes
    about: bool


def page_for(words: str, proxy: str) -> str:
    """The path of a page that is named as in istioctl, ``syncz`` or ``edsz?proxyID=…``."""
    name, mark, query = words.removeprefix(ROOT).partition("?")
    if proxy and name in _BY_REQUEST and "proxyID=" not in query:
        query = f"proxyID={quote(proxy)}" + (f"&{query}" if query else "")
        mark = "?"
    return f"{ROOT}{quote(name)}{mark}{quote(query, safe='=&%')}"


def of_proxy(body: bytes, path: str, proxy: str) -> Narrowed:
    """What a page says of a proxy."""
    name = path.removeprefix(ROOT).partition("?")[0]
    if name in _BY_REQUEST:
        return Narrowed(body, True)
    if name not in _LISTS:
        return Narrowed(body, False)
    key, field = _LISTS[name]
    try:
        page = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return Narrowed(body, False)
    entries = page.get(key) if key and isinstance(page, dict) else page
    if not isinstance(entries, list):
        return Narrowed(body, False)
    own = [one for one in entries if isinstance(one, dict) and _is(one.get(field), proxy)]
    narrowed: Any = own
    if key:
        narrowed = {**page, key: own, **({"totalClients": len(own)} if "totalClients" in page else {})}
    return Narrowed(msgspec.json.encode(narrowed), True)


def _is(name: Any, proxy: str) -> bool:
    """A connection's name is the proxy's and a number."""
    return isinstance(name, str) and (name == proxy or name.rpartition("-")[0] == proxy)
