"""Filters that ask for, or add, a credential: basic_auth, api_key_auth, credential_injector.

Theory of operation. What is wrong with the form of a credential the request shows; whether its secret is the right
one shows only where the dump holds the secrets, which Envoy redacts: then both answers are open.
Follows source/extensions/filters/http/{basic_auth,api_key_auth,credential_injector}/*.cc.
"""

from __future__ import annotations

import base64
import binascii
import urllib.parse
from collections.abc import Iterator, Sequence

from meshctl.envoy.api.config_core_v3 import DataSource
from meshctl.envoy.api.extensions_filters_http_api_key_auth_v3 import (
    ApiKeyAuth,
    ApiKeyAuthPerRoute,
    Forwarding,
    KeySource,
)
from meshctl.envoy.api.extensions_filters_http_basic_auth_v3 import BasicAuth, BasicAuthPerRoute
from meshctl.envoy.api.extensions_filters_http_credential_injector_v3 import CredentialInjector
from meshctl.envoy.api.extensions_http_injected_credentials_generic_v3 import Generic
from meshctl.match.request_view import Headers, Part
from meshctl.proxy.chance import open_ways
from meshctl.proxy.contract import Contract, Effect, effects
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters.scene import Evaluator, Json, Pass, Scene
from meshctl.proxy.listen.listeners import Filter
from meshctl.proxy.model import Disposition, Stage, Step, Verdict

_REDACTED = "[redacted]"
_OTHER_SCHEME = "invalid_scheme_for_basic_auth"


def _denied(entry: Entry, scene: Scene, what: str, details: str, code: int = 401) -> Pass:
    entry.step(lambda: Step(Stage.HTTP_FILTER, f"{what}: refused", details))
    verdict = Verdict(Disposition.DENIED, code, None, details, f"{what}: {details}")
    return Pass(entry, scene, verdict)


