"""Istio's capture rules in the order Istio makes them, written for iptables and for nft at once.

The order is semantics: exclusions come before the jumps they are exclusions from, ``-I`` rules end up
first. Each function below is one group of rules of istio's tools/istio-iptables/pkg/capture/run.go and
tools/istio-nftables/pkg/capture/run.go, and yields every rule twice: as words of an iptables command
and as words of an nft command (where the two forms do not run parallel, only one of them).
``compute`` arranges the result into scripts.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.netfilter.istio.settings import CaptureSettings, Ranges, ranges, split
from meshctl.values import Struct

V4, V6, BOTH = "v4", "v6", "v4 v6"
DNS_PORT = "15053"
OUTBOUND_MARK = "1338"
LO4, LO6 = "127.0.0.6/32", "::6/128"


class Planned(Struct, frozen=True):
    """One rule of one form. For nft the words before and after ``counter`` stand apart."""

    form: str  # "iptables" or "nft"
    table: str
    chain: str
    words: str
    action: str
    families: str = BOTH
    insert: int | None = None  # position from 0


def ipt(
    table: str, chain: str, words: str, action: str, families: str = BOTH, insert: int | None = None
) -> Planned:
    """A rule for iptables."""
    return Planned("iptables", table, chain, words, action, families, insert)


def nft(
    table: str, chain: str, words: str, action: str, families: str = V4, insert: int | None = None
) -> Planned:
    """A rule for nft; one of IPv6 alone is made only where IPv6 is on."""
    return Planned("nft", table, chain, words, action, families, insert)


Plan = Iterator[Planned]


class Context(Struct, frozen=True):
    """The settings, with what several groups of rules need of them."""

    settings: CaptureSettings
    include: tuple[Ranges, Ranges]
    exclude: tuple[Ranges, Ranges]

    @property
    def keeps_loopback(self) -> bool:
        """Whether loopback destinations are to be captured, so that they must not be returned early."""
        return self.include[0].loopback or self.include[1].loopback

    @property
    def loopbacks(self) -> tuple[tuple[str, str, str], ...]:
        """(family, nft keyword, network) of what counts as loopback."""
        return ((V4, "ip", self.settings.loopback), (V6, "ip6", "::1/128"))


def plan(settings: CaptureSettings) -> list[Planned]:
    """All rules, in Istio's order."""
    context = Context(
        settings, ranges(settings.outbound_ranges_include), ranges(settings.outbound_ranges_exclude)
    )
    return [planned for group in GROUPS for planned in group(context)]


def excluded_interfaces(context: Context) -> Plan:
    """Nothing is captured on these."""
    settings = context.settings
    for table in ("nat", "mangle") if settings.tproxy else ("nat",):
        for name in split(settings.exclude_interfaces):
            yield ipt(table, "PREROUTING", f"-i {name}", "RETURN")
            yield nft(table, "prerouting", f"iifname {name}", "return")
            yield ipt(table, "OUTPUT", f"-o {name}", "RETURN")
            yield nft(table, "output", f"oifname {name}", "return")


def virtual_interfaces_return(context: Context) -> Plan:
    """What comes in by a virtual machine's interface is its outbound traffic: not for ISTIO_INBOUND."""
    for name in split(context.settings.virtual_interfaces):
        yield ipt("nat", "PREROUTING", f"-i {name}", "RETURN", insert=0)
        yield nft("nat", "prerouting", f"iifname {name}", "return", insert=0)


def drop_invalid(context: Context) -> Plan:
    """Packets outside their connection's window are dropped instead of answered with a reset."""
    if context.settings.drop_invalid:
        yield ipt("mangle", "PREROUTING", "-m conntrack --ctstate INVALID", "ISTIO_DROP")
        yield nft("mangle", "prerouting", "meta l4proto tcp ct state invalid", "jump istio-drop")
        yield ipt("mangle", "ISTIO_DROP", "", "DROP")
        yield nft("mangle", "istio-drop", "", "drop")


