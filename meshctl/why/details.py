"""What ``%RESPONSE_CODE_DETAILS%`` and ``%CONNECTION_TERMINATION_DETAILS%`` say: Envoy 1.40's own words, taken apart.

A detail is a word, with more of it in braces (``upstream_reset_before_response_started{connection_termination}``), brackets
(``rbac_access_denied_matched_policy[...]``) or parentheses. The words are those of source/common/stream_info (ResponseCodeDetails,
LocalCloseReasons), of the codecs, of the reset reasons (Http::Utility::resetReasonToString) and of the filters; a test
compares them with those in a real Envoy. A word that is not in the table is said to be unknown, never explained by guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from meshctl.proxy.model import Stage
from meshctl.values import Struct
from meshctl.why.meanings import Meaning, Origin, Setting

_ADMIN = "the request reached the proxy's own admin interface"
_TO_UPSTREAM = (Setting.ENDPOINTS, Setting.TLS, Setting.CONNECTION, Setting.RETRIES)


def _refused(words: str, *causes: str, stage: Stage = Stage.HTTP) -> Meaning:
    """What the connection manager or the codec refuses of a client's request."""
    return Meaning(stage, words, causes, (Setting.HEADERS,), Origin.CLIENT)


def _filter(words: str, *causes: str) -> Meaning:
    return Meaning(Stage.HTTP_FILTER, words, causes, (Setting.FILTERS,))


def _upstream(words: str, *causes: str, stage: Stage = Stage.APPLICATION) -> Meaning:
    return Meaning(stage, words, causes, (Setting.TLS, Setting.RETRIES), Origin.UPSTREAM)


