"""A recorded world served again: the API server's objects, the Envoys' admin ports, istiod's debug port.

What istioctl was run against is replayed for meshctl: each pod's port is a small HTTP server with the recorded bodies.
A request with a ``mask`` is refused as by an Envoy that has none, so that the whole dump is asked for.
"""

from __future__ import annotations

import contextlib
import json
import pathlib
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.corpus import corpus_root
from tests.golden.width import ROOT
from tests.live.kube.fake_kube import FakeKube, serve

ISTIOD = ("istio-system", "istiod-7b69f4b8c9-qwert")

Bodies = Mapping[str, tuple[int, bytes]]  # by path with its query, else by path alone


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
            status, body = found
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
    "logging.txt": "/logging",
    "ready.txt": "/ready",
}


_EMPTY = {path: (200, b"{}") for path in (*_ADMIN.values(), "/init_dump") if "config_dump" not in path}


def admin_bodies(folder: pathlib.Path) -> Bodies:
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
            bodies = {**_EMPTY, **recorded} if whole else recorded
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
    listed = json.loads((ROOT / "worlds" / "ports.json").read_text()).get(name.removesuffix("-deadgw"), {})
    return {
        (one["namespace"], pod): admin_bodies(corpus_root() / (one.get("live") or one["e2e"]))
        for pod, one in listed.items()
    }
