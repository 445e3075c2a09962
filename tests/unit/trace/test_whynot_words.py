"""--why-not at one proxy: for each way in which a request may miss a cluster, the sentence that says so."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.proxy.model import Payload, Request
from meshctl.trace.causes import cause
from meshctl.trace.journey import Journey
from meshctl.trace.pods import Pod, Pods
from meshctl.trace.streams import Stream
from meshctl.trace.ways import Way
from meshctl.trace.whynot import explain
from tests.unit.proxy.build import cluster, endpoint, get, http, listener, proxy, route, tcp, virtual_host

Json = dict[str, Any]
HALF = {"runtime_fraction": {"default_value": {"numerator": 50}}}
NOBODY = {"runtime_fraction": {"default_value": {"numerator": 0}}}
HOSTS = [
    {**virtual_host(
        route("never", {"path": "/x", **NOBODY}, "never"),
        route("first", {"prefix": "/x"}, "c"),
        route("later", {"prefix": "/x/y"}, "later"),
        route("half", {"prefix": "/h", **HALF}, "half"),
        {"name": "split", "match": {"prefix": "/s"}, "route": {"weighted_clusters": {"clusters": [
            {"name": "v1", "weight": 75}, {"name": "gone", "weight": 25}]}}},
        {"name": "answer", "match": {"prefix": "/d"}, "direct_response": {"status": 418}},
        route("rest", {"prefix": "/r"}, "c"),
        domains=("a.com",)), "name": "here"},
    {**virtual_host(route("other", {"prefix": "/"}, "elsewhere"), domains=("b.com", "c.com")), "name": "there"},
]  # fmt: skip
SICK = cluster("c", "10.0.0.1:80")
SICK["load_assignment"]["endpoints"][0]["lb_endpoints"].append(
    endpoint("10.0.0.2:80", health_status="UNHEALTHY")
)
CHAINS = [
    {"filters": http(HOSTS)},
    {"filters": tcp("deep"), "filter_chain_match": {"destination_port": 9}, "name": "nine"},
]
NAMES = ("half", "later", "never", "v1", "elsewhere", "deep", "unused")
BUILT = proxy([listener(CHAINS, port=80)], (SICK, *(cluster(name, "10.0.0.9:80") for name in NAMES)))
POD = Pod("web", ips=("10.5.5.5",), proxy=BUILT)


def ways(request: Request) -> list[Way]:
    return Journey(Pods([POD], complete=True)).at_proxy(
        POD, "10.9.9.9", 80, Stream(Payload.HTTP1, (), request)
    )


def said(name: str, path: str = "/x/y", host: str = "a.com") -> list[str]:
    request = get(path, host)
    return [
        line.removeprefix("web inbound: ").removeprefix("web outbound: ")
        for line in explain(ways(request), name, request)
    ]


CASES = [  # what is asked for, path and Host, what is said first
    ("c", "/x/y", "a.com", "It does reach c: 100 % of the time."),
    ("first", "/x/y", "a.com", "It does reach first: 100 % of the time."),
    ("here", "/x/y", "a.com", "It does reach here: 100 % of the time."),
    ("10.0.0.1:80", "/x/y", "a.com", "It does reach 10.0.0.1:80: 100 % of the time."),
    ("half", "/h", "a.com", "It does reach half: 50 % of the time."),
    ("v1", "/s", "a.com", "It does reach v1: 75 % of the time."),
    ("gone", "/s", "a.com", "route `split` of here (prefix /s) leads to v1, gone (which does not exist: gone) takes the request"),
    ("later", "/x/y", "a.com", "route `later` of here (prefix /x/y) leads to later would match, but route `first` (prefix /x) comes first"),
    ("later", "/r", "a.com", "route `later` of here (prefix /x/y) leads to later, but path is `/r`, wants prefix /x/y"),
    ("gone", "/r", "a.com", "route `split` of here (prefix /s) leads to v1, gone (which does not exist: gone), but path is `/r`, wants prefix /s"),
    ("answer", "/r", "a.com", "route `answer` of here (prefix /d), but path is `/r`, wants prefix /d"),
    ("elsewhere", "/r", "a.com",
     "route `other` of there (prefix /) leads to elsewhere, but host a.com goes to virtual host here; it would need one of: b.com, c.com"),
    ("later", "/x/y", "d.com",
     "route `later` of here (prefix /x/y) leads to later, but host d.com finds no virtual host; it would need one of: a.com"),
    ("deep", "/r", "a.com", "chain nine (#1) of listener 0.0.0.0_80 leads to deep, but port is 80, wants port 9"),
    ("10.0.0.2:80", "/r", "a.com", "endpoint 10.0.0.2:80 of cluster c gets nothing: unhealthy"),
    ("10.0.0.2", "/r", "a.com", "endpoint 10.0.0.2:80 of cluster c gets nothing: unhealthy"),
    ("unused", "/r", "a.com", "cluster unused is there, but nothing in rc leads to it; rc / rest takes the request: delivered outside, to 10.0.0.1:80"),
    ("nowhere", "/r", "a.com", "Nothing on the way knows nowhere: no route, cluster, endpoint or pod of this name."),
]  # fmt: skip


@pytest.mark.parametrize(("name", "path", "host", "first"), CASES)
def test_what_is_said(name: str, path: str, host: str, first: str) -> None:
    assert said(name, path, host)[0] == first


def test_a_route_for_a_share_takes_the_request_for_it() -> None:
    lines = said("half", "/h")
    assert lines[0] == "It does reach half: 50 % of the time."
    assert (
        lines[1]
        == "route `half` of here (prefix /h, 50 % of requests) leads to half takes the request for 50 % of it"
    )


def test_a_route_that_takes_nobody_is_in_nobodys_way() -> None:
    assert "comes first" not in said("first", "/x")[0]
    assert said("never", "/x") == [
        "route `never` of here (path /x, 0 % of requests) leads to never takes the request for 0 % of it"
    ]


def test_similar_names_only_where_nothing_is_known() -> None:
    assert said("elsewhere1", "/r")[1] == "Similar names: elsewhere"
    assert len(said("elsewhere", "/r")) == 1
    assert len(said("zzzzzz", "/r")) == 1


def test_the_cause_of_a_missing_host_names_those_of_an_inline_table() -> None:
    (way,) = ways(get("/", "d.com"))
    assert cause(way) == "no virtual host takes d.com: those of rc are here, there"