def redirect_chains(context: Context) -> Plan:
    """The chains that redirect, and the tunnel port that is never redirected."""
    settings = context.settings
    yield ipt("nat", "ISTIO_INBOUND", f"-p tcp --dport {settings.tunnel_port}", "RETURN")
    yield nft("nat", "istio-inbound", f"meta l4proto tcp tcp dport {settings.tunnel_port}", "return")
    for old, new, port in (
        ("ISTIO_REDIRECT", "istio-redirect", settings.proxy_port),
        ("ISTIO_IN_REDIRECT", "istio-in-redirect", settings.inbound_capture_port),
    ):
        yield ipt("nat", old, "-p tcp", f"REDIRECT --to-ports {port}")
        yield nft("nat", new, "meta l4proto tcp", f"redirect to :{port}")


def inbound(context: Context) -> Plan:
    """Which inbound ports go to Envoy."""
    settings = context.settings
    if not settings.inbound_ports_include:
        return
    table = "mangle" if settings.tproxy else "nat"
    if settings.tproxy:
        yield from _tproxy_chains(context)
    yield ipt(table, "PREROUTING", "-p tcp", "ISTIO_INBOUND")
    yield nft(table, "prerouting", "meta l4proto tcp", "jump istio-inbound")
    if settings.inbound_ports_include == "*":
        for port in split(settings.inbound_ports_exclude):
            yield ipt(table, "ISTIO_INBOUND", f"-p tcp --dport {port}", "RETURN")
            yield nft(table, "istio-inbound", f"meta l4proto tcp tcp dport {port}", "return")
        yield from _captured_inbound(settings.tproxy, "")
    else:
        for port in split(settings.inbound_ports_include):
            yield from _captured_inbound(settings.tproxy, port)


def _captured_inbound(tproxy: bool, port: str) -> Plan:
    old, new = (f" --dport {port}", f" tcp dport {port}") if port else ("", "")
    if not tproxy:
        yield ipt("nat", "ISTIO_INBOUND", f"-p tcp{old}", "ISTIO_IN_REDIRECT")
        yield nft("nat", "istio-inbound", f"meta l4proto tcp{new}", "jump istio-in-redirect")
        return
    established = "-m conntrack --ctstate RELATED,ESTABLISHED"
    yield ipt("mangle", "ISTIO_INBOUND", f"-p tcp{old} {established}", "ISTIO_DIVERT")
    yield nft(
        "mangle", "istio-inbound", f"meta l4proto tcp ct state related,established{new}", "jump istio-divert"
    )
    yield ipt("mangle", "ISTIO_INBOUND", f"-p tcp{old}", "ISTIO_TPROXY")
    yield nft("mangle", "istio-inbound", f"meta l4proto tcp{new}", "jump istio-tproxy")


def _tproxy_chains(context: Context) -> Plan:
    mark, port = context.settings.tproxy_mark, context.settings.inbound_capture_port
    yield ipt("mangle", "ISTIO_DIVERT", "", f"MARK --set-mark {mark}")
    yield nft("mangle", "istio-divert", "", f"meta mark set {mark}")
    yield ipt("mangle", "ISTIO_DIVERT", "", "ACCEPT")
    yield nft("mangle", "istio-divert", "", "accept")
    for family, word, loopback in context.loopbacks:
        action = f"TPROXY --tproxy-mark {mark}/0xffffffff --on-port {port}"
        yield ipt("mangle", "ISTIO_TPROXY", f"! -d {loopback} -p tcp", action, family)
        words = f"meta l4proto tcp {word} daddr != {loopback} tproxy {word} to :{port} meta mark set {mark}"
        yield nft("mangle", "istio-tproxy", words, "accept", family)


def outbound_entry(context: Context) -> Plan:
    """Everything going out is looked at; excluded ports leave first, even those of Envoy itself."""
    yield ipt("nat", "OUTPUT", "", "ISTIO_OUTPUT")
    yield nft("nat", "output", "", "jump istio-output")
    for port in split(context.settings.outbound_ports_exclude):
        for protocol in ("tcp", "udp"):
            yield ipt("nat", "ISTIO_OUTPUT", f"-p {protocol} --dport {port}", "RETURN")
            yield nft("nat", "istio-output", f"{protocol} dport {port}", "return")
    for family, word, address in ((V4, "ip", LO4), (V6, "ip6", LO6)):
        yield ipt("nat", "ISTIO_OUTPUT", f"-o lo -s {address}", "RETURN", family)
        yield nft("nat", "istio-output", f"oifname lo {word} saddr {address}", "return", family)


