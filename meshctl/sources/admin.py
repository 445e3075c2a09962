"""Asking an Envoy's admin port: only for what is needed, whole answers or an error.

``fetch`` works over any way to the port (a pod's port-forward, ``--admin URL``): it takes an httpcore
connection pool. The config_dump is asked for section by section with a ``mask`` (a mask over two sections is
refused by Envoy: every path of it must exist in a message); an Envoy that refuses a mask is asked for the whole
dump. Reading stops at an idle timeout, never at a total one, and a body
shorter than announced is an error. GET is safe, so a broken answer is asked for once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from meshctl.envoy.documents import Document, DocumentKind, read
from meshctl.envoy.notes import Notes
from meshctl.envoy.snapshot import SectionKind, load
from meshctl.errors import ConnectError, MeshctlError, UsageError
from meshctl.sources.interface import ALL_SECTIONS, Needs, Origin, Progress, ProxySnapshot

if TYPE_CHECKING:
    import httpcore

# The top-level fields of each section, all that a mask may safely name (deeper ones fail inside an Any).
# Without version_info the answer would differ from a saved dump.
_FIELDS: dict[SectionKind, tuple[str, ...]] = {
    SectionKind.BOOTSTRAP: ("bootstrap", "last_updated"),
    SectionKind.CLUSTERS: ("static_clusters", "dynamic_active_clusters", "dynamic_warming_clusters"),
    SectionKind.ECDS: ("ecds_filters",),
    SectionKind.ENDPOINTS: ("static_endpoint_configs", "dynamic_endpoint_configs"),
    SectionKind.LISTENERS: ("static_listeners", "dynamic_listeners"),
    SectionKind.SCOPED_ROUTES: ("inline_scoped_route_configs", "dynamic_scoped_route_configs"),
    SectionKind.ROUTES: ("static_route_configs", "dynamic_route_configs"),
    SectionKind.SECRETS: ("static_secrets", "dynamic_active_secrets", "dynamic_warming_secrets"),
}
_VERSIONED = frozenset({SectionKind.CLUSTERS, SectionKind.LISTENERS})
# Sections that a dump need not have: refusing their mask means that there are none.
_OPTIONAL = frozenset({SectionKind.ECDS, SectionKind.SCOPED_ROUTES})

Get = Callable[[str], bytes]


class AdminError(ConnectError):
    """Raised when the admin port answers, but not with 200; ``status`` is the HTTP status, ``body`` what it said."""

    def __init__(self, status: int, what: str, cause: str, hint: str, body: bytes = b"") -> None:
        super().__init__(what, cause, hint)
        self.status = status
        self.body = body


class AdminPort:
    """One Envoy's admin port. ``name`` is what messages call the proxy (``pod "x" in namespace "y"``)."""

    def __init__(
        self,
        pool: httpcore.ConnectionPool,
        url: str,
        name: str,
        timeout: float | None,
        progress: Progress,
        explain: Callable[[Exception, str, int], MeshctlError],
    ) -> None:
        self._pool = pool
        self._url = url.rstrip("/")
        self._name = name
        self._timeout = timeout
        self._progress = progress
        self._explain = explain

    def get(self, path: str) -> bytes:
        """The whole body of an answer; asked for once more when the connection breaks under it."""
        import httpcore

        received = 0
        for attempt in (1, 2):
            body = bytearray()
            try:
                self._read(path, body)
                return bytes(body) if len(body) < 1 << 20 else body  # type: ignore[return-value]
            except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
                received = max(received, len(body))
                if attempt == 2 or not _worth_another_try(error):
                    raise self._explain(error, path, received) from error
        raise AssertionError("the second attempt returns or raises")

    def _read(self, path: str, body: bytearray) -> None:
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), self._timeout)
        with self._pool.stream("GET", self._url + path, extensions={"timeout": timeouts}) as response:
            for chunk in response.iter_stream():
                body += chunk
                self._progress.advance(len(chunk))
            if response.status != 200:
                text = " ".join(bytes(body[:200]).decode("utf-8", "replace").split())
                raise AdminError(
                    response.status,
                    f"{self._name} answered {response.status} to {path}" + (f": {text}" if text else ""),
                    "It is an HTTP server, but perhaps not Envoy's admin port (15000; 15020 is the agent's).",
                    "Check --proxy-admin-port.",
                    bytes(body),
                )

    def post(self, path: str) -> bytes:
        """The answer to a POST, which Envoy wants for what changes its state (``/logging``)."""
        import httpcore

        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), self._timeout)
        try:
            response = self._pool.request(
                "POST", self._url + path, headers={"content-length": "0"}, extensions={"timeout": timeouts}
            )
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            raise self._explain(error, path, 0) from error
        if response.status != 200:
            text = " ".join(response.content.decode("utf-8", "replace").split())[:300]
            raise AdminError(
                response.status, f"{self._name} answered {response.status} to {path}: {text}", "", ""
            )
        return response.content


def _worth_another_try(error: Exception) -> bool:
    """Not after a timeout (it would double the wait), nor where the port refuses."""
    import httpcore

    return not isinstance(error, httpcore.TimeoutException | httpcore.ConnectError) and "refused" not in str(
        error
    )


