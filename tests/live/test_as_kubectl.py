"""Kubeconfigs and proxies as people have them: where kubectl (client-go) reaches the cluster, so do we, as the same user.

Each set-up says what kubectl does with it; where there is a kubectl, it is asked, so the table cannot be wrong. Where
kubectl refuses and we do not (it insists on fields that nobody needs), the line says so.
"""

from __future__ import annotations

import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
import yaml

from tests.live.kube.fake_kube import FakeKube
from tests.live.test_proxy import Proxy


class Place(NamedTuple):
    """What a set-up is made of: the parts of the cluster's kubeconfig, and where files may be put."""

    kube: FakeKube
    folder: pathlib.Path
    proxy: Proxy

    def cluster(self, **more: Any) -> dict[str, Any]:
        return {**self._part("clusters", "livelab", "cluster"), **more}

    def user(self, name: str = "admin") -> dict[str, Any]:
        return self._part("users", name, "user")

    def _part(self, kind: str, name: str, singular: str) -> dict[str, Any]:
        document = yaml.safe_load(pathlib.Path(self.kube.kubeconfig).read_text())
        found: dict[str, Any] = next(entry[singular] for entry in document[kind] if entry["name"] == name)
        return found

    def file(self, name: str, content: bytes | str, mode: int = 0o600) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(mode)
        return name

    def pem(self, name: str, key: str, user: str = "admin-cert") -> str:
        part = self.cluster() if key.startswith("certificate-authority") else self.user(user)
        return self.file(name, base64.b64decode(part[key]))

    def through(self, scheme: str = "http://") -> str:
        return f"{scheme}127.0.0.1:{self.proxy.server_port}"

    @property
    def named(self) -> dict[str, Any]:
        """The cluster under a name that only the proxy knows."""
        return self.cluster(
            **{"server": f"https://api.test:{self.kube.port}", "tls-server-name": "127.0.0.1"}
        )


class Setup(NamedTuple):
    cluster: dict[str, Any]
    user: dict[str, Any]
    environment: Mapping[str, str] = MappingProxyType({})
    context: Mapping[str, Any] = MappingProxyType({})


TOKEN = "livelab-admin-token"
V1 = "client.authentication.k8s.io/v1"


def plugin(script: str, **more: Any) -> dict[str, Any]:
    return {
        "exec": {
            "apiVersion": V1,
            "command": "sh",
            "args": ["-c", script],
            "interactiveMode": "Never",
            **more,
        }
    }


def printing(**status: str) -> str:
    return f"echo '{json.dumps({'apiVersion': V1, 'kind': 'ExecCredential', 'status': status})}'"


def _relative_plugin(p: Place) -> dict[str, Any]:
    p.file("bin/plug.sh", f"#!/bin/sh\n{printing(token=TOKEN)}\n", 0o700)
    return {"exec": {"apiVersion": V1, "command": "bin/plug.sh", "interactiveMode": "Never"}}


def _of_plugin_certificate(p: Place) -> dict[str, Any]:
    user = p.user("admin-cert")
    pem = {
        key: base64.b64decode(user[key]).decode() for key in ("client-certificate-data", "client-key-data")
    }
    status = {
        "clientCertificateData": pem["client-certificate-data"],
        "clientKeyData": pem["client-key-data"],
    }
    p.file("cred.json", json.dumps({"apiVersion": V1, "kind": "ExecCredential", "status": status}))
    return plugin(f"cat {p.folder}/cred.json")


def _without_ca(p: Place) -> dict[str, Any]:
    return {key: value for key, value in p.cluster().items() if not key.startswith("certificate-authority")}


