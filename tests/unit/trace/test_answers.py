"""What a proxy's log shows and what the hop before it sees, for each way in which what is behind it may fail."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.proxy.model import Disposition, Passage, Upstream, Verdict
from meshctl.trace.answers import Answer, Failure, behind, logged, of_verdict

D, REFUSED = Disposition.DELIVERED, Disposition.CONNECTION_FAILED
UNCONNECTED = "upstream_reset_before_response_started{remote_connection_failure|"
CONNECTION = "upstream_reset_before_response_started{connection_termination}"


def passage(*, http: bool, retries: tuple[str, ...] = (), **own: Any) -> Passage:
    said = {"code": 200 if http else 0, "details": "via_upstream", **own}
    return Passage(
        Verdict(D, **said), http=http, upstream=Upstream("c", (), None, retries=frozenset(retries))
    )


OVER_HTTP = [  # a failure, retry_on, flags, details
    (Failure.REFUSED, (), "UF", UNCONNECTED + "delayed_connect_error:_Connection_refused}"),
    (Failure.TLS, (), "UF", UNCONNECTED + "TLS_error}"),
    (Failure.RESET, (), "UC", CONNECTION),
    (Failure.CLOSED, (), "UC", CONNECTION),
    *((failure, (word,), flags, None) for failure, words, flags in [
        (Failure.REFUSED, ("connect-failure", "5xx", "gateway-error", "reset", "reset-before-request"), "URX,UF"),
        (Failure.TLS, ("connect-failure", "5xx", "gateway-error", "reset", "reset-before-request"), "URX,UF"),
        (Failure.RESET, ("5xx", "gateway-error", "reset"), "URX,UC"),
        (Failure.CLOSED, ("5xx", "gateway-error", "reset"), "URX,UC"),
        (Failure.RESET, ("connect-failure", "reset-before-request", "retriable-4xx"), "UC"),
        (Failure.REFUSED, ("cancelled",), "UF"),
    ] for word in words),
]  # fmt: skip


@pytest.mark.parametrize(("failure", "retries", "flags", "details"), OVER_HTTP)
def test_a_failure_behind_an_http_proxy(
    failure: Failure, retries: tuple[str, ...], flags: str, details: str | None
) -> None:
    own = passage(http=True, retries=retries)
    answer = Answer(REFUSED, None, failure, "why")
    verdict = logged(own, answer, grpc=False)
    assert (verdict.disposition, verdict.code, verdict.flags, verdict.reason) == (REFUSED, 503, flags, "why")
    assert details is None or verdict.details == details
    assert logged(own, answer, grpc=True).code == 200  # the status is in the trailers
    assert behind(own, answer, verdict) == Answer(REFUSED, 503, None, "why", flags, verdict.details)


@pytest.mark.parametrize(("failure", "flags", "seen"), [
    (Failure.REFUSED, "UF,URX", Failure.RESET), (Failure.TLS, "UF,URX", Failure.RESET), (Failure.RESET, "UR", Failure.RESET),
    (Failure.CLOSED, None, Failure.CLOSED), (None, None, None),
])  # fmt: skip
def test_a_failure_behind_a_tcp_proxy(
    failure: Failure | None, flags: str | None, seen: Failure | None
) -> None:
    own = passage(http=False)
    answer = Answer(REFUSED, None, failure, "why")
    verdict = logged(own, answer, grpc=False)
    assert verdict == Verdict(REFUSED, 0, flags, None, "why")
    assert behind(own, answer, verdict).failure is seen


ANSWERED = [  # the proxy's own verdict, the code behind it, what its log shows
    ({}, 200, (200, None, "via_upstream")),
    ({}, None, (200, None, "via_upstream")),
    ({}, 404, (404, None, "via_upstream")),
    ({"code": 101, "details": "upgraded"}, 200, (101, None, "upgraded")),
    ({"code": 101, "details": "upgraded"}, 404, (404, None, "via_upstream")),
    ({"flags": "DI"}, 200, (200, "DI", "via_upstream")),
    ({"flags": "DI"}, 404, (404, "DI", "via_upstream")),
    ({"flags": "RL"}, 200, (200, "RL", "via_upstream")),
    ({"flags": "RL"}, 404, (404, None, "via_upstream")),
]  # fmt: skip


@pytest.mark.parametrize(("own", "code", "shown"), ANSWERED)
def test_an_answer_passes_an_http_proxy(
    own: dict[str, Any], code: int | None, shown: tuple[Any, ...]
) -> None:
    verdict = logged(passage(http=True, **own), Answer(D, code), grpc=False)
    assert (verdict.code, verdict.flags, verdict.details) == shown


@pytest.mark.parametrize("http", [True, False])
def test_what_is_open_behind_a_proxy_leaves_its_log_open(http: bool) -> None:
    open_answer = Answer(Disposition.UNDETERMINED, None, None, "why")
    assert logged(passage(http=http), open_answer, grpc=False) == Verdict(
        Disposition.UNDETERMINED, reason="why"
    )


ENDS = [  # the verdict of a proxy that goes on to nobody, whether it speaks HTTP, what its client sees
    (Verdict(Disposition.NO_ROUTE, 404, "NR", "route_not_found", "r"), True, Answer(Disposition.NO_ROUTE, 404, None, "r", "NR", "route_not_found")),
    (Verdict(Disposition.NO_FILTER_CHAIN, 0, "NR"), False, Answer(Disposition.NO_FILTER_CHAIN, None, Failure.RESET, "", "NR")),
    (Verdict(Disposition.DENIED, 0), False, Answer(Disposition.DENIED, None, Failure.CLOSED)),
    (Verdict(Disposition.DENIED, 0, reason="TLS: no"), False, Answer(Disposition.DENIED, None, Failure.TLS, "TLS: no")),
    (Verdict(Disposition.DENIED, 403, reason="TLS: no"), True, Answer(Disposition.DENIED, 403, None, "TLS: no")),
    (Verdict(D, 0), False, Answer(D, None, None)),
]  # fmt: skip


@pytest.mark.parametrize(("verdict", "http", "answer"), ENDS)
def test_a_proxy_that_ends_it_itself(verdict: Verdict, http: bool, answer: Answer) -> None:
    assert of_verdict(Passage(verdict, http=http)) == answer
