"""Words that stand for numbers: ports by service name, marks with masks, ICMP types."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

# The names iptables and nft print instead of numbers (from /etc/services); the few that occur in pods.
SERVICES = {
    "ftp-data": 20,
    "ftp": 21,
    "ssh": 22,
    "telnet": 23,
    "smtp": 25,
    "time": 37,
    "domain": 53,
    "bootps": 67,
    "bootpc": 68,
    "tftp": 69,
    "gopher": 70,
    "http": 80,
    "kerberos": 88,
    "pop3": 110,
    "sunrpc": 111,
    "ntp": 123,
    "netbios-ns": 137,
    "imap2": 143,
    "imap": 143,
    "snmp": 161,
    "bgp": 179,
    "ldap": 389,
    "https": 443,
    "microsoft-ds": 445,
    "submission": 587,
    "ldaps": 636,
    "domain-s": 853,
    "imaps": 993,
    "pop3s": 995,
    "ms-sql-s": 1433,
    "nfs": 2049,
    "mysql": 3306,
    "postgresql": 5432,
    "amqp": 5672,
    "x11": 6000,
    "http-alt": 8080,
    "webcache": 8080,
    "tproxy": 8081,
    "zabbix-agent": 10050,
}
ICMP_TYPES = {
    "echo-reply": 0,
    "destination-unreachable": 3,
    "source-quench": 4,
    "redirect": 5,
    "echo-request": 8,
    "time-exceeded": 11,
    "parameter-problem": 12,
    "timestamp-request": 13,
    "timestamp-reply": 14,
}


def integer(text: str) -> int:
    """A number as iptables and nft write it: decimal, 0x hexadecimal, or a leading-zero octal."""
    text = text.strip()
    if len(text) > 1 and text[0] == "0" and text.isdigit():
        return int(text, 8)
    return int(text, 0)


def port_number(text: str) -> int:
    """A port, by number or by the name of a service."""
    name = text.strip().lower()
    port = SERVICES.get(name)
    if port is None:
        port = integer(name)
    if not 0 <= port <= 0xFFFF:
        raise ValueError(f"port {port} is out of range")
    return port


def number_range(
    text: str, number: Callable[[str], int] = integer, separators: str = ":-"
) -> tuple[int, int]:
    """``80``, ``80:90``, ``:90``, ``80:`` or ``80-90`` as a closed range of ports."""
    if text.strip().lower() in SERVICES:
        return (number(text), number(text))
    for separator in separators:
        if separator in text:
            low, _, high = text.partition(separator)
            return (number(low) if low else 0, number(high) if high else 0xFFFF)
    return (number(text), number(text))


def numbers(text: str) -> tuple[int, int]:
    """``value[/mask]`` of a mark; without a mask all 32 bits count."""
    value, slash, mask = text.partition("/")
    return integer(value), integer(mask) if slash else 0xFFFFFFFF


def is_address(text: str) -> bool:
    """Whether this is an IP address, or a range ``LOW-HIGH`` of them."""
    try:
        return all(map(ipaddress.ip_address, text.split("-", 1)))
    except ValueError:
        return False
