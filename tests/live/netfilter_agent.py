"""Runs inside a network namespace for the kernel tests: sends packets and reads the kernel's trace.

Started as ``ip netns exec NAME python netfilter_agent.py``; takes one JSON object a line and answers with one.
The trace is read from netlink (NFNLGRP_NFTRACE), which is what ``nft monitor trace`` prints, but with the
rules' handles: struct layouts are those of linux/netfilter/nf_tables.h.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import select
import socket
import struct
import subprocess
import sys
import time
from typing import Any

NETLINK_NETFILTER, SOL_NETLINK, ADD_MEMBERSHIP, TRACE_GROUP = 12, 270, 1, 9
TRACE_MESSAGE = (10 << 8) | 17
SO_MARK, SO_RCVBUFFORCE, IP_TRANSPARENT, IPV6_TRANSPARENT = 36, 33, 19, 75
TYPES = {1: "policy", 2: "return", 3: "rule"}
FAMILIES = {2: "ip", 10: "ip6", 1: "inet"}


def open_trace() -> socket.socket:
    """A netlink socket that hears of every traced packet in this namespace."""
    trace = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
    trace.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
    trace.bind((0, 0))
    trace.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, TRACE_GROUP)
    trace.setblocking(False)
    return trace


def forget_connections() -> None:
    """Empty the connection table (ctnetlink: delete without a tuple), so that every packet is a first one."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as link:
        link.bind((0, 0))
        request_and_acknowledge, delete = 0x1 | 0x4, (1 << 8) | 2
        link.send(struct.pack("=IHHIIBBH", 20, delete, request_and_acknowledge, 1, 0, socket.AF_UNSPEC, 0, 0))
        link.settimeout(1)
        with contextlib.suppress(TimeoutError):
            link.recv(4096)


def attributes(data: bytes) -> dict[int, bytes]:
    """Netlink attributes by their number."""
    found: dict[int, bytes] = {}
    place = 0
    while place + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, place)
        if length < 4:
            break
        found[kind & 0x3FFF] = data[place + 4 : place + length]
        place += (length + 3) & ~3
    return found


def _number(data: bytes | None) -> int | None:
    return int.from_bytes(data, "big") if data is not None else None


def _text(data: bytes | None) -> str | None:
    return data.rstrip(b"\0").decode() if data is not None else None


def event(data: bytes, family: int) -> dict[str, Any]:
    """One trace message."""
    found = attributes(data)
    verdict = attributes(found.get(5, b""))
    return {
        "family": FAMILIES.get(family, str(family)),
        "table": _text(found.get(1)),
        "chain": _text(found.get(2)),
        "handle": _number(found.get(3)),
        "type": TYPES.get(_number(found.get(4)) or 0),
        "verdict": _number(verdict.get(1)),
        "id": _number(found.get(6)),
        "network": found.get(8, b"").hex(),
        "transport": found.get(9, b"").hex(),
        "nfproto": FAMILIES.get(_number(found.get(15)) or 0),
        "policy": _number(found.get(16)),
    }


def read_trace(trace: socket.socket, quiet: float) -> list[dict[str, Any]]:
    """Events until none has come for ``quiet`` seconds."""
    events: list[dict[str, Any]] = []
    while select.select([trace], [], [], quiet)[0]:
        try:
            data = trace.recv(1 << 20)
        except OSError as error:
            if error.errno == errno.ENOBUFS:
                events.append({"lost": True})
                continue
            raise
        place = 0
        while place + 20 <= len(data):
            length, kind = struct.unpack_from("=IH", data, place)
            if kind == TRACE_MESSAGE:
                events.append(event(data[place + 20 : place + length], data[place + 16]))
            place += (length + 3) & ~3
    return events


def send(packet: dict[str, Any]) -> str | None:
    """Send the first packet of a connection as that user; the reason when the kernel refuses."""
    v6 = ":" in packet["dst"]
    kind = socket.SOCK_STREAM if packet["proto"] == "tcp" else socket.SOCK_DGRAM
    os.setegid(packet["gid"])
    os.seteuid(packet["uid"])
    try:
        sender = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, kind)
    finally:
        os.seteuid(0)
        os.setegid(0)
    with sender:
        sender.setblocking(False)
        sender.setsockopt(socket.SOL_SOCKET, SO_MARK, packet["mark"])
        try:
            sender.bind((packet["src"], packet["sport"]))
            sender.connect((packet["dst"], packet["dport"]))
            if kind == socket.SOCK_DGRAM:
                sender.send(b"x")
        except BlockingIOError:
            return None
        except OSError as error:
            return (
                None
                if error.errno == errno.EINPROGRESS
                else errno.errorcode.get(error.errno or 0, str(error))
            )
    return None


def send_raw(packet: dict[str, Any]) -> str | None:
    """Send a TCP segment with any flags; IPv4 only."""
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
    with raw:
        raw.bind((packet["src"], 0))
        header = struct.pack(
            "!HHIIBBHHH", packet["sport"], packet["dport"], 1, 0, 5 << 4, packet["flags"], 1024, 0, 0
        )
        pseudo = (
            socket.inet_aton(packet["src"]) + socket.inet_aton(packet["dst"]) + struct.pack("!BBH", 0, 6, 20)
        )
        header = header[:16] + struct.pack("!H", _checksum(pseudo + header)) + header[18:]
        try:
            raw.sendto(header, (packet["dst"], 0))
        except OSError as error:
            return errno.errorcode.get(error.errno or 0, str(error))
    return None


def _checksum(data: bytes) -> int:
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def listen(port: int) -> list[socket.socket]:
    """Transparent listeners, as Envoy has them in TPROXY mode."""
    found = []
    for family, level, option in (
        (socket.AF_INET, socket.SOL_IP, IP_TRANSPARENT),
        (socket.AF_INET6, socket.IPPROTO_IPV6, IPV6_TRANSPARENT),
    ):
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.setsockopt(level, option, 1)
        listener.bind(("", port))
        listener.listen(64)
        found.append(listener)
    return found


def run(command: dict[str, Any]) -> dict[str, Any]:
    """A program in this namespace."""
    done = subprocess.run(
        command["argv"], input=command.get("input", ""), capture_output=True, text=True, timeout=60
    )
    return {"code": done.returncode, "out": done.stdout, "err": done.stderr}


def main() -> None:
    trace = open_trace()
    kept: list[socket.socket] = []
    for line in sys.stdin:
        command = json.loads(line)
        match command["do"]:
            case "run":
                answer: Any = run(command)
            case "send":
                answer = []
                for packet in command["packets"]:
                    answer.append(send_raw(packet) if "flags" in packet else send(packet))
            case "trace":
                answer = read_trace(trace, command["quiet"])
            case "forget":
                forget_connections()
                answer = True
            case "listen":
                kept += listen(command["port"])
                answer = True
            case "sleep":
                time.sleep(command["seconds"])
                answer = True
            case _:
                answer = None
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