def owners(context: Context) -> Plan:
    """Envoy's own traffic, by uid and then by gid: to its own pod it goes to 15006, else it leaves."""
    settings = context.settings
    for uid in split(settings.proxy_uid):
        yield from _owner(context, "uid", "skuid", uid, spare_dns=settings.dns)
    for gid in split(settings.proxy_gid):
        yield from _owner(context, "gid", "skgid", gid, spare_dns=False)


def _owner(context: Context, option: str, key: str, number: str, *, spare_dns: bool) -> Plan:
    tunnel = context.settings.tunnel_port
    old_port = f"-m multiport ! --dports 53,{tunnel}" if spare_dns else f"! --dport {tunnel}"
    new_port = f"{{ 53, {tunnel} }}" if spare_dns else tunnel
    for family, word, loopback in context.loopbacks:
        words = f"-o lo ! -d {loopback} -p tcp {old_port} -m owner --{option}-owner {number}"
        yield ipt("nat", "ISTIO_OUTPUT", words, "ISTIO_IN_REDIRECT", family)
        words = (
            f"oifname lo meta l4proto tcp {word} daddr != {loopback} tcp dport != {new_port} {key} {number}"
        )
        yield nft("nat", "istio-output", words, "jump istio-in-redirect", family)
    if not context.keeps_loopback:
        old, new = (
            ("-p tcp ! --dport 53 ", "meta l4proto tcp tcp dport != 53 ")
            if context.settings.dns
            else ("", "")
        )
        yield ipt("nat", "ISTIO_OUTPUT", f"-o lo {old}-m owner ! --{option}-owner {number}", "RETURN")
        yield nft("nat", "istio-output", f"oifname lo {new}{key} != {number}", "return")
    yield ipt("nat", "ISTIO_OUTPUT", f"-m owner --{option}-owner {number}", "RETURN")
    yield nft("nat", "istio-output", f"{key} {number}", "return")


def owner_groups(context: Context) -> Plan:
    """Groups whose traffic is not captured, or the only ones whose traffic is."""
    settings = context.settings
    if settings.owner_groups_include == "*":
        for group in split(settings.owner_groups_exclude):
            yield ipt("nat", "ISTIO_OUTPUT", f"-m owner --gid-owner {group}", "RETURN")
            yield nft("nat", "istio-output", f"skgid {group}", "return")
        return
    groups = split(settings.owner_groups_include)
    yield ipt(
        "nat", "ISTIO_OUTPUT", " ".join(f"-m owner ! --gid-owner {group}" for group in groups), "RETURN"
    )
    yield nft("nat", "istio-output", " ".join(f"skgid != {group}" for group in groups), "return")


def dns(context: Context) -> Plan:
    """DNS to the agent, in conntrack zones of its own so that its two legs do not collide."""
    settings = context.settings
    if not settings.dns:
        return
    everything = settings.capture_all_dns
    servers = [] if everything else [(V4, "ip", s, "/32") for s in settings.dns_servers_v4]
    servers += [] if everything else [(V6, "ip6", s, "/128") for s in settings.dns_servers_v6]
    yield ipt("raw", "OUTPUT", "", "ISTIO_OUTPUT_DNS")
    yield nft("raw", "output", "", "jump istio-output-dns")
    for family, known in ((V4, settings.dns_servers_v4), (V6, settings.dns_servers_v6)):
        if everything or known:
            yield ipt("nat", "ISTIO_OUTPUT", "", "ISTIO_OUTPUT_DNS", family)
    yield nft("nat", "istio-output", "", "jump istio-output-dns")
    for protocol, option in (("tcp", "--to-ports"), ("udp", "--to-port")):
        action = f"REDIRECT {option} {DNS_PORT}"
        if everything:
            yield ipt("nat", "ISTIO_OUTPUT_DNS", f"-p {protocol} --dport 53", action)
            start = "meta l4proto tcp " if protocol == "tcp" else ""
            yield nft("nat", "istio-output-dns", f"{start}{protocol} dport 53", f"redirect to :{DNS_PORT}")
        for family, word, server, length in servers:
            words = f"-p {protocol} --dport 53 -d {server}{length}"
            yield ipt("nat", "ISTIO_OUTPUT_DNS", words, action, family)
            words = f"{word} daddr {server}{length} {protocol} dport 53"
            yield nft("nat", "istio-output-dns", words, f"redirect to :{DNS_PORT}", family)
    yield from _dns_zones(settings, everything, servers)


