"""The response flags of Envoy 1.40 (``%RESPONSE_FLAGS%``), all of them: the short form, the long form, what each means.

The list is that of ``ResponseFlagFilter`` (envoy/config/accesslog/v3/accesslog.proto), which a test asks of a real Envoy;
the meanings follow source/common/stream_info and the places that set each flag.
"""

from __future__ import annotations

from meshctl.proxy.model import Stage
from meshctl.values import Struct
from meshctl.why.meanings import Meaning, Origin, Setting


class Flag(Struct, frozen=True):
    """One flag: as ``%RESPONSE_FLAGS%`` prints it, as ``%RESPONSE_FLAGS_LONG%`` does, what it means."""

    short: str
    long: str
    meaning: Meaning


_UPSTREAM_CLOSES = (
    "the application keeps idle connections open for less time than the proxy (Node.js: 5 s, gunicorn: 2 s), and the "
    "proxy used one that was just being closed",
    "the application crashed, was restarted, or is shutting down",
    "the application speaks another protocol than the port is declared for",
)
_FLAGS = (
    Flag(
        "LH",
        "FailedLocalHealthCheck",
        Meaning(
            Stage.HTTP_FILTER,
            "The health_check filter answered 503: the proxy's own health check is failed on purpose (it drains).",
            ("the pod is being shut down", "`/healthcheck/fail` was posted to the admin port"),
            (Setting.FILTERS,),
        ),
    ),
    Flag(
        "UH",
        "NoHealthyUpstream",
        Meaning(
            Stage.ENDPOINT,
            "No host of the cluster could be chosen: it has none, or none that is healthy.",
            (
                "no pod of the service is ready, or its selector fits none",
                "the subset's labels fit no pod",
                "outlier detection has ejected the hosts",
                "a STRICT_DNS host has not resolved",
                "the original destination is not among the hosts",
            ),
            (Setting.ENDPOINTS, Setting.OUTLIERS, Setting.SUBSETS),
        ),
    ),
    Flag(
        "UT",
        "UpstreamRequestTimeout",
        Meaning(
            Stage.APPLICATION,
            "The upstream had the request and gave no answer in time: the time-out of the route, or of one try.",
            (
                "the application is slow, or waits for another service",
                "the VirtualService's timeout is too short",
            ),
            (Setting.TIMEOUTS, Setting.RETRIES),
        ),
    ),
    Flag(
        "LR",
        "LocalReset",
        Meaning(
            Stage.HTTP,
            "The proxy itself reset the stream to the upstream.",
            ("a limit of the codec or a filter ended the stream", "the proxy was draining"),
            (Setting.TIMEOUTS,),
        ),
    ),
    Flag(
        "UR",
        "UpstreamRemoteReset",
        Meaning(
            Stage.APPLICATION,
            "The upstream reset the stream or the connection after it was established.",
            (
                "the application or the peer's proxy refused the stream (HTTP/2 RST_STREAM)",
                "the peer's filter chains or policies closed the connection",
                *_UPSTREAM_CLOSES[1:],
            ),
            (Setting.RETRIES, Setting.TLS),
            Origin.UPSTREAM,
        ),
    ),
    Flag(
        "UF",
        "UpstreamConnectionFailure",
        Meaning(
            Stage.ENDPOINT,
            "No connection to the endpoint came about.",
            (
                "nothing listens on the port there, or on another address only",
                "the pod is gone and its endpoint is stale",
                "the TLS handshake failed: one side wants mutual TLS and the other does not, or the certificates do not fit",
                "a NetworkPolicy or a firewall drops the packets (connect time-out)",
            ),
            (Setting.ENDPOINTS, Setting.TLS, Setting.CONNECTION, Setting.RETRIES),
        ),
    ),
    Flag(
        "UC",
        "UpstreamConnectionTermination",
        Meaning(
            Stage.APPLICATION,
            "The upstream closed the connection before its answer was complete.",
            (
                *_UPSTREAM_CLOSES,
                "the peer's proxy closed it: its filter chain takes TLS only (STRICT), or its policy denies over TCP",
            ),
            (Setting.CONNECTION, Setting.RETRIES, Setting.TLS),
            Origin.UPSTREAM,
        ),
    ),
    Flag(
        "UO",
        "UpstreamOverflow",
        Meaning(
            Stage.CLUSTER,
            "A circuit breaker of the cluster was open: too many connections, pending requests, requests or retries.",
            (
                "connectionPool of the DestinationRule is too small for the load",
                "the upstream is slow, so requests pile up",
            ),
            (Setting.LIMITS,),
        ),
    ),
    Flag(
        "NR",
        "NoRouteFound",
        Meaning(
            Stage.ROUTE,
            "No route for this request, or (with filter_chain_not_found, code 0) no filter chain for this connection.",
            (
                "the Host header is none of the virtual host's domains (a port in it counts)",
                "no match of the VirtualService takes the path, and it has no default",
                "the Gateway or VirtualService does not name this host",
                "plain text to a port that takes TLS only (STRICT), or an SNI that no chain serves",
            ),
            (Setting.HOSTS, Setting.CHAINS),
        ),
    ),
    Flag(
        "DI",
        "DelayInjected",
        Meaning(
            Stage.HTTP_FILTER,
            "A delay was injected on purpose.",
            ("`fault.delay` of a VirtualService, or the header x-envoy-fault-delay-request",),
            (Setting.FILTERS,),
        ),
    ),
    Flag(
        "FI",
        "FaultInjected",
        Meaning(
            Stage.HTTP_FILTER,
            "The answer was injected on purpose; the upstream was never asked.",
            ("`fault.abort` of a VirtualService, or the header x-envoy-fault-abort-request",),
            (Setting.FILTERS,),
        ),
    ),
    Flag(
        "RL",
        "RateLimited",
        Meaning(
            Stage.HTTP_FILTER,
            "A rate limit refused the request: local, or that of a rate limit service.",
            ("the limit of an EnvoyFilter or of the rate limit service is reached",),
            (Setting.FILTERS,),
        ),
    ),
    Flag(
        "UAEX",
        "UnauthorizedExternalService",
        Meaning(
            Stage.HTTP_FILTER,
            "The external authorizer denied the request, or could not be asked.",
            (
                "the authorizer said no: its own log tells why",
                "the authorizer does not answer, and failure_mode_allow is off",
            ),
            (Setting.FILTERS,),
        ),
    ),
    Flag(
        "RLSE",
        "RateLimitServiceError",
        Meaning(
            Stage.HTTP_FILTER,
            "The rate limit service could not be asked, and failure_mode_deny refuses then.",
            ("the rate limit service is down or not in this proxy's clusters",),
            (Setting.FILTERS,),
        ),
    ),
    Flag(
        "DC",
        "DownstreamConnectionTermination",
        Meaning(
            Stage.LISTENER,
            "The client closed its connection before the answer was complete.",
            (
                "the client's own time-out is shorter than the answer takes",
                "a browser tab was closed, or a load balancer in front gave up",
                "a probe closes without reading",
            ),
            (Setting.TIMEOUTS,),
            Origin.CLIENT,
        ),
    ),
    Flag(
        "URX",
        "UpstreamRetryLimitExceeded",
        Meaning(
            Stage.ENDPOINT,
            "All tries were used up (HTTP: retries of the route; TCP: max_connect_attempts); the flag beside it says why "
            "each failed.",
            ("the upstream fails for every try: look at the flag and the details beside it",),
            (Setting.RETRIES, Setting.ENDPOINTS),
        ),
    ),
    Flag(
        "SI",
        "StreamIdleTimeout",
        Meaning(
            Stage.HTTP,
            "Nothing moved on the stream for the idle time-out.",
            (
                "a long poll, a stream or an upload that pauses for longer than stream_idle_timeout (Envoy: 5 minutes)",
                "the client stopped reading or sending",
            ),
            (Setting.TIMEOUTS,),
        ),
    ),
    Flag(
        "IH",
        "InvalidEnvoyRequestHeaders",
        Meaning(
            Stage.HTTP,
            "A header x-envoy-… of the request was refused: strict_check_headers is set and its value is invalid.",
            ("the client sends a malformed x-envoy-upstream-rq-timeout-ms, x-envoy-retry-on or the like",),
            (Setting.HEADERS,),
        ),
    ),
    Flag(
        "DPE",
        "DownstreamProtocolError",
        Meaning(
            Stage.HTTP,
            "The client's bytes are no HTTP that the proxy accepts.",
            (
                "TLS or another protocol sent to a plain HTTP port",
                "HTTP/2 to a port that speaks HTTP/1.1, or the other way round",
                "invalid characters in headers or path, or both Content-Length and Transfer-Encoding",
            ),
            (Setting.LISTENER, Setting.HEADERS),
            Origin.CLIENT,
        ),
    ),
    Flag(
        "UMSDR",
        "UpstreamMaxStreamDurationReached",
        Meaning(
            Stage.APPLICATION,
            "The request to the upstream lasted longer than max_stream_duration.",
            ("max_stream_duration of the route or cluster, or a gRPC deadline taken over from the client",),
            (Setting.TIMEOUTS,),
        ),
    ),
    Flag(
        "RFCF",
        "ResponseFromCacheFilter",
        Meaning(
            Stage.HTTP_FILTER,
            "The cache filter answered; the upstream was not asked.",
            (),
            (Setting.FILTERS,),
        ),
    ),
    Flag(
        "NFCF",
        "NoFilterConfigFound",
        Meaning(
            Stage.HTTP_FILTER,
            "The configuration of a filter (ECDS) has not arrived in time, so the request is refused.",
            (
                "a Wasm plug-in's image could not be fetched",
                "istiod refused or has not sent the extension's configuration",
            ),
            (Setting.FILTERS,),
        ),
    ),
    Flag(
        "DT",
        "DurationTimeout",
        Meaning(
            Stage.LISTENER,
            "The request or the connection lasted longer than allowed.",
            (
                "max_connection_duration or max_stream_duration of the listener's connection manager or tcp_proxy",
            ),
            (Setting.TIMEOUTS,),
        ),
    ),
    Flag(
        "UPE",
        "UpstreamProtocolError",
        Meaning(
            Stage.APPLICATION,
            "The upstream's answer is no HTTP that the proxy accepts.",
            (
                "the port's protocol is declared wrongly (HTTP/2 or gRPC against HTTP/1.1, TLS against plain text)",
                "the application sends invalid headers, or both Content-Length and Transfer-Encoding",
            ),
            (Setting.TLS,),
            Origin.UPSTREAM,
        ),
    ),
    Flag(
        "NC",
        "NoClusterFound",
        Meaning(
            Stage.CLUSTER,
            "The route leads to a cluster that this proxy does not have.",
            (
                "a subset that no DestinationRule defines",
                "a Sidecar resource or exportTo hides the service from this proxy",
                "the VirtualService names a host or a port that does not exist",
            ),
            (Setting.SUBSETS,),
        ),
    ),
    Flag(
        "OM",
        "OverloadManagerTerminated",
        Meaning(
            Stage.HTTP,
            "The overload manager ended it: the proxy is short of memory or of connections.",
            ("the proxy's memory limit is too small for its configuration or its load",),
        ),
    ),
    Flag(
        "DF",
        "DnsResolutionFailed",
        Meaning(
            Stage.ENDPOINT,
            "The host's name could not be resolved by the proxy.",
            (
                "the name does not exist, or the DNS server does not answer",
                "a ServiceEntry with resolution DNS names a wrong host",
            ),
            (Setting.ENDPOINTS,),
        ),
    ),
    Flag(
        "DO",
        "DropOverload",
        Meaning(
            Stage.CLUSTER,
            "The control plane asked for a share of the requests to this cluster to be dropped (drop_overloads).",
            ("the load assignment of the cluster has drop_overloads",),
            (Setting.ENDPOINTS,),
        ),
    ),
    Flag(
        "DR",
        "DownstreamRemoteReset",
        Meaning(
            Stage.LISTENER,
            "The client reset its stream (HTTP/2 RST_STREAM) before the answer was complete.",
            ("the client cancelled the call: its deadline passed, or nobody waits any more",),
            (Setting.TIMEOUTS,),
            Origin.CLIENT,
        ),
    ),
    Flag(
        "UDO",
        "UnconditionalDropOverload",
        Meaning(
            Stage.CLUSTER,
            "The control plane asked for all requests to this cluster to be dropped (drop_overloads of 100 %).",
            ("the load assignment of the cluster has drop_overloads of 100 %",),
            (Setting.ENDPOINTS,),
        ),
    ),
)

FLAGS: dict[str, Flag] = {flag.short: flag for flag in _FLAGS}
_BY_LONG = {flag.long.lower(): flag for flag in _FLAGS}


def find(word: str) -> Flag | None:
    """A flag by its short or long form, in any case."""
    return FLAGS.get(word.upper()) or _BY_LONG.get(word.lower())


def split(text: str) -> tuple[str, ...]:
    """The flags of ``%RESPONSE_FLAGS%``: separated by commas; none where the log has "-"."""
    return tuple(part for part in (word.strip() for word in text.split(",")) if part and part != "-")
