"""The Kubernetes API: whose cluster, with which credentials, and what it answers.

kubeconfig and credentials are the kubernetes package's (exec plugins, tokens, client certificates, in-cluster
service account). Requests go through httpcore, as the port-forward does: objects are read as plain JSON here, and
the package's models cost half a second to import. The package goes on *anonymously* where a credential plugin or a user is
missing: ``_check_credentials`` turns that into the error it is.
"""

from __future__ import annotations

import logging
import os
import pathlib
import shutil
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from meshctl.errors import ConnectError, MeshctlError, UsageError
from meshctl.sources.interface import Globals

if TYPE_CHECKING:
    import httpcore


Json = dict[str, Any]
_RETRIES = 2


@dataclass
class Cluster:
    """One API server as one user. ``get`` reads objects; ``websocket_options`` opens a stream to it."""

    server: str
    context: str
    user: str
    namespace: str
    headers: list[tuple[str, str]]
    tls: ssl.SSLContext | None
    timeout: float
    server_name: str | None = None
    proxy: str | None = None
    _pool: httpcore.ConnectionPool | None = field(default=None, repr=False)

    def pool(self) -> httpcore.ConnectionPool:
        if self._pool is None:
            import httpcore

            if self.proxy:
                self._pool = httpcore.HTTPProxy(self.proxy, ssl_context=self.tls)
            else:
                self._pool = httpcore.ConnectionPool(ssl_context=self.tls)
        return self._pool

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def get(self, path: str, params: Mapping[str, str] | None = None, *, what: str = "") -> Json:
        """An object or list as JSON. Raises ApiError for an answer that is none, ConnectError without one."""
        import msgspec

        body = self._request(path, params, what)
        try:
            return msgspec.json.decode(body, type=dict[str, Any])
        except msgspec.DecodeError as error:
            raise ConnectError(
                f"{self.server} does not answer {what or path} as a Kubernetes API server: {error}",
                "Something else listens there, such as a login page of a proxy.",
                "Check the server of this context.",
            ) from error

    def text(self, path: str, params: Mapping[str, str] | None = None, *, what: str = "") -> str:
        """A plain text answer, such as a container's log."""
        return self._request(path, params, what).decode("utf-8", "replace")

    def items(self, path: str, params: Mapping[str, str] | None = None, *, what: str = "") -> list[Json]:
        """The items of a list, page by page."""
        query = {"limit": "500", **(params or {})}
        found: list[Json] = []
        while True:
            page = self.get(path, query, what=what)
            found.extend(page.get("items") or [])
            token = (page.get("metadata") or {}).get("continue")
            if not token:
                return found
            query["continue"] = token

    def _request(self, path: str, params: Mapping[str, str] | None, what: str) -> bytes:
        import httpcore

        query = f"?{urlencode(params)}" if params else ""
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), self.timeout)
        extensions: dict[str, Any] = {"timeout": timeouts}
        if self.server_name:
            extensions["sni_hostname"] = self.server_name
        for attempt in range(_RETRIES):
            last = attempt == _RETRIES - 1
            try:
                response = self.pool().request(
                    "GET", self.server + path + query, headers=self.headers, extensions=extensions
                )
            except httpcore.RemoteProtocolError as error:
                if last:
                    raise self.connect_error(error, what or path) from error
                continue
            except (
                httpcore.NetworkError,
                httpcore.ProtocolError,
                httpcore.ProxyError,
                httpcore.TimeoutException,
            ) as error:
                raise self.connect_error(error, what or path) from error
            if response.status == 429 and not last:
                time.sleep(_retry_after(response))
                continue
            if 200 <= response.status < 300:
                return response.content
            raise self.api_error(response.status, response.content, what or path)
        raise AssertionError("the last attempt returns or raises")

    def connect_error(self, error: Exception, what: str) -> ConnectError:
        """A failure below HTTP, in the user's words."""
        return connection_failure(error, self.server, f'context "{self.context}"', what, self.timeout)

    def api_error(self, status: int, body: bytes, what: str) -> ApiError:
        return ApiError(status, status_message(body), what, self)


def _retry_after(response: httpcore.Response) -> float:
    """Seconds that a throttling server asks to wait, at most five."""
    value = next((v for k, v in response.headers if k.lower() == b"retry-after"), b"1")
    return min(float(value), 5.0) if value.isdigit() else 1.0


class ApiError(ConnectError):
    """Raised when the API server answers with a refusal; ``status`` is the HTTP status."""

    def __init__(self, status: int, message: str, what: str, cluster: Cluster) -> None:
        self.status = status
        self.message = message
        super().__init__(*_explain_status(status, message, what, cluster))


