"""Buffer: a body longer than max_request_bytes is refused with 413.

Theory of operation. A request without a body passes at once. Over HTTP/1 the end of a body comes behind its last
bytes, so all of it is buffered and counted; over HTTP/2 the end may come with the last bytes, which are then not
counted: how the client cuts its body into frames decides. Behind another filter that waited for the whole body (to read it) the
bytes and the end come at once: nothing is counted; behind a buffer filter each counts against its own limit. Follows source/extensions/filters/http/buffer/buffer_filter.cc.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.envoy.api.extensions_filters_http_buffer_v3 import Buffer, BufferPerRoute
from meshctl.proxy.chance import open_ways
from meshctl.proxy.contract import Contract, Effect, effects
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters.scene import Evaluator, Json, Pass, Scene
from meshctl.proxy.http.connection_header import is_upgrade
from meshctl.proxy.listen.listeners import Filter
from meshctl.proxy.model import Disposition, Verdict

TOO_LARGE = "request_payload_too_large"


def body_length(scene: Scene) -> int | None:
    """How long the body is; None where only the client knows (chunked, or HTTP/2 without content-length; an upgrade has no end)."""
    if scene.request.body:
        return len(scene.request.body.encode())
    declared = scene.view.first("content-length")
    if declared.isdigit():
        return int(declared)
    sent = {name.lower() for name, _ in scene.request.headers}
    return None if "transfer-encoding" in sent or is_upgrade(scene.view.headers) else 0


def waits_for_end(entry: Entry, scene: Scene, http_filter: Filter) -> None:
    """A filter answers or goes on at the end of a request, which an upgrade has only when its client hangs up."""
    if is_upgrade(scene.view.headers):
        entry.unknown(
            f"filter {http_filter.name}: it waits for the end of a request, and only its client ends an upgrade"
        )


def too_large(scene: Scene, limit: int, what: str) -> Verdict:
    reason = f"{what}: the body is longer than {limit} bytes"
    return Verdict(Disposition.DENIED, 413, None, TOO_LARGE, reason)


def _evaluate(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    own = BufferPerRoute(settings)
    if own.disabled:
        yield Pass(entry, scene)
        return
    limit = (own.buffer or http_filter.read(Buffer)).max_request_bytes or 0
    length = body_length(scene)
    if entry.buffered or (length is not None and length <= limit):
        yield Pass(entry, scene)
        return
    refused = too_large(scene, limit, "buffer filter")
    if length is not None and not scene.request.http2:
        yield Pass(entry, scene, refused)
        return
    why = "how long the body is" if length is None else "how the client cuts its body into frames"
    passing, ending = open_ways(
        entry, 2, f"filter {http_filter.name}: {why} decides (413 above {limit} bytes)"
    )
    yield Pass(passing, scene)
    yield Pass(ending, scene, refused)


CONTRACTS: dict[str, Contract[Evaluator]] = {
    "envoy.extensions.filters.http.buffer.v3.Buffer": Contract(
        _evaluate, effects(Effect.ENDS), "filters/http/buffer/buffer_filter.cc"
    ),
}
