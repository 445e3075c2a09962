"""The management server: Envoy's aggregated discovery service, state of the world and delta, and HDS.

Theory of operation. One bidirectional stream a proxy carries requests for every type. Each request either
subscribes, acknowledges (ACK: the nonce of the last answer, no error) or refuses (NACK: the nonce and an error).
A stream has one queue of events: a request that came, a type that changed. The loop takes an event and answers
if there is something new for that type. Order: what a change touches is sent as the watchers tell it, clusters
before endpoints before listeners before routes, as the protocol advises
(https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol).

Served on a Unix socket, which reaches into every network namespace.
"""

from __future__ import annotations

import itertools
import os
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

# The lab starts processes beside the server; gRPC need not prepare for forks that exec at once, nor speak of it.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

import grpc

from tests.lab.messages import message_class
from tests.lab.resources import WILDCARD, ResourceStore

_END = object()


@dataclass(frozen=True, slots=True)
class Answered:
    """A proxy's word on an update: refused when there is an error."""

    node: str
    type_url: str
    version: str
    error: str


@dataclass
class Subscription:
    """What one stream wants of one type, and what it was last sent."""

    names: set[str] = field(default_factory=set)
    wildcard: bool = False
    nonce: str = ""
    sent: dict[str, int] = field(default_factory=dict)
    answered: bool = False
    acknowledged: str = ""


@dataclass
class Log:
    """What the proxies said: for tests and ``status``."""

    answers: list[Answered] = field(default_factory=list)
    health: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def refused(self, node: str) -> list[Answered]:
        return [a for a in self.answers if a.node == node and a.error]


