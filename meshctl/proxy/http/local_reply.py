"""What a client gets where the proxy answers itself: local_reply_config, and gRPC's 200.

Theory of operation. Each answer of a filter, the router or the codec passes the mappers; the first whose filter takes
it may change the code and add headers. Then a gRPC request is told in grpc-status, with 200. What comes from an
upstream is left alone, and so is the answer of the CORS filter, which is no local reply.
Follows source/common/local_reply/local_reply.cc, access_log/access_log_impl.cc and http/utility.cc
(prepareLocalReply).
"""

from __future__ import annotations

from meshctl.envoy.api.config_accesslog_v3 import AccessLogFilter, ComparisonFilter
from meshctl.envoy.api.extensions_filters_network_http_connection_manager_v3 import (
    HttpConnectionManager,
    ResponseMapper,
)
from meshctl.envoy.message import Undecidable
from meshctl.match import grpc, header_match
from meshctl.match.fraction import Runtime
from meshctl.match.request_view import Headers, RequestView
from meshctl.match.substitution import fill
from meshctl.proxy.model import Disposition, Passage, Verdict
from meshctl.values import replace

_ANSWERS = frozenset(
    [
        Disposition.DENIED,
        Disposition.FAULT,
        Disposition.NO_ROUTE,
        Disposition.NO_CLUSTER,
        Disposition.NO_HEALTHY_ENDPOINT,
        Disposition.REDIRECTED,
        Disposition.DIRECT_RESPONSE,
        Disposition.BAD_REQUEST,
    ]
)
_NO_LOCAL_REPLY = frozenset(["cors_response"])
_COMPARE = {"EQ": int.__eq__, "GE": int.__ge__, "LE": int.__le__, "NE": int.__ne__}


def is_local(verdict: Verdict) -> bool:
    """Whether an answer of the proxy's own goes the way of local replies: the route adds to its headers, mappers change it."""
    return verdict.details not in _NO_LOCAL_REPLY


def answered(passage: Passage, config: HttpConnectionManager, headers: Headers, runtime: Runtime) -> Passage:
    """A passage as the client sees it; ``headers`` are those of the request before the filters."""
    verdict = passage.verdict
    if (
        verdict.code is None
        or verdict.disposition not in _ANSWERS
        or not is_local(verdict)
        or passage.upstream is not None
    ):
        return passage
    view = passage.answered_to or passage.seen or RequestView(headers)
    passage = _mapped(passage, config, view, runtime)
    if not grpc.is_grpc(headers):
        return passage
    return replace(passage, verdict=replace(passage.verdict, code=200))


def _mapped(passage: Passage, config: HttpConnectionManager, view: RequestView, runtime: Runtime) -> Passage:
    if config.local_reply_config is None:
        return passage
    try:
        for mapper in config.local_reply_config.mappers:
            if mapper.filter is None or _takes(mapper.filter, passage.verdict, view, runtime):
                return _changed(passage, mapper)
    except Undecidable as unknown:
        reason = f"local_reply_config may change the answer: {unknown.reason}"
        return replace(passage, undetermined=(*passage.undetermined, reason))
    return passage


def _changed(passage: Passage, mapper: ResponseMapper) -> Passage:
    location = passage.location
    for option in mapper.headers_to_add:
        if option.header is not None and option.header.key.lower() == "location":
            kept = location is not None and option.append_action in (
                "APPEND_IF_EXISTS_OR_ADD",
                "ADD_IF_ABSENT",
            )
            location = location if kept else fill(option.header.value, None)
    code = passage.verdict.code if mapper.status_code is None else mapper.status_code
    return replace(passage, verdict=replace(passage.verdict, code=code), location=location)


def _takes(wanted: AccessLogFilter, verdict: Verdict, view: RequestView, runtime: Runtime) -> bool:
    """An access log filter on an answer."""
    match wanted.filter_specifier:
        case "status_code_filter" if wanted.status_code_filter and wanted.status_code_filter.comparison:
            return _compares(wanted.status_code_filter.comparison, verdict.code or 0, runtime)
        case "response_flag_filter" if wanted.response_flag_filter:
            flags = set((verdict.flags or "").split(",")) - {""}
            return bool(flags & set(wanted.response_flag_filter.flags or flags))
        case "header_filter" if wanted.header_filter and wanted.header_filter.header:
            return header_match.header(wanted.header_filter.header.raw).holds(view)
        case "and_filter" if wanted.and_filter:
            return all(_takes(part, verdict, view, runtime) for part in wanted.and_filter.filters)
        case "or_filter" if wanted.or_filter:
            return any(_takes(part, verdict, view, runtime) for part in wanted.or_filter.filters)
        case "not_health_check_filter":
            return not (verdict.details or "").startswith("health_check_")
        case other:
            raise Undecidable(f"its {other or 'filter'} is not evaluated")


def _compares(wanted: ComparisonFilter, code: int, runtime: Runtime) -> bool:
    value = wanted.value
    if value is None:
        return False
    threshold = runtime.integer(value.runtime_key, value.default_value)
    return bool(_COMPARE[wanted.op](code, threshold))
