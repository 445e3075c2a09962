"""Where it is open what a pod's rules do, the answer is open; and the answer that the hop before sees."""

from __future__ import annotations

import pytest

from meshctl.proxy.model import Disposition, Passage, Payload, Verdict
from meshctl.proxy.proxy import Proxy
from meshctl.trace.answers import Answer, Failure, behind
from meshctl.trace.capture import Captured, Sent
from meshctl.trace.journey import Journey
from meshctl.trace.pods import Pod, Pods
from meshctl.trace.streams import Stream
from tests.unit.netfilter.sidecar import nat, table
from tests.unit.proxy.build import cluster, get, listener, proxy, tcp


def hook(name: str, verdict: str) -> Captured:
    return Captured(name, "10.0.0.9:80", "eth0", verdict)


UNDECIDED: list[tuple[tuple[str, ...], tuple[str, ...], bool]] = [  # the verdicts of OUTPUT and on lo, what is open: whether the way is
    (("ACCEPT",), (), False), (("UNDETERMINED",), ("x",), True), (("UNDETERMINED",), (), False), (("ACCEPT",), ("x",), False), ((), ("x",), False), (("ACCEPT", "UNDETERMINED"), ("x",), True), (("NO_RULE_MATCHED", "UNDETERMINED"), ("x",), True),
    # a connection that OUTPUT has redirected goes to the proxy, whatever mangle may do to its packet on lo
    (("REDIRECT", "UNDETERMINED"), ("x",), False), (("REDIRECT", "NO_RULE_MATCHED"), ("x",), False), (("ACCEPT", "ACCEPT"), ("x",), False),
]  # fmt: skip


@pytest.mark.parametrize(("verdicts", "open_", "undecided"), UNDECIDED)
def test_whether_it_is_open_where_a_packet_goes(
    verdicts: tuple[str, ...], open_: tuple[str, ...], undecided: bool
) -> None:
    hooks = tuple(
        hook(name, verdict) for name, verdict in zip(("output", "prerouting"), verdicts, strict=False)
    )
    assert Sent(hooks, False, 80, False, undetermined=open_).undecided is undecided


RULES = [
    nat("-A OUTPUT -p tcp -j DNAT --to-destination 10.0.0.77:81"),
    table("filter", "-A OUTPUT -p tcp -j NFQUEUE --queue-num 1"),
]


@pytest.mark.parametrize("rules", RULES)
def test_a_way_that_rules_leave_open_is_undetermined_by_name(rules: object) -> None:
    pod, other = Pod("p", "ns", ("10.0.0.1",), rules=rules), Pod("q", "ns", ("10.0.0.9",))  # type: ignore[arg-type]
    (way,) = Journey(Pods([pod, other])).start(pod, "10.0.0.9", 80, Stream(Payload.HTTP1, request=get()))
    assert way.answer.disposition is Disposition.UNDETERMINED
    assert len(way.undetermined) == 1 and way.undetermined[0] in way.answer.reason
    assert [one.verdict for one in way.sent] == ["UNDETERMINED"]


SOCKET = {"name": "mine", "typed_config": {"@type": "type.googleapis.com/my.Socket"}}


@pytest.mark.parametrize(
    ("own", "endings"),
    [
        (None, [Disposition.DELIVERED, Disposition.UNDETERMINED]),  # the application takes what comes
        (proxy([listener([{"filters": tcp("c")}], port=8080)]), [Disposition.UNDETERMINED] * 2),
    ],
    ids=["an application", "a proxy"],
)
def test_what_a_socket_that_is_not_known_sends_is_open_to_the_proxy_that_reads_it(
    own: Proxy | None, endings: list[Disposition]
) -> None:
    speaks = cluster("c", "10.0.0.9:8080", transport_socket=SOCKET)
    sends = Pod("p", "ns", ("10.0.0.1",), proxy=proxy([listener([{"filters": tcp("c")}])], (speaks,)))
    reads = Pod("q", "ns", ("10.0.0.9",), proxy=own)
    ways = Journey(Pods([sends, reads])).arrive(sends, "10.0.0.1", 80, Stream(Payload.RAW))
    assert sorted((way.answer.disposition for way in ways), key=str) == endings
    assert all("transport socket my.Socket" in " ".join(way.undetermined) for way in ways)


SEEN = [  # over HTTP or not, the answer of what is behind, the answer that is seen before it
    (True, Answer(Disposition.DELIVERED, 200, location="/a"), ("/a", 503, None)), (True, Answer(Disposition.DELIVERED, 200), ("/own", 503, None)), (False, Answer(Disposition.DELIVERED, 200, location="/a"), ("/a", 200, None)),
    (False, Answer(Disposition.FAULT, None, Failure.REFUSED), (None, None, Failure.RESET)), (False, Answer(Disposition.FAULT, None, Failure.TLS), (None, None, Failure.RESET)), (False, Answer(Disposition.FAULT, None, Failure.RESET), (None, None, Failure.RESET)),
    (True, Answer(Disposition.FAULT, None, Failure.REFUSED), ("/own", 503, None)),
]  # fmt: skip


@pytest.mark.parametrize(("over_http", "answer", "seen"), SEEN)
def test_the_answer_that_the_hop_before_sees(
    over_http: bool, answer: Answer, seen: tuple[object, ...]
) -> None:
    verdict = Verdict(Disposition.FAULT, 503, "UF", "upstream")
    found = behind(Passage(verdict, http=over_http, location="/own"), answer, verdict)
    assert (found.location, found.code, found.failure) == seen
    assert found.disposition is answer.disposition
    assert (found.flags, found.details) == (("UF", "upstream") if over_http else (None, None))
