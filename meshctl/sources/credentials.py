"""Who we are to the API server: tokens, token files, passwords, certificates, credential plugins.

The rules are client-go's (tools/clientcmd, rest, transport, plugin/pkg/client/auth/exec): a tokenFile comes before a
token and is read anew while we run; a token or password comes before a plugin; a plugin is asked again when its
credential expires or is rejected. Only the old auth-providers are left to the kubernetes package, whose import
takes longer than most commands. No message ever quotes a credential.
"""

from __future__ import annotations

import base64
import pathlib
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from meshctl.errors import MeshctlError
from meshctl.plain import Json

if TYPE_CHECKING:
    from meshctl.sources.exec_plugin import Printed

_FILE_IS_FRESH = 50.0  # seconds; client-go reads a tokenFile again after so long
_SKEW = 1.0


class Credential(msgspec.Struct, frozen=True):
    """The value of the Authorization header ("" for none), until when it holds, and a certificate with its key."""

    authorization: str = ""
    until: float = float("inf")
    certificate: bytes = b""
    key: bytes = b""

    def __repr__(self) -> str:
        return "Credential(…)"  # never what it is


class Credentials:
    """A user's credential, got when it is first needed and again when it is no longer good. Safe for threads."""

    def __init__(self, get: Callable[[], Credential], *, renewable: bool = False) -> None:
        self._get = get
        self._renewable = renewable
        self._lock = threading.Lock()
        self._current: Credential | None = None

    def current(self) -> Credential:
        with self._lock:
            if self._current is None or (self._renewable and time.time() > self._current.until - _SKEW):
                self._current = self._get()
            return self._current

    def rejected(self, authorization: str) -> bool:
        """Told that the server did not accept it: whether there is another one to try."""
        if not self._renewable:
            return False
        with self._lock:
            previous = self._current
            if previous is None or previous.authorization == authorization:
                self._current = self._get()
            return self._current != previous or (
                previous is not None and previous.authorization != authorization
            )


def of_user(user: Json, cluster: Json, paths: list[str], context: str, title: str) -> Credentials:
    """The credentials of a kubeconfig's user. Raises MeshctlError where they cannot be had."""
    name = str(user.get("name") or "")
    if user.get("tokenFile"):
        return Credentials(lambda: _from_file(user, name), renewable=True)
    if user.get("token"):
        return _fixed(Credential(bearer(str(user["token"]), name)))
    if user.get("username"):
        pair = f"{user['username']}:{user.get('password') or ''}".encode()
        return _fixed(Credential("Basic " + base64.b64encode(pair).decode()))
    if user.get("exec"):
        from meshctl.sources.exec_plugin import Plugin

        plugin = Plugin(user["exec"], cluster, name, title)
        return Credentials(lambda: _of_plugin(plugin.run(), name), renewable=True)
    if user.get("auth-provider"):
        return Credentials(lambda: _of_provider(user["auth-provider"], paths, context, name, title))
    return _fixed(Credential())


def of_token_file(path: pathlib.Path, name: str) -> Credentials:
    """The token of a pod's service account, which is replaced while we run."""
    return Credentials(lambda: _from_file({"tokenFile": str(path)}, name), renewable=True)


def _fixed(credential: Credential) -> Credentials:
    return Credentials(lambda: credential)


def bearer(token: str, name: str) -> str:
    """The header of a token. Raises MeshctlError, without quoting it, for what no header can carry."""
    token = token.strip()
    if not token.isascii() or not token.isprintable() or not token:
        what = "holds characters that no header can carry" if token else "is empty"
        raise MeshctlError(
            f'the token of user "{name}" {what}', "", "Log in again, or fetch a fresh kubeconfig."
        )
    return f"Bearer {token}"


def _from_file(user: Json, name: str) -> Credential:
    path = str(user["tokenFile"])
    try:
        text = pathlib.Path(path).read_text("utf-8", "replace")
    except OSError as error:
        if user.get("token"):  # as client-go: what the kubeconfig says itself stands in
            return Credential(bearer(str(user["token"]), name))
        raise MeshctlError(
            f'the tokenFile of user "{name}" cannot be read: {path}: {error.strerror}', "", "Log in again."
        ) from error
    return Credential(bearer(text, name), time.time() + _FILE_IS_FRESH + _SKEW)


def _of_plugin(printed: Printed, name: str) -> Credential:
    header = bearer(printed.token, name) if printed.token else ""
    until = float("inf")
    if printed.expires:
        import datetime

        try:
            until = datetime.datetime.fromisoformat(printed.expires).timestamp()
        except ValueError:
            until = float("inf")  # asked again when the server rejects it
    return Credential(header, until, printed.certificate.encode(), printed.key.encode())


# Providers that were taken out of every Kubernetes client, and what replaced them.
_REMOVED_PROVIDERS = {"gcp": "gke-gcloud-auth-plugin", "azure": "kubelogin"}


def _of_provider(provider: Json, paths: list[str], context: str, name: str, title: str) -> Credential:
    """What the kubernetes package makes of an auth-provider (oidc); it writes a renewed token back, as kubectl does."""
    kind = str(provider.get("name") or "")
    if kind in _REMOVED_PROVIDERS:
        raise MeshctlError(
            f'user "{name}" of {title} has the auth-provider "{kind}"',
            "Kubernetes 1.26 removed it.",
            f"Fetch a fresh kubeconfig that uses {_REMOVED_PROVIDERS[kind]}.",
        )
    import os

    from kubernetes.config import kube_config

    try:
        merger = kube_config.KubeConfigMerger(os.pathsep.join(paths))
        loader = kube_config.KubeConfigLoader(
            merger.config, context, config_base_path=None, config_persister=merger.save_changes
        )
        loader._load_auth_provider_token()
    except Exception as error:  # whatever the package stumbles over; its words may quote a token
        raise MeshctlError(
            f'the auth-provider "{kind}" of user "{name}" of {title} failed ({type(error).__name__})',
            "The session has probably expired.",
            "Log in again, then repeat the command.",
        ) from error
    token = str(getattr(loader, "token", "")).removeprefix("Bearer ")
    return Credential(bearer(token, name)) if token else Credential()
