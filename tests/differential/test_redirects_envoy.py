"""Internal redirects against a real Envoy: which redirects of an upstream a route follows, and what each pass logs.

One Envoy with two listeners: ``front`` has the policies, ``back`` redirects. Every log line of the real one, pass by pass,
is compared with the hops of the trace.
"""

from __future__ import annotations

import json
import pathlib
import socket
from typing import Any

import pytest

from meshctl.envoy import documents, snapshot
from meshctl.envoy.notes import Notes
from meshctl.proxy.model import Disposition, Payload, Request
from meshctl.proxy.proxy import Proxy
from meshctl.trace.journey import Journey
from meshctl.trace.pods import Pod, Pods
from meshctl.trace.streams import Stream
from meshctl.trace.ways import Way
from tests import envoy
from tests.differential.generated.laboratory import dump, logged
from tests.unit.proxy.build import ROUTER

Json = dict[str, Any]
_TYPE = "type.googleapis.com/envoy.extensions."
_MANAGER = f"{_TYPE}filters.network.http_connection_manager.v3.HttpConnectionManager"


def predicate(name: str, config: str, **fields: Any) -> Json:
    return {"name": name, "typed_config": {"@type": f"{_TYPE}internal_redirect.{name}.v3.{config}", **fields}}


PREVIOUS = predicate("previous_routes", "PreviousRoutesConfig")
SAFE = predicate("safe_cross_scheme", "SafeCrossSchemeConfig")


def allowed(*names: str) -> Json:
    return predicate("allow_listed_routes", "AllowListedRoutesConfig", allowed_route_names=list(names))


# A front route /NAME/... for each policy; the back redirects by the rest of the path.
POLICIES: dict[str, Json] = {
    "plain": {},
    "twice": {"max_internal_redirects": 2},
    "none": {"max_internal_redirects": 0},
    "codes": {"redirect_response_codes": [301, 303, 307, 404]},
    "cross": {"allow_cross_scheme_redirect": True},
    "safe": {"allow_cross_scheme_redirect": True, "predicates": [SAFE]},
    "listed": {"predicates": [allowed("end")], "max_internal_redirects": 5},
    "previous": {"predicates": [PREVIOUS], "max_internal_redirects": 5},
    "copied": {"response_headers_to_copy": ["x-copied"]},
}


def back_routes() -> list[Json]:
    """What the path's second part asks for: a redirect by code, a target, an answer."""

    def one(end: str, **action: Any) -> Json:
        return {"match": {"safe_regex": {"regex": f"/[a-z]+/{end}"}}, **action}

    codes = {
        "301": "MOVED_PERMANENTLY",
        "302": "FOUND",
        "303": "SEE_OTHER",
        "307": "TEMPORARY_REDIRECT",
        "308": "PERMANENT_REDIRECT",
    }
    to_end = {"path_redirect": "/end/x", "host_redirect": "front.com"}
    routes = [one(code, redirect={**to_end, "response_code": word}) for code, word in codes.items()]
    found = {"response_code": "FOUND"}
    return [
        *routes,
        one("again", redirect={**found, "path_redirect": "/plain/302"}),
        one("toprevious", redirect={**found, "path_redirect": "/previous/302"}),
        one("self"),  # filled in below: the same URL again
        one("https", redirect={**found, **to_end, "https_redirect": True}),
        one("nowhere", redirect={**found, "host_redirect": "nowhere.com"}),
        one("query", redirect={**found, "host_redirect": "front.com", "path_redirect": "/end/q?a=1#f"}),
        one("direct", direct_response={"status": 302}),
        {"match": {"prefix": "/"}, "direct_response": {"status": 200}},
    ]  # fmt: skip


def front_routes() -> list[Json]:
    found = [
        {
            "match": {"prefix": f"/{name}/"},
            "name": name,
            "route": {"cluster": "back", "internal_redirect_policy": policy},
            "request_headers_to_add": [{"header": {"key": "x-pass", "value": name}}],
        }
        for name, policy in POLICIES.items()
    ]
    old = {"cluster": "back", "internal_redirect_action": "HANDLE_INTERNAL_REDIRECT"}
    return [
        *found,
        {"match": {"prefix": "/old/"}, "name": "old", "route": old},
        {
            "match": {"prefix": "/end/", "headers": [{"name": "x-pass", "present_match": True}]},
            "name": "end",
            "route": {"cluster": "back"},
        },
        {"match": {"prefix": "/end/"}, "name": "plain-end", "route": {"cluster": "back"}},
    ]