def _basic_auth(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    config = http_filter.read(BasicAuth)
    name = (config.authentication_header or "authorization").lower()
    values = scene.view.values(name)
    if not values and config.allow_missing:
        yield Pass(entry, scene)
        return
    user, password, problem = _basic(values[0] if values else None)
    if problem == _OTHER_SCHEME and config.allow_missing:
        yield Pass(entry, scene)
        return
    if problem:
        yield _denied(entry, scene, "basic auth", problem)
        return
    users = _users((BasicAuthPerRoute(settings) if settings else config).users)
    forwarded = config.forward_username_header.lower()
    after = scene
    if forwarded:
        headers = scene.headers()
        headers[forwarded] = [user]
        after = scene.changed(headers)
    wrong = "invalid_credential_for_basic_auth"
    if users is None:
        right, refused = open_ways(
            entry, 2, f"filter {http_filter.name}: whether the password is right (a secret)"
        )
        yield Pass(right, after)
        yield _denied(refused, scene, "basic auth", wrong)
    elif users.get(user) == _sha1(password):
        yield Pass(entry, after)
    else:
        yield _denied(entry, scene, "basic auth", wrong)


def _sha1(password: str) -> str:
    import hashlib

    return base64.b64encode(hashlib.sha1(password.encode("utf-8", "surrogateescape")).digest()).decode()


def _basic(value: str | None) -> tuple[str, str, str]:
    """(user, password, problem) of an Authorization header."""
    if value is None:
        return "", "", "no_credential_for_basic_auth"
    if not value.startswith("Basic "):
        return "", "", _OTHER_SCHEME
    text = value.removeprefix("Basic ")
    try:
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode("utf-8", "replace")
    except (ValueError, binascii.Error):
        decoded = ""
    user, mark, password = decoded.partition(":")
    return user, password, "" if mark else "invalid_format_for_basic_auth"


def _users(source: DataSource | None) -> dict[str, str] | None:
    """User names and the hashes of their passwords; None where the dump does not hold them."""
    match source.specifier if source is not None else None:
        case "inline_string" if source is not None:
            text = source.inline_string
        case "inline_bytes" if source is not None:
            text = source.inline_bytes.decode("utf-8", "replace")
        case _:
            return None
    if _REDACTED in text:
        return None
    pairs = (line.strip().partition(":{SHA}") for line in text.splitlines() if ":{SHA}" in line)
    return {user: digest for user, _, digest in pairs}


def _api_key(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    config, own = http_filter.read(ApiKeyAuth), ApiKeyAuthPerRoute(settings)
    sources = own.key_sources or config.key_sources
    credentials = own.credentials or config.credentials
    forwarding = own.forwarding or config.forwarding or Forwarding({})
    what = "API key"
    if not sources or not credentials:
        yield _denied(entry, scene, what, "missing_credentials" if sources else "missing_key_sources")
        return
    key = next((found for source in sources if (found := _key(source, scene))), "")
    if not key:
        yield _denied(entry, scene, what, "missing_api_key")
        return
    known = {credential.key: credential.client for credential in credentials}
    if _REDACTED in known:
        yield from _perhaps_known(entry, scene, http_filter.name, own, forwarding, sources)
        return
    if key not in known:
        yield _denied(entry, scene, what, "unknown_api_key")
        return
    if own.allowed_clients and known[key] not in own.allowed_clients:
        yield _denied(entry, scene, what, "client_not_allowed", 403)
        return
    yield Pass(entry, _forwarded(scene, forwarding, sources, known[key]))


def _perhaps_known(
    entry: Entry,
    scene: Scene,
    name: str,
    own: ApiKeyAuthPerRoute,
    forwarding: Forwarding,
    sources: Sequence[KeySource],
) -> Iterator[Pass]:
    """A key where the dump does not hold those that are known: it may be none, or one of a client that may not."""
    reason = f"filter {name}: whether the key is a known one (a secret)"
    right, *refused = open_ways(entry, 3 if own.allowed_clients else 2, reason)
    opaque: dict[Part | str, str] = {forwarding.header.lower(): name} if forwarding.header else {}
    yield Pass(right, _forwarded(scene, forwarding, sources, "").changed(opaque=opaque))
    for way, (details, code) in zip(
        refused, (("unknown_api_key", 401), ("client_not_allowed", 403)), strict=False
    ):
        yield _denied(way, scene, "API key", details, code)


def _key(source: KeySource, scene: Scene) -> str:
    if source.header:
        return scene.view.first(source.header.lower()).removeprefix("Bearer ")
    if source.query:
        return urllib.parse.unquote(scene.view.query.get(source.query, ""))
    return scene.view.cookies.get(source.cookie, "")


def _forwarded(scene: Scene, forwarding: Forwarding, sources: Sequence[KeySource], client: str) -> Scene:
    headers = scene.headers()
    if forwarding.header:
        headers[forwarding.header.lower()] = [client]
    for source in sources if forwarding.hide_credentials else ():
        _hide(headers, source)
    return scene.changed(headers)


def _hide(headers: Headers, source: KeySource) -> None:
    if source.header:
        headers.pop(source.header.lower(), None)
    elif source.query and headers.get(":path"):
        bare, _, query = headers[":path"][0].partition("?")
        kept = [part for part in query.split("&") if part.partition("=")[0] != source.query]
        headers[":path"] = [f"{bare}?{'&'.join(kept)}" if kept else bare]


def _injector(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    """A credential written into a header; its value is a secret, that it is there is known."""
    config = http_filter.read(CredentialInjector)
    packed = config.credential.typed_config if config.credential is not None else None
    credential = (packed.as_(Generic) if packed is not None else None) or Generic({})
    name = (credential.header or "authorization").lower()
    if scene.view.values(name) and not config.overwrite:
        yield Pass(entry, scene)
        return
    headers = scene.headers()
    headers[name] = [f"{credential.header_value_prefix}(a secret)"]
    after = scene.changed(headers, opaque={name: http_filter.name})
    if config.allow_request_without_credential:
        yield Pass(entry, after)
        return
    reason = f"filter {http_filter.name}: whether its credential is there (a secret that is fetched)"
    found, missing = open_ways(entry, 2, reason)
    yield Pass(found, after)
    yield _denied(missing, scene, "credential injector", "failed_to_inject_credential")


CONTRACTS: dict[str, Contract[Evaluator]] = {
    "envoy.extensions.filters.http.basic_auth.v3.BasicAuth": Contract(
        _basic_auth, effects(Effect.ENDS, Effect.HEADERS), "filters/http/basic_auth/basic_auth_filter.cc"
    ),
    "envoy.extensions.filters.http.api_key_auth.v3.ApiKeyAuth": Contract(
        _api_key,
        effects(Effect.ENDS, Effect.HEADERS, Effect.PATH),
        "filters/http/api_key_auth/api_key_auth.cc",
    ),
    "envoy.extensions.filters.http.credential_injector.v3.CredentialInjector": Contract(
        _injector,
        effects(Effect.ENDS, Effect.HEADERS),
        "filters/http/credential_injector/credential_injector_filter.cc",
    ),
}
