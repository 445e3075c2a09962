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

from meshctl.envoy.anys import unpack
from meshctl.proxy.contract import Contract, Effect, effects
from meshctl.proxy.entry import Entry, Override
from meshctl.proxy.filters.scene import Evaluator, Json, Pass, Scene
from meshctl.proxy.listen.listeners import Filter
from meshctl.proxy.model import Stage, Step

_STATES = "envoy.extensions.http.stateful_session."


def _evaluate(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    fields = settings.get("stateful_session") or http_filter.fields
    state = fields.get("session_state")
    if settings.get("disabled") or state is None:
        yield Pass(entry, scene)
        return
    name, config = unpack(state.get("typed_config"))
    strict = bool(fields.get("strict"))
    code = int(fields.get("status_on_strict_destination_not_found") or 503)
    if name == f"{_STATES}cookie.v3.CookieBasedSessionState":
        address = _from_cookie(config.get("cookie") or {}, scene)
    elif name == f"{_STATES}header.v3.HeaderBasedSessionState":
        address = _plain(scene.view.first(str(config.get("name") or "").lower()))
    else:
        reason = (
            f"filter {http_filter.name}: how it keeps the session ({name.rpartition('.')[2] or 'unknown'})"
        )
        entry.override = Override("", strict, code, reason)
        yield Pass(entry, scene)
        return
    if address:
        entry.override = Override(address, strict, code)
        entry.step(lambda: Step(Stage.HTTP_FILTER, "stateful session", f"names host {address}"))
    yield Pass(entry, scene)


def _from_cookie(cookie: Json, scene: Scene) -> str:
    if not _on_path(str(cookie.get("path") or ""), scene.view.target or ""):
        return ""
    return _address(scene.view.cookies.get(str(cookie.get("name") or ""), ""), scene.proxy.now)


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
