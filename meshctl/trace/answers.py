"""What comes back to a proxy from the next hop, and how its access log shows it.

Theory of operation. The last hop answers, or the connection to it fails: refused, reset before an answer, closed,
TLS broken. An HTTP proxy turns a failure into 503 with UF (no connection) or UC (closed before the response),
with URX in front when the route tries again and gives up; a TCP proxy shows UF,URX or UR with code 0.
Follows source/common/router/router.cc and source/common/tcp_proxy/tcp_proxy.cc; the words are those recorded.
"""

from __future__ import annotations

import enum

from meshctl.proxy.model import Disposition, Passage, Verdict
from meshctl.values import Struct


class Failure(enum.Enum):
    """How a connection to the next hop can fail, seen from the proxy that opened it."""

    REFUSED = "Connection refused"
    RESET = "reset before an answer"
    CLOSED = "closed after it was accepted"
    TLS = "the TLS handshake failed"


class Answer(Struct, frozen=True):
    """The answer of everything behind a hop: an HTTP code (None over TCP), or a failure; and the culprit."""

    disposition: Disposition
    code: int | None = None
    failure: Failure | None = None
    reason: str = ""
    flags: str | None = None
    details: str | None = None
    location: str | None = None  # of a redirect


# Which words of retry_on try again after which failure.
_RETRIED = {
    Failure.REFUSED: {"connect-failure", "5xx", "gateway-error", "reset", "reset-before-request"},
    Failure.TLS: {"connect-failure", "5xx", "gateway-error", "reset", "reset-before-request"},
    Failure.RESET: {"5xx", "gateway-error", "reset"},
    Failure.CLOSED: {"5xx", "gateway-error", "reset"},
}
_UNCONNECTED = "upstream_reset_before_response_started{remote_connection_failure|"
_HTTP_DETAILS = {
    Failure.REFUSED: _UNCONNECTED + "delayed_connect_error:_Connection_refused}",
    Failure.TLS: _UNCONNECTED + "TLS_error}",
    Failure.RESET: "upstream_reset_before_response_started{connection_termination}",
    Failure.CLOSED: "upstream_reset_before_response_started{connection_termination}",
}
_HTTP_FLAGS = {Failure.REFUSED: "UF", Failure.TLS: "UF", Failure.RESET: "UC", Failure.CLOSED: "UC"}
_TCP_FLAGS = {Failure.REFUSED: "UF,URX", Failure.TLS: "UF,URX", Failure.RESET: "UR", Failure.CLOSED: None}


def of_verdict(passage: Passage) -> Answer:
    """The answer of a proxy that goes on to no upstream."""
    verdict = passage.verdict
    failure: Failure | None = None
    code = verdict.code
    if not passage.http:
        code = None
        if verdict.disposition is Disposition.NO_FILTER_CHAIN:
            failure = Failure.RESET
        elif verdict.disposition is not Disposition.DELIVERED:
            failure = Failure.CLOSED
        if verdict.reason.startswith("TLS:"):
            failure = Failure.TLS
    return Answer(
        verdict.disposition, code, failure, verdict.reason, verdict.flags, verdict.details, passage.location
    )


def logged(passage: Passage, answer: Answer, *, grpc: bool) -> Verdict:
    """The verdict of a proxy that forwarded, given what came back."""
    own = passage.verdict
    if answer.disposition is Disposition.UNDETERMINED:
        return Verdict(answer.disposition, None, None, None, answer.reason)
    if not passage.http:
        flags = _TCP_FLAGS[answer.failure] if answer.failure else None
        return Verdict(answer.disposition, 0, flags, None, answer.reason)
    if answer.failure is None:
        code = own.code if answer.code in (None, 200) else answer.code
        details = own.details if answer.code in (None, 200) else "via_upstream"
        flags = own.flags if answer.code in (None, 200) or own.flags == "DI" else None
        return Verdict(answer.disposition, code, flags, details, answer.reason)
    retries = passage.upstream.retries if passage.upstream else frozenset()
    again = bool(retries & _RETRIED[answer.failure])
    flags = ("URX," if again else "") + _HTTP_FLAGS[answer.failure]
    return Verdict(
        answer.disposition, 200 if grpc else 503, flags, _HTTP_DETAILS[answer.failure], answer.reason
    )


def _location(passage: Passage, answer: Answer) -> str | None:
    """The Location of an answer that a proxy passes on, behind what its routes add to answers and take from them."""
    if answer.location is None:
        return passage.location
    upstream = passage.upstream
    relocated = upstream.relocated if upstream is not None else None
    return answer.location if relocated is None else relocated(answer.location)


def behind(passage: Passage, answer: Answer, verdict: Verdict) -> Answer:
    """The answer as the hop before sees it: an HTTP proxy answers itself, a TCP proxy passes on."""
    if passage.http:
        return Answer(
            answer.disposition,
            verdict.code,
            None,
            answer.reason,
            verdict.flags,
            verdict.details,
            _location(passage, answer),
        )
    if answer.failure in (Failure.REFUSED, Failure.TLS):
        return Answer(answer.disposition, answer.code, Failure.RESET, answer.reason)
    return answer