def _explain_status(status: int, message: str, what: str, cluster: Cluster) -> tuple[str, str, str]:
    where = f'context "{cluster.context}", {cluster.server}'
    if status == 401:
        return (
            f'the API server rejected the credentials of user "{cluster.user}" (401 Unauthorized)',
            f"The token or certificate is expired or revoked ({where}).",
            "Log in again, or choose another --context.",
        )
    if status == 403 and "system:anonymous" in message:
        return (
            f'context "{cluster.context}" carries no credentials: the server sees system:anonymous',
            message,
            "Check the user of this context in the kubeconfig, or choose another --context.",
        )
    if status == 403:
        return (
            f'user "{cluster.user}" may not read {what} (403): {message}',
            f"The account lacks the right, or the wrong cluster is asked ({where}).",
            "Ask for a Role, or choose another --context.",
        )
    if status == 404:
        return f"{what} not found: {message}", f"Asked {where}.", ""
    if status == 429:
        return (
            f"the API server is throttling requests (429): {message}",
            f"Asked for {what} ({where}).",
            "Try again later.",
        )
    return f"the API server failed on {what} ({status}): {message}", f"Asked {where}.", "Try again."


def status_message(body: bytes) -> str:
    """The message of a Kubernetes Status object, or the text itself when the body is none."""
    import msgspec

    try:
        status = msgspec.json.decode(body)
        if isinstance(status, dict) and (status.get("message") or status.get("kind") == "Status"):
            return str(status.get("message") or status.get("reason") or "no reason given")
    except msgspec.DecodeError:
        pass
    return " ".join(body.decode("utf-8", "replace").split())[:300] or "no reason given"


def connection_failure(error: Exception, server: str, whose: str, what: str, timeout: float) -> ConnectError:
    """An error of the connection to ``server`` as what happened, why, and what to try."""
    text = _root_text(error)
    kind = type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in text or "certificate verify failed" in text:
        return ConnectError(
            f"the certificate of {server} is not signed by the CA that the kubeconfig names ({whose})",
            f"{text}. The cluster was re-created, or a proxy stands in between.",
            "Fetch a fresh kubeconfig.",
        )
    if "Timeout" in kind or "timed out" in text:
        return ConnectError(
            f"no answer from {server} within {timeout:g} s ({what}, {whose})",
            "The server hangs, or a firewall drops the connection.",
            "Check VPN and context, or allow more time with --kubeclient-timeout.",
        )
    if any(
        sign in text for sign in ("Name or service not known", "getaddrinfo", "Temporary failure in name")
    ):
        return ConnectError(
            f"cannot resolve the host of {server} ({whose})", text, "Check DNS, VPN and the context."
        )
    if "refused" in text:
        return ConnectError(
            f"cannot connect to {server} ({whose}): connection refused",
            "Nothing listens there: the server is down or the address is an old one.",
            "Is the cluster up, the VPN on, the right --context chosen?",
        )
    return ConnectError(
        f"the connection to {server} broke while asking for {what} ({whose})",
        text or kind,
        "Try again.",
    )


def _root_text(error: BaseException) -> str:
    """The messages of an error and its causes, the innermost last."""
    texts: list[str] = []
    current: BaseException | None = error
    while current is not None:
        text = str(current)
        if text and text not in texts:
            texts.append(text)
        current = current.__cause__ or current.__context__
    return "; ".join(texts)[:300]


