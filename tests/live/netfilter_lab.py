"""Namespaces of the kernel tests, and the comparison of the kernel's trace with the walk.

A lab is a pod namespace and a peer, joined by veth pairs, with an agent in each. Everything stays inside
these namespaces; they carry the prefix and the process id of who made them, and those whose maker is gone
are swept at the next start, so a killed run leaves nothing behind for long.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import pathlib
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self

from meshctl.netfilter import (
    Family,
    Hook,
    Packet,
    PodNet,
    RuleSet,
    Verdict,
    WalkResult,
    merge,
    parse_rules,
    routed,
)
from meshctl.netfilter.walk.connections import state_of_first
from meshctl.netfilter.walk.packet_walk import walk
from meshctl.netfilter.walk.passages import returning
from tests.live.netfilter_random import EXTRA4, POD4, POD6, TPROXY_LISTENED, RuleText

PREFIX = "mctl-fz-"
AGENT = pathlib.Path(__file__).with_name("netfilter_agent.py")
NET = PodNet(addresses=(POD4, POD6), interface_addresses=(("eth1", EXTRA4),))
TRACE_TABLE = """table inet zztrace {
  chain pre { type filter hook prerouting priority -400; meta nftrace set 1; }
  chain out { type filter hook output priority -400; meta nftrace set 1; }
  chain quiet { type filter hook input priority 500; policy drop; }
}
"""
EMPTY = "".join(
    f"*{table}\n" + "".join(f":{chain} ACCEPT [0:0]\n" for chain in chains.split()) + "COMMIT\n"
    for table, chains in {
        "raw": "PREROUTING OUTPUT",
        "mangle": "PREROUTING INPUT FORWARD OUTPUT POSTROUTING",
        "nat": "PREROUTING INPUT OUTPUT POSTROUTING",
        "filter": "INPUT FORWARD OUTPUT",
    }.items()
)


class Refused(Exception):
    """Raised when the kernel or the tool does not take a random rule set."""


def why_not() -> str | None:
    """Why these tests cannot run here; None when they can."""
    if os.geteuid() != 0:
        return "needs root for network namespaces"
    for program in ("ip", "nft", "iptables-nft-restore", "iptables-legacy-restore"):
        if not any(pathlib.Path(place, program).exists() for place in os.environ["PATH"].split(":")):
            return f"needs {program}"
    name = f"{PREFIX}{os.getpid()}-try"
    done = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True)
    if done.returncode:
        return f"network namespaces cannot be made: {done.stderr.strip()}"
    subprocess.run(["ip", "netns", "del", name], capture_output=True)
    return None


def sweep() -> None:
    """Remove namespaces whose maker no longer runs."""
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True).stdout
    for name in re.findall(rf"^({PREFIX}(\d+)\S*)", listed, re.MULTILINE):
        if not pathlib.Path(f"/proc/{name[1]}").exists():
            subprocess.run(["ip", "netns", "del", name[0]], capture_output=True)


class Agent:
    """A process inside a namespace."""

    def __init__(self, namespace: str) -> None:
        command = ["ip", "netns", "exec", namespace, sys.executable, str(AGENT)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **command: Any) -> Any:
        """One command and its answer."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the agent in the namespace died")
        return json.loads(line)

    def run(self, *argv: str, text: str = "") -> str:
        """A program's output. Raises Refused when it fails."""
        done = self.ask(do="run", argv=list(argv), input=text)
        if done["code"]:
            raise Refused(f"{' '.join(argv)}: {done['err'].strip()[:300]}")
        return str(done["out"])

    def close(self) -> None:
        """End the process."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        self.process.kill()
        if self.process.stdout is not None:
            self.process.stdout.close()


class Lab:
    """A pod and a peer."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.pod: Agent
        self.peer: Agent

    def __enter__(self) -> Self:
        stem = f"{PREFIX}{os.getpid()}-{id(self) & 0xFFFF:x}"
        pod, peer = f"{stem}-pod", f"{stem}-peer"
        try:
            for name in (pod, peer):
                _ip("netns", "add", name)
                self.names.append(name)
            for mine, theirs, v4, v6 in (("eth0", "p0", "10.77.0", "fd77:"), ("eth1", "p1", "10.78.0", None)):
                _ip("-n", pod, "link", "add", mine, "type", "veth", "peer", "name", theirs, "netns", peer)
                for name, link, last in ((pod, mine, "2"), (peer, theirs, "1")):
                    _ip("-n", name, "addr", "add", f"{v4}.{last}/24", "dev", link)
                    if v6:
                        _ip("-n", name, "addr", "add", f"{v6}:{last}/64", "dev", link, "nodad")
                    _ip("-n", name, "link", "set", link, "up")
            for name in (pod, peer):
                _ip("-n", name, "link", "set", "lo", "up")
            _ip("-n", pod, "route", "add", "default", "via", "10.77.0.1")
            _ip("-n", pod, "-6", "route", "add", "default", "via", "fd77::1")
            self.pod, self.peer = Agent(pod), Agent(peer)
            self.pod.ask(do="listen", port=TPROXY_LISTENED)
            quiet = "table inet quiet { chain c { type filter hook prerouting priority -500; policy drop; "
            self.peer.run("nft", "-f", "-", text=quiet + "meta l4proto ipv6-icmp accept; }; }\n")
            self._meet()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _meet(self) -> None:
        """Tell each other's link addresses, so that no packet waits for that."""
        theirs = self.peer.run("cat", "/sys/class/net/p0/address").strip()
        own = self.pod.run("cat", "/sys/class/net/eth0/address").strip()
        for agent, addresses, link, device in (
            (self.pod, ("10.77.0.1", "fd77::1"), theirs, "eth0"),
            (self.peer, (POD4, POD6), own, "p0"),
        ):
            for address in addresses:
                agent.run(
                    "ip", "neigh", "replace", address, "lladdr", link, "dev", device, "nud", "permanent"
                )

    def __exit__(self, *_: object) -> None:
        for agent in ("pod", "peer"):
            if agent in self.__dict__:
                getattr(self, agent).close()
        for name in self.names:
            subprocess.run(["ip", "netns", "del", name], capture_output=True)

    # ---- loading ----

    def load(self, text: RuleText, notation: str) -> RuleSet:
        """Put the rules into the kernel; what the tool lists of them, read back."""
        self.pod.run("nft", "flush", "ruleset")
        if text.backend == "nft":
            self.pod.run("nft", "-f", "-", text=text.nft)
            listed = self.pod.run("nft", *(["-j"] if notation == "json" else []), "list", "ruleset")
            return parse_rules(text.nft if notation == "script" else listed)
        kind = "legacy" if text.backend == "iptables-legacy" else "nft"
        found = []
        for tool, script, family in (("iptables", text.v4, Family.V4), ("ip6tables", text.v6, Family.V6)):
            self.pod.run(f"{tool}-{kind}-restore", text=script)
            saved = self.pod.run(f"{tool}-{kind}-save")
            found.append(parse_rules(saved, family=family))
        return merge(*found)

    def unload_legacy(self) -> None:
        """Legacy tables are not flushed by nft."""
        for tool in ("iptables", "ip6tables"):
            self.pod.run(f"{tool}-legacy-restore", text=EMPTY)

    def numbers(self) -> dict[tuple[str, str, str, int], int]:
        """(family, table, chain, handle) to the rule's number."""
        listed = json.loads(self.pod.run("nft", "-j", "-a", "list", "ruleset"))
        count: dict[tuple[str, str, str], int] = {}
        found: dict[tuple[str, str, str, int], int] = {}
        for item in listed["nftables"]:
            if rule := item.get("rule"):
                place = (rule["family"], rule["table"], rule["chain"])
                count[place] = count.get(place, 0) + 1
                found[(*place, rule["handle"])] = count[place]
        return found


