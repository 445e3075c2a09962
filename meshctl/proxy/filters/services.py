"""Services that a filter asks (an authorizer, a rate limiter): which cluster, and whether it can answer at all."""

from __future__ import annotations

from typing import Any

from meshctl.envoy.api.config_ratelimit_v3 import RateLimitServiceConfig
from meshctl.envoy.sections import SectionKind
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.upstream.endpoints import distribute

Json = dict[str, Any]

# The codes of envoy.type.v3.StatusCode that have a name there.
_CODES = {
    "Continue": 100, "OK": 200, "Created": 201, "Accepted": 202, "NonAuthoritativeInformation": 203,
    "NoContent": 204, "ResetContent": 205, "PartialContent": 206, "MultiStatus": 207, "AlreadyReported": 208,
    "IMUsed": 226, "MultipleChoices": 300, "MovedPermanently": 301, "Found": 302, "SeeOther": 303,
    "NotModified": 304, "UseProxy": 305, "TemporaryRedirect": 307, "PermanentRedirect": 308, "BadRequest": 400,
    "Unauthorized": 401, "PaymentRequired": 402, "Forbidden": 403, "NotFound": 404, "MethodNotAllowed": 405,
    "NotAcceptable": 406, "ProxyAuthenticationRequired": 407, "RequestTimeout": 408, "Conflict": 409, "Gone": 410,
    "LengthRequired": 411, "PreconditionFailed": 412, "PayloadTooLarge": 413, "URITooLong": 414,
    "UnsupportedMediaType": 415, "RangeNotSatisfiable": 416, "ExpectationFailed": 417, "MisdirectedRequest": 421,
    "UnprocessableEntity": 422, "Locked": 423, "FailedDependency": 424, "UpgradeRequired": 426,
    "PreconditionRequired": 428, "TooManyRequests": 429, "RequestHeaderFieldsTooLarge": 431,
    "InternalServerError": 500, "NotImplemented": 501, "BadGateway": 502, "ServiceUnavailable": 503,
    "GatewayTimeout": 504, "HTTPVersionNotSupported": 505, "VariantAlsoNegotiates": 506, "InsufficientStorage": 507,
    "LoopDetected": 508, "NotExtended": 510, "NetworkAuthenticationRequired": 511,
}  # fmt: skip


def http_status(message: Json | None, absent: int) -> int:
    """An HttpStatus as a number."""
    code = (message or {}).get("code")
    if isinstance(code, str):
        return int(code) if code.isdigit() else _CODES.get(code, absent)
    return int(code) if isinstance(code, int) and code else absent


def asked_cluster(fields: Json) -> str:
    """The cluster of the service a filter asks, by HTTP or gRPC; "" where it names none."""
    http = (fields.get("http_service") or {}).get("server_uri") or {}
    grpc = (fields.get("grpc_service") or {}).get("envoy_grpc") or {}
    return str(http.get("cluster") or grpc.get("cluster_name") or "")


def asked_of(service: RateLimitServiceConfig | None) -> str:
    """The cluster of a rate limit service; "" where it is named otherwise."""
    grpc = service.grpc_service if service is not None else None
    return grpc.envoy_grpc.cluster_name if grpc is not None and grpc.envoy_grpc is not None else ""


def reachable(proxy: Proxy, name: str) -> bool:
    """Whether a service may answer: its cluster exists and has a host that takes requests.

    Unknown endpoints (not in the dump) may; a service that is named otherwise than by a cluster may, too.
    """
    if not name:
        return True
    cluster = proxy.cluster(name)
    if cluster is None:
        return False
    if cluster.kind not in ("EDS", "STATIC", "STRICT_DNS", "LOGICAL_DNS"):
        return True
    if not cluster.hosts:
        return cluster.kind == "EDS" and proxy.snapshot.gap(SectionKind.ENDPOINTS) is not None
    return bool(distribute(cluster.hosts, cluster.policy).shares)
