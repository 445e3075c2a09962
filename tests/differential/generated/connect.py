"""Listeners drawn at random and connections of every kind to them: which chain, which end.

A case is a listener (``chains``) and a few connections: from several addresses, with and without a PROXY header, plain
bytes of every kind or TLS with names, protocols and certificates. The access logs of listener and connection manager
tell what became of each. ``python -m tests.differential.generated.connect`` prints what the trace tells otherwise;
``--only NUMBER`` draws one listener again.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import json
import pathlib
import socket
import ssl
import struct
import threading
import time

from meshctl.envoy import documents, snapshot
from meshctl.envoy.notes import Notes
from meshctl.proxy.proxy import Proxy
from tests import envoy
from tests.differential.beyond import Comparison, differences
from tests.differential.beyond import ask as told
from tests.differential.generated.chains import CLUSTERS, MANAGER_LOG, PEER, Chains, Dialled, connection
from tests.differential.generated.draw import Draw, Json
from tests.differential.generated.laboratory import address, dump, free_ports
from tests.differential.generated.report import Report, command
from tests.lab.pki import Authority

CASES, EACH = 60, 14
Place = tuple[int, int]  # a listener's number, and which of its connections
_PATH = "/p"
_FIRST = {
    "raw": b"bytes of a protocol that no filter knows\n",
    "http1": b"GET %s HTTP/1.1\r\nHost: host\r\n\r\n",
    "http1.0": b"GET %s HTTP/1.0\r\nHost: host\r\n\r\n",
    "http-odd-method": b"FROB %s HTTP/1.1\r\nHost: host\r\n\r\n",
    "h2c": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
    "none": b"",
    "tls": b"GET %s HTTP/1.1\r\nHost: host\r\n\r\n",
}


class _Server:
    """Takes connections on some ports and answers whatever comes first, as HTTP where it is that."""

    def __init__(self, count: int) -> None:
        self._sockets = [socket.create_server(("127.0.0.1", 0), backlog=256) for _ in range(count)]
        self.ports = [int(s.getsockname()[1]) for s in self._sockets]

    def __enter__(self) -> _Server:
        for s in self._sockets:
            threading.Thread(target=self._accept, args=(s,), daemon=True).start()
        return self

    def __exit__(self, *unused: object) -> None:
        for s in self._sockets:
            s.close()

    def _accept(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                taken, _ = listening.accept()
                threading.Thread(target=self._answer, args=(taken,), daemon=True).start()

    def _answer(self, taken: socket.socket) -> None:
        with contextlib.suppress(OSError), taken:
            taken.settimeout(10)
            first = taken.recv(4096)
            http = b"HTTP/1" in first and not first.startswith(b"\x16")
            taken.sendall(
                b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok" if http else b"ok"
            )


def run(seed: int, folder: pathlib.Path, numbers: list[int] | None = None) -> Report:
    """Draw the listeners of these numbers, dial each, compare."""
    numbers = list(range(CASES)) if numbers is None else numbers
    log = folder / "access.log"
    drawn = Chains(log)
    ports = dict(zip(numbers, free_ports(len(numbers)), strict=True))
    listeners = [drawn.listener(Draw(f"l4:{seed}:{n}"), f"L{n}", ports[n]) for n in numbers]
    dialled = {(n, turn): connection(Draw(f"l4:{seed}:{n}:{turn}")) for n in numbers for turn in range(EACH)}
    with _Server(5) as server:
        bootstrap = {
            "node": {"id": "generated", "cluster": "generated"},
            "static_resources": {"listeners": listeners, "clusters": _clusters(server.ports)},
        }
        with envoy.running(bootstrap, folder) as admin:
            shot = dump(admin)
            (folder / "dump.json").write_bytes(shot)
            client = _Client(folder, drawn.authority)
            proxies = {n: _proxy(shot, f"L{n}") for n in numbers}

            def ask(places: list[Place], at_once: int) -> dict[Place, Comparison]:
                with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
                    ended = list(pool.map(lambda place: client.dial(dialled[place], ports[place[0]]), places))
                entries = _logged(log, {end.addresses for end in ended})
                found = {}
                for place, end in zip(places, ended, strict=True):
                    record = _record(
                        seed, place, dialled[place], ports[place[0]], end, entries, drawn.managers
                    )
                    answer = told(proxies[place[0]], record)
                    found[place] = Comparison(record, answer, list(differences(record, answer)))
                return found

            found = ask(list(dialled), 16)
            if doubtful := [place for place, one in found.items() if one.differences]:
                found |= ask(
                    doubtful, 1
                )  # on a busy machine a client may have been too late for a listener's time-out
    return Report(seed, list(found.values()))


def _clusters(ports: list[int]) -> list[Json]:
    def cluster(name: str, *hosts: int) -> Json:
        endpoints = [{"endpoint": {"address": address(port)}} for port in hosts]
        places = [{"lb_endpoints": endpoints}] if endpoints else []
        load = {"cluster_name": name, "endpoints": places}
        return {"name": name, "type": "STATIC", "connect_timeout": "1s", "load_assignment": load}

    hosts = {"many": ports[:3], "empty": []}
    return [cluster(name, *hosts.get(name, [ports[i % 5]])) for i, name in enumerate(CLUSTERS)]


def _proxy(shot: bytes, name: str) -> Proxy:
    """The proxy as if this listener were the one for what comes in."""
    content = json.loads(shot)
    for section in content["configs"]:
        if "static_listeners" in section:
            kept = [one for one in section["static_listeners"] if one["listener"]["name"] == name]
            kept[0]["listener"]["name"] = "virtualInbound"
            section["static_listeners"] = kept
        if "bootstrap" in section:
            section["bootstrap"]["static_resources"].pop("listeners", None)
    notes = Notes()
    return Proxy(
        snapshot.load(documents.read(json.dumps(content).encode(), "dump", notes), "dump", notes), "dump"
    )


# ---- the client ----


@dataclasses.dataclass(frozen=True)
class _End:
    """How a connection ended for the client: by what it saw first."""

    addresses: str  # from>to, as the log has them
    client: str


class _Client:
    def __init__(self, folder: pathlib.Path, authority: Authority) -> None:
        identity = authority.issue(uri=PEER)
        self._certificate = folder / "client.pem"
        self._certificate.write_text(identity.certificate + identity.key)

    def dial(self, item: Dialled, port: int) -> _End:
        context = self._context(item) if item.first == "tls" else None
        raw = socket.socket()
        raw.settimeout(3)
        raw.bind((item.src_ip, 0))
        raw.connect((item.dst_ip, port))
        addresses = "{}:{}>{}:{}".format(*raw.getsockname(), *raw.getpeername())
        try:
            raw.sendall(_proxy_bytes(item))
            speaking = context.wrap_socket(raw, server_hostname=item.sni) if context is not None else raw
            first = _FIRST[item.first]
            speaking.sendall(first % _PATH.encode() if b"%s" in first else first)
            seen = "data" if speaking.recv(4096) else "closed"
            speaking.close()
        except ssl.SSLError:
            seen = "closed"
        except TimeoutError:
            seen = "timeout"
        except OSError:
            seen = "reset"
        finally:
            raw.close()
        return _End(addresses, seen)

    def _context(self, item: Dialled) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if item.alpn:
            context.set_alpn_protocols(list(item.alpn))
        if item.newest:
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        if item.certified:
            context.load_cert_chain(self._certificate)
        return context


def _proxy_bytes(item: Dialled) -> bytes:
    if item.header is None:
        return b""
    src_ip, src_port, dst_ip, dst_port = item.header
    if item.version == 1:
        return f"PROXY TCP4 {src_ip} {dst_ip} {src_port} {dst_port}\r\n".encode()
    body = socket.inet_aton(src_ip) + socket.inet_aton(dst_ip) + struct.pack("!HH", src_port, dst_port)
    return b"\r\n\r\n\x00\r\nQUIT\n\x21\x11" + struct.pack("!H", len(body)) + body


# ---- what was seen ----


def _logged(path: pathlib.Path, wanted: set[str], seconds: float = 8) -> dict[str, list[Json]]:
    """The lines of the log by the client's address, once each has one or nothing more comes."""
    deadline, before = time.monotonic() + seconds, -1
    while True:
        lines = [line for line in path.read_text().splitlines() if line.endswith("}")]
        found: dict[str, list[Json]] = {}
        for line in lines:
            entry = {k: None if v == "-" else v for k, v in json.loads(line).items()}
            found.setdefault(str(entry["rid"]), []).append(entry)
        if time.monotonic() > deadline or (wanted <= found.keys() and len(lines) == before):
            return found
        before = len(lines)
        time.sleep(0.7)