class Labs:
    """One lab for rules of nftables, one for legacy tables.

    They are kept apart because a namespace remembers its legacy tables: the nat hook stays where it was
    registered first, and with it the order of chains of the same priority.
    """

    def __init__(self) -> None:
        self.modern, self.legacy = Lab(), Lab()

    def __enter__(self) -> Self:
        self.modern.__enter__()
        try:
            self.legacy.__enter__()
        except BaseException:
            self.modern.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.modern.__exit__()
        self.legacy.__exit__()

    def of(self, backend: str) -> Lab:
        """The lab for a backend."""
        return self.legacy if backend == "iptables-legacy" else self.modern


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")


# ---- what is expected ----


@dataclass
class Hop:
    """One hook of one packet: what the walk says, or what the kernel traced."""

    hook: str
    path: list[tuple[str, str, int]] = field(default_factory=list)
    destination: tuple[str, int] | None = None
    dropped: bool = False


def packet_of(sent: dict[str, Any], text: RuleText) -> Packet:
    """What was sent, as the walk takes it."""
    listener = text.tproxy_port == TPROXY_LISTENED and sent["proto"] == "tcp"
    family = Family.V6 if ":" in sent["dst"] else Family.V4
    flags = sent.get("flags", 2) if sent["proto"] == "tcp" else None
    common = Packet(
        family=family,
        protocol=sent["proto"],
        src=sent["src"],
        dst=sent["dst"],
        sport=sent["sport"],
        dport=sent["dport"],
        ct_state=state_of_first(flags),
        tcp_flags=flags,
        transparent_listener=listener,
        mark=sent["mark"],
    )
    from meshctl.values import replace

    if sent["from"] == "peer":
        return routed(replace(common, hook=Hook.PREROUTING, in_if="eth0"), NET)
    return replace(common, hook=Hook.OUTPUT, out_if=sent["out_if"], uid=sent["uid"], gid=sent["gid"])


