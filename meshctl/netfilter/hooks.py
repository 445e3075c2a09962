"""Where the kernel calls tables, and in which order.

iptables' built-in chains are base chains with fixed priorities (NF_IP_PRI_* in
include/uapi/linux/netfilter_ipv4.h); nft names the same numbers (nft(8), "standard priority names").
"""

from __future__ import annotations

from meshctl.netfilter.packet import Hook

# The number at which connection tracking itself runs (NF_IP_PRI_CONNTRACK), and at which nat chains run.
CONNTRACK_PRIORITY = -200
NAT_DST_PRIORITY = -100
NAT_SRC_PRIORITY = 100

BUILTIN_HOOKS = {
    "PREROUTING": Hook.PREROUTING,
    "INPUT": Hook.INPUT,
    "FORWARD": Hook.FORWARD,
    "OUTPUT": Hook.OUTPUT,
    "POSTROUTING": Hook.POSTROUTING,
}

TABLE_PRIORITIES = {"raw": -300, "mangle": -150, "nat": -100, "filter": 0, "security": 50}

TABLE_CHAINS = {
    "raw": ("PREROUTING", "OUTPUT"),
    "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    "filter": ("INPUT", "FORWARD", "OUTPUT"),
    "security": ("INPUT", "FORWARD", "OUTPUT"),
}

PRIORITY_NAMES = {
    "raw": -300,
    "mangle": -150,
    "dstnat": -100,
    "filter": 0,
    "security": 50,
    "srcnat": 100,
}


def builtin_priority(table: str, chain: str) -> int:
    """Priority of an iptables built-in chain: source nat happens after everything else."""
    if table == "nat" and chain in ("INPUT", "POSTROUTING"):
        return NAT_SRC_PRIORITY
    return TABLE_PRIORITIES[table]


def builtin_type(table: str, chain: str) -> str:
    """Chain type as nft would call it; mangle OUTPUT routes again after a change."""
    if table == "nat":
        return "nat"
    return "route" if (table, chain) == ("mangle", "OUTPUT") else "filter"
