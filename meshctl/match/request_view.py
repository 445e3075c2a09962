"""The request as Envoy's matchers see it: headers as they stand at routing time, and what is derived from them.

Header names are lower-case; the pseudo headers are ``:method``, ``:authority``, ``:path``, ``:scheme``. A
repeated name keeps its values apart, in order. Query parameters and cookies are cut out when first asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from meshctl.envoy.message import Undecidable

Headers = dict[str, list[str]]
_PATH_END = re.compile(r"[?#]")


# Dynamic metadata that only the filter of this name writes.
_OWNED_NAMESPACES = frozenset({"envoy.filters.http.jwt_authn", "envoy.filters.http.rbac", "istio_authn"})


class PartlyKnown(str):
    """A header's value of which only a part is known: it is there, and contains what stands here."""

    __slots__ = ()


class Drawn(PartlyKnown):
    """A value that is drawn at random: it equals nothing that a configuration asks for."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Peer:
    """The certificate a client presented: its URI and DNS names, its subject, whether it was verified."""

    uris: tuple[str, ...] = ()
    dns: tuple[str, ...] = ()
    subject: str = ""
    validated: bool = True

    @property
    def principal(self) -> str:
        """The name by which RBAC's ``authenticated`` knows it: the first URI, DNS name, or the subject."""
        names = self.uris or self.dns
        return names[0] if names else self.subject


class RequestView:
    """One request, for the matchers of routes, RBAC and matcher trees."""

    __slots__ = (
        "_cookies",
        "_query",
        "filter_state",
        "headers",
        "metadata",
        "opaque",
        "path",
        "peer",
        "sni",
        "target",
        "tls",
    )

    def __init__(
        self,
        headers: Headers,
        *,
        tls: bool = False,
        peer: Peer | None = None,
        sni: str = "",
        metadata: Mapping[str, Any] | None = None,
        filter_state: Mapping[str, str] | None = None,
        opaque: str = "",
    ) -> None:
        self.headers = headers
        path = headers.get(":path")
        self.target: str | None = path[0] if path else None
        self.path: str = _PATH_END.split(self.target, maxsplit=1)[0] if self.target else ""
        self.tls = tls
        self.peer = peer
        self.sni = sni
        self.metadata: Mapping[str, Any] = metadata or {}
        self.filter_state: Mapping[str, str] = filter_state or {}
        self.opaque = opaque  # the filter whose unknown effect may have set metadata or filter state
        self._query: dict[str, str] | None = None
        self._cookies: dict[str, str] | None = None

    def values(self, name: str) -> list[str]:
        """All values of a header; ``host`` is another name of ``:authority``."""
        return self.headers.get(":authority" if name == "host" else name) or []

    def first(self, name: str) -> str:
        values = self.values(name)
        return values[0] if values else ""

    @property
    def is_connect(self) -> bool:
        return self.first(":method") == "CONNECT"

    @property
    def query(self) -> dict[str, str]:
        """Query parameters, raw, the first of a name (Utility::QueryParamsMulti::parseParameters)."""
        if self._query is None:
            self._query = {}
            _, mark, text = (self.target or "").partition("?")
            for part in text.split("&") if mark else ():
                name, _, value = part.partition("=")
                self._query.setdefault(name, value)
        return self._query

    @property
    def cookies(self) -> dict[str, str]:
        """Cookies of all ``cookie`` headers, the first of a name; only blanks before a name go (parseCookies)."""
        if self._cookies is None:
            self._cookies = {}
            for header in self.values("cookie"):
                for part in header.split(";"):
                    name, mark, value = part.partition("=")
                    if not mark:
                        continue
                    if len(value) >= 2 and value[0] == value[-1] == '"':
                        value = value[1:-1]
                    self._cookies.setdefault(name.lstrip(" "), value)
        return self._cookies

    def metadata_value(self, namespace: str, path: tuple[str, ...]) -> Any:
        """A value of the dynamic metadata, None when absent; undecidable behind a filter of unknown effect."""
        value: Any = self.metadata.get(namespace)
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        if value is None and self.opaque and namespace not in _OWNED_NAMESPACES:
            raise Undecidable(f"dynamic metadata {namespace}: {'.'.join(path)} may be set by {self.opaque}")
        return value
