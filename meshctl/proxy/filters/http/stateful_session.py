"""stateful_session: a cookie or a header names the upstream host.

Theory of operation. The cookie counts only on paths under the configured one; its value is base64 of an address,
or of a small message with the address and an end. The host is taken if the cluster has it and its health is one of
override_host_status; with ``strict`` nothing else is (503 UH), otherwise the load balancer chooses.
Follows source/extensions/filters/http/stateful_session/*.cc, extensions/http/stateful_session/{cookie,header}/*.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from meshctl.envoy.api.extensions_filters_http_stateful_session_v3 import (
    StatefulSession,
    StatefulSessionPerRoute,
)
from meshctl.envoy.api.extensions_http_stateful_session_cookie_v3 import CookieBasedSessionState
from meshctl.envoy.api.extensions_http_stateful_session_header_v3 import HeaderBasedSessionState
from meshctl.envoy.api.type_http_v3 import Cookie
from meshctl.proxy.contract import Contract, Effect, effects
from meshctl.proxy.entry import Entry, Override
from meshctl.proxy.filters.scene import Evaluator, Json, Pass, Scene
from meshctl.proxy.listen.listeners import Filter
from meshctl.proxy.model import Stage, Step


def _evaluate(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    own = StatefulSessionPerRoute(settings)
    session = own.stateful_session or http_filter.read(StatefulSession)
    packed = session.session_state.typed_config if session.session_state is not None else None
    if own.disabled or packed is None:
        yield Pass(entry, scene)
        return
    code = session.status_on_strict_destination_not_found or 503
    cookie, header = packed.as_(CookieBasedSessionState), packed.as_(HeaderBasedSessionState)
    if cookie is not None:
        address = _from_cookie(cookie.cookie, scene)
    elif header is not None:
        address = _plain(scene.view.first(header.name.lower()))
    else:
        kind = packed.type_name.rpartition(".")[2] or "unknown"
        reason = f"filter {http_filter.name}: how it keeps the session ({kind})"
        entry.override = Override("", session.strict, code, reason)
        yield Pass(entry, scene)
        return
    if address:
        entry.override = Override(address, session.strict, code)
        entry.step(lambda: Step(Stage.HTTP_FILTER, "stateful session", f"names host {address}"))
    yield Pass(entry, scene)


def _from_cookie(cookie: Cookie | None, scene: Scene) -> str:
    if cookie is None or not _on_path(cookie.path, scene.view.target or ""):
        return ""
    return _address(scene.view.cookies.get(cookie.name, ""), scene.proxy.now)


def _on_path(path: str, target: str) -> bool:
    """Whether a request is under the cookie's path."""
    if path in ("", "/"):
        return True
    if not target.startswith(path):
        return False
    return path.endswith("/") or target[len(path) : len(path) + 1] in ("", "/", "?", "#")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return b""


def _plain(text: str) -> str:
    return _decoded(text).decode("latin-1")


def _address(text: str, now: float) -> str:
    """The address in a cookie: as a message (1: address, 2: end in seconds), else as it stands."""
    raw = _decoded(text)
    found = _message(raw)
    if found is None:
        return raw.decode("latin-1")
    address, end = found
    return "" if end and end < now else address


def _message(raw: bytes) -> tuple[str, int] | None:
    """envoy.Cookie; None when the bytes are no such message."""
    address, end, index = "", 0, 0
    while index < len(raw):
        tag, index = raw[index], index + 1
        if tag not in (0x0A, 0x10):
            return None
        value, index = _varint(raw, index)
        if value is None:
            return None
        if tag == 0x10:
            end = value
        elif index + value > len(raw):
            return None
        else:
            address, index = raw[index : index + value].decode("latin-1"), index + value
    return address, end


def _varint(raw: bytes, index: int) -> tuple[int | None, int]:
    value = shift = 0
    while index < len(raw) and shift < 64:
        byte, index = raw[index], index + 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, index
    return None, index


CONTRACTS: dict[str, Contract[Evaluator]] = {
    "envoy.extensions.filters.http.stateful_session.v3.StatefulSession": Contract(
        _evaluate, effects(Effect.HOST), "filters/http/stateful_session/stateful_session.cc"
    ),
}
