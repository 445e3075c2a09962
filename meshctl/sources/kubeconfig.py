"""Which cluster and with which credentials: kubeconfig files, contexts, the pod's own service account.

Read here and not by the kubernetes package: importing that takes three times as long as a small view, it leaves
keys in temporary files, and it goes on *anonymously* where a plugin or a user is missing. The rules are those
of client-go's tools/clientcmd: of several files the first to define a name wins, a path is relative to the file that
has it, and inline data comes before a file. A test compares the outcome with the package's.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import pathlib
import shlex
import ssl
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from meshctl.errors import InputError, MeshctlError, UsageError
from meshctl.plain import Json
from meshctl.sources import credentials
from meshctl.sources.interface import Globals
from meshctl.sources.kube import KubeCluster
from meshctl.sources.proxies import proxy_for, without_password
from meshctl.sources.tls import Trust, context_of

_ACCOUNT = pathlib.Path("/var/run/secrets/kubernetes.io/serviceaccount")


class Access(msgspec.Struct, frozen=True):
    """One context, resolved: a server, what it is trusted by, and who asks."""

    context: str
    user: str
    namespace: str
    server: str
    trust: Trust
    credentials: credentials.Credentials
    title: str
    server_name: str | None = None
    proxy: str | None = None
    acts_as: tuple[tuple[str, str], ...] = ()


def connect(options: Globals) -> KubeCluster:
    """The cluster that the global options and the environment name. Nothing is sent to it yet.

    Raises UsageError or MeshctlError when the kubeconfig does not lead to a server and its credentials.
    """
    found = access(options)
    user = f"{options.as_user} (impersonated by {found.user})" if options.as_user else found.user
    tls = context_of(found.trust, found.title) if found.server.startswith("https") else None

    def tls_of(own: credentials.Credential) -> ssl.SSLContext:
        trust = msgspec.structs.replace(found.trust, certificate=own.certificate, key=own.key)
        return context_of(trust, found.title)

    acts_as = _impersonation(options) or list(found.acts_as)
    return KubeCluster(
        found.server.rstrip("/"),
        found.context,
        user,
        found.namespace,
        found.credentials,
        acts_as,
        tls,
        tls_of,
        found.credentials.current().certificate if tls is not None else b"",
        options.timeout,
        found.server_name,
        found.proxy,
        hashlib.sha256(found.server.encode() + b"\n" + (found.trust.ca or b"")).hexdigest()[:32],
        _as_kubectl(options),
    )


def _as_kubectl(options: Globals) -> str:
    """The options of kubectl that name the same cluster and user."""
    named = [
        ("--kubeconfig", options.kubeconfig),
        ("--context", options.context),
        ("--as", options.as_user),
        *(("--as-group", group) for group in options.as_groups),
        ("--as-uid", options.as_uid),
    ]
    return "".join(f" {flag} {shlex.quote(value)}" for flag, value in named if value)


def access(options: Globals) -> Access:
    """What the kubeconfig, or the pod's service account, says."""
    if options.kubeconfig is None and not os.environ.get("KUBECONFIG") and not _default_kubeconfig().exists():
        if os.environ.get("KUBERNETES_SERVICE_HOST"):
            return _in_cluster(options)
        raise MeshctlError(
            "there is no kubeconfig: looked at --kubeconfig, $KUBECONFIG, ~/.kube/config and the pod's service account",
            "",
            "Name one with --kubeconfig, or read saved files with -f (no cluster is needed).",
        )
    return _from_kubeconfig(options)


def is_there(options: Globals) -> bool:
    """Whether a cluster is named at all, by options, a kubeconfig that exists, or a pod's service account."""
    if options.kubeconfig or options.context or os.environ.get("KUBERNETES_SERVICE_HOST"):
        return True
    paths, _ = _kubeconfig_paths(options)
    return any(pathlib.Path(path).is_file() for path in paths)


def context_names(options: Globals) -> list[str]:
    """The contexts that the kubeconfig defines, for completion."""
    paths, title = _kubeconfig_paths(options)
    existing = [path for path in dict.fromkeys(paths) if pathlib.Path(path).is_file()]
    return list(_read_kubeconfig(existing, title)["contexts"])


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


def _from_kubeconfig(options: Globals) -> Access:
    paths, title = _kubeconfig_paths(options)
    existing = [p for p in dict.fromkeys(paths) if pathlib.Path(p).exists() and not pathlib.Path(p).is_dir()]
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
    server = _server(str(cluster.get("server") or ""), cluster, title)
    who = credentials.of_user(user, _for_plugins(cluster), existing, context["name"], title)
    shown = f'{title}, user "{user.get("name")}"'
    own = who.current() if server.startswith("https") else credentials.Credential()
    trust = Trust(
        _content(cluster, "certificate-authority", title),
        own.certificate or _content(user, "client-certificate", title) or b"",
        own.key or _content(user, "client-key", title) or b"",
        bool(cluster.get("insecure-skip-tls-verify")),
    )
    return Access(
        context=context["name"],
        user=str(context.get("user") or "anonymous"),
        namespace=options.namespace or str(context.get("namespace") or "default"),
        server=server,
        trust=trust,
        credentials=who,
        title=shown,
        server_name=cluster.get("tls-server-name") or None,
        proxy=proxy_for(server, str(cluster.get("proxy-url") or ""), title),
        acts_as=_impersonated(user),
    )