def _dns_zones(settings: CaptureSettings, everything: bool, servers: list[tuple[str, str, str, str]]) -> Plan:
    """Zone 1: Istio and the DNS servers. Zone 2: applications and Istio."""
    own = [("uid", "skuid", uid) for uid in split(settings.proxy_uid)]
    own += [("gid", "skgid", gid) for gid in split(settings.proxy_gid)]
    for option, key, number in own:
        for side, port, zone in (("dport", "53", "1"), ("sport", DNS_PORT, "2")):
            words = f"-p udp --{side} {port} -m owner --{option}-owner {number}"
            yield ipt("raw", "ISTIO_OUTPUT_DNS", words, f"CT --zone {zone}")
            yield nft(
                "raw", "istio-output-dns", f"udp {side} {port} meta {key} {number}", f"ct zone set {zone}"
            )
    if everything:
        yield ipt("raw", "PREROUTING", "", "ISTIO_INBOUND")
        yield nft("raw", "prerouting", "", "jump istio-inbound")
        yield ipt("raw", "ISTIO_OUTPUT_DNS", "-p udp --dport 53", "CT --zone 2")
        yield nft("raw", "istio-output-dns", "udp dport 53", "ct zone set 2")
        yield ipt("raw", "ISTIO_INBOUND", "-p udp --sport 53", "CT --zone 1")
        yield nft("raw", "istio-inbound", "udp sport 53", "ct zone set 1")
        return
    yield nft("raw", "prerouting", "", "jump istio-inbound")
    entered: set[str] = set()
    for family, word, server, length in servers:
        if family not in entered:
            entered.add(family)
            yield ipt("raw", "PREROUTING", "", "ISTIO_INBOUND", family)
        words = f"-p udp --dport 53 -d {server}{length}"
        yield ipt("raw", "ISTIO_OUTPUT_DNS", words, "CT --zone 2", family)
        words = f"udp dport 53 {word} daddr {server}{length}"
        yield nft("raw", "istio-output-dns", words, "ct zone set 2", family)
        words = f"-p udp --sport 53 -s {server}{length}"
        yield ipt("raw", "ISTIO_INBOUND", words, "CT --zone 1", family)
        words = f"udp sport 53 {word} saddr {server}{length}"
        yield nft("raw", "istio-inbound", words, "ct zone set 1", family)


