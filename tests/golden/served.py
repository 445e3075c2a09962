"""A recorded world served again: the API server's objects, the Envoys' admin ports, istiod's debug port.

What istioctl was run against is replayed for meshctl: each pod's port is a small HTTP server with the recorded bodies.
A request with a ``mask`` is refused as by an Envoy that has none, so that the whole dump is asked for.
"""

from __future__ import annotations

import base64
import contextlib
import json
import pathlib
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from tests.corpus import corpus_root
from tests.golden.width import ROOT
from tests.live.kube.fake_kube import FakeKube, serve

ISTIOD = ("istio-system", "istiod-7b69f4b8c9-qwert")

Page = tuple[int, bytes]
Bodies = Mapping[str, Page | Callable[[str], Page]]  # by path with its query, else by path alone


@contextlib.contextmanager
def replay(bodies: Bodies) -> Iterator[int]:
    """The port of an HTTP server that answers with recorded bodies."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            found = bodies.get(self.path)
            if found is None and "mask=" in self.path:
                found = (400, b"the mask is refused")
            if found is None:
                found = bodies.get(urlsplit(self.path).path, (404, b"404 page not found\n"))
            status, body = found(self.path) if callable(found) else found
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


LOGGERS = corpus_root() / "dumps/bookinfo/productpage/live/logging.txt"


class Loggers:
    """Envoy's ``/logging``: a list of loggers with their levels, which a request may set; all of it or nothing."""

    LEVELS = ("trace", "debug", "info", "warning", "error", "critical", "off")

    def __init__(self, listing: bytes) -> None:
        found = re.findall(r"(?m)^  (\S+): (\S+)$", listing.decode())
        self.levels = dict(sorted(found))
        self.asked: list[str] = []
        self.knows_paths = True
        self.refuses = ""

    def __call__(self, path: str) -> Page:
        self.asked.append(path)
        for key, value in parse_qsl(urlsplit(path).query):
            if (key == "paths" and not self.knows_paths) or key == self.refuses:
                return 400, b"error: refused\n"
            pairs = (
                [one.partition(":")[::2] for one in value.split(",")] if key == "paths" else [(key, value)]
            )
            names = {name: level for name, level in pairs if name != "level"}
            if not names.keys() <= self.levels.keys() or any(level not in self.LEVELS for _, level in pairs):
                return 400, b"error: unknown logger name or level\n"
            every = dict.fromkeys(self.levels, value) if key == "level" else {}
            self.levels.update({**every, **names})
        lines = "".join(f"  {name}: {level}\n" for name, level in self.levels.items())
        return 200, f"active loggers:\n{lines}\n".encode()


def istiod_bodies(stage: str) -> Bodies:
    """istiod's debug answers of a stage."""
    folder = ROOT / "istiod-raw" / stage
    lines = [json.loads(line) for line in (folder / "index.jsonl").read_text().splitlines()]
    found = {line["path"]: (line["status"], (folder / line["file"]).read_bytes()) for line in lines}
    found["/version"] = (200, b"unknown-unknown-unknown")
    return found


_ADMIN = {
    "config_dump.json": "/config_dump",
    "config_dump.include_eds.json": "/config_dump?include_eds",
    "clusters.json": "/clusters?format=json",
    "clusters.txt": "/clusters",
    "certs.json": "/certs",
    "listeners.json": "/listeners?format=json",
    "server_info.json": "/server_info",
    "stats.json": "/stats?format=json",
    "stats.txt": "/stats",
    "stats.prom": "/stats/prometheus",
    "ready.txt": "/ready",
}


_EMPTY = {path: (200, b"{}") for path in (*_ADMIN.values(), "/init_dump") if "config_dump" not in path}


def admin_bodies(folder: pathlib.Path) -> dict[str, Page]:
    """The answers of one Envoy, as they were saved."""
    return {
        path: (200, (folder / name).read_bytes())
        for name, path in _ADMIN.items()
        if (folder / name).is_file()
    }


@contextlib.contextmanager
def world(name: str, out: pathlib.Path, stage: str = "", *, whole: bool = False) -> Iterator[FakeKube]:
    """A recorded world; with ``stage`` istiod answers, and the pods that were connected answer as at that moment.

    whole: a page of the admin port that was not recorded is empty, not missing, so that a snapshot can be taken.
    """
    with contextlib.ExitStack() as stack:
        kube = stack.enter_context(serve(str(ROOT / "worlds" / name / "manifests"), out=out))
        for (namespace, pod), recorded in _pods(name, stage).items():
            bodies = {"/logging": Loggers(LOGGERS.read_bytes()), **(_EMPTY if whole else {}), **recorded}
            kube.forward(namespace, pod, 15000, to=stack.enter_context(replay(bodies)))
        if stage:
            kube.forward(*ISTIOD, 15014, to=stack.enter_context(replay(istiod_bodies(stage))))
        yield kube


def _pods(name: str, stage: str) -> dict[tuple[str, str], Bodies]:
    if stage:
        folder = ROOT / "istiod-raw" / stage / "pods"
        return {
            (path.name.split(".")[1], path.name.split(".")[0]): {"/config_dump": (200, path.read_bytes())}
            for path in folder.glob("*.config_dump.json")
        }
    file = "ports-rootca-double.json" if name == "rootca-double" else "ports.json"
    listed = json.loads((ROOT / "worlds" / file).read_text()).get(name.removesuffix("-deadgw"), {})
    found = {}
    for pod, one in listed.items():
        bodies = admin_bodies(corpus_root() / (one.get("live") or one["e2e"]))
        found[one["namespace"], pod] = _doubled(bodies) if one.get("double_rootca") else bodies
    return found


def _doubled(bodies: dict[str, Page]) -> dict[str, Page]:
    """The answers with the root certificate encoded twice, which is what istioctl can read."""
    status, body = bodies["/config_dump"]
    dump = json.loads(body)
    for section in dump["configs"]:
        for one in section.get("dynamic_active_secrets", ()):
            trusted = one["secret"].get("validation_context", {}).get("trusted_ca", {})
            if "inline_bytes" in trusted:
                trusted["inline_bytes"] = base64.b64encode(trusted["inline_bytes"].encode()).decode()
    return {"/config_dump": (status, json.dumps(dump).encode())}