# Where an entry names files; a plugin's command is a file only where it has a separator.
_PATHS = {
    "clusters": ("certificate-authority",),
    "users": ("client-certificate", "client-key", "tokenFile"),
    "contexts": (),
}


def _read_kubeconfig(paths: list[str], title: str) -> Json:
    """The merged named entries of the kubeconfig files, the first file's entry winning as kubectl does."""
    merged: Json = {"clusters": {}, "users": {}, "contexts": {}, "current-context": ""}
    for path in paths:
        document = _document(path, title)
        if not isinstance(document, dict):
            continue
        for kind, singular in (("clusters", "cluster"), ("users", "user"), ("contexts", "context")):
            for entry in document.get(kind) or []:
                if isinstance(entry, dict) and entry.get("name"):
                    settings = _absolute(entry.get(singular) or {}, _PATHS[kind], path)
                    merged[kind].setdefault(entry["name"], {**settings, "name": entry["name"]})
        merged["current-context"] = merged["current-context"] or document.get("current-context") or ""
    if not merged["contexts"]:
        raise MeshctlError(
            f"{title} defines no contexts", "The file is empty or incomplete.", "Fetch a fresh one."
        )
    return merged


def _document(path: str, title: str) -> Any:
    from meshctl.reader.yaml_text import documents

    try:
        return next(iter(documents(pathlib.Path(path).read_text(), title)), None)
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


def _absolute(settings: Json, keys: tuple[str, ...], path: str) -> Json:
    """An entry whose paths are relative to its file no longer."""
    folder = pathlib.Path(path).absolute().parent
    found = {**settings, **{key: str(folder / str(settings[key])) for key in keys if settings.get(key)}}
    command = str((settings.get("exec") or {}).get("command") or "")
    if os.sep in command:
        found["exec"] = {**settings["exec"], "command": str(folder / command)}
    return found


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
        secured = {"certificate-authority", "certificate-authority-data"} & set(cluster)
        url = ("https://" if secured else "http://") + url
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        what = f'has no usable server: "{without_password(url)}" is no URL' if url else "names no server"
        raise MeshctlError(
            f'cluster "{cluster["name"]}" of {title} {what}', "", "Repair it or fetch a fresh one."
        )
    return parts.scheme + url[len(parts.scheme) :]  # urlsplit lowers the scheme


def _content(entry: Json, key: str, title: str) -> bytes | None:
    """A certificate or key: inline data before a file; None where neither is named."""
    data = entry.get(f"{key}-data")
    try:
        if data:
            return base64.b64decode("".join(str(data).split()), validate=True)
        return pathlib.Path(entry[key]).read_bytes() if entry.get(key) else None
    except binascii.Error as error:
        raise MeshctlError(f"{key}-data of {title} is no base64", "", "Fetch a fresh kubeconfig.") from error
    except OSError as error:
        raise MeshctlError(
            f"{key} of {title} cannot be read: {entry[key]}: {error.strerror}", "", "Check the path."
        ) from error


def _for_plugins(cluster: Json) -> Json:
    """The cluster as a plugin is told of it, which gets the CA itself and not its file."""
    path = cluster.get("certificate-authority")
    if not path or cluster.get("certificate-authority-data") or not pathlib.Path(path).is_file():
        return cluster
    data = base64.b64encode(pathlib.Path(path).read_bytes()).decode()
    return {**cluster, "certificate-authority-data": data}


def _in_cluster(options: Globals) -> Access:
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    title = "the pod's service account"
    try:
        ca = (_ACCOUNT / "ca.crt").read_bytes()
        namespace = (_ACCOUNT / "namespace").read_text().strip()
        who = credentials.of_token_file(_ACCOUNT / "token", "service account")
        who.current()
    except (OSError, MeshctlError) as error:
        reason = getattr(error, "strerror", None) or error
        raise MeshctlError(
            f"{title} cannot be used: {reason}", "", "Name a kubeconfig with --kubeconfig."
        ) from error
    server = f"https://{f'[{host}]' if ':' in host else host}:{port}"
    return Access(
        context="in-cluster",
        user="service account",
        namespace=options.namespace or namespace,
        server=server,
        trust=Trust(ca),
        credentials=who,
        title=title,
        proxy=proxy_for(server, "", title),
    )


def _impersonation(options: Globals) -> list[tuple[str, str]]:
    headers = [("Impersonate-Group", group) for group in options.as_groups]
    if options.as_user:
        headers.append(("Impersonate-User", options.as_user))
    if options.as_uid:
        headers.append(("Impersonate-Uid", options.as_uid))
    return headers


def _impersonated(user: Json) -> tuple[tuple[str, str], ...]:
    """On whose behalf the kubeconfig itself acts."""
    headers = [("Impersonate-User", str(user["as"]))] if user.get("as") else []
    headers += [("Impersonate-Uid", str(user["as-uid"]))] if user.get("as-uid") else []
    headers += [("Impersonate-Group", str(group)) for group in user.get("as-groups") or ()]
    for key, values in (user.get("as-user-extra") or {}).items():
        headers += [(f"Impersonate-Extra-{quote(str(key), safe='')}", str(value)) for value in values or ()]
    return tuple(headers)