_PLAIN: dict[str, Meaning] = {
    "via_upstream": Meaning(
        Stage.APPLICATION,
        "The upstream answered with this code; this proxy only passed it on.",
        ("the application, or the proxy in front of it, decided: look into its log for the same request id",),
        (),
        Origin.UPSTREAM,
    ),
    "direct_response": Meaning(
        Stage.ROUTE,
        "The route itself answers, by a direct response or a redirect; no upstream is asked.",
        (
            "`redirect` or `directResponse` of a VirtualService, or httpsRedirect of a Gateway",
            "virtual host block_all: the mesh is REGISTRY_ONLY and knows no such host (502)",
        ),
        (Setting.HOSTS,),
    ),
    "route_not_found": Meaning(
        Stage.ROUTE,
        "No virtual host or no route takes the request.",
        (
            "the Host header is none of the domains, with its port",
            "no match of the VirtualService takes the path, method or headers",
        ),
        (Setting.HOSTS,),
    ),
    "route_configuration_not_found": Meaning(
        Stage.ROUTE,
        "The listener's route configuration has not arrived (RDS).",
        ("istiod has not sent it, or Envoy refused it: see proxy-status",),
        (Setting.LISTENER,),
    ),
    "cluster_not_found": Meaning(
        Stage.CLUSTER,
        "The route's cluster does not exist in this proxy.",
        (
            "a subset that no DestinationRule has",
            "a Sidecar resource hides the service",
            "a wrong host or port",
        ),
        (Setting.SUBSETS,),
    ),
    "no_healthy_upstream": Meaning(
        Stage.ENDPOINT,
        "The cluster has no host that can be chosen.",
        ("no pod is ready", "the subset's labels fit no pod", "all hosts were ejected"),
        (Setting.ENDPOINTS, Setting.OUTLIERS, Setting.SUBSETS),
    ),
    "maintenance_mode": Meaning(
        Stage.CLUSTER, "The cluster is in maintenance mode (runtime upstream.maintenance_mode)."
    ),
    "drop_overload": Meaning(
        Stage.CLUSTER,
        "A share of the requests is dropped on purpose (drop_overloads).",
        (),
        (Setting.ENDPOINTS,),
    ),
    "unconditional_drop_overload": Meaning(
        Stage.CLUSTER,
        "All requests are dropped on purpose (drop_overloads of 100 %).",
        (),
        (Setting.ENDPOINTS,),
    ),
    "response_timeout": Meaning(
        Stage.APPLICATION,
        "The upstream got the request and did not answer within the route's time-out.",
        ("the application is slow", "the VirtualService's timeout is too short"),
        (Setting.TIMEOUTS, Setting.RETRIES),
    ),
    "upstream_per_try_timeout": Meaning(
        Stage.APPLICATION,
        "The last try did not answer within perTryTimeout.",
        ("the application is slow", "retries.perTryTimeout is too short"),
        (Setting.TIMEOUTS, Setting.RETRIES),
    ),
    "upstream_per_try_idle_timeout": Meaning(
        Stage.APPLICATION, "The last try moved nothing for per_try_idle_timeout.", (), (Setting.TIMEOUTS,)
    ),
    "upstream_max_stream_duration_reached": Meaning(
        Stage.APPLICATION, "The request lasted longer than max_stream_duration.", (), (Setting.TIMEOUTS,)
    ),
    "upstream_reset_before_response_started": Meaning(
        Stage.APPLICATION,
        "The upstream's connection or stream ended before it answered anything.",
        (),
        _TO_UPSTREAM,
        Origin.UPSTREAM,
    ),
    "upstream_reset_after_response_started": Meaning(
        Stage.APPLICATION,
        "The upstream's connection or stream ended in the middle of its answer; the client had the headers already.",
        (
            "the application crashed or timed out while it wrote its answer",
            "the upstream's answer was longer than told",
        ),
        _TO_UPSTREAM,
        Origin.UPSTREAM,
    ),
    "filter_chain_not_found": Meaning(
        Stage.CHAIN,
        "No filter chain of the listener takes the connection; it is closed.",
        (
            "plain text to a port that accepts mutual TLS only (PeerAuthentication STRICT)",
            "a TLS client whose SNI or ALPN no chain serves",
        ),
        (Setting.CHAINS,),
    ),
    "downstream_remote_disconnect": Meaning(
        Stage.LISTENER,
        "The client closed the connection before the answer was complete.",
        ("the client's own time-out passed", "a user or a load balancer gave up"),
        (Setting.TIMEOUTS,),
        Origin.CLIENT,
    ),
    "downstream_local_disconnect": Meaning(
        Stage.LISTENER,
        "The proxy closed the client's connection; the reason stands in parentheses.",
        (),
        (Setting.TIMEOUTS,),
    ),
    "downstream_remote_reset": Meaning(
        Stage.LISTENER,
        "The client reset its stream before the answer was complete.",
        ("the client cancelled: its deadline passed",),
        (Setting.TIMEOUTS,),
        Origin.CLIENT,
    ),
    "stream_idle_timeout": Meaning(
        Stage.HTTP,
        "Nothing moved on the stream for stream_idle_timeout (5 minutes unless set).",
        ("a stream, a long poll or an upload that pauses",),
        (Setting.TIMEOUTS,),
    ),
    "max_duration_timeout": Meaning(
        Stage.HTTP, "The stream lasted longer than max_stream_duration.", (), (Setting.TIMEOUTS,)
    ),
    "duration_timeout": Meaning(
        Stage.HTTP, "The connection lasted longer than max_connection_duration.", (), (Setting.TIMEOUTS,)
    ),
    "request_overall_timeout": Meaning(
        Stage.HTTP,
        "The client did not send its whole request within request_timeout.",
        ("a slow upload",),
        (Setting.TIMEOUTS,),
        Origin.CLIENT,
    ),
    "request_header_timeout": Meaning(
        Stage.HTTP,
        "The client did not send all its headers within request_headers_timeout.",
        (),
        (Setting.TIMEOUTS,),
        Origin.CLIENT,
    ),
    "downstream_header_timeout": Meaning(
        Stage.HTTP, "The client's headers took too long.", (), (Setting.TIMEOUTS,), Origin.CLIENT
    ),
    "overload": Meaning(
        Stage.HTTP,
        "The overload manager refuses requests: the proxy is short of memory or connections.",
        ("the proxy's memory limit is too small",),
    ),
    "request_payload_too_large": _filter(
        "A filter waits for the whole body, and the body is larger than its buffer (413).",
        "per_connection_buffer_limit_bytes or a filter's own limit; Lua, Wasm, ext_authz with body, buffer",
    ),
    "response_payload_too_large": _filter(
        "A filter waits for the whole answer, and the answer is larger than its buffer."
    ),
    "request_payload_exceeded_retry_buffer_limit": Meaning(
        Stage.ENDPOINT,
        "The body is too large to be kept for a retry, so the request could not be tried again.",
        (),
        (Setting.RETRIES,),
    ),
    "internal_redirect": Meaning(
        Stage.ROUTE, "The proxy itself followed a redirect of the upstream.", (), (Setting.HOSTS,)
    ),
    "low_version": _refused(
        "An HTTP/1.0 or 0.9 request, which the proxy does not accept (426).",
        "an old client, a load balancer's probe or nginx (proxy_http_version 1.0 is its default)",
    ),
    "missing_host_header": _refused("The request has no Host header (400)."),
    "missing_path_rejected": _refused("The request has no path (404)."),
    "invalid_path": _refused("The path is not valid."),
    "absolute_path_rejected": _refused(
        "The request line holds a whole URL, which is not accepted here (404)."
    ),
    "path_normalization_failed": _refused(
        "The path could not be normalised, or holds an escaped slash that is refused (400).",
        "%2F, %5C or `..` in the path, with the mesh's pathNormalization",
    ),
    "request_headers_failed_strict_check": _refused(
        "A header x-envoy-… has an invalid value (strict_check_headers)."
    ),
    "upgrade_failed": _refused(
        "The request asks for an upgrade (websocket) that this connection manager or route does not allow (403)."
    ),
    "websocket_handshake_unsuccessful": _upstream(
        "The upstream answered an upgrade with something else than 101.",
        "the application knows no websocket at this path",
    ),
    "admin_filter_response": Meaning(Stage.HTTP, "The admin interface answered.", (_ADMIN,)),
    "filter_removed_required_request_headers": _filter(
        "A filter removed :path, :method or :authority.",
        "an EnvoyFilter with Lua or Wasm, or a header mutation",
    ),
    "filter_removed_required_response_headers": _filter("A filter removed :status from the answer."),
    "filter_added_invalid_request_data": _filter(
        "A filter added request data at a wrong moment: a bug of the filter."
    ),
    "filter_added_invalid_response_data": _filter(
        "A filter added answer data at a wrong moment: a bug of the filter."
    ),
    "rejecting_because_detection_failed": _refused(
        "The client's address could not be told, and such requests are refused."
    ),
    "early_connect_data": _refused("A CONNECT client sent data before it was answered."),
    # filters
    "ext_authz_denied": _filter("The external authorizer denied the request.", "its own log tells why"),
    "ext_authz_error": _filter(
        "The external authorizer could not be asked or answered nonsense.",
        "it is down, unknown to this proxy or too slow, and failure_mode_allow is off",
    ),
    "ext_authz_invalid": _filter("The external authorizer answered something that cannot be applied."),
    "jwt_authn_access_denied": _filter("The token was refused; why stands in the braces."),
    "rbac_access_denied_matched_policy": _filter(
        "A policy denied the request; which one stands in brackets."
    ),
    "fault_filter_abort": _filter(
        "The answer was injected on purpose.",
        "`fault.abort` of a VirtualService, or x-envoy-fault-abort-request",
    ),
    "request_rate_limited": _filter("The rate limit service refused the request."),
    "local_rate_limited": _filter("The local rate limit of this proxy is used up."),
    "rate_limiter_error": _filter("The rate limit service could not be asked."),
    "rate_limited_by_quota": _filter("The quota of the rate limit service is used up."),
    "cors_response": _filter("A CORS preflight, answered by this proxy; the upstream is not asked."),
    "csrf_origin_mismatch": _filter("The origin of the request is not that of the site (CSRF)."),
    "lua_response": _filter("A Lua script answered.", "an EnvoyFilter with Lua calls respond()"),
    "wasm_fail_stream": _filter("A Wasm plug-in failed, and its failStrategy is FAIL_CLOSE."),
    "denied_by_admission_control": _filter(
        "The admission control filter refuses: too many of the last requests failed."
    ),
    "reached_concurrency_limit": _filter("The adaptive concurrency filter refuses: its limit is reached."),
    "ext_proc_error": _filter("The external processor failed or answered nonsense."),
    "ext_proc_grpc_error": _filter("The stream to the external processor failed."),
    "ext_proc_message_timeout": _filter("The external processor did not answer in time."),
    "dns_resolution_failure": Meaning(
        Stage.ENDPOINT,
        "The name of the host could not be resolved by the proxy.",
        ("no such name, or no DNS server",),
    ),
    "dns_cache_pending_requests_overflow": Meaning(
        Stage.CLUSTER, "Too many requests wait for a name to be resolved (dynamic forward proxy)."
    ),
    "dynamic_forward_proxy_pending_request_overflow": Meaning(
        Stage.CLUSTER, "Too many requests wait for a name to be resolved (dynamic forward proxy)."
    ),
    "health_check_ok": _filter("The health_check filter answered that the proxy is well."),
    "health_check_failed": _filter("The health_check filter answered that the proxy is failed on purpose."),
    "health_check_ok_cluster_healthy": _filter(
        "The health_check filter answered: enough hosts of its clusters are healthy."
    ),
    "health_check_failed_cluster_unhealthy": _filter(
        "The health_check filter answered: too few hosts of its clusters are healthy."
    ),
    "missing_credentials": _filter("No credentials where the API key or basic authentication wants them."),
    "missing_api_key": _filter("No API key in the request."),
    "unknown_api_key": _filter("The API key is none that the filter knows."),
    "client_not_allowed": _filter("The client of this API key is not among those allowed here."),
    "no_credential_for_basic_auth": _filter("No Authorization header."),
    "invalid_scheme_for_basic_auth": _filter("The Authorization header is not of the scheme Basic."),
    "invalid_format_for_basic_auth": _filter("The Authorization header cannot be read."),
    "invalid_credential_for_basic_auth": _filter("User or password is wrong."),
    # codecs
    "http1.body_disallowed": _refused("A body where none is allowed."),
    "http1.codec_error": _refused(
        "The bytes are no HTTP/1.",
        "TLS, HTTP/2 or another protocol sent to a plain HTTP/1 port",
        "an unknown method, or invalid characters",
    ),
    "http1.connection_header_rejected": _refused("The Connection header is malformed or names too much."),
    "http1.content_length_and_chunked_not_allowed": _refused(
        "Both Content-Length and Transfer-Encoding: chunked."
    ),
    "http1.content_length_not_allowed": _refused("A Content-Length where none is allowed."),
    "http1.headers_too_large": _refused(
        "The headers are larger than max_request_headers_kb (60 KiB unless set; 431).",
        "a large cookie or token",
    ),
    "http1.https_url_on_plaintext_connection": _refused("A URL with https:// on a plain-text connection."),
    "http1.invalid_characters": _refused("A header holds characters that are not allowed."),
    "http1.invalid_scheme": _refused("The URL's scheme is neither http nor https."),
    "http1.invalid_transfer_encoding": _refused("A Transfer-Encoding that is not known."),
    "http1.invalid_url": _refused("The request target is no valid URL."),
    "http1.too_many_headers": _refused("More headers than max_headers_count (100 unless set; 431)."),
    "http1.transfer_encoding_not_allowed": _refused("A Transfer-Encoding where none is allowed."),
    "http1.unexpected_underscore": _refused("An underscore in a header's name, which is refused here."),
    "http2.cookies_total_bytes_too_large": _refused("The cookies are too large together."),
    "http2.header_list_size_too_large": _refused("The headers are too large together."),
    "http2.inbound_empty_frames_flood": _refused("Too many empty frames: a flood."),
    "http2.invalid.header.field": _refused("A header that HTTP/2 does not allow."),
    "http2.outbound_frames_flood": _refused(
        "Too many frames wait to be sent: a flood, or a client that does not read."
    ),
    "http2.remote_refuse": _upstream("The peer refused the stream (REFUSED_STREAM): it was not processed."),
    "http2.remote_reset": _upstream("The peer reset the stream."),
    "http2.too_many_headers": _refused("More headers than max_headers_count (100 unless set)."),
    "http2.unexpected_underscore": _refused("An underscore in a header's name, which is refused here."),
    "http2.unknown.nghttp2.error": _refused("A fault that the HTTP/2 library does not name."),
    "http2.unknown.oghttp2.error": _refused("A fault that the HTTP/2 library does not name."),
    "http2.violation.of.messaging.rule": _refused("The message breaks a rule of HTTP/2."),
    "http3.headers_too_large": _refused("The headers are too large."),
    "http3.inconsistent_content_length": _refused("The body's length is not what Content-Length says."),
    "http3.invalid_header_field": _refused("A header that HTTP/3 does not allow."),
    "http3.too_many_headers": _refused("More headers than max_headers_count."),
    "http3.too_many_trailers": _refused("More trailers than max_headers_count."),
    "http3.unexpected_underscore": _refused("An underscore in a header's name, which is refused here."),
}

