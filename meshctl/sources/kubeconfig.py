"""Which cluster and with which credentials: kubeconfig files, contexts, the pod's own service account.

Reading credentials is the kubernetes package's work (exec plugins, tokens, client certificates). It goes on
*anonymously* where a credential plugin or a user is missing: here that is the error it is.
"""

from __future__ import annotations

import logging
import os
import pathlib
import shutil
import ssl
from typing import Any
from urllib.parse import urlsplit

from meshctl.errors import InputError, MeshctlError, UsageError
from meshctl.plain import Json
from meshctl.sources.interface import Globals
from meshctl.sources.kube import KubeCluster


class _Captured(logging.Handler):
    """Keeps what the kubernetes package only logs: that a credential plugin failed."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def connect(options: Globals) -> KubeCluster:
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


def _from_kubeconfig(options: Globals) -> KubeCluster:
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
    from meshctl.reader.yaml_text import documents

    merged: Json = {"clusters": {}, "users": {}, "contexts": {}, "current-context": ""}
    for path in paths:
        try:
            document = next(iter(documents(pathlib.Path(path).read_text(), title)), None)
        except UnicodeDecodeError as error:
            raise MeshctlError(
                f"{title} is not valid YAML: {error}", "", "Repair or replace the file."
            ) from error
        except InputError as error:
            raise MeshctlError(error.what, "", "Repair or replace the file.") from error
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


def _in_cluster(options: Globals) -> KubeCluster:
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
) -> KubeCluster:
    headers = [("accept", "application/json"), ("user-agent", "meshctl")]
    for setting in configuration.auth_settings().values():
        if setting.get("in") == "header" and setting.get("value"):
            headers.append((str(setting["key"]), str(setting["value"])))
    headers.extend(_impersonation(options))
    if options.as_user:
        user = f"{options.as_user} (impersonated by {user})"
    tls = _tls(configuration) if server.startswith("https") else None
    return KubeCluster(
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