# name, set-up, whether kubectl reaches the cluster, whether we do
Table = list[tuple[str, Callable[[Place], Setup], bool, bool]]
SETUPS: Table = [
    ("a token", lambda p: Setup(p.cluster(), {"token": TOKEN}), True, True),
    ("a token with a line break", lambda p: Setup(p.cluster(), {"token": f"{TOKEN}\n"}), False, True),
    ("a token file", lambda p: Setup(p.cluster(), {"tokenFile": p.file("tok", TOKEN)}), True, True),
    ("a token file with a line break", lambda p: Setup(p.cluster(), {"tokenFile": p.file("tok", f"{TOKEN}\n")}), True, True),
    ("a token file before a wrong token", lambda p: Setup(p.cluster(), {"tokenFile": p.file("tok", TOKEN), "token": "no"}), True, True),
    ("a missing token file and a token", lambda p: Setup(p.cluster(), {"tokenFile": "none", "token": TOKEN}), True, True),
    ("a missing token file", lambda p: Setup(p.cluster(), {"tokenFile": "none"}), False, False),
    ("an empty token file", lambda p: Setup(p.cluster(), {"tokenFile": p.file("tok", "")}), False, False),
    ("a wrong token", lambda p: Setup(p.cluster(), {"token": "no"}), False, False),
    ("a certificate inline", lambda p: Setup(p.cluster(), p.user("admin-cert")), True, True),
    ("a certificate in files", lambda p: Setup(p.cluster(), {"client-certificate": p.pem("a/c", "client-certificate-data"), "client-key": p.pem("a/k", "client-key-data")}), True, True),
    ("a certificate with the key of none", lambda p: Setup(p.cluster(), {**p.user("admin-cert"), "client-key-data": ""}), False, False),
    ("a CA in a file", lambda p: Setup({**_without_ca(p), "certificate-authority": p.pem("ca.crt", "certificate-authority-data")}, {"token": TOKEN}), True, True),
    ("a CA that is missing", lambda p: Setup({**_without_ca(p), "certificate-authority": "none"}, {"token": TOKEN}), False, False),
    ("a CA that is garbage", lambda p: Setup(p.cluster(**{"certificate-authority-data": "Z2FyYmFnZQ=="}), {"token": TOKEN}), False, False),
    ("no CA at all", lambda p: Setup(_without_ca(p), {"token": TOKEN}), False, False),
    ("insecure", lambda p: Setup({**_without_ca(p), "insecure-skip-tls-verify": True}, {"token": TOKEN}), True, True),
    ("another name in the certificate", lambda p: Setup(p.cluster(**{"tls-server-name": "other.test"}), {"token": TOKEN}), False, False),
    ("a scheme in capitals", lambda p: Setup(p.cluster(server=f"HTTPS://127.0.0.1:{p.kube.port}"), {"token": TOKEN}), True, True),
    ("no scheme, but a CA", lambda p: Setup(p.cluster(server=f"127.0.0.1:{p.kube.port}"), {"token": TOKEN}), False, True),
    ("a slash at the end", lambda p: Setup(p.cluster(server=f"https://127.0.0.1:{p.kube.port}/"), {"token": TOKEN}), True, True),
    ("a plugin's token", lambda p: Setup(p.cluster(), plugin(printing(token=TOKEN))), True, True),
    ("a plugin's certificate", lambda p: Setup(p.cluster(), _of_plugin_certificate(p)), True, True),
    ("a plugin relative to the file", lambda p: Setup(p.cluster(), _relative_plugin(p)), True, True),
    ("a plugin with arguments from its environment", lambda p: Setup(p.cluster(), plugin(printing(token=TOKEN).replace(TOKEN, "'$T'"), env=[{"name": "T", "value": TOKEN}])), True, True),
    ("a plugin that is told the cluster", lambda p: Setup(p.cluster(), plugin('echo "$KUBERNETES_EXEC_INFO" | grep -q certificate-authority-data && ' + printing(token=TOKEN), provideClusterInfo=True)), True, True),
    ("a plugin that is not told the cluster", lambda p: Setup(p.cluster(), plugin('echo "$KUBERNETES_EXEC_INFO" | grep -q server && ' + printing(token=TOKEN))), False, False),
    ("a plugin that speaks first", lambda p: Setup(p.cluster(), plugin(f"echo 'enter ABCD' >&2; {printing(token=TOKEN)}")), True, True),
    ("a plugin that must ask", lambda p: Setup(p.cluster(), plugin(printing(token=TOKEN), interactiveMode="Always")), False, False),
    ("a plugin that asks if it can", lambda p: Setup(p.cluster(), plugin(printing(token=TOKEN), interactiveMode="IfAvailable")), True, True),
    ("a plugin that says no mode", lambda p: Setup(p.cluster(), {"exec": {**plugin(printing(token=TOKEN))["exec"], "interactiveMode": ""}}), False, True),
    ("a plugin that fails", lambda p: Setup(p.cluster(), plugin("exit 1")), False, False),
    ("a plugin that prints nothing", lambda p: Setup(p.cluster(), plugin("true")), False, False),
    ("a plugin whose token expires later", lambda p: Setup(p.cluster(), plugin(printing(token=TOKEN, expirationTimestamp="2099-01-01T00:00:00Z"))), True, True),
    ("a plugin beside a token", lambda p: Setup(p.cluster(), {**plugin("exit 1"), "token": TOKEN}), True, True),
    ("proxy-url", lambda p: Setup(p.cluster(**{"proxy-url": p.through()}), {"token": TOKEN}), True, True),
    ("proxy-url and another name", lambda p: Setup({**p.named, "proxy-url": p.through()}, {"token": TOKEN}), True, True),
    ("proxy-url that is away", lambda p: Setup(p.cluster(**{"proxy-url": "http://127.0.0.1:1"}), {"token": TOKEN}), False, False),
    ("proxy-url of an unknown scheme", lambda p: Setup(p.cluster(**{"proxy-url": "ftp://127.0.0.1:1"}), {"token": TOKEN}), False, False),
    ("HTTPS_PROXY", lambda p: Setup(p.named, {"token": TOKEN}, {"HTTPS_PROXY": p.through()}), True, True),
    ("HTTPS_PROXY without a scheme", lambda p: Setup(p.named, {"token": TOKEN}, {"HTTPS_PROXY": p.through("")}), True, True),
    ("https_proxy", lambda p: Setup(p.named, {"token": TOKEN}, {"https_proxy": p.through()}), True, True),
    ("HTTPS_PROXY with credentials", lambda p: Setup(p.named, {"token": TOKEN}, {"HTTPS_PROXY": p.through("http://me:pw@")}), True, True),
    ("HTTPS_PROXY to loopback", lambda p: Setup(p.cluster(), {"token": TOKEN}, {"HTTPS_PROXY": "http://127.0.0.1:1"}), True, True),
    ("HTTP_PROXY", lambda p: Setup(p.named, {"token": TOKEN}, {"HTTP_PROXY": p.through()}), False, False),
    ("ALL_PROXY", lambda p: Setup(p.named, {"token": TOKEN}, {"ALL_PROXY": p.through()}), False, False),
    ("NO_PROXY with the name", lambda p: Setup(p.named, {"token": TOKEN}, {"HTTPS_PROXY": p.through(), "NO_PROXY": "api.test"}), False, False),
    ("NO_PROXY with a suffix", lambda p: Setup(p.named, {"token": TOKEN}, {"HTTPS_PROXY": p.through(), "NO_PROXY": ".test"}), False, False),
    ("NO_PROXY with another port", lambda p: Setup(p.named, {"token": TOKEN}, {"HTTPS_PROXY": p.through(), "NO_PROXY": "api.test:1"}), True, True),
    ("NO_PROXY with this port", lambda p: Setup(p.named, {"token": TOKEN}, {"HTTPS_PROXY": p.through(), "NO_PROXY": f"api.test:{p.kube.port}"}), False, False),
    ("NO_PROXY with sub-domains alone", lambda p: Setup(p.named, {"token": TOKEN}, {"HTTPS_PROXY": p.through(), "NO_PROXY": ".api.test"}), True, True),
    ("NO_PROXY with everything", lambda p: Setup(p.named, {"token": TOKEN}, {"HTTPS_PROXY": p.through(), "NO_PROXY": "*"}), False, False),
    ("a context without a user", lambda p: Setup(p.cluster(), {}, {}, {"user": ""}), False, False),
    ("a context of a missing cluster", lambda p: Setup(p.cluster(), {"token": TOKEN}, {}, {"cluster": "none"}), False, False),
]  # fmt: skip