def expected(rules: RuleSet, packet: Packet) -> list[tuple[Hop, WalkResult]]:
    """The hooks of a packet, as the walk has them."""
    result = walk(rules, packet)
    found = [(_hop(packet, result), result)]
    after = result.post
    if packet.hook is Hook.OUTPUT and after is not None and result.verdict is not Verdict.UNDETERMINED:
        changed = result.verdict in (Verdict.REDIRECT, Verdict.DNAT)
        local = NET.is_local(after.dst) if changed else packet.out_if == "lo"
        if local:
            back = returning(after)
            found.append((_hop(back, walk(rules, back)), walk(rules, back)))
    return found


def _hop(packet: Packet, result: WalkResult) -> Hop:
    path = [(step.table, step.chain, step.rule_number) for step in result.path]
    gone = result.verdict in (Verdict.DROP, Verdict.REJECT)
    entering = (packet.dst or "", packet.dport or 0)
    return Hop(packet.hook.value, path, entering, gone)


# ---- what the kernel did ----


def traced(
    events: list[dict[str, Any]], numbers: dict[tuple[str, str, str, int], int]
) -> dict[int, list[Hop]]:
    """Hooks by the packet's source port, from the trace."""
    by_id: dict[int, list[dict[str, Any]]] = {}
    for one in events:
        by_id.setdefault(one["id"], []).append(one)
    found: dict[int, list[Hop]] = {}
    for group in by_id.values():
        hops: list[Hop] = []
        sport = None
        for one in group:
            if one["table"] == "zztrace" and one["chain"] in ("pre", "out") and one["type"] == "rule":
                header = _header(one)
                if header is None:
                    continue
                port, destination = header
                if sport is not None and port != sport:
                    found.setdefault(sport, []).extend(hops)
                    hops = []
                sport = port
                hops.append(Hop("prerouting" if one["chain"] == "pre" else "output", [], destination))
            elif hops and one["table"] != "zztrace" and one["chain"] != "INPUT":
                _enter(hops[-1], one, numbers)
        if sport is not None:
            found.setdefault(sport, []).extend(hops)
    return found


def _enter(hop: Hop, one: dict[str, Any], numbers: dict[tuple[str, str, str, int], int]) -> None:
    dropped = one["verdict"] == 0 if one["type"] == "rule" else one.get("policy") == 0
    if one["type"] == "rule":
        number = numbers.get((one["family"], one["table"], one["chain"], one["handle"]))
        if number is None:
            return  # the end of a user chain is traced as a rule that nobody wrote
        hop.path.append((one["table"], one["chain"], number))
    hop.dropped = hop.dropped or bool(dropped)


def _header(one: dict[str, Any]) -> tuple[int, tuple[str, int]] | None:
    """(source port, (destination, port)) of a traced packet."""
    network, transport = bytes.fromhex(one["network"]), bytes.fromhex(one["transport"])
    if len(transport) < 4 or len(network) < 20:
        return None
    v6 = network[0] >> 4 == 6
    destination = ipaddress.ip_address(network[24:40] if v6 else network[16:20])
    return int.from_bytes(transport[:2], "big"), (str(destination), int.from_bytes(transport[2:4], "big"))


def counted(save: str) -> Iterator[tuple[tuple[str, str, int], int]]:
    """(place, packets) of every rule of a save with counters."""
    table = ""
    numbers: dict[str, int] = {}
    for line in save.splitlines():
        if line.startswith("*"):
            table, numbers = line[1:].strip(), {}
        elif match := re.match(r"\[(\d+):\d+\] -A (\S+)", line):
            numbers[match[2]] = numbers.get(match[2], 0) + 1
            yield (table, match[2], numbers[match[2]]), int(match[1])