class _Captured(logging.Handler):
    """Keeps what the kubernetes package only logs: that a credential plugin failed."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def connect(options: Globals) -> Cluster:
    """The cluster that the global options and the environment name. Nothing is sent yet.

    Raises UsageError or MeshctlError when the kubeconfig does not lead to a server and its credentials.
    """
    if options.kubeconfig is None and not os.environ.get("KUBECONFIG") and not _default_kubeconfig().exists():
        if os.environ.get("KUBERNETES_SERVICE_HOST"):
            return _in_cluster(options)
        raise MeshctlError(
            "there is no kubeconfig: looked at --kubeconfig, $KUBECONFIG, ~/.kube/config and the pod's service account",
            "",
            "Name one with --kubeconfig, or read saved files with -f (no cluster is needed).",
        )
    return _from_kubeconfig(options)


def _default_kubeconfig() -> pathlib.Path:
    return pathlib.Path("~/.kube/config").expanduser()


def _kubeconfig_paths(options: Globals) -> tuple[list[str], str]:
    """The files to read and what they are called in messages."""
    if options.kubeconfig is not None:
        return [options.kubeconfig], f"kubeconfig {options.kubeconfig} (from --kubeconfig)"
    variable = os.environ.get("KUBECONFIG")
    if variable:
        return [p for p in variable.split(os.pathsep) if p], f"kubeconfig {variable} (from $KUBECONFIG)"
    return [str(_default_kubeconfig())], f"kubeconfig {_default_kubeconfig()}"


def _from_kubeconfig(options: Globals) -> Cluster:
    paths, title = _kubeconfig_paths(options)
    existing = [p for p in paths if pathlib.Path(p).is_file()]
    if not existing:
        is_folder = any(pathlib.Path(p).is_dir() for p in paths)
        raise MeshctlError(
            f"{title} {'is a folder' if is_folder else 'does not exist'}", "", "Check the path."
        )
    document = _read_kubeconfig(existing, title)
    context = _choose_context(document, options.context, title)
    cluster = _named(document, "clusters", context.get("cluster"), "cluster", context["name"], title)
    user = (
        _named(document, "users", context.get("user"), "user", context["name"], title)
        if context.get("user")
        else {}
    )
    configuration = _load(existing, context["name"], user, title)
    return _cluster(
        configuration,
        options,
        context=context["name"],
        user=str(context.get("user") or "anonymous"),
        namespace=options.namespace or str(context.get("namespace") or "default"),
        server=_server(str(cluster.get("server") or ""), cluster, title),
        server_name=cluster.get("tls-server-name"),
    )


def _read_kubeconfig(paths: list[str], title: str) -> Json:
    """The merged named entries of the kubeconfig files, the first file's entry winning as kubectl does."""
    import yaml

    merged: Json = {"clusters": {}, "users": {}, "contexts": {}, "current-context": ""}
    for path in paths:
        try:
            document = yaml.safe_load(pathlib.Path(path).read_text())
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            mark = getattr(error, "problem_mark", None)
            line = f", line {mark.line + 1}" if mark else ""
            problem = getattr(error, "problem", None) or str(error)
            raise MeshctlError(
                f"{title}{line} is not valid YAML: {problem}", "", "Repair or replace the file."
            ) from error
        except OSError as error:
            raise MeshctlError(
                f"{title} cannot be read: {error.strerror}", "", "Check its permissions."
            ) from error
        if not isinstance(document, dict):
            continue
        for kind, singular in (("clusters", "cluster"), ("users", "user"), ("contexts", "context")):
            for entry in document.get(kind) or []:
                if isinstance(entry, dict) and entry.get("name"):
                    merged[kind].setdefault(
                        entry["name"], {**(entry.get(singular) or {}), "name": entry["name"]}
                    )
        merged["current-context"] = merged["current-context"] or document.get("current-context") or ""
    if not merged["contexts"]:
        raise MeshctlError(
            f"{title} defines no contexts", "The file is empty or incomplete.", "Fetch a fresh one."
        )
    return merged


def _choose_context(document: Json, wanted: str | None, title: str) -> Json:
    contexts: Json = document["contexts"]
    listing = ", ".join(list(contexts)[:12]) + (" …" if len(contexts) > 12 else "")
    name = wanted or document["current-context"]
    if not name:
        raise MeshctlError(f"{title} sets no current-context", "", f"Pass --context, one of: {listing}")
    if name not in contexts:
        raise UsageError(f'context "{name}" is not in {title}', "", f"It has: {listing}")
    return dict(contexts[name])


def _named(document: Json, kind: str, name: Any, singular: str, context: str, title: str) -> Json:
    entry = document[kind].get(name)
    if entry is None:
        raise MeshctlError(
            f'context "{context}" refers to {singular} "{name}", which {title} does not define',
            "The file is incomplete.",
            "Fetch a fresh one, or choose another --context.",
        )
    return dict(entry)


def _server(url: str, cluster: Json, title: str) -> str:
    """The URL of the API server; without a scheme it is http, with a CA https, as client-go reads it."""
    if url and "://" not in url:
        url = (
            "https://"
            if {"certificate-authority", "certificate-authority-data"} & set(cluster)
            else "http://"
        ) + url
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        what = f'has no usable server: "{url}" is no URL' if url else "names no server"
        raise MeshctlError(
            f'cluster "{cluster["name"]}" of {title} {what}', "", "Repair it or fetch a fresh one."
        )
    return url


# Providers that were taken out of every Kubernetes client, and what replaced them.
_REMOVED_PROVIDERS = {"gcp": "gke-gcloud-auth-plugin", "azure": "kubelogin"}


