"""One Envoy with many listeners, upstreams that tell what they were asked, and a client that speaks HTTP/1.1."""

from __future__ import annotations

import asyncio
import contextlib
import json
import pathlib
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests import envoy

Json = dict[str, Any]

UPSTREAMS = 8
_LOG = {
    "rid": "%REQ(X-RID)%",
    "code": "%RESPONSE_CODE%",
    "flags": "%RESPONSE_FLAGS%",
    "details": "%RESPONSE_CODE_DETAILS%",
    "route_name": "%ROUTE_NAME%",
    "virtual_host": "%CEL(xds.virtual_host_name)%",
    "cluster": "%UPSTREAM_CLUSTER_RAW%",
    "upstream_host": "%UPSTREAM_HOST%",
    "filter_chain": "%FILTER_CHAIN_NAME%",
}
_AT_ONCE = 16


def address(port: int) -> Json:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def access_log(path: pathlib.Path) -> Json:
    kind = "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog"
    return {
        "name": "file",
        "typed_config": {"@type": kind, "path": str(path), "log_format": {"json_format": _LOG}},
    }


def free_ports(count: int) -> list[int]:
    """So many ports that nobody listens on."""
    found: set[int] = set()
    while len(found) < count:
        found.add(envoy.free_port())
    return sorted(found)


class Upstreams:
    """Servers on their own ports; what each request looked like, by its id."""

    def __init__(self) -> None:
        self.seen: dict[str, Json] = {}
        self._sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(UPSTREAMS)]
        self.ports = [int(s.getsockname()[1]) for s in self._sockets]
        self._loop = asyncio.new_event_loop()

    def __enter__(self) -> Upstreams:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *unused: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        for s in self._sockets:
            s.close()

    def _run(self) -> None:
        for s in self._sockets:
            self._loop.run_until_complete(asyncio.start_server(self._serve, sock=s))
        self._loop.run_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                line, headers = await _head(reader)
                fields = dict(headers)
                method, path = line.split(" ")[:2]
                shadow = "-shadow" if "-shadow" in fields.get("host", "") else ""
                self.seen[fields.get("x-rid", "") + shadow] = {
                    "path": path,
                    "host": fields.get("host"),
                    "headers": headers,
                }
                await _body(reader, fields)
                if "upgrade" in fields:
                    writer.write(
                        f"HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: {fields['upgrade']}\r\n\r\n".encode()
                    )
                    await reader.read()
                    break
                body = b"" if method == "HEAD" else b"ok"
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n" + body)
                await writer.drain()
        writer.close()


async def _head(reader: asyncio.StreamReader) -> tuple[str, list[tuple[str, str]]]:
    text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *rest = text.strip().split("\r\n")
    return first, [(n.lower(), v.strip()) for n, _, v in (line.partition(":") for line in rest)]


async def _body(reader: asyncio.StreamReader, fields: dict[str, str]) -> None:
    if "chunked" in fields.get("transfer-encoding", ""):
        while (size := int((await reader.readline()).split(b";")[0], 16)) > 0:
            await reader.readexactly(size + 2)
        await reader.readline()
    elif size := int(fields.get("content-length") or 0):
        await reader.readexactly(size)


@dataclass(frozen=True)
class Asked:
    """A request for a listener; ``headers`` are all that is written beside the host."""

    rid: str
    port: int
    method: str
    path: str
    authority: str
    headers: list[tuple[str, str]]
    body: str = ""

    @property
    def line(self) -> Json:
        """In the field names of docs/trace-json.md."""
        return {
            "method": self.method,
            "path": self.path,
            "authority": self.authority,
            "port": self.port,
            "headers": [list(pair) for pair in self.headers],
            "protocol": "HTTP/1.1",
            "body": self.body,
        }


def send_all(asked: list[Asked]) -> dict[str, tuple[int, dict[str, str]]]:
    """The code and the headers of each answer, by the request's id."""

    async def go() -> dict[str, tuple[int, dict[str, str]]]:
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(item: Asked) -> tuple[str, tuple[int, dict[str, str]]]:
            async with gate:
                try:
                    return item.rid, await asyncio.wait_for(_send(item), 5)
                except TimeoutError:
                    return item.rid, (0, {"timeout": "5 s"})

        return dict(await asyncio.gather(*map(one, asked)))

    return asyncio.run(go())


async def _send(item: Asked) -> tuple[int, dict[str, str]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", item.port)
    lines = [f"{item.method} {item.path} HTTP/1.1", f"Host: {item.authority}"]
    lines += [f"{name}: {value}" for name, value in item.headers]
    writer.write(("\r\n".join(lines) + "\r\n\r\n" + item.body).encode("latin-1"))
    try:
        first, headers = await _head(reader)
        fields = dict(reversed(headers))  # of several of a name the first counts, as in the access log
        if first.split(" ")[1] != "101" and item.method != "HEAD":
            with contextlib.suppress(asyncio.IncompleteReadError, ValueError):
                await _body(reader, fields)
        return int(first.split(" ")[1]), fields
    except (asyncio.IncompleteReadError, ConnectionError):
        return 0, {}
    finally:
        writer.close()


def logged(path: pathlib.Path, rids: set[str], seconds: float = 12) -> dict[str, Json]:
    """The log lines by request id, once all are there or the time is over (a refused request has none)."""
    deadline, found, before = time.monotonic() + seconds, {}, -1
    while time.monotonic() < deadline:
        text = path.read_text() if path.exists() else ""
        entries = [json.loads(line) for line in text.splitlines() if line.endswith("}")]
        found = {e["rid"]: {k: None if v == "-" else v for k, v in e.items()} for e in entries if e["rid"]}
        if rids <= found.keys():
            break
        if len(entries) == before:
            time.sleep(0.2)
        before = len(entries)
    return found


@contextlib.contextmanager
def running(listeners: list[Json], clusters: list[Json], folder: pathlib.Path) -> Iterator[int]:
    """Envoy with these; the admin port."""
    resources = {"listeners": listeners, "clusters": clusters}
    node = {"id": "generated", "cluster": "generated"}
    with envoy.running({"node": node, "static_resources": resources}, folder) as admin:
        yield admin


def dump(admin: int) -> bytes:
    url = f"http://127.0.0.1:{admin}/config_dump?include_eds"
    with urllib.request.urlopen(url, timeout=20) as answer:
        return bytes(answer.read())