# Why a stream or a connection to the upstream ended: what stands in the braces of upstream_reset_….
RESETS: dict[str, Meaning] = {
    "remote_connection_failure": Meaning(
        Stage.ENDPOINT,
        "No connection to the endpoint came about.",
        ("nothing listens there", "the TLS handshake failed", "the pod is gone"),
        _TO_UPSTREAM,
    ),
    "connection_failure": Meaning(  # Envoy before 1.23 does not say which side
        Stage.ENDPOINT,
        "No connection to the endpoint came about.",
        (
            "nothing listens there",
            "the TLS handshake failed",
            "the pod is gone",
            "packets are dropped (connect time-out)",
        ),
        _TO_UPSTREAM,
    ),
    "local_connection_failure": Meaning(
        Stage.ENDPOINT,
        "The connection could not be opened on this side.",
        ("no local port or address is left",),
        _TO_UPSTREAM,
    ),
    "connection_timeout": Meaning(
        Stage.ENDPOINT,
        "The endpoint did not accept the connection within connect_timeout.",
        (
            "a NetworkPolicy or firewall drops the packets",
            "the pod or node is gone",
            "the address is not routed",
        ),
        _TO_UPSTREAM,
    ),
    "connection_termination": Meaning(
        Stage.APPLICATION,
        "The upstream closed the connection after it was open and before it answered.",
        (
            "the application's idle time-out is shorter than the proxy's: it closed a connection that was just used again",
            "the application crashed or restarted",
            "its proxy closed it: TLS only (STRICT) and this is plain text, or a TCP policy denies",
        ),
        _TO_UPSTREAM,
        Origin.UPSTREAM,
    ),
    "remote_reset": _upstream("The upstream reset the stream."),
    "remote_refused_stream_reset": _upstream(
        "The upstream refused the stream: too many at once, or it drains."
    ),
    "local_reset": Meaning(
        Stage.HTTP, "The proxy reset the stream to the upstream.", (), (Setting.TIMEOUTS,)
    ),
    "local_refused_stream_reset": Meaning(Stage.HTTP, "The proxy refused the stream to the upstream."),
    "overflow": Meaning(
        Stage.CLUSTER,
        "A circuit breaker of the cluster was open.",
        ("connectionPool of the DestinationRule is too small for the load", "the upstream is slow"),
        (Setting.LIMITS,),
    ),
    "protocol_error": _upstream(
        "The upstream's bytes are no HTTP of the expected version.", "the port's protocol is declared wrongly"
    ),
    "remote_error_with_CONNECT_request": _upstream("The upstream refused a CONNECT."),
    "overload_manager_reset": Meaning(Stage.HTTP, "The overload manager reset the stream: memory is short."),
    "HTTP/1_premature_upstream_half_close": _upstream(
        "The upstream closed its side before the request was sent."
    ),
    "too_many_premature_resets": Meaning(
        Stage.HTTP,
        "The client reset too many streams too early; its connection is closed.",
        (),
        (),
        Origin.CLIENT,
    ),
    "delayed_connect_error": Meaning(Stage.ENDPOINT, "The kernel refused the connection.", (), _TO_UPSTREAM),
    "immediate_connect_error": Meaning(
        Stage.ENDPOINT, "The kernel refused the connection at once.", (), _TO_UPSTREAM
    ),
    "Connection_refused": Meaning(
        Stage.ENDPOINT,
        "Connection refused: the host is there, and nothing listens on the port.",
        (
            "the application is not up yet, or listens on another port or on 127.0.0.1 only",
            "the Service's targetPort is not the container's port",
        ),
        _TO_UPSTREAM,
    ),
    "No_route_to_host": Meaning(
        Stage.ENDPOINT,
        "No route to host: the address is not there any more.",
        ("the pod is gone, its endpoint is stale",),
        _TO_UPSTREAM,
    ),
    "Network_is_unreachable": Meaning(
        Stage.ENDPOINT, "Network is unreachable: this pod has no route, often no IPv6.", (), _TO_UPSTREAM
    ),
    "No_such_file_or_directory": Meaning(
        Stage.ENDPOINT,
        "The Unix socket does not exist.",
        ("the application has not made its socket yet",),
        _TO_UPSTREAM,
    ),
    "Connection_reset_by_peer": _upstream("The peer reset the connection.", stage=Stage.ENDPOINT),
    "TLS_error": Meaning(
        Stage.ENDPOINT,
        "The TLS handshake with the endpoint failed.",
        (
            "one side speaks TLS and the other plain text: DestinationRule tls.mode against PeerAuthentication",
            "the certificate is of another root, or without the name that is asked for",
        ),
        _TO_UPSTREAM,
    ),
    "WRONG_VERSION_NUMBER": Meaning(
        Stage.ENDPOINT,
        "The endpoint answered the TLS hello with something that is no TLS: it speaks plain text.",
        ("a DestinationRule sets TLS to a port that has none", "https:// to a plain port"),
        (Setting.TLS,),
    ),
    "CERTIFICATE_VERIFY_FAILED": Meaning(
        Stage.ENDPOINT,
        "The endpoint's certificate was not accepted: another root, expired, or not the name asked for.",
        ("different roots of trust", "subjectAltNames of the DestinationRule do not fit"),
        (Setting.TLS,),
    ),
    "CERTIFICATE_EXPIRED": Meaning(Stage.ENDPOINT, "A certificate has expired.", (), (Setting.TLS,)),
    "CERTIFICATE_REQUIRED": Meaning(
        Stage.ENDPOINT,
        "The endpoint asks for a client certificate and got none.",
        ("the peer is STRICT or MUTUAL, and this side's DestinationRule is not",),
        (Setting.TLS,),
    ),
    "HANDSHAKE_FAILURE": Meaning(
        Stage.ENDPOINT, "The two sides found no common TLS version or cipher.", (), (Setting.TLS,)
    ),
    "UNKNOWN_CA": Meaning(
        Stage.ENDPOINT, "The other side does not know the root of the certificate.", (), (Setting.TLS,)
    ),
    "Secret_is_not_supplied_by_SDS": Meaning(
        Stage.ENDPOINT,
        "The proxy itself has no certificate yet (SDS).",
        (
            "the Gateway's credentialName names no secret, or istiod may not read it",
            "the agent cannot reach the CA",
        ),
        (Setting.TLS,),
    ),
}

