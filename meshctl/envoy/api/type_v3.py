"""Messages of envoy.type.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message


class DoubleRange(Message):
    __slots__ = ()
    TYPE = "envoy.type.v3.DoubleRange"
    start: float
    end: float
    SPEC = """\
start Number
end Number"""


class FractionalPercent(Message):
    __slots__ = ()
    TYPE = "envoy.type.v3.FractionalPercent"
    numerator: int
    denominator: typing.Literal["HUNDRED", "TEN_THOUSAND", "MILLION"]
    SPEC = """\
numerator Int
denominator Choice HUNDRED=0 TEN_THOUSAND=1 MILLION=2"""


class HashPolicy(Message):
    __slots__ = ()
    TYPE = "envoy.type.v3.HashPolicy"

    class FilterState(Message):
        __slots__ = ()
        TYPE = "envoy.type.v3.HashPolicy.FilterState"
        key: str
        SPEC = """\
key Text"""

    class SourceIp(Message):
        __slots__ = ()
        TYPE = "envoy.type.v3.HashPolicy.SourceIp"

    source_ip: HashPolicy.SourceIp | None
    filter_state: HashPolicy.FilterState | None
    policy_specifier: typing.Literal["source_ip", "filter_state"] | None
    SPEC = """\
source_ip One type_v3:HashPolicy.SourceIp
filter_state One type_v3:HashPolicy.FilterState
policy_specifier OneOf source_ip filter_state"""


class HttpStatus(Message):
    __slots__ = ()
    TYPE = "envoy.type.v3.HttpStatus"
    code: typing.Literal[
        "Empty",
        "Continue",
        "OK",
        "Created",
        "Accepted",
        "NonAuthoritativeInformation",
        "NoContent",
        "ResetContent",
        "PartialContent",
        "MultiStatus",
        "AlreadyReported",
        "IMUsed",
        "MultipleChoices",
        "MovedPermanently",
        "Found",
        "SeeOther",
        "NotModified",
        "UseProxy",
        "TemporaryRedirect",
        "PermanentRedirect",
        "BadRequest",
        "Unauthorized",
        "PaymentRequired",
        "Forbidden",
        "NotFound",
        "MethodNotAllowed",
        "NotAcceptable",
        "ProxyAuthenticationRequired",
        "RequestTimeout",
        "Conflict",
        "Gone",
        "LengthRequired",
        "PreconditionFailed",
        "PayloadTooLarge",
        "URITooLong",
        "UnsupportedMediaType",
        "RangeNotSatisfiable",
        "ExpectationFailed",
        "MisdirectedRequest",
        "UnprocessableEntity",
        "Locked",
        "FailedDependency",
        "UpgradeRequired",
        "PreconditionRequired",
        "TooManyRequests",
        "RequestHeaderFieldsTooLarge",
        "InternalServerError",
        "NotImplemented",
        "BadGateway",
        "ServiceUnavailable",
        "GatewayTimeout",
        "HTTPVersionNotSupported",
        "VariantAlsoNegotiates",
        "InsufficientStorage",
        "LoopDetected",
        "NotExtended",
        "NetworkAuthenticationRequired",
    ]
    SPEC = """\
code Choice Empty=0 Continue=100 OK=200 Created=201 Accepted=202 NonAuthoritativeInformation=203 NoContent=204 ResetContent=205 PartialContent=206 MultiStatus=207 AlreadyReported=208 IMUsed=226 MultipleChoices=300 MovedPermanently=301 Found=302 SeeOther=303 NotModified=304 UseProxy=305 TemporaryRedirect=307 PermanentRedirect=308 BadRequest=400 Unauthorized=401 PaymentRequired=402 Forbidden=403 NotFound=404 MethodNotAllowed=405 NotAcceptable=406 ProxyAuthenticationRequired=407 RequestTimeout=408 Conflict=409 Gone=410 LengthRequired=411 PreconditionFailed=412 PayloadTooLarge=413 URITooLong=414 UnsupportedMediaType=415 RangeNotSatisfiable=416 ExpectationFailed=417 MisdirectedRequest=421 UnprocessableEntity=422 Locked=423 FailedDependency=424 UpgradeRequired=426 PreconditionRequired=428 TooManyRequests=429 RequestHeaderFieldsTooLarge=431 InternalServerError=500 NotImplemented=501 BadGateway=502 ServiceUnavailable=503 GatewayTimeout=504 HTTPVersionNotSupported=505 VariantAlsoNegotiates=506 InsufficientStorage=507 LoopDetected=508 NotExtended=510 NetworkAuthenticationRequired=511"""


class Int32Range(Message):
    __slots__ = ()
    TYPE = "envoy.type.v3.Int32Range"
    start: int
    end: int
    SPEC = """\
start Int
end Int"""


class Int64Range(Message):
    __slots__ = ()
    TYPE = "envoy.type.v3.Int64Range"
    start: int
    end: int
    SPEC = """\
start Int
end Int"""


class Percent(Message):
    __slots__ = ()
    TYPE = "envoy.type.v3.Percent"
    value: float
    SPEC = """\
value Number"""


class RateLimitStrategy(Message):
    __slots__ = ()
    TYPE = "envoy.type.v3.RateLimitStrategy"

    class RequestsPerTimeUnit(Message):
        __slots__ = ()
        TYPE = "envoy.type.v3.RateLimitStrategy.RequestsPerTimeUnit"
        requests_per_time_unit: int
        time_unit: typing.Literal["UNKNOWN", "SECOND", "MINUTE", "HOUR", "DAY", "MONTH", "YEAR"]
        SPEC = """\
requests_per_time_unit Int
time_unit Choice UNKNOWN=0 SECOND=1 MINUTE=2 HOUR=3 DAY=4 MONTH=5 YEAR=6"""

    blanket_rule: typing.Literal["ALLOW_ALL", "DENY_ALL"]
    requests_per_time_unit: RateLimitStrategy.RequestsPerTimeUnit | None
    token_bucket: TokenBucket | None
    strategy: typing.Literal["blanket_rule", "requests_per_time_unit", "token_bucket"] | None
    SPEC = """\
blanket_rule Choice ALLOW_ALL=0 DENY_ALL=1
requests_per_time_unit One type_v3:RateLimitStrategy.RequestsPerTimeUnit
token_bucket One type_v3:TokenBucket
strategy OneOf blanket_rule requests_per_time_unit token_bucket"""


class Scope(Message):
    __slots__ = ()
    TYPE = "envoy.type.v3.Scope"
    max_counters: int | None
    max_gauges: int | None
    max_histograms: int | None
    enable_eviction: bool
    prefix: str
    sharing_name: str
    SPEC = """\
max_counters OptionalInt
max_gauges OptionalInt
max_histograms OptionalInt
enable_eviction Flag
prefix Text
sharing_name Text"""


class SemanticVersion(Message):
    __slots__ = ()
    TYPE = "envoy.type.v3.SemanticVersion"
    major_number: int
    minor_number: int
    patch: int
    SPEC = """\
major_number Int
minor_number Int
patch Int"""


class TokenBucket(Message):
    __slots__ = ()
    TYPE = "envoy.type.v3.TokenBucket"
    max_tokens: int
    tokens_per_fill: int | None
    fill_interval: float | None
    SPEC = """\
max_tokens Int
tokens_per_fill OptionalInt
fill_interval Seconds"""
