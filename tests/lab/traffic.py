"""Requests as an application in a pod sends them: plain sockets, nothing between them and the rules."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Any

from tests.lab.network import inside
from tests.lab.process import APP_UID
from tests.lab.reach import Reach

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """One request; ``kind`` is http1, http10 or tcp. ``host`` None sends no Host header."""

    id: str
    pod: str
    ip: str
    port: int
    kind: str = "http1"
    method: str = "GET"
    host: str | None = None
    path: str = "/"
    headers: tuple[tuple[str, str], ...] = ()
    uid: int = APP_UID

    def as_trace(self) -> Json:
        """The same as a line of ``meshctl trace --requests``."""
        request: Json = {"kind": self.kind, "to_ip": self.ip, "to_port": self.port}
        if self.kind != "tcp":
            headers = [list(h) for h in (*self.headers, ("x-lab-id", self.id))]
            request |= {"method": self.method, "path": self.path, "headers": headers}
            if self.host is not None:
                request["host"] = self.host
        return {"id": self.id, "from": self.pod, "uid": self.uid, "request": request}

    def wire(self) -> bytes:
        """What goes over the socket."""
        if self.kind == "tcp":
            return f"HELLO {self.id}\n".encode()
        version = "1.0" if self.kind == "http10" else "1.1"
        lines = [f"{self.method} {self.path} HTTP/{version}"]
        if self.host is not None:
            lines.append(f"Host: {self.host}")
        lines += [f"{name}: {value}" for name, value in (*self.headers, ("x-lab-id", self.id))]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin1")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client got: a code over HTTP, an error where the connection failed; its own address."""

    local: str | None = None
    code: int | None = None
    error: str | None = None
    body: str = ""


def send(lab: Reach, request: Request, timeout: float = 6) -> Answer:
    """Send one request over a connection of its own."""
    with inside(lab.network.namespace(request.pod), request.uid):
        connection = socket.socket()
    # The port is taken before, so that it is known also of a connection that fails.
    connection.bind(("", 0))
    connection.settimeout(timeout)
    local = f"{lab.model.pod(request.pod).ip}:{connection.getsockname()[1]}"
    try:
        connection.connect((request.ip, request.port))
    except OSError as error:
        connection.close()
        refused = isinstance(error, ConnectionRefusedError)
        return Answer(local, error="refused" if refused else str(error))
    with connection:
        try:
            connection.sendall(request.wire())
            data = _read(connection, request)
        except TimeoutError:
            return Answer(local, error="timeout")
        except OSError:
            return Answer(local, error="reset")
    if not data:
        return Answer(local, error="closed")
    if request.kind == "tcp":
        return Answer(local, body=data.decode("latin1"))
    head, _, body = data.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/"):
        return Answer(local, error="not HTTP", body=data[:200].decode("latin1"))
    return Answer(local, int(head.split()[1]), body=body.decode("latin1"))


def _read(connection: socket.socket, request: Request) -> bytes:
    """A whole answer: up to a line over TCP, as long as it says over HTTP."""
    data = b""
    while not _complete(data, request):
        part = connection.recv(65536)
        if not part:
            break
        data += part
    return data


def _complete(data: bytes, request: Request) -> bool:
    if request.kind == "tcp":
        return data.endswith(b"\n")
    head, found, body = data.partition(b"\r\n\r\n")
    if not found:
        return False
    if request.method == "HEAD":
        return True
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return len(body) >= int(line.partition(b":")[2])
        if line.startswith(b"transfer-encoding:") and b"chunked" in line:
            return body.endswith(b"0\r\n\r\n")
    return False