# Why the proxy closed a connection: in downstream_local_disconnect(…) and the termination details of TCP.
CLOSES: dict[str, Meaning] = {
    "deferred_close_on_drained_connection": Meaning(
        Stage.LISTENER, "The listener drains: its configuration changed."
    ),
    "on_idle_timeout": Meaning(
        Stage.LISTENER, "The connection was idle for idle_timeout.", (), (Setting.TIMEOUTS,)
    ),
    "close_for_connect_request_or_tcp_tunneling": Meaning(Stage.LISTENER, "A tunnel ended."),
    "http2_ping_timeout": Meaning(Stage.LISTENER, "The client did not answer HTTP/2 pings."),
    "http2_connection_protocol_violation": Meaning(
        Stage.LISTENER, "The client broke the rules of HTTP/2.", (), (), Origin.CLIENT
    ),
    "transport_socket_timeout": Meaning(
        Stage.CHAIN, "The TLS handshake took too long.", (), (Setting.CHAINS,)
    ),
    "triggered_delayed_close_timeout": Meaning(
        Stage.LISTENER, "The client did not close after its answer was sent."
    ),
    "tcp_initializion_failure:": Meaning(
        Stage.ENDPOINT, "The TCP proxy could not reach its upstream.", (), _TO_UPSTREAM
    ),
    "tcp_session_idle_timeout": Meaning(
        Stage.NETWORK_FILTER,
        "The TCP connection was idle for tcp_proxy's idle_timeout (1 hour unless set).",
        ("a database or message connection without keep-alive",),
        (Setting.TIMEOUTS,),
    ),
    "max_connection_duration_reached": Meaning(
        Stage.LISTENER, "The connection lasted longer than max_connection_duration.", (), (Setting.TIMEOUTS,)
    ),
    "closing_upstream_tcp_connection_due_to_downstream_remote_close": Meaning(
        Stage.LISTENER, "The client closed.", (), (), Origin.CLIENT
    ),
    "closing_upstream_tcp_connection_due_to_downstream_local_close": Meaning(
        Stage.LISTENER, "The proxy closed the client's side."
    ),
    "closing_upstream_tcp_connection_due_to_downstream_reset_close": Meaning(
        Stage.LISTENER, "The client reset the connection.", (), (), Origin.CLIENT
    ),
    "non_pooled_tcp_connection_host_health_failure": Meaning(
        Stage.ENDPOINT,
        "The host became unhealthy, and close_connections_on_host_health_failure is set.",
        (),
        (Setting.ENDPOINTS,),
    ),
}

