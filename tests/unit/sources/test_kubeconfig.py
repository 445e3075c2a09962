"""Our reading of a kubeconfig beside the kubernetes package's: the same client, without importing it."""

from __future__ import annotations

import base64
import json
import os
import pathlib
import subprocess
import sys
import time
from typing import Any

import pytest
import yaml

from meshctl.errors import MeshctlError
from meshctl.sources import kubeconfig
from meshctl.sources.credentials import bearer
from meshctl.sources.interface import Globals


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def document(user: dict[str, Any], **cluster: Any) -> dict[str, Any]:
    settings = {"server": "https://10.0.0.1:6443", **cluster}
    return {
        "clusters": [{"name": "k", "cluster": settings}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u", "namespace": "shop"}}],
        "current-context": "c",
    }


def plugin(status: dict[str, str], **more: Any) -> dict[str, Any]:
    printed = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}
    arguments = ["-c", f"echo '{json.dumps(printed)}'"]
    return {"exec": {"apiVersion": printed["apiVersion"], "command": "sh", "args": arguments, "interactiveMode": "Never", **more}}  # fmt: skip


def oidc() -> dict[str, Any]:
    claims = (
        base64.urlsafe_b64encode(json.dumps({"exp": int(time.time()) + 900}).encode()).decode().rstrip("=")
    )
    return {"auth-provider": {"name": "oidc", "config": {"id-token": f"e30.{claims}.x"}}}


SETTINGS = {
    "a token": document({"token": "t0ken"}),
    "a token file, relative to the kubeconfig": document({"tokenFile": "token"}),
    "a password": document({"username": "me", "password": "p:w"}),
    "a certificate inline": document({"client-certificate-data": b64("CERT"), "client-key-data": b64("KEY")}),
    "a certificate in files": document({"client-certificate": "sub/crt", "client-key": "sub/key"}),
    "inline data before files": document(
        {"client-certificate": "sub/crt", "client-key": "sub/key", "client-certificate-data": b64("C"), "client-key-data": b64("K")}
    ),
    "a CA inline": document({"token": "t"}, **{"certificate-authority-data": b64("CA")}),
    "a CA in a file": document({"token": "t"}, **{"certificate-authority": "sub/ca"}),
    "insecure": document({"token": "t"}, **{"insecure-skip-tls-verify": True}),
    "another server name": document({"token": "t"}, **{"tls-server-name": "api.test"}),
    "a proxy": document({"token": "t"}, **{"proxy-url": "http://me:pw@proxy.test:3128"}),
    "a path in the server": document({"token": "t"}, server="https://rancher.test/k8s/clusters/c-1/"),
    "no credentials": document({}),
    "a plugin's token": document(plugin({"token": "printed"})),
    "a plugin's certificate": document(plugin({"clientCertificateData": "CRT", "clientKeyData": "KEY"})),
    "an old auth-provider": document(oidc()),
}  # fmt: skip


def written(folder: pathlib.Path, content: dict[str, Any]) -> pathlib.Path:
    (folder / "sub").mkdir(parents=True, exist_ok=True)
    (folder / "token").write_text("from-file")
    for name in ("crt", "key", "ca"):
        (folder / "sub" / name).write_text(f"file {name}")
    path = folder / "config"
    path.write_text(yaml.safe_dump(content))
    return path


def of_ours(path: str) -> dict[str, Any]:
    found = kubeconfig.access(Globals(kubeconfig=path))
    return {
        "server": found.server.rstrip("/"),
        "authorization": found.credentials.current().authorization,
        "ca": found.trust.ca,
        "certificate": found.trust.certificate,
        "key": found.trust.key,
        "verify": not found.trust.insecure,
        "name": found.server_name,
        "proxy": found.proxy,
    }


def of_theirs(path: str) -> dict[str, Any]:
    from kubernetes import config
    from kubernetes.client import Configuration

    made = Configuration()
    made.proxy = None
    config.load_kube_config(path, client_configuration=made)

    def content(name: str | None) -> bytes | None:
        return pathlib.Path(name).read_bytes() if name else None

    return {
        "server": made.host,
        "authorization": (made.auth_settings().get("BearerToken") or {}).get("value", ""),
        "ca": content(made.ssl_ca_cert),
        "certificate": content(made.cert_file) or b"",
        "key": content(made.key_file) or b"",
        "verify": made.verify_ssl,
        "name": made.tls_server_name,
        "proxy": made.proxy,
    }


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "KUBECONFIG", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize("content", SETTINGS.values(), ids=SETTINGS)
def test_both_give_the_same_client(tmp_path: pathlib.Path, content: dict[str, Any]) -> None:
    path = str(written(tmp_path, content))
    assert of_ours(path) == of_theirs(path)


def test_a_token_file_comes_before_a_token_and_may_be_missing(tmp_path: pathlib.Path) -> None:
    """As in client-go; the package takes the token."""
    path = written(tmp_path, document({"tokenFile": "token", "token": "other"}))
    assert of_ours(str(path))["authorization"] == "Bearer from-file"
    (tmp_path / "token").unlink()
    assert of_ours(str(path))["authorization"] == "Bearer other"


