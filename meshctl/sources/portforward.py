"""One TCP connection to a port of a pod, through the API server, as a stream that httpcore can speak HTTP over.

Theory of operation. A port-forward is a websocket of the protocol ``v4.channel.k8s.io``: binary frames whose
first byte is a channel. Channel 0 carries the data, channel 1 the error text; the first frame on each is the
port number, which comes before the pod is even dialled. There is no half-close, and the close frame is always
1000, so whether an answer is complete is known from HTTP alone: httpcore checks Content-Length and the last
chunk. No thread reads ahead: back-pressure is TCP's, and every read has an idle timeout.

The kubernetes package's own PortForward is not used: it loses the tail of a body when the connection drops,
and is quadratic over TLS (docs/architecture.md).
"""

from __future__ import annotations

import select
import struct
from collections.abc import Iterable
from typing import Any

import httpcore

from meshctl.errors import ConnectError
from meshctl.sources.kube import ApiError, KubeCluster, is_status, status_message
from meshctl.sources.retry import Patience

PROTOCOL = "v4.channel.k8s.io"
_DATA, _ERROR = 0, 1


class ForwardError(httpcore.ReadError):
    """Raised when the node reports that the port cannot be reached (the text of the error channel)."""


class PodStream(httpcore.NetworkStream):
    """The byte stream to ``port`` of a pod. One websocket is one TCP connection in the pod."""

    def __init__(self, socket: Any, port: int) -> None:
        self._socket = socket
        self._port = port
        self._rest = memoryview(b"")
        self._greeted: set[int] = set()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if not self._rest:
            self._rest = self._next_data(timeout)
        data = bytes(self._rest[:max_bytes])
        self._rest = self._rest[max_bytes:]
        return data

    def _next_data(self, timeout: float | None) -> memoryview:
        """The next frame of the data channel; empty at the end of the stream."""
        import websocket

        while True:
            self._socket.sock.settimeout(timeout)
            try:
                opcode, frame = self._socket.recv_data_frame(True)
            except websocket.WebSocketTimeoutException as error:
                raise httpcore.ReadTimeout(str(error)) from error
            except (websocket.WebSocketException, OSError) as error:
                raise httpcore.ReadError(f"the port-forward connection was lost ({error})") from error
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                return memoryview(b"")
            if opcode not in (websocket.ABNF.OPCODE_BINARY, websocket.ABNF.OPCODE_TEXT) or not frame.data:
                continue
            channel, payload = frame.data[0], memoryview(frame.data)[1:]
            if channel not in self._greeted and channel in (_DATA, _ERROR):
                self._greeted.add(channel)
                if len(payload) != 2 or struct.unpack("<H", payload)[0] != self._port:
                    raise httpcore.RemoteProtocolError("the port-forward stream does not begin with the port")
            elif channel == _ERROR:
                raise ForwardError(bytes(payload).decode("utf-8", "replace"))
            elif channel == _DATA and payload:
                return payload

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        import websocket

        self._socket.sock.settimeout(timeout)
        try:
            self._socket.send_binary(bytes([_DATA]) + buffer)
        except websocket.WebSocketTimeoutException as error:
            raise httpcore.WriteTimeout(str(error)) from error
        except (websocket.WebSocketException, OSError) as error:
            raise httpcore.WriteError(f"the port-forward connection was lost ({error})") from error

    def close(self) -> None:
        import contextlib

        with contextlib.suppress(Exception):
            self._socket.close(timeout=0)

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return bool(self._rest) or bool(select.select([self._socket.sock], [], [], 0)[0])
        return None


class PodBackend(httpcore.NetworkBackend):
    """Connects httpcore to one pod: whatever host is asked for, the port is the pod's."""

    def __init__(self, cluster: KubeCluster, namespace: str, pod: str) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._pod = pod

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        return PodStream(open_websocket(self._cluster, self._namespace, self._pod, port, timeout), port)