@pytest.fixture
def place(kube: FakeKube, tmp_path: pathlib.Path) -> Iterator[Place]:
    proxy = Proxy()
    yield Place(kube, tmp_path, proxy)
    proxy.shutdown()


def written(place: Place, setup: Setup) -> str:
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "k", "cluster": setup.cluster}],
        "users": [{"name": "u", "user": setup.user}],
        "contexts": [
            {"name": "c", "context": {"cluster": "k", "user": "u", "namespace": "test", **setup.context}}
        ],
        "current-context": "c",
    }
    place.file("config", yaml.safe_dump(document))
    return str(place.folder / "config")


def reaches(setup: Setup, *command: str) -> tuple[bool, str]:
    environment = {
        k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy") and k != "KUBECONFIG"
    }
    environment["PYTHONPATH"] = str(pathlib.Path(__file__).parents[2])
    done = subprocess.run(
        command, env={**environment, **setup.environment}, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
    )  # fmt: skip
    return done.returncode == 0, done.stderr


@pytest.mark.parametrize(("name", "make", "theirs", "ours"), SETUPS, ids=[name for name, *_ in SETUPS])
def test_we_reach_what_kubectl_reaches(
    place: Place, name: str, make: Callable[[Place], Setup], theirs: bool, ours: bool
) -> None:
    setup = make(place)
    path = written(place, setup)
    program = [sys.executable, "-m", "meshctl", "--kubeconfig", path, "--kubeclient-timeout", "5s"]
    reached, said = reaches(setup, *program, "pc", "listener", "test-pod")
    assert reached is ours, said
    assert "Traceback" not in said
    assert TOKEN not in said
    if shutil.which("kubectl"):
        kubectl = ["kubectl", "--kubeconfig", path, "--request-timeout", "5s", "get", "--raw"]
        reached, said = reaches(setup, *kubectl, "/api/v1/namespaces/test/pods/test-pod")
        assert reached is theirs, f"kubectl: {said}"