DETAILS: dict[str, Meaning] = {**_PLAIN, **CLOSES}
_INNER = {**RESETS, **CLOSES}

_HEAD = re.compile(r"([A-Za-z0-9_.:/]+)\s*(.*)", re.DOTALL)
_ISTIO_POLICY = re.compile(r"ns\[([^\]]*)\]-policy\[([^\]]*)\]-rule\[([^\]]*)\]")
_BRACKETS = {"{": "}", "[": "]", "(": ")"}
_PARTS = re.compile(r"[|,:]_?|\s+")


class Detail(Struct, frozen=True):
    """A detail taken apart. word: its head; inner: what stands in its braces, brackets or parentheses; meanings: those of
    the parts that are known, the head's first; unknown: parts that are in no table."""

    text: str
    word: str
    inner: str
    meanings: tuple[tuple[str, Meaning], ...]
    unknown: tuple[str, ...] = ()


def read(text: str) -> Detail | None:
    """A detail of a log, None for "-"."""
    text = text.strip()
    if not text or text == "-":
        return None
    found = _HEAD.fullmatch(text)
    if found is None:
        return Detail(text, text, "", (), (text,))
    word, rest = found[1], found[2]
    inner = rest[1:-1] if rest and _BRACKETS.get(rest[0]) == rest[-1] else rest
    head = DETAILS.get(word)
    meanings = [] if head is None else [(word, head)]
    unknown = [] if head is not None else [word]
    if word == "rbac_access_denied_matched_policy":
        meanings = [(word, policy_meaning(inner))]
    elif word == "jwt_authn_access_denied":
        meanings = [(word, _filter(f"The token was refused: {inner.replace('_', ' ')}."))]
    elif inner:
        meanings += resets(inner)
    return Detail(text, word, inner, tuple(meanings), tuple(unknown))


