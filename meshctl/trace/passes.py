"""The passes of one request through a proxy that follows redirects of its upstream itself.

Theory of operation. A route with an internal_redirect_policy says what it makes of the answer's code and Location
(``proxy/routing/redirects``). Where it follows, the pass is over (its log says ``internal_redirect``) and the request that
it makes goes through the same listener again; else the client gets the answer. A redirect that is handed on once a request
has been asked before, or that would be followed without an end in sight, is a loop.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from meshctl.envoy.message import Undecidable
from meshctl.proxy.model import Disposition, Looked, Passage, Recreated, Request, Stage, Step, Verdict
from meshctl.proxy.routing.redirects import NOT_REDIRECTED
from meshctl.trace import answers
from meshctl.trace.answers import Answer
from meshctl.trace.streams import Stream, is_grpc
from meshctl.trace.ways import Hop, Way, undetermined
from meshctl.values import replace

MAX_PASSES = 12
# How a connection ends that a proxy closes itself, though it has connected to a host by then.
_CLOSED = (Disposition.DENIED, Disposition.CONNECTION_FAILED)
_AROUND = 3  # how often a request that repeats itself is walked again


def after(passage: Passage, way: Way, asked: Request | None) -> Iterator[tuple[Passage, Way, Request | None]]:
    """The passage and the way with what the proxy makes of the answer: a request to go on with, or None."""
    upstream, answer = passage.upstream, way.answer
    follows = upstream.follow if upstream is not None else None
    if answer.disposition is not Disposition.DELIVERED:  # who answers is known, and how
        passage = replace(passage, assumed=tuple(one for one in passage.assumed if one != NOT_REDIRECTED))
    if follows is None or answer.failure is not None or answer.disposition is Disposition.UNDETERMINED:
        yield passage, way, None
        return
    try:
        found = list(follows(answer.code, answer.location))
    except Undecidable as unknown:
        reason = f"internal redirect to {answer.location}: {unknown.reason}"
        open_way = replace(way, answer=undetermined(reason).answer, undetermined=(*way.undetermined, reason))
        yield passage, open_way, None
        return
    for one in found:
        named = passage if one.looked is None else _naming(passage, one.looked)
        part = replace(way, probability=way.probability * one.probability)
        if one.open:
            said = (f"internal redirect to {answer.location}: {reason}" for reason in one.open)
            part = replace(part, decided=False, undetermined=joined(way.undetermined, tuple(said)))
        if one.request is None:
            yield named, replace(part, answer=_handed_on(answer, asked)), None
        elif one.request.recreated is not None and _is_endless(one.request.recreated):
            yield named, replace(part, answer=_endless(answer)), None
        else:
            yield named, part, one.request


def _is_endless(made: Recreated) -> bool:
    return made.count > (_AROUND if made.loops else MAX_PASSES)


def _naming(passage: Passage, looked: Looked) -> Passage:
    """A passage whose log names the route that was looked up for the redirect."""
    return replace(
        passage, virtual_host=looked.virtual_host, route_name=looked.route_name, cluster=looked.cluster
    )


def followed(passage: Passage, answer: Answer, again: Request) -> tuple[Passage, Verdict]:
    """The pass that ends in a redirect which the proxy follows, and how its log shows it."""
    url = f"{again.scheme}://{again.authority}{again.path}"
    verdict = Verdict(
        Disposition.REDIRECTED, answer.code, None, "internal_redirect", f"the proxy goes on to {url} itself"
    )
    step = Step(Stage.ROUTE, f"internal redirect {answer.code} to {url}", "followed by the proxy itself")
    return replace(passage, steps=(*passage.steps, step)), verdict


def _handed_on(answer: Answer, asked: Request | None) -> Answer:
    """The redirect that the client gets; of a request that was asked before it is the end of a loop."""
    if asked is None or asked.recreated is None or not asked.recreated.loops or answer.location is None:
        return answer
    return _endless(answer)


def _endless(answer: Answer) -> Answer:
    reason = f"internal redirects lead back to {answer.location}: a loop"
    return replace(answer, disposition=Disposition.LOOP, reason=reason)


def in_front(hop: Hop, way: Way, stream: Stream) -> Way:
    """A way as it looks in front of the proxy that it goes through."""
    passage, answer = hop.passage, way.answer
    verdict = passage.verdict
    if verdict.disposition not in _CLOSED:
        verdict = answers.logged(passage, answer, grpc=is_grpc(stream.request))
        answer = answers.behind(passage, answer, verdict)
    return Way(
        answer,
        way.probability,
        (replace(hop, verdict=verdict), *way.hops),
        target=way.target,
        undetermined=joined(passage.undetermined, way.undetermined),
        assumed=joined(passage.assumed, way.assumed),
        notes=joined(passage.notes, way.notes),
        decided=passage.decided and way.decided,
    )


def as_far_as_it_goes(passage: Passage, way: Way) -> Way:
    """What is behind a proxy that may not send the request on, or does not."""
    if passage.verdict.disposition in _CLOSED:  # walked for the fields of its log only
        return replace(
            way, answer=answers.of_verdict(passage), hops=(), target=None, undetermined=(), assumed=()
        )
    if passage.verdict.disposition is Disposition.UNDETERMINED:  # the rest is shown, as what may follow
        return replace(way, answer=answers.of_verdict(passage))
    return way


def joined(*said: tuple[str, ...]) -> tuple[str, ...]:
    """What several say, each once."""
    return tuple(dict.fromkeys(itertools.chain(*said)))
