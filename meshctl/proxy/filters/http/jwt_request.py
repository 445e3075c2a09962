"""A request at jwt_authn: what is made of it, and the tokens that it carries.

Theory of operation. A provider looks where it was told to (else the Authorization header's Bearer and the query's
access_token): headers in the order of name and prefix, then parameters, then cookies.
Follows source/extensions/filters/http/jwt_authn/extractor.cc.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from meshctl.envoy.api.extensions_filters_http_jwt_authn_v3 import JwtProvider
from meshctl.envoy.message import Undecidable
from meshctl.match.request_view import Headers, Part, RequestView
from meshctl.values import Struct, field

Json = dict[str, Any]

_TOKEN_START = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


class Context(Struct):
    """One request at the filter: its headers as they are changed, what is to go to metadata, what was trusted."""

    headers: Headers
    view: RequestView
    now: float
    fetched: Callable[[JwtProvider], bool]  # whether a provider's remote keys can be fetched
    metadata: Json = field(default_factory=dict)
    trusted: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    reroute: bool = False
    opaque: dict[Part | str, str] = field(default_factory=dict)  # what may have been written, and by whom


class Found(Struct, frozen=True):
    """A token and where it was; ``issuers`` are those who look there, "" anyone."""

    text: str
    issuers: frozenset[str]
    header: str = ""
    parameter: str = ""


def written_by(providers: Iterable[JwtProvider]) -> frozenset[str]:
    """The headers that these providers write."""
    return frozenset(
        name.lower()
        for provider in providers
        for name in (
            provider.forward_payload_header,
            *(rule.header_name for rule in provider.claim_to_headers),
        )
        if name
    )


def extract(providers: Iterable[JwtProvider], context: Context) -> list[Found]:
    """The tokens that these providers find, in order."""
    headers: dict[tuple[str, str], set[str]] = {}
    parameters: dict[str, set[str]] = {}
    cookies: dict[str, set[str]] = {}
    for provider in providers:
        for name, prefix in _header_places(provider):
            headers.setdefault((name, prefix), set()).add(provider.issuer)
        for name in _parameter_places(provider):
            parameters.setdefault(name, set()).add(provider.issuer)
        for name in provider.from_cookies:
            cookies.setdefault(name, set()).add(provider.issuer)
    return [
        *_in_headers(headers, context),
        *_in_query(parameters, context),
        *_in_cookies(cookies, context),
    ]


def _elsewhere(provider: JwtProvider) -> bool:
    """Whether a provider says where to look."""
    return bool(provider.from_headers or provider.from_params or provider.from_cookies)


def _header_places(provider: JwtProvider) -> list[tuple[str, str]]:
    if not _elsewhere(provider):
        return [("authorization", "Bearer ")]
    return [(place.name.lower(), place.value_prefix) for place in provider.from_headers]


def _parameter_places(provider: JwtProvider) -> Sequence[str]:
    return provider.from_params if _elsewhere(provider) else ("access_token",)


def _in_headers(places: dict[tuple[str, str], set[str]], context: Context) -> Iterator[Found]:
    for (name, prefix), issuers in sorted(places.items(), key=lambda place: place[0][0] + place[0][1]):
        context.view.values(name)  # undecidable where a filter may have changed it
        if name in context.opaque:  # or another requirement of this one
            raise Undecidable(f"header `{name}` may be changed by {context.opaque[name]}")
        for value in context.headers.get(":authority" if name == "host" else name) or ():
            if prefix:
                start = value.find(prefix)
                if start < 0:
                    continue
                value = _token_in(value, start + len(prefix))
            yield Found(value, frozenset(issuers), header=name)


def _token_in(value: str, start: int) -> str:
    """From the first character that a token may have; the whole value when there is none."""
    for index in range(start, len(value)):
        if value[index] in _TOKEN_START:
            return value[index:]
    return value


def _in_query(places: dict[str, set[str]], context: Context) -> Iterator[Found]:
    for name, issuers in sorted(places.items()):
        query = {urllib.parse.unquote(k): v for k, v in reversed(context.view.query.items())}
        if name in query:
            yield Found(urllib.parse.unquote(query[name]), frozenset(issuers), parameter=name)


def _in_cookies(places: dict[str, set[str]], context: Context) -> Iterator[Found]:
    for name, issuers in sorted(places.items()):
        if name in context.view.cookies:
            yield Found(context.view.cookies[name], frozenset(issuers))
