"""Redirects that a proxy follows itself: what is followed, what is open, and what is a loop.

Which redirects a real Envoy follows: tests/differential/test_redirects_envoy.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.proxy.model import Disposition, Payload
from meshctl.trace.answers import Failure
from meshctl.trace.journey import Journey
from meshctl.trace.pods import Pod, Pods
from meshctl.trace.streams import Stream
from meshctl.trace.ways import Way
from tests.unit.proxy import build

Json = dict[str, Any]
_TYPE = "type.googleapis.com/envoy.extensions.internal_redirect"


def pod(name: str, ip: str, routes: list[Json], *clusters: Json) -> Pod:
    chain = {"filters": build.http([build.virtual_host(*routes)])}
    at = {"address": {"socket_address": {"address": ip, "port_value": 80}}}
    return Pod(name, "ns", (ip,), proxy=build.proxy([build.listener([chain], **at)], clusters))


def following(policy: Json, *more: Json) -> Pod:
    """A proxy that sends /a to the back, with this policy."""
    back = build.route("a", {"prefix": "/a"}, "back", internal_redirect_policy=policy)
    return pod("front", "10.0.0.1", [*more, back], build.cluster("back", "10.0.0.2:80"))


def to(path: str, host: str = "a.com") -> Json:
    return {
        "match": {"path": "/a"},
        "redirect": {"path_redirect": path, "host_redirect": host, "response_code": "FOUND"},
    }


OK = {"match": {"prefix": "/"}, "direct_response": {"status": 204}}


def ways(front: Pod, *back: Json, given: bool = True) -> list[Way]:
    pods = [front, *([pod("back", "10.0.0.2", [*back, OK])] if given else [])]
    stream = Stream(Payload.HTTP1, request=build.get("/a", "a.com"), src_ip="10.0.0.9")
    found = Journey(Pods(pods)).arrive(front, "10.0.0.1", 80, stream)
    assert abs(sum(way.probability for way in found) - 1.0) < 1e-9
    return found


def test_the_client_gets_the_answer_to_the_request_that_the_proxy_makes():
    (way,) = ways(following({}), to("/a/new"))
    assert (way.answer.disposition, way.answer.code) == (Disposition.DIRECT_RESPONSE, 204)
    assert [(hop.pod.name, hop.verdict.code, hop.verdict.details) for hop in way.hops] == [
        ("front", 302, "internal_redirect"),
        ("back", 302, "direct_response"),
        ("front", 204, "via_upstream"),
        ("back", 204, "direct_response"),
    ]
    assert "internal redirect 302 to http://a.com/a/new" in [
        step.chosen for step in way.hops[0].passage.steps
    ]


def test_without_a_route_for_it_the_client_gets_the_redirect():
    (way,) = ways(following({}), to("/b"))
    assert (way.answer.disposition, way.answer.code, len(way.hops)) == (Disposition.REDIRECTED, 302, 2)


def test_a_redirect_of_a_pod_that_was_not_given_is_open():
    (way,) = ways(following({}), given=False)
    assert way.answer.disposition is Disposition.UNDETERMINED
    assert any("10.0.0.2:80" in reason for reason in way.undetermined)


@pytest.mark.parametrize("limit", [1, 3, 1000])
def test_redirects_that_lead_back_are_a_loop(limit: int):
    (way,) = ways(following({"max_internal_redirects": limit}), to("/a"))
    assert (way.answer.disposition, way.answer.code) == (Disposition.LOOP, 302)
    assert "lead back to http://a.com/a" in way.answer.reason


def test_redirects_without_an_end_in_sight_are_a_loop():
    longer = {
        "match": {"prefix": "/a"},
        "redirect": {
            "regex_rewrite": {"pattern": {"regex": "$"}, "substitution": "a"},
            "response_code": "FOUND",
        },
    }
    (way,) = ways(following({"max_internal_redirects": 100}), longer)
    assert way.answer.disposition is Disposition.LOOP


def test_a_predicate_that_is_not_known_is_named():
    predicate = {"name": "moon", "typed_config": {"@type": "t/example.Moon"}}
    either(ways(following({"predicates": [predicate]}), to("/a/new")), "moon")


def either(found: list[Way], why: str) -> None:
    """The proxy follows the redirect, or hands it on; nothing says which, and both say why."""
    assert {way.answer.code for way in found} == {204, 302}
    assert all(not way.decided and why in "".join(way.undetermined) for way in found)


def test_a_field_of_a_predicate_that_is_not_known_is_named():
    config = {"@type": f"{_TYPE}.allow_listed_routes.v3.AllowListedRoutesConfig", "moon": 1}
    either(
        ways(following({"predicates": [{"name": "listed", "typed_config": config}]}), to("/a/new")), "moon"
    )


def test_that_an_application_does_not_redirect_is_assumed():
    front = following({})
    stream = Stream(Payload.HTTP1, request=build.get("/a", "a.com"), src_ip="10.0.0.9")
    plain = Pod("back", "ns", ("10.0.0.2",))
    (way,) = Journey(Pods([front, plain])).arrive(front, "10.0.0.1", 80, stream)
    assert way.answer.disposition is Disposition.DELIVERED
    assert any("does not answer with a redirect" in one for one in way.assumed)
    (way,) = ways(front)
    assert way.assumed == ()


def test_a_header_of_the_answer_is_open_where_a_route_asks_for_it():
    asks = {"prefix": "/a", "headers": [{"name": "x-copied", "present_match": True}]}
    policy = {"response_headers_to_copy": ["x-copied"]}
    found = ways(following(policy, build.route("copied", asks, "back")), to("/a/new"))
    assert {way.answer.code for way in found} == {204}
    assert all(not way.decided and "x-copied" in "".join(way.undetermined) for way in found)
    (way,) = ways(following(policy), to("/a/new"))
    assert way.answer.code == 204


def test_one_of_two_routes_by_chance_follows():
    half = {"default_value": {"numerator": 50}}
    chosen = build.route("half", {"path": "/a/new", "runtime_fraction": half}, "back")
    listed = {
        "@type": f"{_TYPE}.allow_listed_routes.v3.AllowListedRoutesConfig",
        "allowed_route_names": ["a"],
    }
    found = ways(following({"predicates": [{"name": "l", "typed_config": listed}]}, chosen), to("/a/new"))
    assert sum(way.probability for way in found if way.answer.code == 302) == pytest.approx(0.5)


SHUT = {
    "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
        "common_tls_context": {},
    }
}


def test_a_proxy_that_has_connected_when_a_handshake_fails_is_where_the_way_ends():
    """Its log has the cluster and the host; the connection there is closed before a byte goes over it."""
    chain = {"filters": build.tcp("back"), "transport_socket": SHUT}
    at = {"address": {"socket_address": {"address": "10.0.0.1", "port_value": 80}}}
    known = (build.cluster("back", "10.0.0.2:80"),)
    front = Pod("front", "ns", ("10.0.0.1",), proxy=build.proxy([build.listener([chain], **at)], known))
    (way,) = ways(front, to("/b"))
    assert way.answer.disposition is Disposition.CONNECTION_FAILED
    assert (way.answer.code, way.target, way.undetermined) == (None, None, ())
    assert "plain text" in way.answer.reason
    (hop,) = way.hops
    assert (way.answer.failure, hop.verdict.flags) == (Failure.TLS, None)
    assert (hop.pod.name, hop.passage.cluster, hop.endpoint.address if hop.endpoint else None) == (
        "front", "back", "10.0.0.2:80",
    )  # fmt: skip
