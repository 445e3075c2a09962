"""The Kubernetes API: one server as one user, and what it answers.

Requests go through httpcore, as the port-forward does: objects are read as plain JSON here, and the kubernetes
package's models cost half a second to import. ``meshctl.sources.kubeconfig`` says which server and which user.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from meshctl.errors import ConnectError
from meshctl.plain import Json
from meshctl.sources.proxies import without_password
from meshctl.sources.retry import Patience

if TYPE_CHECKING:
    import httpcore

    from meshctl.sources.credentials import Credential, Credentials


_HEADERS = (("accept", "application/json"), ("user-agent", "meshctl"))
_AT_ONCE = 32  # connections; as many threads ask at most
_NAMES = ("accept", "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json")


@dataclass
class KubeCluster:
    """One API server as one user. ``get`` reads objects; a port-forward takes the same headers and settings."""

    server: str
    context: str
    user: str
    namespace: str
    credentials: Credentials
    acts_as: list[tuple[str, str]]
    tls: ssl.SSLContext | None
    tls_of: Callable[[Credential], ssl.SSLContext]
    certificate: bytes  # of a plugin, which ``tls`` has
    timeout: float  # seconds; 0 waits for ever
    server_name: str | None = None
    proxy: str | None = None
    identity: str = ""  # of the server and its CA: the same cluster has the same
    as_kubectl: str = ""  # the options with which kubectl asks it as the same user, after a blank
    _pool: httpcore.ConnectionPool | None = field(default=None, repr=False)

    @property
    def patience(self) -> float | None:
        """The time-out as sockets take it."""
        return self.timeout or None

    @property
    def via(self) -> str:
        """The proxy on the way, for messages."""
        return f" through proxy {without_password(self.proxy)}" if self.proxy else ""

    def headers(self) -> list[tuple[str, str]]:
        """What every request carries; a credential that expired is renewed for it."""
        own = self.credentials.current()
        if own.certificate != self.certificate and self.tls is not None:  # a plugin renewed it
            self.certificate, self.tls, self._pool = own.certificate, self.tls_of(own), None
        sent = [("authorization", own.authorization)] if own.authorization else []
        return [*_HEADERS, *sent, *self.acts_as]

    def pool(self) -> httpcore.ConnectionPool:
        if self._pool is None:
            import httpcore

            from meshctl.sources.dial import backend

            self._pool = httpcore.ConnectionPool(
                ssl_context=self.tls, network_backend=backend(self.proxy), max_connections=_AT_ONCE
            )
        return self._pool

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def get(
        self, path: str, params: Mapping[str, str] | None = None, *, what: str = "", names_only: bool = False
    ) -> Json:
        """An object or list as JSON. Raises ApiError for an answer that is none, ConnectError without one."""
        import msgspec

        body = self._request(path, params, what, (_NAMES,) if names_only else ())
        try:
            return msgspec.json.decode(body, type=dict[str, Any])
        except msgspec.DecodeError as error:
            raise ConnectError(
                f"{self.server} does not answer {what or path} as a Kubernetes API server: {error}",
                "Something else listens there, such as a login page of a proxy.",
                "Check the server of this context.",
            ) from error

    def create(self, path: str, value: Json, *, what: str = "") -> Json:
        """What the API server makes of an object that is given to it, such as a token that is asked for."""
        import msgspec

        typed = (("content-type", "application/json"),)
        body = self._request(path, None, what, typed, msgspec.json.encode(value))
        return msgspec.json.decode(body, type=dict[str, Any])

    def text(self, path: str, params: Mapping[str, str] | None = None, *, what: str = "") -> str:
        """A plain text answer, such as a container's log."""
        return self._request(path, params, what).decode("utf-8", "replace")

    def items(
        self, path: str, params: Mapping[str, str] | None = None, *, what: str = "", names_only: bool = False
    ) -> list[Json]:
        """The items of a list, page by page; with ``names_only`` their metadata may be all there is of them."""
        query = {"limit": "500", **(params or {})}
        found: list[Json] = []
        while True:
            page = self.get(path, query, what=what, names_only=names_only)
            found.extend(page.get("items") or [])
            token = (page.get("metadata") or {}).get("continue")
            if not token:
                return found
            query["continue"] = token

    def _request(
        self,
        path: str,
        params: Mapping[str, str] | None,
        what: str,
        instead: tuple[tuple[str, str], ...] = (),
        content: bytes | None = None,
    ) -> bytes:
        """The body of a GET, or of a POST of ``content``, tried again as client-go does: after resets, throttling, failures, expired credentials."""
        import httpcore

        query = f"?{urlencode(params)}" if params else ""
        extensions: dict[str, Any] = {"sni_hostname": self.server_name} if self.server_name else {}
        patience = Patience(self.patience)
        while True:
            extensions["timeout"] = dict.fromkeys(("connect", "read", "write", "pool"), patience.left)
            replaced = {name for name, _ in instead}
            headers = [*instead, *(entry for entry in self.headers() if entry[0] not in replaced)]
            try:
                response = self.pool().request(
                    "GET" if content is None else "POST",
                    self.server + path + query,
                    headers=headers,
                    content=content,
                    extensions=extensions,
                )
            except (httpcore.ReadError, httpcore.WriteError, httpcore.RemoteProtocolError) as error:
                if patience.after_break():
                    continue
                raise self.connect_error(error, what or path) from error
            except (
                httpcore.NetworkError,
                httpcore.ProtocolError,
                httpcore.ProxyError,
                httpcore.TimeoutException,
            ) as error:
                raise self.connect_error(error, what or path) from error
            if 200 <= response.status < 300:
                return response.content
            if self.renewed(response.status, headers, patience) or patience.after_answer(
                response.status, response.headers
            ):
                continue
            raise self.api_error(response.status, response.content, what or path)

    def renewed(self, status: int, headers: list[tuple[str, str]], patience: Patience) -> bool:
        """Whether the credential that a request carried was refused and there is now another to try."""
        sent = dict(headers).get("authorization", "")
        return status == 401 and patience.after_refusal() and self.credentials.rejected(sent)

    def connect_error(self, error: Exception, what: str) -> ConnectError:
        """A failure below HTTP, in the user's words."""
        return connection_failure(error, self, what)

    def api_error(self, status: int, body: bytes, what: str) -> ApiError:
        return ApiError(status, status_message(body), what, self)


