"""Format strings with command operators (``%REQ(X-A)%``), filled in from what is known of a request.

Theory of operation. A string is text and operators; ``%%`` is a percent sign. An operator without a value is "-", or
nothing where the string is a header's value. An operator that depends on what is not known here (a time, a host name,
an upstream) raises Undecidable with its name.
Follows source/common/formatter/{substitution_formatter,stream_info_formatter,http_specific_formatter}.cc.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any

from meshctl.envoy.addresses import bracketed
from meshctl.envoy.message import Undecidable
from meshctl.match.address_ranges import Untold
from meshctl.match.request_view import NOTHING, Headers, Opaque, Part, Peer, ask
from meshctl.patterns import expression
from meshctl.values import Struct, field

_OPERATOR = expression(r"%%|%([A-Z0-9_]+)(?:\(((?:[^()]|\([^()]*\))*)\))?(?::(\d+))?%")


class Known(Struct, frozen=True):
    """What a format string may ask of a request and its connection."""

    headers: Headers
    protocol: str = "HTTP/1.1"
    client: str = ""  # the address that Envoy trusts
    peer_ip: str = ""  # of the connection
    peer_port: int | None = None
    local: tuple[str, int] = ("", 0)
    server_name: str = ""
    certificate: Peer | None = None
    route_name: str = ""
    virtual_host: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    filter_state: Mapping[str, str] = field(default_factory=dict)
    opaque: Opaque = field(default_factory=lambda: NOTHING)  # what filters may have changed of it


def _request_header(known: Known, argument: str) -> str | None:
    """``X-A?X-B``: the first header, else the second."""
    for name in argument.split("?"):
        if known.opaque:
            ask(known.opaque, _header_name(name))
        found = known.headers.get(_header_name(name))
        if found:
            return found[0]
    return None


def _header_name(name: str) -> str:
    lowered = name.strip().lower()
    return ":authority" if lowered == "host" else lowered


def _metadata(known: Known, argument: str) -> str | None:
    if owner := known.opaque.get(Part.METADATA):
        raise Undecidable(f"the metadata {argument} may be set by {owner}")
    value: Any = known.metadata
    for key in argument.split(":"):
        value = value.get(key) if isinstance(value, Mapping) else None
    if value is None or isinstance(value, str):
        return value
    raise Undecidable(f"how Envoy writes the metadata {argument} is not known")


def _filter_state(known: Known, argument: str) -> str | None:
    if owner := known.opaque.get(Part.FILTER_STATE):
        raise Undecidable(f"filter state {argument} may be set by {owner}")
    return known.filter_state.get(argument.split(":", 1)[0])


def _address(ip: str, port: int | None) -> str | None:
    return bracketed(ip, _port(port)) if ip else None


def _client(known: Known) -> str:
    if isinstance(known.client, Untold):
        raise Undecidable(known.client)
    return known.client


def _port(port: int | None) -> int:
    if port is None:
        raise Undecidable("the client's port is not known")
    return port


def _certificate(known: Known, names: Callable[[Peer], tuple[str, ...]]) -> str | None:
    return ",".join(names(known.certificate)) or None if known.certificate is not None else None


_OPERATORS: dict[str, Callable[[Known, str], str | None]] = {
    "REQ": _request_header,
    "REQUEST_HEADER": _request_header,
    "PROTOCOL": lambda known, _: known.protocol,
    "DOWNSTREAM_REMOTE_ADDRESS": lambda known, _: _address(_client(known), known.peer_port),
    "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT": lambda known, _: _client(known) or None,
    "DOWNSTREAM_REMOTE_PORT": lambda known, _: str(_port(known.peer_port)),
    "DOWNSTREAM_DIRECT_REMOTE_ADDRESS": lambda known, _: _address(known.peer_ip, known.peer_port),
    "DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT": lambda known, _: known.peer_ip or None,
    "DOWNSTREAM_DIRECT_REMOTE_PORT": lambda known, _: str(_port(known.peer_port)),
    "DOWNSTREAM_LOCAL_ADDRESS": lambda known, _: _address(*known.local),
    "DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT": lambda known, _: known.local[0] or None,
    "DOWNSTREAM_LOCAL_PORT": lambda known, _: str(known.local[1]),
    "REQUESTED_SERVER_NAME": lambda known, _: known.server_name or None,
    "DOWNSTREAM_PEER_URI_SAN": lambda known, _: _certificate(known, lambda peer: peer.uris),
    "DOWNSTREAM_PEER_DNS_SAN": lambda known, _: _certificate(known, lambda peer: peer.dns),
    "ROUTE_NAME": lambda known, _: known.route_name or None,
    "VIRTUAL_HOST_NAME": lambda known, _: known.virtual_host or None,
    "DYNAMIC_METADATA": _metadata,
    "FILTER_STATE": _filter_state,
}


@functools.cache
def is_plain(text: str) -> bool:
    """Whether a text has no operator in it."""
    return "%" not in text


def fill(text: str, known: Known | None, *, absent: str = "") -> str:
    """The text with its operators filled in; ``absent`` stands for a value that is not there.

    Raises Undecidable for an operator whose value cannot be known.
    """
    if is_plain(text):
        return text

    def value(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        operator = _OPERATORS.get(found[1])
        if operator is None or known is None:
            raise Undecidable(f"the value of {found[0]} is not known")
        got = operator(known, found[2] or "")
        if got is None:
            return absent
        return got[: int(found[3])] if found[3] else got

    return _OPERATOR.sub(value, text)
