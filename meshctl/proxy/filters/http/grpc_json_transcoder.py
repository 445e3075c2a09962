"""grpc_json_transcoder: a JSON request becomes a gRPC one, and its route is chosen again by the new path.

Theory of operation. A request whose method and path are bound to a gRPC method, and whose query parameters are all
fields of its input, is rewritten to POST /service/method; any other passes as it is, unless
request_validation_options refuse it. A value that does not fit its field's type is 400; whether a body is JSON that
fits is open where the body is not known. The route is kept with match_incoming_request_route.
Follows source/extensions/filters/http/grpc_json_transcoder/json_transcoder_filter.cc.
"""

from __future__ import annotations

import json
import re
import urllib.parse
from collections.abc import Iterator

from meshctl.envoy.api.extensions_filters_http_grpc_json_transcoder_v3 import GrpcJsonTranscoder
from meshctl.proxy.chance import open_ways
from meshctl.proxy.contract import Contract, Effect, effects
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters.http.buffer import body_length
from meshctl.proxy.filters.http.grpc_methods import MESSAGE, Binding, Method, Methods, read
from meshctl.proxy.filters.scene import Evaluator, Json, Pass, Scene
from meshctl.proxy.filters.unknown import unknown_effect
from meshctl.proxy.listen.listeners import Filter
from meshctl.proxy.model import Disposition, Stage, Step, Verdict

_MAY = effects(Effect.ENDS, Effect.HEADERS, Effect.PATH, Effect.ROUTE, Effect.BODY, Effect.CODE)
_INTEGERS = frozenset({3, 4, 5, 6, 7, 13, 15, 16, 17, 18})
_FLOATS = frozenset({1, 2})
_BOOL = 8
_NO_VALIDATION = GrpcJsonTranscoder.RequestValidationOptions({})
_INTEGER = re.compile(r"[+-]?[0-9]+")


def _methods(scene: Scene, config: GrpcJsonTranscoder) -> Methods | None:
    """The bound methods; None where the descriptors are in a file of the proxy's."""
    if config.descriptor_set != "proto_descriptor_bin":
        return None
    found: Methods = scene.proxy.compile_once(
        config.raw,
        "transcoder",
        lambda: read(config.proto_descriptor_bin, list(config.services), config.auto_mapping),
    )
    return found


def _evaluate(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    config = GrpcJsonTranscoder(settings or http_filter.fields)
    view = scene.view
    if not config.services or view.first("content-type").startswith("application/grpc"):
        yield Pass(entry, scene)
        return
    methods = _methods(scene, config)
    if methods is None:
        yield from unknown_effect(entry, scene, http_filter, _MAY)
        return
    validation = config.request_validation_options or _NO_VALIDATION
    found = methods.find(view.first(":method"), view.path)
    if found is None:
        refused = validation.reject_unknown_method
        yield _failed(entry, scene, "NOT_FOUND", 404, early=True) if refused else Pass(entry, scene)
        return
    method, bound, values = found
    unknown = _unknown_parameters(methods, method, config, scene, values)
    if unknown:
        refused = validation.reject_unknown_query_parameters
        yield _failed(entry, scene, "INVALID_ARGUMENT", 400, early=True) if refused else Pass(entry, scene)
        return
    yield from _transcoded(entry, scene, http_filter, config, methods, method, bound, values)


def _unknown_parameters(
    methods: Methods, method: Method, config: GrpcJsonTranscoder, scene: Scene, values: dict[str, str]
) -> bool:
    """Whether a query parameter is no field of the input; known ones join ``values``."""
    ignored = set(config.ignored_query_parameters)
    for name, value in scene.view.query.items():
        if name in ignored or not name:
            continue
        kind = methods.field_type(method.input_type, name)
        if kind is None or kind == MESSAGE:
            if config.ignore_unknown_query_parameters:
                continue
            return True
        values[name] = urllib.parse.unquote_plus(value)
    return False


def _fits(kind: int | None, value: str) -> bool:
    if kind in _INTEGERS:
        return bool(_INTEGER.fullmatch(value))
    if kind in _FLOATS:
        try:
            float(value)
        except ValueError:
            return False
    return kind != _BOOL or value in ("true", "false")


def _transcoded(
    entry: Entry,
    scene: Scene,
    http_filter: Filter,
    config: GrpcJsonTranscoder,
    methods: Methods,
    method: Method,
    bound: Binding,
    values: dict[str, str],
) -> Iterator[Pass]:
    headers = scene.headers()
    headers["x-envoy-original-path"] = [headers[":path"][0]]
    headers["x-envoy-original-method"] = [headers[":method"][0]]
    headers.pop("content-length", None)
    headers["content-type"], headers["te"] = ["application/grpc"], ["trailers"]
    headers[":path"], headers[":method"] = [method.path], ["POST"]
    after = scene.changed(headers)
    reroute = not config.match_incoming_request_route
    entry.step(lambda: Step(Stage.HTTP_FILTER, f"transcoded to {method.path}", bound.template))
    length = body_length(scene)
    fitting = all(_fits(methods.field_type(method.input_type, n), v) for n, v in values.items())
    if not fitting:
        yield _failed(entry, after, "INVALID_ARGUMENT", 400, early=length == 0)
    elif not bound.body or length == 0 or _is_object(scene.request.body):
        yield Pass(entry, after, reroute=reroute)
    else:
        reason = f"filter {http_filter.name}: whether the body is JSON that fits {method.path}"
        passing, failing = open_ways(entry, 2, reason)
        yield Pass(passing, after, reroute=reroute)
        for branch, rerouted in after.rerouted(failing) if reroute else ((failing, after),):
            yield _failed(branch, rerouted, "INVALID_ARGUMENT", 400, early=False)


def _is_object(body: str) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except ValueError:
        return False


def _failed(entry: Entry, scene: Scene, status: str, code: int, *, early: bool) -> Pass:
    details = f"grpc_json_transcode_failure{'_early' if early else ''}{{{status}}}"
    reason = "the transcoder cannot make a gRPC request of it"
    return Pass(entry, scene, Verdict(Disposition.BAD_REQUEST, code, None, details, reason))


CONTRACTS: dict[str, Contract[Evaluator]] = {
    "envoy.extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder": Contract(
        _evaluate, _MAY, "filters/http/grpc_json_transcoder/json_transcoder_filter.cc"
    ),
}
