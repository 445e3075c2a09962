"""Documents that the program prints itself, of every kind: what their schemas are made from and checked against.

Each command is run in this process on what the repository holds; its document is one of its kind's examples.
"""

from __future__ import annotations

import json
import os
import pathlib
import tempfile
from collections.abc import Iterator
from typing import Any

from tests import cli
from tests.corpus import ROOT

STORY = "examples/story"
SYMPTOMS = "examples/symptoms/envoy.yaml"
LINE = (
    '[2026-01-01T00:00:00.000Z] "GET / HTTP/1.1" {code} {details} - "{failure}" 0 91 12 - "-" "curl/8.5" "4-1" "nginx.test" '
    '"10.244.0.73:80" outbound|80||nginx.test.svc.cluster.local 10.244.0.72:34668 10.102.168.134:80 10.244.0.72:40000 - default'
)
REFUSED = LINE.format(code="503 UF,URX", details="-", failure="delayed connect error: Connection refused")
WELL = LINE.format(code="200 -", details="via_upstream", failure="-")
_AT = ("--at", "envoy", "-f", SYMPTOMS)


def _symptoms() -> Iterator[tuple[str, ...]]:
    for port in range(8001, 8008):
        for more in ((), ("-X", "DELETE"), ("--http1.0",), ("-H", "host: shop.example.com"), ("--explain",)):
            yield ("trace", f"http://shop:{port}/api", "--to", f"127.0.0.1:{port}", *_AT, *more)


COMMANDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "trace": (
        ("trace", "test-pod", "http://nginx.test/", "--dir", STORY),
        ("trace", "test-pod", "http://nginx.test:81/", "--dir", STORY, "--to", "10.102.168.134:81"),
        ("trace", "test-pod", "http://example.com/", "--to", "192.0.2.9", "--dir", STORY),
        ("trace", "test-pod", "tcp://nginx.test:80", "--dir", STORY),
        ("trace", "test-pod", "http://nginx.test/", "-f", f"{STORY}/test-pod", "--strict"),
        ("trace", "nginx", "http://nginx.test/", "--from", "10.9.9.9", "--to", "10.244.0.73:80", "--dir", STORY),
        *_symptoms(),
    ),
    "why-not": (("trace", "test-pod", "http://nginx.test/", "--dir", STORY, "--why-not", "nginx"),),
    "why": (
        ("why", "UF"),
        ("why", "503 UC upstream_reset_before_response_started{connection_termination}"),
        ("why", REFUSED),
        ("why", "--dir", STORY, REFUSED),
        ("why", "--dir", STORY, WELL),
        ("why", "--dir", STORY, WELL.replace("10.244.0.72:40000", "10.9.9.9:1")),
        ("why", "503 UF a_word_of_nobody{}"),
    ),
    "capture": tuple(
        ("capture", "show", "-f", path)
        for path in (f"{STORY}/test-pod/iptables-save.txt", f"{STORY}/nginx-7c79c4bf97-7985c/iptables-save.txt", STORY + "/test-pod")
    ),
    "walk": tuple(
        ("capture", "walk", *words, "-f", f"{STORY}/test-pod/iptables-save.txt")
        for words in (("--in", "8080"), ("--to", "10.1.2.3:80"), ("--to", "10.1.2.3:80", "--uid", "1337"), ("--in", "15008"))
    ),
    "lint": (
        ("capture", "lint", "-f", f"{STORY}/test-pod/iptables-save.txt"),
        ("capture", "lint", "-f", f"{STORY}/test-pod"),
    ),
    "rules": (("capture", "compute", "--", "-p", "15001"), ("capture", "compute", "--backend", "nft", "--", "-p", "15001")),
    "check": (("check", "-f", STORY), ("check", "-f", SYMPTOMS), *((("check", "-f", cli.dump_path(f"{name}.config_dump"))) for name in ("gateway", "nacklistener", "bookinfo-productpage"))),
    "diff": (
        ("diff", cli.dump_path("gateway.config_dump"), cli.dump_path("nacklistener.config_dump"), "--traffic"),
        ("diff", cli.dump_path("gateway.config_dump"), cli.dump_path("gateway.config_dump")),
        ("diff", "-f", STORY, "test-pod", "nginx"),
    ),
    "guards": (("authz", "nginx", "-f", STORY), ("authz", "show", "-f", cli.dump_path("bookinfo-productpage.config_dump"))),
    "call": (
        ("authz", "check", "nginx", "-f", STORY, "--from", "test/default", "--port", "80"),
        ("authz", "check", "nginx", "-f", STORY, "--from", "spiffe://other/ns/a/sa/b", "--port", "80"),
        ("authz", "check", "nginx", "-f", STORY, "--from", "plain", "--port", "80", "-X", "GET", "--path", "/"),
    ),
    "matrix": (("authz", "matrix", "-f", STORY),),
    "breaks": (("authz", "matrix", "-f", STORY, "--what-if", "strict"),),
}  # fmt: skip


def examples(kind: str) -> Iterator[Any]:
    """The documents of a kind."""
    before = pathlib.Path.cwd()
    os.chdir(ROOT)
    try:
        yield from _SPECIAL[kind]() if kind in _SPECIAL else _printed(kind)
    finally:
        os.chdir(before)


def _printed(kind: str) -> Iterator[Any]:
    for words in COMMANDS[kind]:
        at = words.index("--") if "--" in words else len(words)
        outcome = cli.run(*words[:at], "-o", "json", *words[at:])
        assert outcome.out, (words, outcome.err)
        yield json.loads(outcome.out)


def _requests() -> Iterator[Any]:
    outcome = cli.run("trace", "--dir", STORY, "--requests", "examples/requests.jsonl")
    yield from map(json.loads, outcome.out.splitlines())
    lines = [
        {"id": "a", "from": "test-pod", "url": "http://nginx.test/", "expect": {"verdict": "DELIVERED"}},
        {
            "id": "b",
            "from": "test-pod",
            "url": "http://nowhere.test/",
            "to": "192.0.2.1",
            "expect": {"verdict": "DENIED"},
        },
        {"id": "c", "from": "nobody", "url": "http://nginx.test/"},
        {"id": "d"},
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "requests.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        outcome = cli.run("trace", "--dir", STORY, "--requests", str(path))
    yield from map(json.loads, outcome.out.splitlines())


def _logs() -> Iterator[Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "access.log"
        path.write_text(f"{REFUSED}\n{WELL}\nsomething else\n{REFUSED}\n")
        yield json.loads(cli.run("why", "--log", str(path), "-o", "json").out)


def _errors() -> Iterator[Any]:
    for words in (
        ("pc", "listener", "-f", "/nowhere"),
        ("pc", "nothing"),
        ("trace",),
        ("why", "no line at all"),
    ):
        yield json.loads(cli.run("--error-format", "json", *words).err)


def _contents() -> Iterator[Any]:
    for path in (STORY, SYMPTOMS, "tests/fixtures/lab.tar.gz"):
        yield json.loads(cli.run("snapshot", "show", path, "-o", "json").out)


_SPECIAL = {"request": _requests, "log": _logs, "error": _errors, "contents": _contents}
