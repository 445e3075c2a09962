"""What a line of ``--requests`` may say: every key by name, with the kind of value it takes.

Theory of operation. A line is checked before it is asked. A key that nobody reads, a value of another kind, an
expectation that expects nothing: each would let a test pass that tests nothing, so each is an error of its line, by
name. The shapes are tables. Keys of recordings (what was observed, by whom) are remarks: they are allowed at the top of a line and mean nothing here.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from meshctl.errors import InputError
from meshctl.plain import Json
from meshctl.values import Struct


class Kind(Struct, frozen=True):
    """A kind of value: how it is called, and whether a value is of it."""

    name: str
    fits: Callable[[Any], bool]


def one_of(*words: str) -> Kind:
    """One of these words."""
    return Kind(f"one of {', '.join(words)}", lambda value: value in words)


def _number(value: Any, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _names(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(v, str) for v in value))


def _values(value: Any) -> bool:
    """A header's value, or a list of them."""
    return all(_plain(v) for v in value) if isinstance(value, list) else _plain(value)


def _plain(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _headers(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_values, value.values()))
    return isinstance(value, list) and all(
        isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) and _plain(pair[1])
        for pair in value
    )


TEXT = Kind("a text", lambda value: isinstance(value, str))
OPTIONAL = Kind("a text or null", lambda value: value is None or isinstance(value, str))
NUMBER = Kind("a number", lambda value: _number(value, 1 << 32))
PORT = Kind("a port (0 to 65535)", lambda value: _number(value, 65535))
FLAG = Kind("true or false", lambda value: isinstance(value, bool))
NAMES = Kind("a text or a list of texts", _names)
LIST = Kind("a list of texts", lambda value: value is None or (isinstance(value, list) and _names(value)))
HEADERS = Kind("an object or a list of [name, value] pairs", _headers)
OBJECT = Kind("an object", lambda value: isinstance(value, dict))
ANY = Kind("anything", lambda value: True)
TLS_VERSION = one_of("", "TLS_AUTO", "TLSv1_0", "TLSv1_1", "TLSv1_2", "TLSv1_3")
PROTOCOL = one_of("HTTP/1.1", "HTTP/1.0", "HTTP/2", "HTTP/3")
FIRST_BYTES = one_of("raw", "tls", "none", "http1", "http1.0", "http-odd-method", "h2c")
REQUEST_KIND = one_of("http1", "http10", "h2c", "https", "https2", "tcp", "tls")

Shape = Mapping[str, Kind]

_TLS: Shape = {
    "sni": OPTIONAL, "alpn": LIST, "tls_max": TLS_VERSION, "client_cert": TEXT, "cert_san": NAMES, "cert_subject": TEXT,
}  # fmt: skip
_HTTP: Shape = {
    "method": TEXT, "authority": OPTIONAL, "host": OPTIONAL, "path": OPTIONAL, "headers": HEADERS, "scheme": OPTIONAL,
    "absolute_form": TEXT, "body": TEXT, "timeout": NUMBER,
}  # fmt: skip
AT_PROXY: Shape = {
    **_HTTP, **_TLS, "port": PORT, "protocol": PROTOCOL, "src_ip": TEXT, "dst_ip": TEXT, "tls": FLAG,
}  # fmt: skip
THROUGH: Shape = {
    **_HTTP, **_TLS, "kind": REQUEST_KIND, "to_ip": TEXT, "to_port": PORT, "data": TEXT, "protocol": ANY,
}  # fmt: skip
CONNECTION: Shape = {
    **_TLS, "direction": one_of("outbound", "inbound"), "family": NUMBER, "src_ip": TEXT, "src_port": PORT,
    "dst_ip": TEXT, "dst_port": PORT, "first_bytes": FIRST_BYTES, "tls": FLAG, "proxy_protocol": ANY, "request": OBJECT,
}  # fmt: skip
PROXY_HEADER: Shape = {
    "src_ip": TEXT, "src_port": PORT, "dst_ip": TEXT, "dst_port": PORT, "version": NUMBER,
}  # fmt: skip
_LINE: Shape = {"id": ANY, "from": TEXT, "uid": NUMBER, "expect": OBJECT}
URL_LINE: Shape = {
    **_LINE, **_TLS, "url": TEXT, "method": TEXT, "headers": HEADERS, "protocol": PROTOCOL, "tls": FLAG, "to": TEXT,
    "resolve": NAMES, "sender": TEXT,
}  # fmt: skip
REQUEST_LINE: Shape = {**_LINE, "request": OBJECT, "connection": OBJECT}
# What recordings and people write beside a question; it means nothing to the trace.
REMARKS = frozenset(
    "note comment description tags observed feature topic case dump profile clusters what why_ip client client_local"
    " client_capture arrival hops repeats".split()
)
_REMARK_BEGINNINGS = ("_", "x-", "envoy_")


def is_line(value: object) -> bool:
    """Whether a value looks like a line of requests, rather than a part of some other document."""
    return isinstance(value, dict) and not value.keys().isdisjoint(
        ("request", "connection", "url", "expect", "from", "id")
    )


def check_line(line: Json) -> None:
    """Raises InputError that names every key and value of a line which nobody would read."""
    asked = [name for name in ("url", "request", "connection") if name in line]
    top = URL_LINE if asked[:1] == ["url"] else REQUEST_LINE if asked else {**URL_LINE, **REQUEST_LINE}
    own = {name: value for name, value in line.items() if not _is_remark(name)}
    problems = list(_problems(own, top, "the line"))
    if not asked:
        problems.append("the line has none of `url`, `request` and `connection`")
    elif len(asked) > 1:
        problems.append(f"`{asked[0]}` and `{asked[1]}` exclude each other")
    for name in asked:
        if isinstance(line[name], dict):
            problems += _question_problems(name, line[name])
    if problems:
        raise InputError("; ".join(dict.fromkeys(problems)))


def _question_problems(name: str, question: Json) -> list[str]:
    if name == "request":
        return list(_problems(question, request_shape(question), "`request`"))
    problems = list(_problems(question, CONNECTION, "`connection`"))
    inner, header = question.get("request"), question.get("proxy_protocol")
    if isinstance(inner, dict):
        problems += _problems(inner, AT_PROXY, "`connection.request`")
    if isinstance(header, dict):
        problems += _problems(header, PROXY_HEADER, "`connection.proxy_protocol`")
    return problems


def request_shape(request: Json) -> Shape:
    """A request is for one proxy where it names the listener's port, else for a mesh."""
    return AT_PROXY if "port" in request and "to_ip" not in request else THROUGH


def _is_remark(name: str) -> bool:
    return name in REMARKS or name.startswith(_REMARK_BEGINNINGS)


def _problems(value: Json, shape: Shape, where: str) -> Iterable[str]:
    for name, given in value.items():
        kind = shape.get(name)
        if kind is None:
            yield unknown_key(name, shape, where)
        elif not kind.fits(given):
            yield f"`{name}` of {where} must be {kind.name}"


def unknown_key(name: str, known: Iterable[str], where: str) -> str:
    """A sentence about a key that nobody reads, with the nearest that is read."""
    near = difflib.get_close_matches(name, list(known), 1)
    return f"{where} has an unknown key `{name}`" + (f" (is `{near[0]}` meant?)" if near else "")