class ManagementServer:
    """Serves a ResourceStore per node id; a node that is not known is refused."""

    def __init__(self, socket: str) -> None:
        self.socket = socket
        self.log = Log()
        self._stores: dict[str, ResourceStore] = {}
        self._subscriptions: dict[str, dict[str, Subscription]] = {}
        self._health_checks: dict[str, Any] = {}
        self._nonces = itertools.count(1)
        self._server = grpc.server(ThreadPoolExecutor(32), options=[("grpc.so_reuseport", 0)])
        self._server.add_generic_rpc_handlers(self._handlers())
        self._server.add_insecure_port(f"unix:{socket}")

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        self._server.stop(grace=0).wait()

    def add(self, node: str, store: ResourceStore) -> None:
        self._stores[node] = store

    def settled(self, node: str) -> bool:
        """Whether a node has answered the newest state of everything it asked for."""
        store, subscriptions = self._stores[node], self._subscriptions.get(node)
        if not subscriptions or not all(url in subscriptions for url in WILDCARD):
            return False
        for url, one in list(subscriptions.items()):
            found = store.get(url, None if one.wildcard else list(one.names))
            versions = {name: resource.version for name, resource in found.items()}
            if not one.wildcard:  # the last of the named resources goes without a word
                versions = {**one.sent, **versions}
            if one.nonce != one.acknowledged or versions != one.sent:
                return False
        return True

    def set_health_checks(self, node: str, specifier: Any) -> None:
        """What a node is asked to check, as a HealthCheckSpecifier message."""
        self._health_checks[node] = specifier

    def _handlers(self) -> tuple[grpc.GenericRpcHandler, ...]:
        discovery = "envoy.service.discovery.v3."
        health = "envoy.service.health.v3."
        return (
            _service(
                discovery + "AggregatedDiscoveryService",
                {
                    "StreamAggregatedResources": (
                        self._state_of_the_world,
                        discovery + "DiscoveryRequest",
                        discovery + "DiscoveryResponse",
                    ),
                    "DeltaAggregatedResources": (
                        self._delta,
                        discovery + "DeltaDiscoveryRequest",
                        discovery + "DeltaDiscoveryResponse",
                    ),
                },
            ),
            _service(
                health + "HealthDiscoveryService",
                {
                    "StreamHealthCheck": (
                        self._health,
                        health + "HealthCheckRequestOrEndpointHealthResponse",
                        health + "HealthCheckSpecifier",
                    )
                },
            ),
        )

    def _events(self, requests: Iterator[Any], context: grpc.ServicerContext) -> queue.Queue[Any]:
        """One queue for the requests of a stream; the end of the stream is an event too."""
        events: queue.Queue[Any] = queue.Queue()

        def read() -> None:
            try:
                for request in requests:
                    events.put(request)
            except grpc.RpcError:
                pass
            finally:
                events.put(_END)

        threading.Thread(target=read, daemon=True).start()
        context.add_callback(lambda: events.put(_END))
        return events

    def _state_of_the_world(self, requests: Iterator[Any], context: grpc.ServicerContext) -> Iterator[Any]:
        return self._serve(requests, context, self._request, self._response)

    def _delta(self, requests: Iterator[Any], context: grpc.ServicerContext) -> Iterator[Any]:
        return self._serve(requests, context, self._delta_request, self._delta_response)

    def _serve(
        self,
        requests: Iterator[Any],
        context: grpc.ServicerContext,
        take: Callable[[Any, Subscription, str], bool],
        answer: Callable[[str, Subscription, ResourceStore, bool], Any],
    ) -> Iterator[Any]:
        events = self._events(requests, context)
        subscriptions: dict[str, Subscription] = {}
        store: ResourceStore | None = None
        node = ""
        stop_watching: Callable[[], None] = lambda: None  # noqa: E731 - replaced below
        try:
            while (event := events.get()) is not _END:
                if isinstance(event, str):
                    url, forced = event, False
                else:
                    url = event.type_url
                    node = node or event.node.id
                    if store is None:
                        store = self._stores.get(node)
                        if store is None:
                            context.abort(grpc.StatusCode.NOT_FOUND, f"unknown node {node!r}")
                        stop_watching = store.watch(events.put)  # type: ignore[union-attr]
                        self._subscriptions[node] = subscriptions
                    forced = take(event, subscriptions.setdefault(url, Subscription()), node)
                if store is None or url not in subscriptions:
                    continue
                response = answer(url, subscriptions[url], store, forced)
                if response is not None:
                    yield response
        finally:
            stop_watching()

    def _note(self, node: str, request: Any, subscription: Subscription, version: str) -> None:
        if request.response_nonce and request.response_nonce == subscription.nonce:
            subscription.acknowledged = request.response_nonce
            self.log.answers.append(Answered(node, request.type_url, version, request.error_detail.message))

    def _request(self, request: Any, subscription: Subscription, node: str) -> bool:
        """Take a state-of-the-world request; true when it asks for something it was not sent yet."""
        self._note(node, request, subscription, request.version_info)
        if request.response_nonce and request.response_nonce != subscription.nonce:
            return False  # an answer to an older message: the newer one's is still to come
        names = set(request.resource_names)
        changed = not subscription.answered or names != subscription.names
        subscription.names = names
        subscription.wildcard = request.type_url in WILDCARD and not names
        return changed

    def _response(self, url: str, subscription: Subscription, store: ResourceStore, forced: bool) -> Any:
        found = store.get(url, None if subscription.wildcard else subscription.names)
        versions = {name: resource.version for name, resource in found.items()}
        if not forced and versions == subscription.sent:
            return None
        if not found and url not in WILDCARD:
            return None  # nothing to say: silence keeps the proxy warming, an empty answer would not
        response = message_class("envoy.service.discovery.v3.DiscoveryResponse")()
        response.type_url = url
        response.version_info = store.version(url)
        response.nonce = subscription.nonce = str(next(self._nonces))
        for resource in found.values():
            response.resources.add().Pack(resource.message)
        subscription.sent, subscription.answered = versions, True
        return response

    def _delta_request(self, request: Any, subscription: Subscription, node: str) -> bool:
        self._note(node, request, subscription, "")
        if not subscription.answered and not subscription.names:
            subscription.sent = dict.fromkeys(request.initial_resource_versions, -1)
            subscription.wildcard = request.type_url in WILDCARD and not request.resource_names_subscribe
        for name in request.resource_names_subscribe:
            if name == "*":
                subscription.wildcard = True
            subscription.names.add(name)
            subscription.sent.pop(name, None)  # subscribing again asks for it again
        for name in request.resource_names_unsubscribe:
            subscription.names.discard(name)
            subscription.sent.pop(name, None)
        return not subscription.answered and subscription.wildcard

    def _delta_response(
        self, url: str, subscription: Subscription, store: ResourceStore, forced: bool
    ) -> Any:
        found = store.get(url, None if subscription.wildcard else subscription.names)
        new = {name: r for name, r in found.items() if subscription.sent.get(name) != r.version}
        gone = [name for name in subscription.sent if name not in found]
        if not (new or gone or forced):
            return None
        response = message_class("envoy.service.discovery.v3.DeltaDiscoveryResponse")()
        response.type_url = url
        response.system_version_info = store.version(url)
        response.nonce = subscription.nonce = str(next(self._nonces))
        for name, resource in new.items():
            entry = response.resources.add(name=name, version=str(resource.version))
            entry.resource.Pack(resource.message)
        response.removed_resources.extend(gone)
        subscription.sent = {name: r.version for name, r in found.items()}
        subscription.answered = True
        return response

    def _health(self, requests: Iterator[Any], context: grpc.ServicerContext) -> Iterator[Any]:
        """Tell a proxy what to check when it announces itself, then keep what it reports."""
        events = self._events(requests, context)
        node = ""
        while (event := events.get()) is not _END:
            kind = event.WhichOneof("request_type")
            if kind == "health_check_request":
                node = event.health_check_request.node.id
                if node in self._health_checks:
                    yield self._health_checks[node]
            elif kind == "endpoint_health_response":
                self.log.health[node] = list(_reported(event.endpoint_health_response))


def _reported(response: Any) -> Iterator[tuple[str, str]]:
    """Each reported endpoint and its health."""
    health = response.DESCRIPTOR.fields_by_name["endpoints_health"].message_type.fields_by_name[
        "health_status"
    ]
    names = {value.number: value.name for value in health.enum_type.values}
    groups = [
        locality.endpoints_health
        for c in response.cluster_endpoints_health
        for locality in c.locality_endpoints_health
    ]
    for endpoint in itertools.chain(response.endpoints_health, *groups):
        address = endpoint.endpoint.address.socket_address
        yield f"{address.address}:{address.port_value}", names[endpoint.health_status]


def _service(name: str, methods: dict[str, tuple[Any, str, str]]) -> grpc.GenericRpcHandler:
    handlers = {
        method: grpc.stream_stream_rpc_method_handler(
            function,
            request_deserializer=message_class(request).FromString,
            response_serializer=lambda message: message.SerializeToString(),
        )
        for method, (function, request, _) in methods.items()
    }
    return grpc.method_handlers_generic_handler(name, handlers)