def outbound(context: Context) -> Plan:
    """What of the rest is captured: localhost never, excluded networks not, then what is included."""
    settings = context.settings
    for family, word, loopback in context.loopbacks:
        yield ipt("nat", "ISTIO_OUTPUT", f"-d {loopback}", "RETURN", family)
        yield nft("nat", "istio-output", f"{word} daddr {loopback}", "return", family)
    for (family, word, _), excluded in zip(context.loopbacks, context.exclude, strict=True):
        for network in excluded.networks:
            yield ipt("nat", "ISTIO_OUTPUT", f"-d {network}", "RETURN", family)
            yield nft("nat", "istio-output", f"{word} daddr {network}", "return", family)
    for port in split(settings.outbound_ports_include):
        yield ipt("nat", "ISTIO_OUTPUT", f"-p tcp --dport {port}", "ISTIO_REDIRECT")
        yield nft("nat", "istio-output", f"tcp dport {port}", "jump istio-redirect")
    interfaces = split(settings.virtual_interfaces)
    if context.include[0].wildcard:
        yield ipt("nat", "ISTIO_OUTPUT", "", "ISTIO_REDIRECT")
        yield nft("nat", "istio-output", "", "jump istio-redirect")
        for name in interfaces:
            yield ipt("nat", "PREROUTING", f"-i {name}", "ISTIO_REDIRECT", insert=0)
            yield nft("nat", "prerouting", f"iifname {name}", "jump istio-redirect", insert=0)
    for (family, word, _), included in zip(context.loopbacks, context.include, strict=True):
        for network in included.networks:
            for name in interfaces:
                words = f"-i {name} -d {network}"
                yield ipt("nat", "PREROUTING", words, "ISTIO_REDIRECT", family, insert=0)
                words = f"iifname {name} {word} daddr {network}"
                yield nft("nat", "prerouting", words, "jump istio-redirect", family, insert=0)
            yield ipt("nat", "ISTIO_OUTPUT", f"-d {network}", "ISTIO_REDIRECT", family)
            yield nft("nat", "istio-output", f"{word} daddr {network}", "jump istio-redirect", family)


def tproxy_marks(context: Context) -> Plan:
    """Marks that bring answers back to Envoy and keep its own traffic out of the inbound chain."""
    settings = context.settings
    if not settings.tproxy:
        return
    mark = settings.tproxy_mark
    yield ipt("mangle", "PREROUTING", f"-p tcp -m mark --mark {mark}", "CONNMARK --save-mark")
    yield nft("mangle", "prerouting", f"meta l4proto tcp mark {mark}", "ct mark set mark")
    yield ipt("mangle", "OUTPUT", f"-p tcp -o lo -m mark --mark {mark}", "RETURN")
    yield nft("mangle", "output", f"oifname lo meta l4proto tcp mark {mark}", "return")
    own = [("uid", "skuid", uid) for uid in split(settings.proxy_uid)]
    own += [("gid", "skgid", gid) for gid in split(settings.proxy_gid)]
    for option, key, number in own:
        for family, word, loopback in context.loopbacks:
            words = f"! -d {loopback} -p tcp -o lo -m owner --{option}-owner {number}"
            yield ipt("mangle", "OUTPUT", words, f"MARK --set-mark {OUTBOUND_MARK}", family)
            words = f"oifname lo meta l4proto tcp {word} daddr != {loopback} {key} {number}"
            yield nft("mangle", "output", words, f"meta mark set {OUTBOUND_MARK}", family)
    yield ipt("mangle", "OUTPUT", f"-p tcp -m connmark --mark {mark}", "CONNMARK --restore-mark")
    yield nft("mangle", "output", f"meta l4proto tcp ct mark {mark}", "meta mark set ct mark")
    yield ipt("mangle", "ISTIO_INBOUND", f"-p tcp -m mark --mark {mark}", "RETURN", insert=0)
    yield nft("mangle", "istio-inbound", f"meta l4proto tcp mark {mark}", "return", insert=0)
    for family, word, address in ((V4, "ip", LO4), (V6, "ip6", LO6)):
        yield ipt("mangle", "ISTIO_INBOUND", f"-p tcp -s {address} -i lo", "RETURN", family, insert=1)
        words = f"iifname lo meta l4proto tcp {word} saddr {address}"
        yield nft("mangle", "istio-inbound", words, "return", family, insert=1)
    yield ipt("mangle", "ISTIO_INBOUND", f"-p tcp -i lo -m mark ! --mark {OUTBOUND_MARK}", "RETURN", insert=2)
    yield nft(
        "mangle", "istio-inbound", f"iifname lo meta l4proto tcp mark != {OUTBOUND_MARK}", "return", insert=2
    )


GROUPS = (
    excluded_interfaces,
    virtual_interfaces_return,
    drop_invalid,
    redirect_chains,
    inbound,
    outbound_entry,
    owners,
    owner_groups,
    dns,
    outbound,
    tproxy_marks,
)
