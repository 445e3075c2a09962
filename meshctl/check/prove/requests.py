"""From a state of each subject to a request: what the real matchers are asked, and what people are shown."""

from __future__ import annotations

import re

from meshctl.check.prove.atoms import AUTHORITY, METHOD, PATH
from meshctl.check.prove.solver import Found
from meshctl.match.request_view import Headers, RequestView
from meshctl.values import Struct

_HIDDEN = (":authority", ":method", ":path")


class Witness(Struct, frozen=True):
    """A request that shows something. Raised from ``Found`` by ``witness``; None where a part of it is not understood."""

    method: str
    authority: str
    target: str | None  # None: CONNECT without a path
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def view(self) -> RequestView:
        """As the matchers see it."""
        headers: Headers = {":method": [self.method], ":authority": [self.authority], ":scheme": ["http"]}
        if self.target is not None:
            headers[":path"] = [self.target]
        for name, value in self.headers:
            headers.setdefault(name, []).append(value)
        return RequestView(headers)

    def with_path(self, path: str) -> Witness:
        """The same for another path, with its query."""
        _, mark, query = (self.target or "").partition("?")
        return Witness(self.method, self.authority, path + mark + query, self.headers)

    def __str__(self) -> str:
        """``GET http://reviews:9080/a, x-user: ann``."""
        target = self.target or ""
        shown = (
            f"{self.method} http://{self.authority}{target}" if self.authority else f"{self.method} {target}"
        )
        return ", ".join([shown, *(f"{name}: {value}" for name, value in self.headers)])


def witness(found: Found, authority: str = "") -> Witness | None:
    """The request of a solution; None where it needs what a request alone does not say."""
    connect = found.opaque.get(("opaque", "CONNECT"), False)
    if any(holds for subject, holds in found.opaque.items() if subject != ("opaque", "CONNECT")):
        return None
    path = found.states.get(PATH)
    query, cookies, headers = [], [], []
    for (kind, name), values in found.states.items():
        for value in values or ():
            if kind == "query":
                query.append(f"{name}={value}")
            elif kind == "cookie":
                cookies.append(f"{name}={value}")
            elif kind == "grpc":
                headers.append(("content-type", value))
            elif kind == "header" and name not in _HIDDEN:
                headers.append((name, value))
    if cookies:
        headers.append(("cookie", "; ".join(cookies)))
    target = (path[0] if path else "/") + ("?" + "&".join(query) if query else "")
    method, host = found.states.get(METHOD), found.states.get(AUTHORITY)
    return Witness(
        (method[0] if method else "CONNECT" if connect else "GET"),
        host[0] if host else authority,
        None if connect and not path else target,
        tuple(headers),
    )


def variants(base: Witness) -> list[Witness]:
    """The request, and others like it: most paths are taken by a prefix, and one letter more is another path."""
    if base.target is None:
        return [base]
    path = re.split(r"[?#]", base.target, maxsplit=1)[0]
    paths = dict.fromkeys((path, path + "x", path.rstrip("/") + "/x", path + "/x/y", path + "-9z"))
    return [base.with_path(each) for each in paths]
