"""The HTTP connection manager at the end of a chain: requests go on to ``proxy/http``, other bytes are refused.

Follows source/common/http/conn_manager_impl.cc.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.envoy.api.extensions_filters_network_http_connection_manager_v3 import HttpConnectionManager
from meshctl.match.request_view import Part
from meshctl.proxy.contract import Contract, Effect, effects
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters.network_scene import Evaluator, NetworkScene, Way
from meshctl.proxy.http import manager as http
from meshctl.proxy.http import spoken
from meshctl.proxy.listen.listeners import HTTP_MANAGER, Filter
from meshctl.proxy.model import Disposition, Payload, Verdict


def _evaluate(entry: Entry, scene: NetworkScene, network_filter: Filter) -> Iterator[Way]:
    if scene.failed is not None:  # no request has come: there is nothing to log, and nothing to answer
        yield Way(entry, scene, entry.end(scene.failed))
        return
    entry.logged = bool(network_filter.fields.get("access_log"))
    entry.http = True
    if scene.denial is not None:
        yield Way(entry, scene, entry.end(scene.denial))
        return
    refused = _not_http(network_filter.read(HttpConnectionManager), scene)
    if refused is not None:
        entry.logged = entry.logged and refused.code is not None
        yield Way(entry, scene, entry.end(refused))
        return
    assert scene.request is not None
    asked = http.HttpScene(
        scene.proxy,
        network_filter,
        scene.connection,
        scene.request,
        scene.facts.dst_port,
        scene.tls,
        scene.facts.direct_src_ip,
        scene.state,
        {part: name for part, name in scene.opaque.items() if part is Part.FILTER_STATE},
    )
    for passage in http.serve(entry, asked):
        yield Way(entry, scene, passage)


def _not_http(config: HttpConnectionManager, scene: NetworkScene) -> Verdict | None:
    """What a connection manager says to bytes that are no HTTP, or no request."""
    expected = spoken.expected_of(config, scene.connection)
    if scene.connection.payload is Payload.NONE and not scene.encrypted:
        return Verdict(Disposition.DELIVERED, 0, None, None, "the client sends nothing: nothing happens")
    preface = scene.connection.payload is Payload.HTTP2 and scene.request is None and not scene.encrypted
    if preface and expected in ("", "h2"):
        return Verdict(Disposition.DELIVERED, 0, None, None, "an HTTP/2 connection without a request")
    if (scene.encrypted or scene.request is None) and expected == "h2":
        return Verdict(
            Disposition.BAD_REQUEST, None, None, None, "the bytes are no HTTP/2, which is expected"
        )
    if scene.encrypted or scene.request is None:
        return Verdict(
            Disposition.BAD_REQUEST, 400, "DPE", "http1.codec_error", "the bytes are no HTTP request"
        )
    return None


CONTRACTS: dict[str, Contract[Evaluator]] = {
    HTTP_MANAGER: Contract(_evaluate, effects(*Effect), "common/http/conn_manager_impl.cc"),
}