def open_websocket(cluster: KubeCluster, namespace: str, pod: str, port: int, timeout: float | None) -> Any:
    """The upgraded websocket; a refusal of the API server or the kubelet becomes the error it is. Asking is safe
    to repeat: nothing is dialled before the upgrade."""
    import websocket

    patience = Patience(timeout)
    while True:
        headers = cluster.headers()
        try:
            socket = _upgraded(cluster, namespace, pod, port, patience.left, headers)
        except websocket.WebSocketBadStatusException as error:
            told = [(k.encode(), v.encode()) for k, v in (error.resp_headers or {}).items()]
            if cluster.renewed(error.status_code, headers, patience) or (
                error.status_code != 500 and patience.after_answer(error.status_code, told)
            ):
                continue
            raise refused(error.status_code, error.resp_body or b"", namespace, pod, port, cluster) from error
        except (websocket.WebSocketTimeoutException, TimeoutError) as error:
            raise ConnectError(
                f"no answer to the port-forward request for pod {pod!r} within {timeout or 0:g} s{cluster.via}",
                "The API server or the kubelet hangs.",
                "Try again, or allow more time with --kubeclient-timeout.",
            ) from error
        except (websocket.WebSocketConnectionClosedException, ConnectionResetError) as error:
            if patience.after_break():
                continue
            raise cluster.connect_error(error, _what(namespace, pod)) from error
        except (websocket.WebSocketException, httpcore.NetworkError, httpcore.ProxyError, OSError) as error:
            raise cluster.connect_error(error, _what(namespace, pod)) from error
        if socket.subprotocol != PROTOCOL:
            socket.close(timeout=0)
            raise ConnectError(
                f"the API server answered the port-forward with protocol {socket.subprotocol!r}, not {PROTOCOL}",
                "Something between here and the API server rewrites websockets.",
                _by_hand(namespace, pod, port, cluster),
            )
        return socket


def _what(namespace: str, pod: str) -> str:
    return f'the port-forward to pod "{pod}" in namespace "{namespace}"'


def _upgraded(
    cluster: KubeCluster,
    namespace: str,
    pod: str,
    port: int,
    timeout: float | None,
    headers: list[tuple[str, str]],
) -> Any:
    import websocket

    from meshctl.sources.dial import socket_to

    url = f"ws{cluster.server.removeprefix('http')}/api/v1/namespaces/{namespace}/pods/{pod}/portforward?ports={port}"
    connected = socket_to(cluster.server, cluster.proxy, cluster.tls, cluster.server_name, timeout)
    connected.settimeout(timeout)
    socket = websocket.WebSocket(enable_multithread=False, skip_utf8_validation=True)
    try:
        socket.connect(
            url,
            header=[f"{k}: {v}" for k, v in headers if k.lower() != "accept"],
            subprotocols=[PROTOCOL],
            timeout=timeout,
            suppress_origin=True,
            http_no_proxy=["*"],
            socket=connected,
        )
    except BaseException:
        connected.close()
        raise
    return socket


def _by_hand(namespace: str, pod: str, port: int, cluster: KubeCluster) -> str:
    """The two lines that do the same where a websocket cannot be had: kubectl falls back to SPDY."""
    command = f"kubectl port-forward{cluster.as_kubectl} -n {namespace} pod/{pod} {port}"
    return f"Instead: {command}, and here --admin localhost:{port}."


def refused(
    status: int, body: bytes, namespace: str, pod: str, port: int, cluster: KubeCluster
) -> ConnectError:
    """A refused upgrade in the user's words: missing rights, an unreachable node, a dead sandbox."""
    message = status_message(body) if body else ""
    if status == 403:
        return ConnectError(
            f'user "{cluster.user}" may not port-forward to pods in namespace "{namespace}" (403)'
            + (f": {message}" if message else ""),
            f"It needs get and, since Kubernetes 1.35, create on pods/portforward: kubectl auth can-i create pods/portforward -n {namespace}.",
            f"With create alone: {_by_hand(namespace, pod, port, cluster).removeprefix('Instead: ')} A saved dump can be read with -f.",
        )
    if "dialing backend" in message:
        return ConnectError(
            f'the API server cannot reach the node of pod "{pod}": {message}',
            "The node is down, or the network between control plane and node is.",
            f"Check: kubectl get pod {pod} -n {namespace} -o wide; kubectl get nodes.",
        )
    stripped = status in (400, 426) and "upgrade" in message.lower()  # asked without the header that was sent
    if stripped or (status != 500 and not is_status(body)):  # the kubelet's own words come with 500
        cause = "something on the way lets no websocket through."
        return ConnectError(
            f'the port-forward to pod "{pod}" in namespace "{namespace}" was answered with {status}{cluster.via}'
            + (f": {message}" if message else ""),
            cause.capitalize() if stripped else f"It is no answer of a Kubernetes API server: {cause}",
            _by_hand(namespace, pod, port, cluster),
        )
    return ApiError(
        status, message or "no reason given", f'the port-forward to pod "{pod}" in "{namespace}"', cluster
    )
