"""The request as Envoy's matchers see it: headers as they stand at routing time, and what is derived from them.

Header names are lower-case; the pseudo headers are ``:method``, ``:authority``, ``:path``, ``:scheme``. A
repeated name keeps its values apart, in order. Query parameters and cookies are cut out when first asked for.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

from meshctl.envoy.message import Undecidable
from meshctl.match.supposing import NOTHING_SUPPOSED, Supposed
from meshctl.patterns import expression
from meshctl.values import Struct

Headers = dict[str, list[str]]
_PATH_END = expression(r"[?#]")


class Part(enum.Enum):
    """What of a request a filter of unknown effect may have changed: conditions on it are undecidable."""

    HEADERS = "headers"
    PATH = "path"
    METADATA = "metadata"
    FILTER_STATE = "filter state"

    __hash__ = object.__hash__  # Python 3.11 hashes an enum's name, in Python, at each look into a map


class Unseen(str):
    """In place of a filter: what the request is known from, and does not show the headers that are not named. For metadata: why
    they are not known."""

    __slots__ = ()


# Which filter may have changed a part, or one header by its name (":path" the path alone, Part.PATH whatever stands in the first
# line of a request); "" for a header that is known although others are not.
Opaque = Mapping[Part | str, str]
NOTHING: Opaque = {}


_WORDS = {":method": "the method", ":authority": "the host", "host": "the host", ":path": "the path"}
# Dynamic metadata that only the filter of this name writes.
_OWNED_NAMESPACES = frozenset({"envoy.filters.http.jwt_authn", "envoy.filters.http.rbac", "istio_authn"})


# Filter state that Envoy or Istio keep themselves, beside what configured filters set.
_OWNED_STATES = ("envoy.", "io.istio.", "istio.", "wasm.", "downstream_peer", "upstream_peer")


def ask(opaque: Opaque, name: str) -> None:
    """Raise when a filter may have changed a header; the pseudo headers go with the path."""
    part = Part.PATH if name.startswith(":") or name == "host" else Part.HEADERS
    owner = opaque[name] if name in opaque else opaque.get(part)
    if isinstance(owner, Unseen):
        raise Undecidable(f"{_WORDS.get(name) or f'header `{name}`'} is not in {owner}")
    if owner:
        raise Undecidable(f"header `{name}` may be changed by {owner}")


def beyond_path(opaque: Opaque) -> Opaque:
    """What filters may have changed of a request beside its path: where it was not shown whole counts as shown."""
    return {
        part: owner
        for part, owner in opaque.items()
        if owner and part not in (Part.PATH, ":path") and not isinstance(owner, Unseen)
    }


def carried(opaque: Opaque) -> Opaque:
    """What of that goes along with the request, to whoever gets it next: its headers and its path."""
    return {
        part: owner
        for part, owner in opaque.items()
        if owner and part not in (Part.METADATA, Part.FILTER_STATE) and not isinstance(owner, Unseen)
    }


class HashableText(str):
    """A text of filter state that a hash policy can ask (Envoy's HashableStringAccessor)."""

    __slots__ = ()


class PartlyKnown(str):
    """A header's value of which only a part is known: it is there, and contains what stands here."""

    __slots__ = ()


class Drawn(PartlyKnown):
    """A value that is drawn at random: it equals nothing that a configuration asks for."""

    __slots__ = ()


class Peer(Struct, frozen=True):
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
        "_hidden",
        "_query",
        "filter_state",
        "headers",
        "metadata",
        "opaque",
        "path",
        "peer",
        "sni",
        "supposed",
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
        opaque: Opaque = NOTHING,
        supposed: Supposed = NOTHING_SUPPOSED,
    ) -> None:
        """``opaque`` names, for each part that is not known any more, the filter that may have changed it; ``supposed`` is
        what is supposed of conditions that cannot be decided."""
        self.headers = headers
        self.opaque = opaque
        self.supposed = supposed
        self._hidden = bool(opaque)
        self.target: str | None
        self.path: str
        if opaque and (Part.PATH in opaque or opaque.get(":path")):
            # Not a __getattr__ that tells why: with one Python reads every attribute the slow way.
            self.__class__ = _Pathless
        else:
            path = headers.get(":path")
            self.target = path[0] if path else None
            self.path = _PATH_END.split(self.target, maxsplit=1)[0] if self.target else ""
        self.tls = tls
        self.peer = peer
        self.sni = sni
        self.metadata: Mapping[str, Any] = metadata or {}
        self.filter_state: Mapping[str, str] = filter_state or {}
        self._query: dict[str, str] | None = None
        self._cookies: dict[str, str] | None = None

    def doubted(self, opaque: Opaque) -> RequestView:
        """The same request, where filters may have changed it."""
        return self._with(self.headers, opaque, self.supposed)

    def carrying(self, headers: Headers) -> RequestView:
        """The same request with these headers."""
        return self._with(headers, self.opaque, self.supposed)

    def supposing(self, supposed: Supposed) -> RequestView:
        """The same request, with this supposed of it."""
        return self if supposed is self.supposed else self._with(self.headers, self.opaque, supposed)

    def _with(self, headers: Headers, opaque: Opaque, supposed: Supposed) -> RequestView:
        return RequestView(
            headers,
            tls=self.tls,
            peer=self.peer,
            sni=self.sni,
            metadata=self.metadata,
            filter_state=self.filter_state,
            opaque=opaque,
            supposed=supposed,
        )

    def values(self, name: str) -> list[str]:
        """All values of a header; ``host`` is another name of ``:authority``."""
        if self._hidden:
            ask(self.opaque, name)
        return self.headers.get(":authority" if name == "host" else name) or []

    def first(self, name: str) -> str:
        values = self.values(name)
        return values[0] if values else ""

    @property
    def unsaid(self) -> bool:
        """Whether method and path are not told: who does not tell them asks about requests, not about tunnels or preflights."""
        return self._hidden and isinstance(self.opaque.get(Part.PATH), Unseen)

    @property
    def pathless(self) -> bool:
        """Whether the path is not known."""
        return self._hidden and isinstance(self, _Pathless)

    @property
    def is_connect(self) -> bool:
        if self.unsaid:
            return False
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

    def metadata_value(self, namespace: str, path: tuple[str, ...], absent: Any = None) -> Any:
        """A value of the dynamic metadata, None when absent; undecidable behind a filter of unknown effect."""
        value: Any = self.metadata.get(namespace, absent)
        for key in path:
            value = value.get(key, absent) if isinstance(value, dict) else absent
        owner = self.opaque.get(Part.METADATA)
        if isinstance(owner, Unseen):
            raise Undecidable(str(owner))
        if owner and namespace not in _OWNED_NAMESPACES:
            raise Undecidable(f"dynamic metadata {namespace}: {'.'.join(path)} may be set by {owner}")
        return value

    def state(self, key: str) -> str | None:
        """A filter state object as text, None when nothing set it."""
        if key not in self.filter_state:
            if Part.FILTER_STATE in self.opaque:
                raise Undecidable(f"filter state `{key}` may be set by {self.opaque[Part.FILTER_STATE]}")
            if key.startswith(_OWNED_STATES):
                raise Undecidable(f"filter state `{key}` is not known")
        return self.filter_state.get(key)


class _Pathless(RequestView):
    """A request whose path and target a filter may have changed, or that does not tell them: who asks for them is told why."""

    __slots__ = ()

    @property
    def path(self) -> str:  # type: ignore[override]
        raise self._unknown_path()

    @property
    def target(self) -> str | None:  # type: ignore[override]
        raise self._unknown_path()

    def _unknown_path(self) -> Undecidable:
        owner = self.opaque.get(":path") or self.opaque[Part.PATH]
        if isinstance(owner, Unseen):
            return Undecidable(f"the path is not in {owner}")
        return Undecidable(f"the path may be changed by {owner}")