def test_the_package_is_not_imported(tmp_path: pathlib.Path) -> None:
    path = written(tmp_path, document({"token": "t"}, **{"insecure-skip-tls-verify": True}))
    program = (
        "import sys; from meshctl.sources.kubeconfig import connect; from meshctl.sources.interface import Globals;"
        f"connect(Globals(kubeconfig={str(path)!r})); print('kubernetes' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "False\n"


def test_of_several_files_the_first_to_define_a_name_wins(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    first = written(tmp_path / "a", {**document({"token": "first"}), "current-context": ""})
    second = written(tmp_path / "b", document({"token": "second"}, server="https://10.9.9.9"))
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join([str(tmp_path / "none"), str(first), str(second)]))
    found = kubeconfig.access(Globals())
    assert (found.server, found.credentials.current().authorization) == (
        "https://10.0.0.1:6443",
        "Bearer first",
    )


def test_a_kubeconfig_may_come_through_a_pipe(tmp_path: pathlib.Path) -> None:
    ours, theirs = os.pipe()
    os.write(theirs, yaml.safe_dump(document({"token": "piped"})).encode())
    os.close(theirs)
    try:
        found = kubeconfig.access(Globals(kubeconfig=f"/dev/fd/{ours}"))
    finally:
        os.close(ours)
    assert found.credentials.current().authorization == "Bearer piped"


def test_a_scheme_in_capitals_is_a_scheme(tmp_path: pathlib.Path) -> None:
    path = written(tmp_path, document({"token": "t"}, server="HTTPS://10.0.0.1:6443"))
    assert kubeconfig.access(Globals(kubeconfig=str(path))).server == "https://10.0.0.1:6443"


def test_who_the_kubeconfig_acts_as(tmp_path: pathlib.Path) -> None:
    user = {"token": "t", "as": "jane", "as-groups": ["dev", "ops"], "as-user-extra": {"reason": ["audit"]}}
    path = written(tmp_path, document(user, **{"insecure-skip-tls-verify": True}))
    headers = kubeconfig.connect(Globals(kubeconfig=str(path))).headers()
    assert headers[-4:] == [
        ("Impersonate-User", "jane"),
        ("Impersonate-Group", "dev"),
        ("Impersonate-Group", "ops"),
        ("Impersonate-Extra-reason", "audit"),
    ]


def test_a_plugin_is_relative_to_its_file_and_told_of_the_cluster(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "plug.sh"
    program.write_text(
        '#!/bin/sh\necho \'enter the code ABCD\' >&2\necho "$KUBERNETES_EXEC_INFO" > "$OUT"\n'
        """echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"plugged"}}'\n"""
    )
    program.chmod(0o755)
    entry = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "./plug.sh",
        "env": [{"name": "OUT", "value": str(tmp_path / "info")}],
        "provideClusterInfo": True,
    }
    path = written(tmp_path, document({"exec": entry}, **{"certificate-authority": "sub/ca"}))
    monkeypatch.chdir("/")
    assert (
        kubeconfig.access(Globals(kubeconfig=str(path))).credentials.current().authorization
        == "Bearer plugged"
    )
    told = json.loads((tmp_path / "info").read_text())["spec"]["cluster"]
    assert told == {"server": "https://10.0.0.1:6443", "certificate-authority-data": b64("file ca")}
    assert "enter the code ABCD" in capfd.readouterr().err


REFUSED = [
    (document({"token": "t"}, **{"certificate-authority-data": b64("garbage")}), "holds no PEM certificate"),
    (document({"token": "s3cret\nvalue"}), "no header can carry"),
    (document({"token": "s3cret" + chr(252)}), "no header can carry"),
    (document({"client-certificate-data": b64("s3cret"), "client-key-data": b64("s3cret")}), "no usable PEM"),
    (document({"client-certificate-data": "%%%="}), "is no base64"),
    (document({"token": "t"}, **{"proxy-url": "socks5://me:s3cret@127.0.0.1:1080"}), "is a SOCKS proxy"),
    (document({"token": "t"}, **{"proxy-url": "ftp://me:s3cret@127.0.0.1"}), "unknown scheme"),
    (document({"tokenFile": "/no/such/file"}), "cannot be read"),
    (document(plugin({"token": ""})), "printed no credentials"),
    (document({"exec": {"command": "./missing", "apiVersion": "v1"}}), "not there or not executable"),
    (document({"exec": {"command": "sh", "args": ["-c", "echo s3cret; exit 3"]}}), "exit code 3"),
    (document({"exec": {"command": "sh", "args": ["-c", "echo s3cret"]}}), "no ExecCredential"),
]


@pytest.mark.parametrize(("content", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_what_cannot_be_used_is_named_without_the_credential(
    tmp_path: pathlib.Path, content: dict[str, Any], words: str
) -> None:
    path = written(tmp_path, content)
    with pytest.raises(MeshctlError) as caught:
        kubeconfig.connect(Globals(kubeconfig=str(path))).headers()
    text = "\n".join(caught.value.lines())
    assert words in text
    assert "s3cret" not in text
    assert len(caught.value.lines()) <= 3


def test_a_token_is_trimmed() -> None:
    assert bearer(" abc\n", "u") == "Bearer abc"