def resets(inner: str) -> list[tuple[str, Meaning]]:
    """What a reset's reason, or the failure of a transport, says: the parts of it that are known, most telling last."""
    text = inner.replace(" ", "_")
    taken: list[tuple[int, int, str]] = []
    for key in sorted(_INNER, key=len, reverse=True):
        start = text.find(key)
        if start >= 0 and not any(
            a <= start < b for a, b, _ in taken
        ):  # "connection_failure" is no word of its own here
            taken.append((start, start + len(key), key))
    # an errno inside of "remote_connection_failure" tells more than that: it stands behind it in the text
    return [(key, _INNER[key]) for _, _, key in sorted(taken)]


def policy_meaning(inner: str) -> Meaning:
    """The policy that RBAC names, in Istio's words (pilot/pkg/security/authz/builder: ns[..]-policy[..]-rule[..])."""
    found = _ISTIO_POLICY.fullmatch(inner)
    if found is not None:
        namespace, name, rule = found.groups()
        return _filter(
            f"AuthorizationPolicy {namespace}/{name} (DENY) denied it by its rule {rule}, counted from 0."
        )
    if inner in ("none", ""):
        return _filter(
            "No ALLOW policy matched: there are ALLOW policies for this workload, and none of their rules fits.",
            "the caller's identity, path or method is in no rule",
            "the caller has no identity: it came in plain text, and `from.principals` or `namespaces` never match then",
        )
    return _filter(f"RBAC policy {inner} denied it.")


def unread(details: Iterable[Detail]) -> list[str]:
    """Words that are in none of the tables."""
    return [word for detail in details for word in detail.unknown]