def listener(name: str, port: int, log: pathlib.Path, routes: list[Json], domains: list[str]) -> Json:
    fields = {
        "rid": "%REQ(X-RID)%",
        "code": "%RESPONSE_CODE%",
        "flags": "%RESPONSE_FLAGS%",
        "details": "%RESPONSE_CODE_DETAILS%",
        "route_name": "%ROUTE_NAME%",
        "listener": name,
        "path": "%REQ(:PATH)%",
        "virtual_host": "%CEL(xds.virtual_host_name)%",
        "cluster": "%UPSTREAM_CLUSTER_RAW%",
        "url": "%REQ(X-ENVOY-ORIGINAL-URL)%",
    }
    access = {
        "name": "file",
        "typed_config": {
            "@type": f"{_TYPE}access_loggers.file.v3.FileAccessLog",
            "path": str(log),
            "log_format": {"json_format": fields},
        },
    }
    http = {
        "@type": _MANAGER,
        "stat_prefix": name,
        "access_log": [access],
        "http_filters": [ROUTER],
        "use_remote_address": True,
        "route_config": {
            "name": name,
            "virtual_hosts": [{"name": name, "domains": domains, "routes": routes}],
        },
    }
    place = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
    chain = {"name": name, "filters": [{"name": "http", "typed_config": http}]}
    return {"name": name, "address": place, "filter_chains": [chain]}


def cluster(port: int) -> Json:
    host = {"endpoint": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": port}}}}
    return {
        "name": "back",
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": {"cluster_name": "back", "endpoints": [{"lb_endpoints": [host]}]},
    }


ASKED = [
    ("GET", f"/{name}/{end}")
    for name in (*POLICIES, "old")
    for end in ("301", "302", "303", "307", "308", "again", "self", "https", "nowhere", "query", "direct", "toprevious", "x")
] + [("POST", "/codes/303"), ("POST", "/plain/302"), ("HEAD", "/codes/303")]  # fmt: skip


def send(port: int, rid: str, method: str, path: str) -> None:
    body = "k=v" if method == "POST" else ""
    length = f"content-length: {len(body)}\r\n" if body else ""
    text = f"{method} {path} HTTP/1.1\r\nhost: front.com\r\nx-rid: {rid}\r\nconnection: close\r\n{length}\r\n{body}"
    with socket.create_connection(("127.0.0.1", port), 5) as s:
        s.sendall(text.encode())
        while s.recv(65536):
            pass


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Each request's log lines (listener, route, code, flags, details, path, original URL) and the proxy."""
    folder = tmp_path_factory.mktemp("redirects")
    log, front, back = folder / "access.log", envoy.free_port(), envoy.free_port()
    routes = back_routes()
    same = next(r for r in routes if "self" in r["match"].get("safe_regex", {}).get("regex", ""))
    same["redirect"] = {"response_code": "FOUND", "host_redirect": "front.com"}
    listeners = [
        listener("front", front, log, front_routes(), ["front.com"]),
        listener("back", back, log, routes, ["*"]),
    ]
    resources = {"listeners": listeners, "clusters": [cluster(back)]}
    node = {"id": "redirects", "cluster": "redirects"}
    with envoy.running({"node": node, "static_resources": resources}, folder) as admin:
        shot = dump(admin)
        for number, (method, path) in enumerate(ASKED):
            send(front, f"r{number}", method, path)
        logged(log, {f"r{number}" for number in range(len(ASKED))})
    lines: dict[str, list[Json]] = {}
    for line in log.read_text().splitlines():
        entry = {key: None if value == "-" else value for key, value in json.loads(line).items()}
        lines.setdefault(entry["rid"], []).append(entry)
    notes = Notes()
    return lines, Proxy(snapshot.load(documents.read(shot, "dump", notes), "dump", notes), "dump"), front


def traced(proxy: Proxy, port: int, method: str, path: str) -> Way:
    headers = (("x-rid", "r"), *((("content-length", "3"),) if method == "POST" else ()))
    request = Request(method, "front.com", path, headers, body="k=v" if method == "POST" else "")
    pod = Pod("one", "ns", ("127.0.0.1",), proxy=proxy)
    stream = Stream(Payload.HTTP1, request=request, src_ip="127.0.0.1")
    (way,) = Journey(Pods([pod], complete=True)).arrive(pod, "127.0.0.1", port, stream)
    return way


@pytest.mark.parametrize("number", range(len(ASKED)), ids=[f"{m} {p}" for m, p in ASKED])
def test_each_pass_is_logged_alike(seen: Any, number: int) -> None:
    lines, proxy, port = seen
    way = traced(proxy, port, *ASKED[number])
    assert not way.undetermined
    real = [
        (e["listener"], e["route_name"], e["code"], e["flags"], e["details"]) for e in lines[f"r{number}"]
    ]
    own = [
        (h.passage.listener, h.passage.route_name, h.verdict.code, h.verdict.flags, h.verdict.details)
        for h in way.hops
    ]
    # A proxy behind logs before the one that asked it: the order of the lines says nothing.
    assert sorted(own, key=str) == sorted(real, key=str)


def test_a_redirect_to_the_same_request_is_a_loop(seen: Any) -> None:
    _, proxy, port = seen
    way = traced(proxy, port, "GET", "/plain/self")
    assert way.answer.disposition is Disposition.LOOP
    assert way.answer.code == 302