def mask(section: SectionKind) -> str:
    """The ``mask`` parameter that asks for a section."""
    return ",".join((*_FIELDS[section], *(("version_info",) if section in _VERSIONED else ())))


def fetch(port: AdminPort, needs: Needs, origin: str, notes: Notes, progress: Progress) -> list[Document]:
    """The documents that ``needs`` asks for. Raises MeshctlError when one cannot be had whole."""
    documents: list[Document] = []
    if needs.sections:
        with progress.fetching(f"{origin}: config_dump"):
            bodies = _config_dump(port, needs.sections)
        for body in bodies:
            documents.extend(read(body, f"{origin}: /config_dump", notes))
    for kind in DocumentKind:
        if kind in needs.documents and kind is not DocumentKind.CONFIG_DUMP:
            with progress.fetching(f"{origin}: {kind.value}"):
                body = port.get(kind.value)
            documents.extend(read(body, f"{origin}: {kind.value}", notes))
    return documents


def _config_dump(port: AdminPort, sections: frozenset[SectionKind]) -> list[bytes]:
    """The answers that together hold ``sections``."""
    whole = "/config_dump" + ("?include_eds" if SectionKind.ENDPOINTS in sections else "")
    if sections == ALL_SECTIONS:
        return [port.get(whole)]
    bodies = []
    for section in sorted(sections, key=list(SectionKind).index):
        endpoints = "include_eds&" if section is SectionKind.ENDPOINTS else ""
        try:
            bodies.append(port.get(f"/config_dump?{endpoints}mask={mask(section)}"))
        except AdminError as error:
            if error.status not in (400, 404):
                raise
            if section not in _OPTIONAL:
                return [port.get(whole)]  # an older Envoy does not know a field of the mask
    return bodies or [
        port.get(whole)
    ]  # whether there is no such section, or no mask is known, it does not say


def explain_direct(address: str, timeout: float | None) -> Callable[[Exception, str, int], MeshctlError]:
    """The explainer of connection errors for an admin address that is reached directly."""

    def explain(error: Exception, path: str, received: int) -> MeshctlError:
        import httpcore

        got = f" after {received:,} bytes" if received else ""
        if isinstance(error, httpcore.ConnectError | httpcore.ConnectTimeout):
            return ConnectError(
                f"cannot connect to {address}: {error}",
                "Nothing listens there, or a firewall drops the connection.",
                "Check the address; in a pod Envoy's admin port listens on localhost only.",
            )
        if isinstance(error, httpcore.TimeoutException):
            return ConnectError(
                f"no data from {address} for {timeout or 0:g} s while reading {path}{got}",
                "Envoy hangs or is overloaded.",
                "Allow more time with --kubeclient-timeout.",
            )
        if isinstance(error, httpcore.RemoteProtocolError) and not received:
            return ConnectError(
                f"{address} does not answer {path} as an HTTP server: {error}",
                "It is no Envoy admin port, or was closed.",
                "",
            )
        return ConnectError(
            f"the connection to {address} was lost while reading {path}{got}: {error}",
            "Envoy was restarted, or the network broke.",
            "Try again.",
        )

    return explain


def parse_address(text: str) -> str:
    """``--admin`` as a URL: ``localhost:15000``, ``http://host:port[/prefix]``. Raises UsageError."""
    url = text if "://" in text else f"http://{text}"
    parts = urlsplit(url)
    try:
        valid = (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and (parts.port is None or parts.port > 0)
        )
    except ValueError:
        valid = False
    if not valid:
        raise UsageError(f"--admin {text!r} is no address", "", "Write http://localhost:15000 or host:port.")
    return url.rstrip("/")


@contextmanager
def open_port(origin: Origin, progress: Progress) -> Iterator[AdminPort]:
    """The admin port at ``--admin`` for as long as the context lasts."""
    import httpcore

    url = parse_address(origin.admin or "")
    timeout = (origin.globals.timeout if origin.globals else 15.0) or None
    with httpcore.ConnectionPool() as pool:
        yield AdminPort(pool, url, url, timeout, progress, explain_direct(url, timeout))


def open_admin(origin: Origin, needs: Needs, progress: Progress) -> ProxySnapshot:
    """The snapshot of the Envoy at ``--admin``."""
    url = parse_address(origin.admin or "")
    notes = Notes()
    with open_port(origin, progress) as port:
        documents = fetch(port, needs, url, notes, progress)
    name = origin.pods[0] if origin.pods else urlsplit(url).netloc
    return proxy_snapshot(name, "", documents, url, notes)


def proxy_snapshot(
    name: str, namespace: str, documents: list[Document], title: str, notes: Notes
) -> ProxySnapshot:
    """A ProxySnapshot of fetched documents, with the bytes of its config_dump for pass-through."""
    dump = next((d.data for d in reversed(documents) if d.kind is DocumentKind.CONFIG_DUMP), None)
    return ProxySnapshot(name, namespace, load(documents, title, notes), dump)