class ApiError(ConnectError):
    """Raised when the API server answers with a refusal; ``status`` is the HTTP status."""

    def __init__(self, status: int, message: str, what: str, cluster: KubeCluster) -> None:
        self.status = status
        self.message = message
        super().__init__(*_explain_status(status, message, what, cluster))


def _explain_status(status: int, message: str, what: str, cluster: KubeCluster) -> tuple[str, str, str]:
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


def is_status(body: bytes) -> bool:
    """Whether an answer is a Kubernetes Status object."""
    import msgspec

    try:
        status = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return False
    return isinstance(status, dict) and status.get("kind") == "Status"


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


# What OpenSSL says of a certificate, and what it means.
_CERTIFICATE_FAULTS = (
    ("Hostname mismatch", "is for another name", "tls-server-name in the kubeconfig names it, where that is right."),
    ("IP address mismatch", "is for another address", "tls-server-name in the kubeconfig names it, where that is right."),
    ("has expired", "has expired", "Check the clock of this machine, or have the certificate renewed."),
    ("not yet valid", "is not valid yet", "Check the clock of this machine."),
)  # fmt: skip


def connection_failure(error: Exception, cluster: KubeCluster, what: str) -> ConnectError:
    """A failure below HTTP as what happened, why, and what to try; it names the proxy on the way."""
    text = _root_text(error)
    kind = type(error).__name__
    server = without_password(cluster.server)
    whose = f'context "{cluster.context}"' + (f",{cluster.via}" if cluster.via else "")
    if kind == "ProxyError":
        return ConnectError(
            f"the proxy {without_password(cluster.proxy or '')} refused the connection to {server}: {text}",
            f'It is named by proxy-url or $HTTPS_PROXY (context "{cluster.context}").',
            "Check its address and credentials, or list the server in $NO_PROXY.",
        )
    if "CERTIFICATE_VERIFY_FAILED" in text or "certificate verify failed" in text:
        for sign, fault, hint in _CERTIFICATE_FAULTS:
            if sign in text:
                return ConnectError(f"the certificate of {server} {fault} ({whose})", text, hint)
        return ConnectError(
            f"the certificate of {server} is not signed by the CA that the kubeconfig names ({whose})",
            f"{text}. The cluster was re-created, or a proxy stands in between.",
            "Fetch a fresh kubeconfig.",
        )
    if "Timeout" in kind or "timed out" in text:
        return ConnectError(
            f"no answer from {server} within {cluster.timeout:g} s ({what}, {whose})",
            "The server hangs, or a firewall drops the connection.",
            "Check VPN and context, or allow more time with --kubeclient-timeout.",
        )
    peer = without_password(cluster.proxy) if cluster.proxy else server
    if any(
        sign in text for sign in ("Name or service not known", "getaddrinfo", "Temporary failure in name")
    ):
        return ConnectError(
            f"cannot resolve the host of {peer} ({whose})", text, "Check DNS, VPN and the context."
        )
    if "refused" in text:
        return ConnectError(
            f"cannot connect to {peer} ({whose}): connection refused",
            "Nothing listens there: the server is down or the address is an old one.",
            "Is the cluster up, the VPN on, the right --context chosen?",
        )
    if "WRONG_VERSION_NUMBER" in text or "RECORD_LAYER_FAILURE" in text:
        return ConnectError(
            f"{server} does not speak TLS ({whose})",
            "The server of the context should begin with http://, or a proxy answers in its place.",
            "Check the server of this context.",
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
