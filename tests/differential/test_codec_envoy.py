"""What a real Envoy's HTTP/1 codec answers to bytes that it refuses, and what its access log says of them."""

from __future__ import annotations

import json
import pathlib
import socket
import time
from typing import Any

import pytest

from meshctl.envoy import documents, snapshot
from meshctl.envoy.notes import Notes
from meshctl.proxy.model import Request
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.visit import visit
from meshctl.trace import requests
from tests.differential.envoy_lab import Lab
from tests.differential.test_trace_envoy import needs_envoy

ROUTES = {
    "virtual_hosts": [
        {"name": "v", "domains": ["*"], "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "c"}}]}
    ]
}
MANAGER = {
    "route_config": {"name": "rc", **ROUTES},
    "common_http_protocol_options": {"headers_with_underscores_action": "REJECT_REQUEST"},
}


def get(*headers: tuple[str, str], method: str = "GET", path: str | None = "/", **more: Any) -> Request:
    return Request(method, "a", path, tuple(headers), **more)


ASKED = [
    get(method="FROB"), get(path=""), get(path="/a\tb"), get(path="/\u00e9"), get(path="*"), get(path="*", method="OPTIONS"),
    get(("x a", "1")), get(("x", "a\0b")), get(("x", "a\x01b")), get(("x", "a\x7fb")), get(("x_a", "1")),
    get(("content-length", "abc")), get(("content-length", "5"), ("content-length", "5")),
    get(("content-length", "0"), ("transfer-encoding", "chunked")), get(("transfer-encoding", "gzip")),
    get(("connection", "a,b,c,d,e,f,g,h,i,j")), get(("connection", "x-forwarded-for")),
    get(path="/x", absolute_form="ftp://a"), get(path="/x", absolute_form="http://a:"),
    get(path="/x", absolute_form="http://a:99999"), get(path="/x", absolute_form="http://"),
    get(path="/x", absolute_form="http://me@@a"), get(path="/x", absolute_form="http://a_b"),
    get(*[(f"x{i}", "1") for i in range(101)]), get(("x-big", "a" * 61_500)),
    Request("GET", "a b", "/"), get(protocol="HTTP/1.0"),
    Request("CONNECT", "a:1", None, (("content-length", "1"),)), Request("CONNECT", "a", None),
]  # fmt: skip


def _bytes(request: Request) -> bytes:
    target = request.absolute_form + (request.path if request.path is not None else request.authority or "")
    lines = [f"{request.method} {target} {request.protocol}", f"Host: {request.authority}"]
    lines += [f"{name}: {value}" for name, value in request.headers]
    return "\r\n".join([*lines, "", ""]).encode()


def _sent(lab: Lab, request: Request) -> list[str]:
    """Code, flags and details of the access log's next line."""
    before = len(lab.log.read_text().splitlines()) if lab.log.exists() else 0
    with socket.create_connection(("127.0.0.1", lab.port)) as client:
        client.sendall(_bytes(request))
        client.settimeout(5)
        client.recv(4096)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        lines = lab.log.read_text().splitlines() if lab.log.exists() else []
        if len(lines) > before:
            seen = json.loads(lines[before])
            return [seen["code"], seen["flags"], seen["details"]]
        time.sleep(0.02)
    raise AssertionError(f"no log line for {request}")


@pytest.mark.envoy
def test_the_codec_refuses_what_envoy_refuses(tmp_path: pathlib.Path) -> None:
    needs_envoy()
    wrong = []
    with Lab(tmp_path, MANAGER) as lab:
        notes = Notes()
        proxy = Proxy(snapshot.load(documents.read(lab.dump(), "lab", notes), "lab", notes))
        for request in ASKED:
            seen = _sent(lab, request)
            asked = requests.at_proxy(proxy, {"request": {"port": lab.port}})
            assert asked.listener is not None
            (passage,) = visit(proxy, asked.listener, asked.connection, request, silent=True)
            told = [passage.verdict.code, passage.verdict.flags or "-", passage.verdict.details]
            if told != seen:
                wrong.append((request, told, seen))
    assert not wrong, wrong
