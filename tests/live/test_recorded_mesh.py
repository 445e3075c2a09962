"""The story's pods behind the stand-in API server: trace and capture, live and from a snapshot, print the same."""

from __future__ import annotations

import http.server
import json
import pathlib
import re
import threading
import urllib.parse
from collections.abc import Iterator

import pytest
import yaml

from meshctl.cli import main
from tests.live.kube.fake_kube import FakeKube, serve

KUBE = pathlib.Path(__file__).parent / "kube"
STORY = pathlib.Path(__file__).resolve().parents[2] / "examples" / "story"
INIT_ARGUMENTS = (
    "istio-iptables -p 15001 -z 15006 -u 1337 -m REDIRECT -i * -x 198.51.100.0/24 -b * -d 15090,15021,15020 -o 8088,6500"
).split()


class Recorded(http.server.BaseHTTPRequestHandler):
    """An admin port that answers with a pod's recorded files; a mask leaves the section's own out of the dump."""

    protocol_version = "HTTP/1.1"
    folder: pathlib.Path

    def do_GET(self) -> None:
        url = urllib.parse.urlsplit(self.path)
        body = self._body(url.path, urllib.parse.parse_qs(url.query))
        self.send_response(200 if body is not None else 404)
        self.send_header("content-length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def _body(self, path: str, query: dict[str, list[str]]) -> bytes | None:
        if path == "/config_dump":
            dump = json.loads((self.folder / "config_dump.json").read_bytes())
            if "mask" in query:
                wanted = set(query["mask"][0].split(","))
                dump["configs"] = [c for c in dump["configs"] if wanted & set(c)]
            return json.dumps(dump, indent=1).encode()
        name = f"{path.strip('/')}.json"
        if (self.folder / name).exists():
            return (self.folder / name).read_bytes()
        return (
            b"{}"
            if name in ("certs.json", "listeners.json", "stats.json", "server_info.json", "init_dump.json")
            else None
        )

    def log_message(self, *arguments: object) -> None:
        pass


def manifest(folder: pathlib.Path) -> dict[str, object]:
    meta = json.loads((folder / "meta.json").read_text())
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": meta["pod"],
            "namespace": meta["namespace"],
            "labels": meta["labels"],
            "annotations": {"sidecar.istio.io/status": "{}"},
        },
        "spec": {
            "nodeName": "node-1",
            "serviceAccountName": meta["service_account"],
            "securityContext": {"runAsUser": meta["app_uid"]},
            "initContainers": [{"name": "istio-init", "args": INIT_ARGUMENTS}],
            "containers": [
                {"name": "app"},
                {"name": "istio-proxy", "args": ["proxy", "sidecar"], "securityContext": {"runAsUser": 1337}},
            ],
        },
        "status": {"phase": "Running", "podIP": meta["ip"], "podIPs": [{"ip": meta["ip"]}]},
    }


SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "nginx", "namespace": "test"},
    "spec": {
        "clusterIP": "10.102.168.134",
        "clusterIPs": ["10.102.168.134"],
        "ports": [{"port": 80, "targetPort": 80}],
    },
}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeKube]:
    servers = []
    with serve(out=tmp_path_factory.mktemp("story")) as kube:
        kube.store.add(SERVICE)
        for folder in sorted(STORY.iterdir()):
            handler = type("Handler", (Recorded,), {"folder": folder})
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            servers.append(server)
            kube.store.add(manifest(folder))
            kube.forward("test", folder.name, 15000, to=server.server_port)
        yield kube
    for server in servers:
        server.shutdown()


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    capsys.readouterr()
    code = main(["-n", "test", *arguments])
    return code, capsys.readouterr().out


