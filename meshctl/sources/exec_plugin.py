"""A credential plugin of a kubeconfig (``users[].user.exec``), run as client-go runs it.

It gets an ExecCredential in $KUBERNETES_EXEC_INFO, the terminal as its stdin where it may ask, and our stderr always: a
device code to be typed somewhere is of no use once the plugin is done. It prints an ExecCredential.
Follows k8s.io/client-go/plugin/pkg/client/auth/exec/exec.go.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import msgspec

from meshctl.errors import MeshctlError
from meshctl.plain import Json

_EXTENSION = "client.authentication.k8s.io/exec"


class Printed(msgspec.Struct, frozen=True):
    """What a plugin printed: a token, or a certificate with its key, and when it expires."""

    token: str = ""
    certificate: str = ""
    key: str = ""
    expires: str = ""

    def __repr__(self) -> str:
        return "Printed(…)"  # never what it is


class Plugin:
    """``settings`` is the kubeconfig's exec entry, its command already absolute where it is relative to the file."""

    def __init__(self, settings: Json, cluster: Json, user: str, title: str) -> None:
        self._settings = settings
        self._cluster = cluster
        self._command = str(settings.get("command") or "")
        self._who = f'credential plugin "{self._command}" of user "{user}"'
        self._title = title

    def run(self) -> Printed:
        """Run it. Raises MeshctlError where it is missing, fails or prints no credential."""
        import shutil
        import subprocess

        if not self._command:
            raise MeshctlError(f"{self._who} has no command", f"See {self._title}.", "Fetch a fresh one.")
        if shutil.which(self._command) is None:
            place = "not there or not executable" if os.sep in self._command else "not on PATH"
            hint = str(self._settings.get("installHint") or "Install it, or choose another --context.")
            raise MeshctlError(f"{self._who} is {place}", f"It is named by {self._title}.", hint)
        interactive = self._interactive()
        environment = {**os.environ, **self._variables(), "KUBERNETES_EXEC_INFO": self._info(interactive)}
        sys.stderr.flush()
        try:
            done = subprocess.run(
                [self._command, *(str(a) for a in self._settings.get("args") or ())],
                stdin=None if interactive else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                env=environment,
                check=False,
            )
        except OSError as error:
            raise self._failed(f"{error.strerror}") from error
        if done.returncode:
            raise self._failed(f"exit code {done.returncode}")
        return self._read(done.stdout)

    def _variables(self) -> dict[str, str]:
        listed = self._settings.get("env") or ()
        return {
            str(entry.get("name")): str(entry.get("value") or "") for entry in listed if entry.get("name")
        }

    def _interactive(self) -> bool:
        mode = str(self._settings.get("interactiveMode") or "IfAvailable")
        terminal = sys.stdin is not None and sys.stdin.isatty()
        if mode == "Always" and not terminal:
            raise MeshctlError(
                f"{self._who} must ask something, and standard input is no terminal",
                "interactiveMode is Always.",
                "Run the command on a terminal, or log in first.",
            )
        return terminal and mode != "Never"

    def _info(self, interactive: bool) -> str:
        spec: dict[str, Any] = {"interactive": interactive}
        if self._settings.get("provideClusterInfo"):
            spec["cluster"] = self._cluster_info()
        return json.dumps(
            {"kind": "ExecCredential", "apiVersion": self._settings.get("apiVersion"), "spec": spec}
        )

    def _cluster_info(self) -> Json:
        fields = (
            "server",
            "tls-server-name",
            "insecure-skip-tls-verify",
            "certificate-authority-data",
            "proxy-url",
        )
        info = {field: self._cluster[field] for field in fields if self._cluster.get(field)}
        for extension in self._cluster.get("extensions") or ():
            if extension.get("name") == _EXTENSION:
                info["config"] = extension.get("extension")
        return info

    def _read(self, output: bytes) -> Printed:
        try:
            status = json.loads(output).get("status") or {}
            fields = ("token", "clientCertificateData", "clientKeyData", "expirationTimestamp")
            token, certificate, key, expires = (str(status.get(field) or "") for field in fields)
        except (ValueError, AttributeError) as error:
            raise self._failed("it printed no ExecCredential") from error
        if not token and not (certificate and key):
            raise self._failed("it printed no credentials")
        return Printed(token, certificate, key, expires)

    def _failed(self, reason: str) -> MeshctlError:
        return MeshctlError(
            f"{self._who} failed: {reason}",
            "The session has probably expired; what the plugin said stands above.",
            "Log in again, then repeat the command.",
        )
