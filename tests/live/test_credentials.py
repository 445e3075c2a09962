"""What a kubeconfig holds stays in memory: no file has it after any end of a command; credentials are renewed."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from meshctl.errors import MeshctlError
from meshctl.sources import Origin, open_snapshots
from meshctl.sources.interface import Globals, Silent
from meshctl.sources.kubeconfig import connect
from tests import ctrl_c
from tests.live.kube import fake_kube
from tests.live.kube.fake_kube import FakeKube

STALLED = {"match": "portforward", "stream": "stall", "after": 500}


@pytest.fixture
def marked(kube: FakeKube, tmp_path: pathlib.Path) -> tuple[pathlib.Path, list[bytes]]:
    """A kubeconfig outside of what is searched, and what must be found nowhere: lines of its key, its certificate."""
    document = yaml.safe_load(pathlib.Path(kube.kubeconfig).read_text())
    user = next(u["user"] for u in document["users"] if u["name"] == "admin-cert")
    (tmp_path / "given").mkdir()
    path = tmp_path / "given" / "config"
    path.write_text(yaml.safe_dump({**document, "current-context": "admin-cert"}))
    pem = base64.b64decode(user["client-key-data"]) + base64.b64decode(user["client-certificate-data"])
    lines = [line for line in pem.splitlines() if len(line) > 40]
    return path, [*lines, user["client-key-data"][200:260].encode()]


ENDS: list[tuple[str, dict[str, object] | None, int | None, int]] = [
    ("success", None, None, 0),
    ("error", {"match": "portforward", "status": 403}, None, 1),
    ("SIGINT", STALLED, signal.SIGINT, 130),
    ("SIGTERM", STALLED, signal.SIGTERM, -signal.SIGTERM),
    ("kill -9", STALLED, signal.SIGKILL, -signal.SIGKILL),
]


@pytest.mark.parametrize(("name", "fault", "end", "code"), ENDS, ids=[name for name, *_ in ENDS])
def test_nothing_of_the_kubeconfig_stays_in_a_file(
    kube: FakeKube,
    tmp_path: pathlib.Path,
    marked: tuple[pathlib.Path, list[bytes]],
    name: str,
    fault: dict[str, object] | None,
    end: int | None,
    code: int,
) -> None:
    path, secrets = marked
    if fault is not None:
        kube.faults(fault)
    places = {key: tmp_path / key.lower() for key in ("TMPDIR", "HOME", "CWD")}
    for place in places.values():
        place.mkdir()
    environment = {**os.environ, "TMPDIR": str(places["TMPDIR"]), "HOME": str(places["HOME"])}
    command = [
        sys.executable,
        "-m",
        "meshctl",
        "--kubeconfig",
        str(path),
        "-n",
        "test",
        "pc",
        "listener",
        "test-pod",
    ]
    environment["PYTHONPATH"] = str(pathlib.Path(__file__).parents[2])
    assert settles(lambda: not kube.active_streams)
    child = subprocess.Popen(
        command, cwd=places["CWD"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=ctrl_c.heard
    )  # fmt: skip
    if end is not None:
        assert settles(lambda: bool(kube.active_streams))
        time.sleep(0.2)
        child.send_signal(end)
    out, err = child.communicate(timeout=30)
    assert child.returncode == code, err
    found = [p for place in places.values() for p in place.rglob("*") if p.is_file()]
    for content in (out, err, *(p.read_bytes() for p in found)):
        assert not [secret for secret in secrets if secret in content], found


def settles(condition: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


@pytest.fixture
def short_lived(kube: FakeKube, tmp_path: pathlib.Path) -> Iterator[tuple[str, pathlib.Path]]:
    """A kubeconfig whose plugin prints the token in a file, and counts how often it is asked."""
    token, asked = tmp_path / "token", tmp_path / "asked"
    document = yaml.safe_load(pathlib.Path(kube.kubeconfig).read_text())
    status = f"""{{"token":"'$(cat {token})'"}}"""
    printed = f'{{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{status}}}'
    entry = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "sh",
        "args": ["-c", f"echo >> {asked}; echo '{printed}'"],
        "interactiveMode": "Never",
    }
    document["users"].append({"name": "short", "user": {"exec": entry}})
    document["contexts"].append({"name": "short", "context": {"cluster": "livelab", "user": "short"}})
    path = tmp_path / "config"
    path.write_text(yaml.safe_dump({**document, "current-context": "short"}))
    token.write_text("first-token")
    fake_kube.TOKENS["first-token"] = "admin"
    yield str(path), token
    for name in ("first-token", "second-token"):
        fake_kube.TOKENS.pop(name, None)


def test_a_plugin_is_asked_once_as_long_as_its_token_is_accepted(
    short_lived: tuple[str, pathlib.Path], tmp_path: pathlib.Path
) -> None:
    path, _ = short_lived
    fetch(path)
    assert (tmp_path / "asked").read_text() == "\n"


@pytest.mark.parametrize("request_", ["pods/test-pod$", "portforward"])
def test_a_token_that_is_rejected_in_the_middle_is_renewed(
    kube: FakeKube, short_lived: tuple[str, pathlib.Path], monkeypatch: pytest.MonkeyPatch, request_: str
) -> None:
    path, token = short_lived
    hit = FakeKube._user

    def user(self: FakeKube, writer: Any, headers: dict[str, str]) -> Any:
        if len(kube.requests) >= begun + (0 if request_ != "portforward" else 1):
            fake_kube.TOKENS.pop("first-token", None)
            fake_kube.TOKENS["second-token"] = "admin"
            token.write_text("second-token")
        return hit(self, writer, headers)

    begun = len(kube.requests)
    monkeypatch.setattr(FakeKube, "_user", user)
    assert fetch(path).snapshot.sections
    refused = [r for r in kube.requests[begun:] if r[0] is None]
    assert len(refused) == 1
    assert re.search(request_, refused[0][2])


def fetch(path: str) -> Any:
    from tests.live.test_sources import LISTENERS

    settings = Globals(kubeconfig=path, namespace="test", timeout=3.0)
    (proxy,) = open_snapshots(Origin(pods=("test-pod",), globals=settings), LISTENERS, Silent())
    return proxy


def test_a_plugin_whose_tokens_are_never_accepted_is_asked_twice(
    kube: FakeKube, tmp_path: pathlib.Path
) -> None:
    script = f"""echo >> {tmp_path}/asked; printf '{{"apiVersion":"{V1}","kind":"ExecCredential","status":{{"token":"%s"}}}}' no-$$"""
    path = with_plugin(kube, tmp_path, script)
    with pytest.raises(MeshctlError, match="rejected the credentials"):
        fetch(path)
    assert (tmp_path / "asked").read_text() == "\n\n"


def test_a_plugins_certificate_is_renewed(kube: FakeKube, tmp_path: pathlib.Path) -> None:
    """The first one has expired when it is used; the TLS settings are made anew for the next."""
    document = yaml.safe_load(pathlib.Path(kube.kubeconfig).read_text())
    user = next(u["user"] for u in document["users"] if u["name"] == "admin-cert")
    pem = {key: base64.b64decode(user[f"client-{key}-data"]).decode() for key in ("certificate", "key")}
    printed = {
        "apiVersion": V1,
        "kind": "ExecCredential",
        "status": {
            "clientCertificateData": pem["certificate"] + "\n",
            "clientKeyData": pem["key"],
            "expirationTimestamp": "2020-01-01T00:00:00Z",
        },
    }
    (tmp_path / "cred.json").write_text(json.dumps(printed))
    options = Globals(kubeconfig=with_plugin(kube, tmp_path, f"cat {tmp_path}/cred.json"), namespace="test")
    with contextlib.closing(connect(options)) as cluster:
        first = cluster.tls
        cluster.get("/api/v1/namespaces/test/pods/test-pod")
        assert cluster.tls is first, "the same certificate"
        printed["status"]["clientCertificateData"] = pem["certificate"]
        (tmp_path / "cred.json").write_text(json.dumps(printed))
        cluster.get("/api/v1/namespaces/test/pods/test-pod")
        assert cluster.tls is not first


V1 = "client.authentication.k8s.io/v1"


def with_plugin(kube: FakeKube, folder: pathlib.Path, script: str) -> str:
    document = yaml.safe_load(pathlib.Path(kube.kubeconfig).read_text())
    entry = {"apiVersion": V1, "command": "sh", "args": ["-c", script], "interactiveMode": "Never"}
    document["users"].append({"name": "p", "user": {"exec": entry}})
    document["contexts"].append({"name": "p", "context": {"cluster": "livelab", "user": "p"}})
    path = folder / "plugin-config"
    path.write_text(yaml.safe_dump({**document, "current-context": "p"}))
    return str(path)


RETRIED = [
    {"status": 429, "times": 2},
    {"status": 500, "times": 1},
    {"status": 502, "times": 1},
    {"status": 503, "times": 2},
    {"status": 504, "times": 1},
    {"abort": True, "times": 2},
]


@pytest.mark.parametrize("fault", RETRIED, ids=json.dumps)
def test_what_passes_is_tried_again(kube: FakeKube, fault: dict[str, object]) -> None:
    kube.faults({"match": "GET /api/v1/namespaces/test/pods/test-pod$", **fault})
    assert fetch(str(kube.kubeconfig)).snapshot.sections


@pytest.mark.parametrize("fault", [{"status": 429, "times": 1}, {"status": 503, "times": 1}, {"abort": True, "times": 1}], ids=json.dumps)  # fmt: skip
def test_a_port_forward_that_was_not_upgraded_is_tried_again(
    kube: FakeKube, fault: dict[str, object]
) -> None:
    kube.faults({"match": "portforward", **fault})
    assert fetch(str(kube.kubeconfig)).snapshot.sections


def test_an_upgrade_that_is_refused_says_what_to_type(kube: FakeKube, admin_port: int) -> None:
    """The same cluster as the same user; and what stands behind --admin is an address."""
    meshctl = [sys.executable, "-m", "meshctl"]
    command = [*meshctl, "--kubeconfig", kube.kubeconfig, "--context", "creator", "--as", "system:admin"]
    done = subprocess.run([*command, "-n", "test", "pc", "listener", "test-pod"], capture_output=True, text=True, check=False)  # fmt: skip
    same = f"--kubeconfig {kube.kubeconfig} --context creator --as system:admin"
    assert f"kubectl port-forward {same} -n test pod/test-pod 15000" in done.stderr
    assert "--admin localhost:15000" in done.stderr
    here = [*meshctl, "pc", "listener", "--admin", f"localhost:{admin_port}"]
    assert subprocess.run(here, capture_output=True, check=False).returncode == 0


def test_no_timeout_is_no_timeout(kube: FakeKube) -> None:
    kube.faults({"match": "pods/test-pod$", "delay": 1})
    command = [sys.executable, "-m", "meshctl", "--kubeconfig", kube.kubeconfig, "--kubeclient-timeout", "0"]
    done = subprocess.run(
        [*command, "-n", "test", "pc", "listener", "test-pod"], capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_all_tries_together_take_no_longer_than_one_may(kube: FakeKube) -> None:
    kube.faults(
        {"match": "pods/test-pod$", "status": 503, "times": 1}, {"match": "pods/test-pod$", "hang": True}
    )
    began = time.monotonic()
    with pytest.raises(MeshctlError, match="no answer from"):
        fetch(str(kube.kubeconfig))
    assert 2.5 < time.monotonic() - began < 3.5  # 3 s
