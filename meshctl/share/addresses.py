"""Stable pseudonyms for IP addresses that keep which addresses lie in which network.

Theory of operation. Bit i of a pseudonym depends on the key and on the i bits before it alone (the scheme of
Crypto-PAn, Xu et al. 2002): two addresses share exactly as many leading bits as their pseudonyms do, so an
address lies in a CIDR if and only if the pseudonyms do. What routing gives a meaning to stays as it is: loopback,
link-local, multicast and unspecified addresses whole, and of the others the leading bits that say private,
shared, public or Istio's own 240.240.0.0/16.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import ipaddress
import re


def _leading(text: str) -> str:
    """The bits of a network's prefix."""
    network = ipaddress.IPv4Network(text)
    return format(int(network.network_address), "032b")[: network.prefixlen]


# How many leading bits of the addresses in a network stay, and of those that share some of its prefix as far as they do
# and the bit in which they differ: else a public 192.0.2.9 could become a private 192.168.x.
_V4_KEPT: tuple[tuple[str, int], ...] = (
    (_leading("172.16.0.0/12"), 12),
    (_leading("192.168.0.0/16"), 16),
    (_leading("100.64.0.0/10"), 10),
    (_leading("169.254.0.0/16"), 16),
    (_leading("240.0.0.0/4"), 16),
    (_leading("0.0.0.0/0"), 8),
)
_WHOLE = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "255.255.255.255/32",
        "::/96", "fe80::/10", "ff00::/8",
    )
)  # fmt: skip
_V6_KEPT_BITS = 16

# An address in a text: not a part of a longer number or name.
V4 = re.compile(r"(?<![\dv-])(?<!\d\.)(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2})?(?!\.?\d|[A-Za-z]|-[A-Za-z])")
V6 = re.compile(
    r"(?<![0-9A-Za-z:.])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f]{0,4})(?:/\d{1,3})?(?![0-9A-Za-z:])"
)


class AddressPseudonyms:
    """Maps addresses and networks with one key; the same key always gives the same pseudonym."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._cached = functools.lru_cache(maxsize=100_000)(self._map)

    def address(self, text: str) -> str:
        """The pseudonym of an address or of ``address/bits``; the text itself where it is neither."""
        base, slash, bits = text.partition("/")
        try:
            address = ipaddress.ip_address(base)
        except ValueError:
            return text
        return self._cached(address, int(bits) if slash and bits.isdigit() else None) + slash + bits

    def _map(self, address: ipaddress.IPv4Address | ipaddress.IPv6Address, prefix: int | None) -> str:
        if any(address.version == net.version and address in net for net in _WHOLE):
            return str(address)
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            return f"::ffff:{self._map(address.ipv4_mapped, None)}"
        size = 32 if address.version == 4 else 128
        bits = format(int(address), f"0{size}b")
        out = ""
        for index in range(size):
            host_bit = prefix is not None and index >= prefix  # zero, and stays what it is
            if host_bit or _is_kept(bits, index):
                out += bits[index]
                continue
            digest = hmac.digest(self._key, f"{address.version}:{bits[:index]}".encode(), hashlib.sha256)
            out += str(int(bits[index]) ^ (digest[0] & 1))
        number = int(out, 2)
        return str(ipaddress.IPv4Address(number) if address.version == 4 else ipaddress.IPv6Address(number))

    def text(self, text: str) -> str:
        """A text with every address in it replaced."""
        if "." in text:
            text = V4.sub(lambda m: self.address(m[0]), text)
        if text.count(":") > 1:
            text = V6.sub(lambda m: self.address(m[0]), text)
        return text


def _is_kept(bits: str, index: int) -> bool:
    """Whether a bit says what kind of address it is. Only the bits before it decide, so networks stay networks."""
    if len(bits) == 128:
        return index < _V6_KEPT_BITS
    before = bits[:index]
    return any(
        index < most and (before.startswith(prefix) or prefix.startswith(before)) for prefix, most in _V4_KEPT
    )
