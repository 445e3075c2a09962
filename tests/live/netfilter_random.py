"""Random rule sets and packets for the kernel tests, from one seeded generator.

Half of the sets are Istio's own for random settings, with foreign rules strewn in; half are random
throughout. Criteria and targets are those that the walk claims to know, values come from small pools so
that rules and packets meet.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from meshctl.netfilter.istio.compute import compute
from meshctl.netfilter.istio.settings import CaptureSettings

POD4, POD6 = "10.77.0.2", "fd77::2"
PEER4, PEER6 = "10.77.0.1", "fd77::1"
EXTRA4 = "10.78.0.2"
ADDRESSES = {
    4: (POD4, PEER4, EXTRA4, "127.0.0.1", "127.0.0.6", "10.99.0.5", "9.9.0.7", "169.254.7.127"),
    6: (POD6, PEER6, "::1", "fd99::5", "2001:db8::7"),
}
NETWORKS = {
    4: (
        "10.77.0.0/24",
        "10.0.0.0/8",
        "127.0.0.0/8",
        "9.9.0.0/16",
        "10.99.0.5/32",
        "127.0.0.1/32",
        "0.0.0.0/0",
    ),
    6: ("fd77::/64", "fd00::/8", "::1/128", "2001:db8::/32", "fd99::5/128"),
}
PORTS = (53, 80, 443, 8080, 9080, 15000, 15001, 15006, 15008, 15020, 15021, 15053, 31000)
OWNERS = (0, 1000, 1337, 4200)
MARKS = (0, 1, 0x111, 0x539, 0x53A)
# What changes the packet and no rule's answer; a rule ends where the packet has no such header.
POLISH = (
    "tcp option maxseg size set 1400",
    "tcp option maxseg size set rt mtu",
    "ip dscp set cs1",
    "ip6 hoplimit set 9",
    "ip ttl set 9",
    "meta priority set 1:2",
)
INTERFACES = ("lo", "eth0", "eth1", "nic9")
TPROXY_LISTENED, TPROXY_DEAF = 15006, 15099


@dataclass
class RuleText:
    """A rule set as the tools take it."""

    backend: str
    v4: str = ""
    v6: str = ""
    nft: str = ""
    tproxy_port: int = TPROXY_LISTENED


class Generator:
    """Everything random, from one seed."""

    def __init__(self, seed: int) -> None:
        self.rnd = random.Random(seed)
        self.family = 4
        self.tproxy_port = TPROXY_LISTENED

    # ---- values ----

    def port_range(self, join: str = ":") -> str:
        low, high = sorted((self.rnd.choice(PORTS), self.rnd.choice(PORTS)))
        return str(low) if low == high or self.rnd.random() < 0.7 else f"{low}{join}{high}"

    def network(self) -> str:
        return self.rnd.choice(NETWORKS[self.family])

    def iptables_network(self, option: str) -> str:
        """``! -s 0.0.0.0/0`` could never match, and iptables refuses it."""
        network = self.network()
        return f"{'' if network.endswith('/0') else self.maybe_not()}{option} {network}"

    def mark(self) -> str:
        value = self.rnd.choice(MARKS)
        return f"{value:#x}" if self.rnd.random() < 0.6 else f"{value & 0xFFF:#x}/0xfff"

    def maybe_not(self, chance: float = 0.25) -> str:
        return "! " if self.rnd.random() < chance else ""

    # ---- iptables ----

    def iptables_criteria(self, hook: str, table: str) -> list[str]:
        rnd = self.rnd
        words: list[str] = []
        protocol = rnd.choice(("tcp", "tcp", "udp", ""))
        if rnd.random() < 0.3:
            words.append(self.iptables_network("-s"))
        if rnd.random() < 0.4:
            words.append(self.iptables_network("-d"))
        if rnd.random() < 0.3:
            option = "-i" if hook == "PREROUTING" else "-o"
            words.append(f"{self.maybe_not()}{option} {rnd.choice((*INTERFACES, 'eth+'))}")
        if protocol:
            words.append(f"-p {protocol}")
            words += self.iptables_ports(protocol)
        if hook == "OUTPUT" and rnd.random() < 0.4:
            option = rnd.choice(("--uid-owner", "--gid-owner"))
            owner = str(rnd.choice(OWNERS)) if rnd.random() < 0.8 else "1000-1500"
            words.append(f"-m owner {self.maybe_not()}{option} {owner}")
        if rnd.random() < 0.15:
            words.append(f"-m mark {self.maybe_not()}--mark {self.mark()}")
        if rnd.random() < 0.1:
            words.append(f"-m connmark {self.maybe_not()}--mark {self.mark()}")
        if rnd.random() < 0.12:
            states = ",".join(
                rnd.sample(("NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED"), rnd.randint(1, 3))
            )
            words.append(f"-m conntrack {self.maybe_not()}--ctstate {states}")
        if rnd.random() < 0.06:
            words.append(f"-m addrtype {self.maybe_not()}--dst-type {rnd.choice(('LOCAL', 'UNICAST'))}")
        if rnd.random() < 0.05 and protocol:
            words.append(f"-m comment --comment \"rule of {protocol}, 'quoted'\"")
        return [word for word in words if word]

    def iptables_ports(self, protocol: str) -> list[str]:
        rnd = self.rnd
        words: list[str] = []
        draw = rnd.random()
        if draw < 0.45:
            words.append(f"{self.maybe_not()}--dport {self.port_range()}")
        elif draw < 0.6:
            ports = ",".join(map(str, sorted(rnd.sample(PORTS, rnd.randint(2, 4)))))
            words.append(
                f"-m multiport {self.maybe_not()}{rnd.choice(('--dports', '--ports', '--sports'))} {ports}"
            )
        elif draw < 0.68:
            words.append(f"{self.maybe_not()}--sport 20000:{rnd.choice((25000, 30000, 40000))}")
        if protocol == "tcp" and rnd.random() < 0.08:
            words.append(
                rnd.choice(("--syn", "! --syn", "--tcp-flags SYN,FIN SYN", "--tcp-flags ALL SYN,FIN"))
            )
        if rnd.random() < 0.06 and self.family == 4:
            words.append(f"-m iprange {self.maybe_not()}--dst-range 10.0.0.0-10.99.0.5")
        return words

    def iptables_target(self, table: str, hook: str, protocol: str, chains: list[str]) -> str:
        rnd = self.rnd
        choices = ["RETURN", "ACCEPT"]
        if chains:
            choices += [rnd.choice(chains)] * 3
        if table == "nat":
            if protocol:
                choices += [f"REDIRECT --to-ports {rnd.choice(PORTS)}"] * 3
                choices += [f"DNAT --to-destination {self.endpoint()}"]
            else:
                choices += ["REDIRECT"]
        if table == "mangle":
            value = rnd.choice(MARKS)
            choices += [f"MARK --set-xmark {value:#x}/{rnd.choice(('0xffffffff', '0xfff', '0x1'))}"]
            choices += [
                f"MARK --set-mark {value}",
                f"MARK --or-mark {value:#x}",
                f"MARK --and-mark {0xFFF:#x}",
            ]
            choices += [
                "CONNMARK --save-mark",
                "CONNMARK --restore-mark",
                f"CONNMARK --set-xmark {value:#x}/0xfff",
            ]
            if hook == "PREROUTING" and protocol:
                choices += [f"TPROXY --on-port {self.tproxy_port} --tproxy-mark 0x539/0xffffffff"] * 2
        if table == "raw":
            choices += ["CT --zone 1", "CT --notrack"]
        if table in ("mangle", "filter") and rnd.random() < 0.3:
            choices += ["DROP"]
        if table == "filter":
            choices += ["REJECT"]
        return rnd.choice(choices)

    def endpoint(self) -> str:
        # local ones only: a loopback source that is sent elsewhere is dropped by routing, not by a rule
        address = self.rnd.choice((POD4, EXTRA4)) if self.family == 4 else POD6
        port = self.rnd.choice(PORTS)
        return f"[{address}]:{port}" if self.family == 6 else f"{address}:{port}"

    def iptables_rule(self, chain: str, hook: str, table: str, chains: list[str]) -> str:
        words = self.iptables_criteria(hook, table)
        protocol = next((word for word in words if word.startswith("-p ")), "")
        target = self.iptables_target(table, hook, protocol, chains)
        option = "-g" if target in chains and self.rnd.random() < 0.2 else "-j"
        if self.rnd.random() < 0.03:
            return " ".join([f"-A {chain}", *words])  # a rule that only counts
        return " ".join([f"-A {chain}", *words, option, target])

    def iptables_table(self, table: str, istio: str = "") -> str:
        """A table of random rules, around the commands of Istio's, if any."""
        rnd = self.rnd
        builtins = {"raw": "PREROUTING OUTPUT", "mangle": "PREROUTING INPUT FORWARD OUTPUT POSTROUTING"}
        builtins |= {"nat": "PREROUTING INPUT OUTPUT POSTROUTING", "filter": "INPUT FORWARD OUTPUT"}
        lines = [f"*{table}"]
        for name in builtins[table].split():
            policy = "DROP" if name == "INPUT" and table == "filter" else "ACCEPT"
            if table == "filter" and name == "OUTPUT" and rnd.random() < 0.1:
                policy = "DROP"
            lines.append(f":{name} {policy} [0:0]")
        hooks = [hook for hook in ("PREROUTING", "OUTPUT") if hook in builtins[table].split()]
        own = {hook: [f"{hook[0]}{table[0].upper()}{n}" for n in range(rnd.randint(0, 3))] for hook in hooks}
        lines += [f":{chain} - [0:0]" for chains in own.values() for chain in chains]
        body: list[str] = istio.splitlines()
        for hook, chains in own.items():
            for count, chain in enumerate([hook, *chains]):
                # a chain jumps only to later ones, so there are no circles
                below = chains if count == 0 else chains[count:]
                rules = rnd.randint(0, 4 if istio else 6)
                body += self._strewn(
                    body, [self.iptables_rule(chain, hook, table, below) for _ in range(rules)]
                )
        return "\n".join([*lines, *body, "COMMIT"]) + "\n"

    def _strewn(self, body: list[str], rules: list[str]) -> list[str]:
        """Some of the rules go between those that are there, the rest is returned."""
        rest = []
        for rule in rules:
            if body and self.rnd.random() < 0.5:
                first = next((n for n, line in enumerate(body) if not line.startswith("-N")), len(body))
                body.insert(self.rnd.randint(first, len(body)), rule)
            else:
                rest.append(rule)
        return rest

    def iptables_set(self, backend: str) -> RuleText:
        """All four tables, for both families."""
        self.tproxy_port = self.rnd.choice((TPROXY_LISTENED, TPROXY_DEAF))
        istio = self.rnd.random() < 0.5
        computed = compute(self.settings()) if istio else None
        texts = {}
        for self.family in (4, 6):
            script = (
                ""
                if computed is None
                else (computed.iptables_v4 if self.family == 4 else computed.iptables_v6)
            )
            parts = _tables(script)
            tables = [
                self.iptables_table(table, parts.get(table, ""))
                for table in ("raw", "mangle", "nat", "filter")
            ]
            texts[self.family] = "".join(tables)
        port = TPROXY_LISTENED if istio else self.tproxy_port
        self.tproxy_port = port
        if istio:
            texts = {family: text.replace(str(TPROXY_DEAF), str(port)) for family, text in texts.items()}
        return RuleText(backend, v4=texts[4], v6=texts[6], tproxy_port=port)

    def settings(self) -> CaptureSettings:
        """Random settings of istio-iptables."""
        rnd = self.rnd
        return CaptureSettings(
            interception_mode=rnd.choice(("REDIRECT", "REDIRECT", "TPROXY")),
            inbound_ports_include=rnd.choice(("*", "*", "", "80,8080")),
            inbound_ports_exclude=rnd.choice(("", "15090,15021,15020", "443")),
            outbound_ranges_include=rnd.choice(("*", "*", "", "9.9.0.0/16,2001:db8::/32", "127.0.0.1/32")),
            outbound_ranges_exclude=rnd.choice(("", "10.99.0.0/16", "fd99::/16")),
            outbound_ports_include=rnd.choice(("", "31000")),
            outbound_ports_exclude=rnd.choice(("", "8080", "15020,9080")),
            owner_groups_exclude=rnd.choice(("", "4200")),
            virtual_interfaces=rnd.choice(("", "", "eth1")),
            exclude_interfaces=rnd.choice(("", "", "nic9", "eth1")),
            redirect_dns=rnd.random() < 0.3,
            capture_all_dns=rnd.random() < 0.5,
            dns_servers_v4=("10.99.0.5",),
            drop_invalid=rnd.random() < 0.3,
            ipv6=True,
            proxy_uid=rnd.choice(("1337", "1337,1000")),
        )

    # ---- nft ----

    def nft_set(self) -> RuleText:
        """Random nft tables, or Istio's with random ones beside them."""
        rnd = self.rnd
        self.tproxy_port = rnd.choice((TPROXY_LISTENED, TPROXY_DEAF))
        text = ""
        if rnd.random() < 0.5:
            self.tproxy_port = TPROXY_LISTENED
            text = compute(self.settings()).nft
        for number in range(rnd.randint(1, 2)):
            text += self.nft_table(f"fz{number}")
        return RuleText("nft", nft=text, tproxy_port=self.tproxy_port)

    def nft_table(self, name: str) -> str:
        rnd = self.rnd
        family = rnd.choice(("inet", "inet", "ip", "ip6"))
        self.family = 6 if family == "ip6" else 4
        self._nft_family = family
        lines = [f"table {family} {name} {{"]
        kind = "ipv6_addr" if family == "ip6" else "ipv4_addr"
        nets = ", ".join(rnd.sample([n for n in NETWORKS[self.family] if not n.endswith("/0")], 2))
        lines.append(f"  set nets {{ type {kind}; flags interval; auto-merge; elements = {{ {nets} }} }}")
        ports = ", ".join(map(str, rnd.sample(PORTS, 3)))
        lines.append(
            f"  set ports {{ type inet_service; flags interval; elements = {{ {ports}, 20000-29999 }} }}"
        )
        lines.append("  set nothing { type inet_service; }")
        chains = [f"u{n}" for n in range(rnd.randint(1, 3))]
        bases = []
        for number in range(rnd.randint(1, 4)):
            hook = rnd.choice(("prerouting", "output", "output"))
            kind = rnd.choice(("nat", "filter", "route" if hook == "output" else "filter"))
            low = -190 if kind == "nat" else -350
            priority = rnd.choice((-300, -150, -100, -90, 0, 10))
            bases.append((f"b{number}", hook, kind, max(low, priority)))
        for number, chain in reversed(list(enumerate(chains))):
            lines += self._nft_chain(chain, "", "both", "any", chains[number + 1 :])
        for chain, hook, kind, priority in bases:
            policy = "drop" if kind == "filter" and rnd.random() < 0.05 else "accept"
            head = f"type {kind} hook {hook} priority {priority}; policy {policy};"
            lines += self._nft_chain(chain, head, hook, kind, chains)
        return "\n".join([*lines, "}"]) + "\n"

    def _nft_chain(self, chain: str, head: str, hook: str, kind: str, below: list[str]) -> list[str]:
        rules = [self.nft_rule(hook, kind, below) for _ in range(self.rnd.randint(1, 6))]
        return [
            f"  chain {chain} {{",
            *([f"    {head}"] if head else []),
            *(f"    {rule}" for rule in rules),
            "  }",
        ]

    def nft_rule(self, hook: str, kind: str, below: list[str]) -> str:
        rnd = self.rnd
        self._nft_protocol = rnd.choice(("tcp", "tcp", "udp"))
        words = self.nft_criteria(hook)
        if rnd.random() < 0.7:
            words.append("counter")
        if rnd.random() < 0.1 and kind != "nat":
            words.append(f"meta mark set {rnd.choice(self._mark_expressions())}")
        if rnd.random() < 0.1 and kind == "route":
            words.append(rnd.choice(POLISH))
        if rnd.random() < 0.12:
            targets = [f"jump {chain}" for chain in below] + ["accept", "return", "continue"]
            cases = ", ".join(f"{port} : {rnd.choice(targets)}" for port in rnd.sample(PORTS, 3))
            return " ".join([*words, f"{self._nft_protocol} dport vmap {{ {cases} }}"])
        return " ".join([*words, self.nft_action(words, hook, kind, below)])

    def _mark_expressions(self) -> list[str]:
        return [
            f"{self.rnd.choice(MARKS):#x}",
            "meta mark and 0xfff",
            "meta mark or 0x1",
            "meta mark and 0xfffff000 or 0x111",
            "ct mark",
        ]

    def nft_criteria(self, hook: str) -> list[str]:
        rnd = self.rnd
        address = "ip6" if self.family == 6 else "ip"
        other = "ip6" if self._nft_family == "inet" and rnd.random() < 0.3 else address
        network = rnd.choice(NETWORKS[6 if other == "ip6" else 4])
        network = network if not network.endswith("/0") else ("::1" if other == "ip6" else "127.0.0.1")
        maybe = "!= " if rnd.random() < 0.25 else ""
        some = ", ".join(map(str, rnd.sample(PORTS, 3)))
        proto = self._nft_protocol
        pool = [
            f"{other} daddr {maybe}{network}",
            f"{other} saddr {maybe}{network}",
            f"{address} daddr {maybe}@nets",
            f"{proto} dport {maybe}{self.port_range('-')}",
            f"{proto} dport {maybe}{{ {some} }}",
            f"{proto} dport {maybe}@ports",
            f"th dport {maybe}{rnd.choice(PORTS)}",
            f"{proto} sport {maybe}@ports",
            f"meta l4proto {maybe}{rnd.choice((proto, '{ tcp, udp }'))}" if maybe == "" else "",
            f"meta mark {maybe}{rnd.choice(MARKS):#x}",
            f"meta mark and 0xfff {rnd.choice(('==', '!='))} {rnd.choice(MARKS):#x}",
            f"ct mark {maybe}{rnd.choice(MARKS):#x}",
            f"ct state {rnd.choice(('new', 'established,related', 'invalid', 'untracked', 'new,invalid'))}",
            f"ct state != {rnd.choice(('new', 'invalid'))}",
            f"meta nfproto {rnd.choice(('ipv4', 'ipv6'))}" if self._nft_family == "inet" else "",
            f"{proto} dport {maybe}@nothing",
            f"meta l4proto . th dport {{ tcp . {rnd.choice(PORTS)}, udp . {rnd.choice(PORTS)} }}",
            f"{proto} dport {rnd.choice(('<', '>=', '>'))} {rnd.choice(PORTS)}",
        ]
        pool.append(f"fib daddr type {maybe}local")
        if proto == "tcp":
            flags = ("syn", "& (fin|syn) == syn", "& (fin|syn) == fin|syn", "!= syn")
            pool.append(f"tcp flags {rnd.choice(flags)}")
        if hook == "output":
            pool += [f'oifname {maybe}"{rnd.choice((*INTERFACES, "eth*"))}"'] * 2
            pool += [f"meta skuid {maybe}{rnd.choice(OWNERS)}", f"meta skgid {maybe}{{ 1337, 4200 }}"] * 2
            pool += ["meta skuid 1000-1400"]
        if hook in ("prerouting", "both"):
            pool += [f'iifname {maybe}"{rnd.choice((*INTERFACES, "eth*"))}"'] * 2
        chosen = rnd.sample([item for item in pool if item], rnd.randint(0, 3))
        return list(dict.fromkeys(chosen))

    def nft_action(self, words: list[str], hook: str, kind: str, below: list[str]) -> str:
        rnd = self.rnd
        choices = ["accept", "return"]
        choices += [f"jump {rnd.choice(below)}", f"goto {rnd.choice(below)}"] if below else []
        protocol = any(word.startswith(("tcp ", "udp ")) for word in words)
        if kind == "nat":
            choices += [f"redirect to :{rnd.choice(PORTS)}"] * 3 if protocol else ["redirect"]
            cases = ", ".join(f"{port} : {rnd.choice(PORTS)}" for port in rnd.sample(PORTS, 3))
            choices += [f"redirect to :{self._nft_protocol} dport map {{ {cases} }}"] if protocol else []
        if kind in ("filter", "route"):
            choices += [
                f"ct mark set {rnd.choice(('meta mark', '0x111', 'ct mark and 0xfffff111 or 0x111'))}"
            ]
            choices += ["drop"] if rnd.random() < 0.3 else []
            choices += ["notrack"] if rnd.random() < 0.3 else []
        return rnd.choice(choices)

    # ---- packets ----

    def packets(self, count: int, first_port: int) -> list[dict[str, Any]]:
        """Connections of processes in the pod, and some from the peer."""
        return [self._packet(first_port + number) for number in range(count)]

    def _packet(self, sport: int) -> dict[str, Any]:
        rnd = self.rnd
        family = rnd.choice((4, 4, 4, 6))
        dport = rnd.choice(PORTS)
        proto = rnd.choice(("tcp", "tcp", "tcp", "udp"))
        if rnd.random() < 0.3:
            return self._from_peer(family, proto, sport, dport)
        dst = rnd.choice(ADDRESSES[family])
        local = dst in (POD4, POD6, EXTRA4, "::1") or dst.startswith("127.")
        sources = [POD4 if family == 4 else POD6]
        if local and family == 4:
            sources += ["127.0.0.1", "127.0.0.6"]
        uid = rnd.choice(OWNERS)
        return {
            "from": "pod",
            "proto": proto,
            "src": rnd.choice(sources),
            "dst": dst,
            "sport": sport,
            "dport": dport,
            "uid": uid,
            "gid": rnd.choice((uid, *OWNERS)),
            "mark": rnd.choice((0, 0, 0, *MARKS)),
            "out_if": "lo" if local else "eth0",
        }

    def _from_peer(self, family: int, proto: str, sport: int, dport: int) -> dict[str, Any]:
        packet: dict[str, Any] = {
            "from": "peer",
            "proto": proto,
            "src": PEER4 if family == 4 else PEER6,
            "dst": POD4 if family == 4 else POD6,
            "sport": sport,
            "dport": dport,
            "uid": 0,
            "gid": 0,
            "mark": 0,
        }
        if family == 4 and proto == "tcp" and self.rnd.random() < 0.4:
            packet["flags"] = self.rnd.choice((2, 3, 16))
        return packet


def _tables(script: str) -> dict[str, str]:
    """A restore script's commands by table."""
    found: dict[str, list[str]] = {}
    current = ""
    for line in script.splitlines():
        if line.startswith("* "):
            current = line[2:]
        elif line != "COMMIT":
            found.setdefault(current, []).append(line)
    return {table: "\n".join(lines) for table, lines in found.items()}
