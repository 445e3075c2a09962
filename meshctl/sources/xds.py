"""istiod's debug pages over XDS: one gRPC stream, one request, one answer; where port 15014 cannot be reached.

Theory of operation. istiod answers its debug pages on the discovery port, too: to a request of type ``istio.io/debug`` whose
only resource name is the page, it sends one resource that holds the page as it would be over HTTP, without HTTP's status
(pilot/pkg/xds/debuggen.go). It asks who calls: a certificate (``--cert-dir``), or a token of the service account
``default`` of istiod's namespace, which the API server issues. istioctl asks the same way (istioctl/pkg/{xds,multixds}),
but never verifies istiod's certificate when it has a token; here it is verified, by the root that istiod publishes, unless
``--insecure`` is given. Which version an istiod is stands beside its answers of type ``istio.io/debug/syncz``
(pilot/pkg/xds/statusgen.go), in the identifier of the control plane. Python's gRPC cannot leave verification out, so then TLS is ended here (``unverified``) and gRPC
speaks over a Unix socket of this process.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import json
import os
import pathlib
from collections.abc import Iterator
from typing import Any

import msgspec

from meshctl.errors import ConnectError, InputError, MeshctlError, UsageError
from meshctl.plain import Json, object_at
from meshctl.sources.interface import Globals
from meshctl.sources.istiod import VERSION, Answer
from meshctl.sources.live import cluster_of

DEBUG = "istio.io/debug"
_STATUS = "istio.io/debug/syncz"  # the one type whose answers name the control plane
_METHOD = "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources"
_DISCOVERY = "envoy.service.discovery.v3."
_PAGES = "/debug/"
_PORTS = "It is its discovery port (15012; 15010 with --plaintext) that answers."
_ACCOUNT, _AUDIENCE, _AN_HOUR = "default", "istio-ca", 3600
_MOST = 1 << 30  # bytes of an answer: a page of a large mesh is one message
# What istiod's handlers write where HTTP would have another status; over XDS the text is all there is.
_REFUSALS = (
    (b"404 page not found", 404),
    (b"Proxy not connected to this Pilot instance", 404),
    (b"You must provide a proxyID", 400),
)


class Xds(msgspec.Struct, frozen=True):
    """How istiod is reached: its address, a folder with cert-chain.pem, key.pem and root-cert.pem, whether without TLS,
    whether unverified, and the name that its certificate must have."""

    address: str
    cert_dir: str = ""
    plaintext: bool = False
    insecure: bool = False
    authority: str = ""


class XdsIstiod:
    """One istiod, as ``meshctl.sources.istiod.Istiods``."""

    def __init__(self, channel: Any, asked: Xds, options: Globals, metadata: list[tuple[str, str]]) -> None:
        self._channel = channel
        self._asked = asked
        self._options = options
        self._metadata = metadata

    def ask(self, path: str) -> list[Answer]:
        if path == VERSION:
            return [self._version()]
        if not path.startswith(_PAGES):
            raise UsageError(
                f"{path} is no debug page", "Over --xds-address istiod answers debug pages only.", ""
            )
        return [self._answer(path.removeprefix(_PAGES))]

    def ask_until_known(self, path: str) -> Answer | None:
        return next((one for one in self.ask(path) if one.status == 200), None)

    def _answer(self, page: str) -> Answer:
        response = self._exchange(DEBUG, [page])
        body = b"".join(resource.value for resource in response.resources)
        status = next((status for said, status in _REFUSALS if said in body[:300]), 200)
        return Answer(_name(response) or self._asked.address, "", status, body)

    def _version(self) -> Answer:
        """What ``/version`` says over HTTP, in the same words."""
        response = self._exchange(_STATUS, [])
        info = object_at(_control_plane(response), "Info")
        parts = [str(info.get(key) or "unknown") for key in ("version", "revision", "status")]
        return Answer(_name(response) or self._asked.address, "", 200, "-".join(parts).encode())

    def _exchange(self, kind: str, names: list[str]) -> Any:
        """One request of a type, and the answer."""
        import grpc

        call = self._channel.stream_stream(
            _METHOD,
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=_message("DiscoveryResponse").FromString,
        )
        stream = call(
            iter([self._request(kind, names)]), timeout=self._options.timeout or None, metadata=self._metadata
        )
        try:
            return next(one for one in stream if one.type_url == kind)
        except grpc.RpcError as error:
            raise self._failed(error) from None
        except StopIteration:
            raise ConnectError(f"{self._asked.address} ended the stream without an answer", "", "") from None
        finally:
            stream.cancel()

    def _request(self, kind: str, names: list[str]) -> Any:
        """As istioctl's: a node without a proxy's settings, so that istiod does not take it for one."""
        namespace = self._options.istio_namespace
        node = {
            "id": f"sidecar~127.0.0.1~meshctl.{namespace}~{namespace}.svc.cluster.local",
            "metadata": {"GENERATOR": "event", "SERVICE_ACCOUNT": _ACCOUNT, "NAMESPACE": namespace},
        }
        from google.protobuf import json_format

        request = _message("DiscoveryRequest")()
        json_format.ParseDict({"node": node, "typeUrl": kind, "resourceNames": names}, request)
        return request

    def _failed(self, error: Any) -> MeshctlError:
        code, said = error.code().name, " ".join(str(error.details() or "").split())
        whom = f"istiod at {self._asked.address}"
        if code == "UNAUTHENTICATED" or "current identity" in said:
            return ConnectError(
                f"{whom} does not answer this caller: {said}",
                "Debug pages are for identities of istiod's own namespace.",
                "Give --cert-dir, or a context that may issue tokens of its service account default; -i is its namespace.",
            )
        if code == "DEADLINE_EXCEEDED":
            return ConnectError(
                f"no answer from {whom} for {self._options.timeout:g} s", "", "Allow more with --timeout."
            )
        hint = _PORTS
        if any(word in said.lower() for word in ("certificate", "handshake", "verif")):
            hint = "Name it with --authority (istiod.istio-system.svc), give its root in --cert-dir, or pass --insecure."
        return ConnectError(f"{whom} was not reached: {said}", "", hint)


@functools.cache
def _message(name: str) -> Any:
    from google.protobuf import message_factory

    from meshctl.envoy.schema.pool import find

    descriptor = find(_DISCOVERY + name)
    assert descriptor is not None
    return message_factory.GetMessageClass(descriptor)


def _name(response: Any) -> str:
    """Which istiod answered: debug answers often do not say."""
    return str(_control_plane(response).get("ID") or "")


def _control_plane(response: Any) -> Json:
    """What an answer says of who gave it: JSON in the identifier of the control plane; nothing where there is none."""
    try:
        said = json.loads(response.control_plane.identifier or "{}")
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


@contextlib.contextmanager
def over_xds(asked: Xds, options: Globals) -> Iterator[XdsIstiod]:
    """The istiod at an address. Raises UsageError where gRPC is not installed."""
    if importlib.util.find_spec("grpc") is None:
        raise UsageError(
            "--xds-address needs grpcio", "It is an extra of meshctl.", "pip install 'meshctl[xds]'"
        )
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    import grpc

    settings: list[tuple[str, str | int]] = [("grpc.max_receive_message_length", _MOST)]
    with contextlib.ExitStack() as stack:
        if asked.plaintext:
            channel = grpc.insecure_channel(asked.address, settings)
            metadata: list[tuple[str, str]] = []
        else:
            identity = _identity(asked)
            root, metadata = (identity[0], []) if asked.cert_dir else _of_cluster(asked, options)
            if asked.insecure:
                from meshctl.sources.unverified import tunnel

                try:
                    socket = stack.enter_context(
                        tunnel(asked.address, identity[1:] if asked.cert_dir else (), options.timeout)
                    )
                except OSError as error:
                    raise ConnectError(
                        f"istiod at {asked.address} was not reached: {error}", "", _PORTS
                    ) from error
                channel = grpc.insecure_channel(
                    f"unix:{socket}", [*settings, ("grpc.default_authority", _host(asked))]
                )
            else:
                credentials = grpc.ssl_channel_credentials(root, *reversed(identity[1:]))
                settings = [*settings, ("grpc.ssl_target_name_override", _host(asked))]
                channel = grpc.secure_channel(asked.address, credentials, settings)
        stack.callback(channel.close)
        yield XdsIstiod(channel, asked, options, metadata)


def _host(asked: Xds) -> str:
    return asked.authority or asked.address.rpartition(":")[0].strip("[]")


_FILES = ("root-cert.pem", "cert-chain.pem", "key.pem")


def _identity(asked: Xds) -> tuple[bytes | None, ...]:
    """istiod's root, our certificate and its key, from a folder as the agent keeps it."""
    if not asked.cert_dir:
        return None, None, None
    folder = pathlib.Path(asked.cert_dir)
    try:
        return tuple((folder / name).read_bytes() for name in _FILES)
    except OSError as error:
        raise InputError(
            f"{error.filename or folder}: {error.strerror}", f"--cert-dir needs {', '.join(_FILES)}.", ""
        ) from error


def _of_cluster(asked: Xds, options: Globals) -> tuple[bytes | None, list[tuple[str, str]]]:
    """The root that istiod publishes, and a token as metadata, both from the API server."""
    namespace = options.istio_namespace
    with contextlib.closing(cluster_of(options)) as cluster:
        token: Json = cluster.create(
            f"/api/v1/namespaces/{namespace}/serviceaccounts/{_ACCOUNT}/token",
            {
                "apiVersion": "authentication.k8s.io/v1",
                "kind": "TokenRequest",
                "spec": {"audiences": [_AUDIENCE], "expirationSeconds": _AN_HOUR},
            },
            what=f"a token of service account {_ACCOUNT}.{namespace}",
        )
        root = None
        if not asked.insecure:
            published = cluster.get(
                f"/api/v1/namespaces/{namespace}/configmaps/istio-ca-root-cert",
                what="istiod's root certificate",
            )
            root = str(object_at(published, "data").get("root-cert.pem") or "").encode() or None
    said = object_at(token, "status").get("token")
    return root, [("authorization", f"Bearer {said}")]
