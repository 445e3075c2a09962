"""Addresses of listeners and endpoints (envoy/config/core/v3/address.proto), partial for tables."""

from __future__ import annotations

import msgspec


class SocketAddress(msgspec.Struct, gc=False):
    address: str = ""
    port_value: int = 0
    named_port: str = ""
    protocol: str | int | None = None


class Pipe(msgspec.Struct, gc=False):
    path: str = ""


class InternalAddress(msgspec.Struct, gc=False):
    server_listener_name: str | None = None
    endpoint_id: str = ""


class Address(msgspec.Struct, gc=False):
    """One of three: a socket, a Unix socket, or a listener inside the same Envoy."""

    socket_address: SocketAddress | None = None
    pipe: Pipe | None = None
    envoy_internal_address: InternalAddress | None = None

    @property
    def port(self) -> int:
        return self.socket_address.port_value if self.socket_address else 0


class AdditionalAddress(msgspec.Struct, gc=False):
    address: Address | None = None


def bracketed(address: str, port: int) -> str:
    """``10.0.0.1:80`` and ``[fd00::1]:80``: the form that can be read back."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def host_and_port(text: str) -> tuple[str, int] | None:
    """What ``bracketed`` writes, read back; None where the text is no address with a port."""
    host, colon, port = text.strip().rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    return (host, int(port)) if colon and host and port.isascii() and port.isdigit() else None


def readable(address: Address | None) -> str:
    """An address for people, unambiguous also for IPv6."""
    if address is None:
        return "-"
    if address.socket_address:
        return bracketed(address.socket_address.address, address.socket_address.port_value)
    if address.pipe:
        return f"unix://{address.pipe.path}"
    internal = address.envoy_internal_address
    if internal is None:
        return "-"
    name = f"envoy://{internal.server_listener_name or ''}"
    return f"{name}/{internal.endpoint_id}" if internal.endpoint_id else name