def _record(
    seed: int,
    place: Place,
    item: Dialled,
    port: int,
    end: _End,
    entries: dict[str, list[Json]],
    managers: set[str],
) -> Json:
    """A connection in the form of the recordings; the connection manager's line says more than the listener's."""
    src_ip, src_port = end.addresses.partition(">")[0].rsplit(":", 1)
    line: Json = {
        "direction": "inbound", "src_ip": src_ip, "src_port": int(src_port), "dst_ip": item.dst_ip, "dst_port": port, "first_bytes": item.first,
        "tls": item.first == "tls", "sni": item.sni if item.first == "tls" else None, "alpn": list(item.alpn) if item.first == "tls" else None,
    }  # fmt: skip
    if item.first == "tls":
        line |= {"tls_max": item.newest or "", "request": {"authority": "host", "path": _PATH}}
        if item.certified:
            line["cert_san"] = [PEER]
    if item.header is not None:
        names = ("src_ip", "src_port", "dst_ip", "dst_port")
        line["proxy_protocol"] = {**dict(zip(names, item.header, strict=True)), "version": item.version}
    lines = entries.get(end.addresses, [])
    http = [one for one in lines if one["by"] == MANAGER_LOG]
    # A connection manager logs requests; a connection on which none came to be is in the listener's log alone.
    unlogged = not http and any(str(one["filter_chain"]) in managers for one in lines)
    observed: Json = {"client": end.client, "no_log": unlogged or not lines}
    observed |= {**(http or lines)[0], "listener": "virtualInbound"} if lines else {}
    if observed.get("flags") == "UR":  # the answering side is this test's, not the configuration's
        observed["flags"] = None
    return {
        "topic": f"connect {seed}",
        "case": f"{place[0]}-{place[1]}",
        "connection": line,
        "observed": observed,
    }


def main() -> None:
    command(run, "connect", __doc__ or "")


if __name__ == "__main__":
    main()