def _load(paths: list[str], context: str, user: Json, title: str) -> Any:
    """The package's Configuration for a context, with credentials; a plugin's failure is an error."""
    plugin = user.get("exec") or {}
    command = str(plugin.get("command") or "")
    if command and shutil.which(command) is None:
        hint = str(plugin.get("installHint") or "Install it, or choose another --context.")
        raise MeshctlError(
            f'credential plugin "{command}" of user "{user["name"]}" is not on PATH',
            f"It is named by {title}.",
            hint,
        )
    provider = str((user.get("auth-provider") or {}).get("name") or "")
    if provider in _REMOVED_PROVIDERS:
        raise MeshctlError(
            f'user "{user["name"]}" of {title} has the auth-provider "{provider}"',
            "Kubernetes 1.26 removed it.",
            f"Fetch a fresh kubeconfig that uses {_REMOVED_PROVIDERS[provider]}.",
        )
    from kubernetes import config
    from kubernetes.client import Configuration

    captured = _Captured()
    logging.getLogger().addHandler(captured)
    configuration = Configuration()
    try:
        config.load_kube_config(os.pathsep.join(paths), context=context, client_configuration=configuration)
    except Exception as error:  # whatever the package stumbles over in a file of its own kind
        raise MeshctlError(
            f"{title} cannot be used: {error}", f'Context "{context}".', "Fetch a fresh one."
        ) from error
    finally:
        logging.getLogger().removeHandler(captured)
    has_credentials = bool(configuration.auth_settings()) or bool(configuration.cert_file)
    if command and not has_credentials:
        reason = "; ".join(captured.messages) or "it printed no credentials"
        raise MeshctlError(
            f'credential plugin "{command}" of user "{user["name"]}" failed: {reason}',
            "The session has probably expired.",
            "Log in again, then repeat the command.",
        )
    return configuration


def _in_cluster(options: Globals) -> Cluster:
    from kubernetes import config
    from kubernetes.client import Configuration

    configuration = Configuration()
    try:
        config.load_incluster_config(client_configuration=configuration)
    except config.ConfigException as error:
        raise MeshctlError(
            f"the pod's service account cannot be used: {error}", "", "Name a kubeconfig with --kubeconfig."
        ) from error
    namespace_file = pathlib.Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
    own = namespace_file.read_text().strip() if namespace_file.exists() else "default"
    return _cluster(
        configuration,
        options,
        context="in-cluster",
        user="service account",
        namespace=options.namespace or own,
        server=configuration.host,
        server_name=None,
    )


def _cluster(
    configuration: Any,
    options: Globals,
    *,
    context: str,
    user: str,
    namespace: str,
    server: str,
    server_name: str | None,
) -> Cluster:
    headers = [("accept", "application/json"), ("user-agent", "meshctl")]
    for setting in configuration.auth_settings().values():
        if setting.get("in") == "header" and setting.get("value"):
            headers.append((str(setting["key"]), str(setting["value"])))
    headers.extend(_impersonation(options))
    if options.as_user:
        user = f"{options.as_user} (impersonated by {user})"
    tls = _tls(configuration) if server.startswith("https") else None
    return Cluster(
        server.rstrip("/"),
        context,
        user,
        namespace,
        headers,
        tls,
        options.timeout,
        server_name,
        _proxy(configuration, server),
    )


def _proxy(configuration: Any, server: str) -> str | None:
    """The proxy of the kubeconfig or of $HTTPS_PROXY, unless $NO_PROXY excludes the server."""
    import urllib.request

    if not configuration.proxy:
        return None
    excluded = {"no": configuration.no_proxy or ""}
    if urllib.request.proxy_bypass_environment(urlsplit(server).netloc, excluded):  # type: ignore[attr-defined]
        return None
    return str(configuration.proxy)


def _impersonation(options: Globals) -> list[tuple[str, str]]:
    headers = [("Impersonate-Group", group) for group in options.as_groups]
    if options.as_user:
        headers.append(("Impersonate-User", options.as_user))
    if options.as_uid:
        headers.append(("Impersonate-Uid", options.as_uid))
    return headers


def _tls(configuration: Any) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=configuration.ssl_ca_cert or None)
    if not configuration.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if configuration.cert_file:
        try:
            context.load_cert_chain(configuration.cert_file, configuration.key_file)
        except (OSError, ssl.SSLError) as error:
            raise MeshctlError(
                f"the client certificate of the kubeconfig cannot be used: {error}",
                "",
                "Fetch a fresh kubeconfig.",
            ) from error
    return context
