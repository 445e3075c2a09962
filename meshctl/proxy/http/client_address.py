"""Who the client is: the address that Envoy trusts, and whether a request counts as internal.

Theory of operation. With use_remote_address the peer of the connection is the client, or the address that
xff_num_trusted_hops proxies in front have written into x-forwarded-for. Without, the detection extensions are asked
in order (x-forwarded-for by default); behind one that meshctl does not know the address is not known. Internal is only what internal_address_config says, and only where the address
is the only one of the list. Follows source/common/http/{conn_manager_utility,utility}.cc and
source/extensions/http/original_ip_detection.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from meshctl.envoy.api.config_core_v3 import CidrRange, TypedExtensionConfig
from meshctl.envoy.api.extensions_filters_network_http_connection_manager_v3 import HttpConnectionManager
from meshctl.envoy.api.extensions_http_original_ip_detection_custom_header_v3 import CustomHeaderConfig
from meshctl.envoy.api.extensions_http_original_ip_detection_xff_v3 import XffConfig
from meshctl.envoy.api.type_v3 import HttpStatus
from meshctl.envoy.message import Choice
from meshctl.match import address_ranges
from meshctl.match.address_ranges import Untold
from meshctl.match.request_view import Headers
from meshctl.values import Struct

_HTTP_CODES_OF_ERRORS = range(400, 600)


class Client(Struct, frozen=True):
    """``address`` as trusted; ``alone``: internal_address_config may be asked about it; ``append``: the peer's
    address goes to x-forwarded-for; ``rejected``: the code of an extension that ends the request."""

    address: str
    alone: bool = False
    append: bool = False
    rejected: int = 0


def of(config: HttpConnectionManager, headers: Headers, peer: str) -> Client:
    """The client of a request, by its headers as they came."""
    if config.use_remote_address:
        hops = config.xff_num_trusted_hops
        found = _from_right(headers, hops - 1)[0] if hops else ""
        return Client(found or peer, "x-forwarded-for" not in headers, not config.skip_xff_append)
    if not config.original_ip_detection_extensions:
        address, alone = _from_right(headers, config.xff_num_trusted_hops)
        return Client(address or peer, bool(address) and alone)
    return _detected(config.original_ip_detection_extensions, headers, peer)


def _detected(extensions: Iterable[TypedExtensionConfig], headers: Headers, peer: str) -> Client:
    append = False
    for extension in extensions:
        packed = extension.typed_config
        found: Client | None = None
        if packed is not None and (xff := packed.as_(XffConfig)) is not None:
            found = _by_xff(xff, headers, peer)
        elif packed is not None and (custom := packed.as_(CustomHeaderConfig)) is not None:
            found = _by_header(custom, headers)
        if found is None:
            return Client(
                Untold(f"the client's address is found by {extension.name}, which meshctl does not know")
            )
        append = append or found.append
        if found.rejected:
            return found
        if found.address:
            return Client(found.address, found.alone, append)
    return Client(peer, append=append)


def _by_xff(config: XffConfig, headers: Headers, peer: str) -> Client:
    append = config.skip_xff_append is False
    if config.xff_trusted_cidrs is None:
        return Client(*_from_right(headers, config.xff_num_trusted_hops), append)
    trusted = config.xff_trusted_cidrs.cidrs
    if not _within(peer, trusted):
        return Client("", append=True)
    address, alone = _first_untrusted(headers, trusted)
    return Client(address, alone, append)


def _by_header(config: CustomHeaderConfig, headers: Headers) -> Client:
    value = (headers.get(config.header_name.lower()) or [""])[0]
    if address_ranges.number(value):
        return Client(value, config.allow_extension_to_set_address_as_trusted)
    if config.reject_with_status is None:
        return Client("")
    code = _code(config.reject_with_status)
    return Client("", rejected=code if code in _HTTP_CODES_OF_ERRORS else 403)


def _code(status: HttpStatus) -> int:
    """The number of a status that the API has by name."""
    choice = cast("Choice[str]", HttpStatus.fields()["code"])
    numbers = {name: number for number, name in choice.numbers.items()}
    return numbers[status.code]


def _parts(headers: Headers) -> list[str]:
    forwarded = headers.get("x-forwarded-for")
    return [part.strip() for part in ",".join(forwarded).split(",")] if forwarded else []


def _from_right(headers: Headers, skip: int) -> tuple[str, bool]:
    """The address at this place of x-forwarded-for, and whether it is the only one."""
    parts = _parts(headers)
    if skip >= len(parts):
        return "", False
    address = parts[-1 - skip]
    if not address_ranges.number(address):
        return "", False
    return address, len(parts) == 1 and skip == 0


def _first_untrusted(headers: Headers, trusted: tuple[CidrRange, ...]) -> tuple[str, bool]:
    """From the right, the first address that no trusted range has; the leftmost where all are trusted."""
    parts = _parts(headers)
    last = ""
    for position, part in enumerate(reversed(parts)):
        if not address_ranges.number(part):
            return "", False
        last = part
        if not _within(part, trusted):
            return part, len(parts) == 1 and position == 0
    return last, len(parts) == 1


def _within(address: str, ranges: Iterable[CidrRange]) -> bool:
    found = (address_ranges.parse(cidr.raw) for cidr in ranges)
    return any(cidr is not None and address_ranges.contains(cidr, address) for cidr in found)


def is_internal(config: HttpConnectionManager, client: Client) -> bool:
    """Whether internal_address_config takes the client for one of the mesh (nothing is internal by default)."""
    ranges = config.internal_address_config.cidr_ranges if config.internal_address_config else ()
    return client.alone and _within(client.address, ranges)