COMMANDS = [
    ("trace", "test-pod", "http://nginx.test/"),
    ("trace", "test-pod", "http://nginx.test/", "--explain"),
    ("trace", "test-pod", "http://nginx.test/", "-o", "json"),
    ("trace", "test-pod", "http://nginx.test:8088/"),
    ("trace", "test-pod", "tcp://10.244.0.73:80"),
    ("capture", "show", "test-pod"),
    ("capture", "walk", "test-pod", "--from", "app", "--to", "10.102.168.134:80"),
    ("capture", "lint", "test-pod"),
    ("check", "test-pod"),
    ("check",),
    ("diff", "test-pod", "nginx-7c79c4bf97-7985c"),
    ("pc", "listener", "test-pod"),
    ("pc", "route", "test-pod", "-o", "yaml"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=[" ".join(c) for c in COMMANDS])
def test_a_snapshot_answers_as_the_cluster_does(
    story: FakeKube,
    command: tuple[str, ...],
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(story.kubeconfig))
    target = str(tmp_path / "mesh.tar.gz")
    assert main(["-n", "test", "snapshot", "-o", target]) == 0
    live = printed(capsys, *command)
    monkeypatch.setenv("KUBECONFIG", "/no/such/file")
    saved = printed(capsys, *command, "-f", target)
    assert live[1]
    assert at_any_minute(saved) == at_any_minute(live)


def at_any_minute(done: tuple[int, str]) -> tuple[int, str]:
    """An answer without the minute at which the proxy was asked: the two commands may stand in two."""
    return done[0], re.sub(r"was asked \([^)]*\)", "was asked", done[1])


def test_the_story_is_delivered_live(
    story: FakeKube, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(story.kubeconfig))
    code, out = printed(capsys, "trace", "test-pod", "http://nginx.test/")
    assert code == 0
    assert "DELIVERED to nginx-7c79c4bf97-7985c port 80" in out
    assert "10.244.0.73:80" in out


def test_an_anonymized_snapshot_holds_no_name_and_traces_the_same_way(
    story: FakeKube,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(story.kubeconfig))
    target = tmp_path / "mesh"
    assert main(["-n", "test", "snapshot", "--anonymize", "-o", str(target)]) == 0
    folders = sorted(p.name for p in target.glob("pods/*/*"))
    for path in sorted(target.rglob("*")):
        assert "nginx" not in path.name
        if path.is_file():
            text = path.read_text()
            for name in ("nginx", "10.244.0.7", "10.102.168.134", "namespaces/test/"):
                assert name not in text, f"{name} in {path}"
    services = json.loads((target / "cluster" / "services.json").read_text())["items"]
    (service,) = (s for s in services if s["spec"].get("clusterIP", "None") != "None")
    host = f"{service['metadata']['name']}.{service['metadata']['namespace']}"
    client = next(f for f in folders if f.count("-") == 1)
    capsys.readouterr()
    code = main(["trace", client, f"http://{host}/", "--dir", str(target)])
    out = capsys.readouterr().out
    assert code == 0, out
    assert "DELIVERED to" in out


def test_what_every_cluster_has_does_not_stop_anonymizing(
    story: FakeKube,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Istio's and Kubernetes' own objects, and services whose names are words of the snapshot format."""
    monkeypatch.setenv("KUBECONFIG", str(story.kubeconfig))
    before = {kind: list(items) for kind, items in story.store.objs.items()}
    for item in yaml.safe_load_all((KUBE / "standard" / "cluster.yaml").read_text()):
        story.store.add(item)
    target = tmp_path / "mesh"
    try:
        assert main(["-n", "test", "snapshot", "--anonymize", "-o", str(target)]) == 0, (
            capsys.readouterr().err
        )
    finally:
        story.store.objs = before
    text = (target / "cluster" / "mutatingwebhookconfigurations.json").read_text()
    assert "sidecar-injector" in text
    assert "environment" not in (target / "cluster" / "services.json").read_text()


def ambient(name: str, ip: str) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "test",
            "annotations": {"ambient.istio.io/redirection": "enabled"},
        },
        "spec": {"nodeName": "node-1", "containers": [{"name": "app"}]},
        "status": {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}]},
    }


AMBIENT = [
    ("ambient-1", "http://10.244.0.73/"),  # what leaves it
    ("test-pod", "tcp://10.244.0.99:3306"),  # what enters it, as plain bytes past the client's listeners
    ("test-pod", "tcp://10.244.0.99:15008"),  # and as a tunnel
]


@pytest.mark.parametrize(("pod", "url"), AMBIENT)
def test_what_a_ztunnel_takes_is_not_followed_and_said_so(
    story: FakeKube, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], pod: str, url: str
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(story.kubeconfig))
    before = {kind: list(items) for kind, items in story.store.objs.items()}
    story.store.add(ambient("ambient-1", "10.244.0.99"))
    try:
        code, out = printed(capsys, "trace", pod, url)
    finally:
        story.store.objs = before
    assert code == 3
    assert "ambient-1 is in the ambient mesh" in " ".join(out.split())
    assert "the ztunnel's of its node" in " ".join(out.split())
