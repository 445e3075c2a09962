"""One test of router_check_tool evaluated: input to a request at a route configuration, validate to what must hold.

Input: authority, path, method, random_value, ssl, internal, additional_request_headers, runtime, dynamic_metadata.
The tool calls the route configuration directly: no filters, no normalisation; random_value is the request's random
number, ``ssl`` sets x-forwarded-proto, ``internal`` x-envoy-internal. ``runtime`` names a key of the
runtime that holds 42. Follows envoy test/tools/router_check/{router.cc,validation.proto}.
"""

from __future__ import annotations

from typing import Any

from meshctl.envoy.api.config_route_v3 import RedirectAction, RouteAction
from meshctl.envoy.message import Undecidable
from meshctl.match import header_match
from meshctl.match.fraction import Fraction, Runtime, fractional_percent
from meshctl.match.request_view import Headers, RequestView
from meshctl.match.substitution import Known
from meshctl.plain import Json
from meshctl.proxy.model import Connection, Request
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.routing import rewrites, routes
from meshctl.proxy.routing.draw import Draw
from meshctl.proxy.routing.onward import holders
from meshctl.proxy.routing.routes import Route, RouteTable, VirtualHost
from meshctl.proxy.routing.targets import Routed, targets
from meshctl.trace.expectations import Problem
from meshctl.trace.router_check_form import seconds

# What `validate` may name; all are empty without a route, the rewrites also for redirects and direct responses.
_NAMES = (
    "cluster_name", "virtual_cluster_name", "virtual_host_name", "host_rewrite", "path_rewrite", "path_redirect",
    "code_redirect",
)  # fmt: skip


_DEFAULT_TIMEOUT = "15s"


def tables(proxy: Proxy) -> list[RouteTable]:
    """All route configurations of a proxy."""
    names = sorted(proxy.route_names)
    return [table for table in map(proxy.route_table, names) if table is not None]


def _truth(value: Any) -> bool:
    return str(value).lower() == "true"


def _view(given: Json) -> RequestView:
    headers: Headers = {
        ":method": [str(given.get("method") or "GET")],
        ":authority": [str(given.get("authority") or "")],
        ":path": [str(given.get("path") or "")],
        ":scheme": ["https" if _truth(given.get("ssl")) else "http"],
        "x-forwarded-proto": ["https" if _truth(given.get("ssl")) else "http"],
    }
    if _truth(given.get("internal")):
        headers["x-envoy-internal"] = ["true"]
    for header in given.get("additional_request_headers") or given.get("additional_headers") or ():
        key = str(header.get("key") or header.get("field") or "").lower()
        headers.setdefault(key, []).append(str(header.get("value") or ""))
    metadata: Json = {}
    for entry in given.get("dynamic_metadata") or ():
        namespace = str(entry.get("metadata_namespace", ""))
        if namespace not in metadata or _truth(entry.get("allow_overwrite")):
            metadata[namespace] = {**metadata.get(namespace, {}), **(entry.get("value") or {})}
    return RequestView(headers, metadata=metadata)


def _draw(given: Json) -> Draw:
    """The random number as the test fixes it."""
    return Draw(value=int(given.get("random_value") or 0))


class _ToolRuntime(Runtime, frozen=True):
    """The tool's runtime: a fraction counts only under the key that the test names (RouterCheckTool::runtimeMock)."""

    active: str = ""

    def fraction(self, message: Json, absent: Fraction | None = None) -> Fraction:
        if not self.active or message.get("runtime_key") != self.active:
            return Fraction(0)
        return fractional_percent(message.get("default_value"))


def check(proxy: Proxy, found: list[RouteTable], test: Json) -> list[Problem]:
    """What a test (as ``router_check_form`` reads it) finds wrong, with the table that fits best; empty when one fits."""
    wanted_table = test.get("route_config")
    candidates = [t for t in found if t.name == wanted_table] if wanted_table else found
    results = [_check_in(proxy, table, test) for table in candidates]
    return min(results, key=len) if results else [Problem(f"there is no route configuration {wanted_table}")]


def _check_in(proxy: Proxy, table: RouteTable, test: Json) -> list[Problem]:
    given, validate = test["input"], test["validate"]
    table = RouteTable(table.message, _ToolRuntime(active=str(given.get("runtime") or "")), table.where)
    view = _view(given)
    try:
        seen = _seen(proxy, table, view, _draw(given))
        problems = [
            f"{name} is `{seen[name]}`, expected `{validate[name]}`"
            for name in _NAMES
            if name in validate and str(seen[name] or "") != str(validate[name])
        ]
        problems += _timeout_problems(seen, validate)
        problems += _metadata_problems(seen, validate)
        problems += _header_problems(seen, validate)
    except Undecidable as unknown:
        return [Problem(unknown.reason, open=True)]
    return [Problem(text) for text in problems]


def _timeout_problems(seen: Json, validate: Json) -> list[str]:
    if "timeout" not in validate or seconds(validate["timeout"]) == seconds(seen["timeout"] or None):
        return []
    return [f"timeout is `{seen['timeout']}`, expected `{validate['timeout']}`"]


def _metadata_problems(seen: Json, validate: Json) -> list[str]:
    """The route's metadata, by namespace and key."""
    problems = []
    for wanted in validate.get("route_metadata") or ():
        namespace, key, value = wanted.get("namespace", ""), wanted.get("key", ""), wanted.get("value", "")
        found = (seen["metadata"].get(namespace) or {}).get(key)
        if found != value:
            problems.append(f"route_metadata {namespace} {key} is `{found or ''}`, expected `{value}`")
    return problems


def _seen(proxy: Proxy, table: RouteTable, view: RequestView, draw: Draw) -> Json:
    """What the configuration makes of the request, in the names of ``validate``."""
    seen: Json = dict.fromkeys(_NAMES, "")
    seen["headers"], seen["response"], seen["timeout"], seen["metadata"] = view.headers, {}, "", {}
    host, _ = table.virtual_host(view)
    if host is None:
        return seen
    if routes.tls_required(host, view):
        return {**seen, "path_redirect": rewrites.tls_location(view), "code_redirect": 301}
    for probability, route, rest in routes.choose(host, view, draw):
        if probability > 0.5:
            return seen if route is None else _routed(seen, proxy, table, host, route, view, rest)
    return seen


def _routed(
    seen: Json,
    proxy: Proxy,
    table: RouteTable,
    host: VirtualHost,
    route: Route,
    view: RequestView,
    draw: Draw,
) -> Json:
    message = route.message
    seen["metadata"] = (message.get("metadata") or {}).get("filter_metadata") or {}
    if "redirect" in message:
        redirect = RedirectAction(message["redirect"])
        return {
            **seen,
            "path_redirect": rewrites.redirect_location(redirect, route.match.path, view, _known(view)),
            "code_redirect": rewrites.redirect_code(redirect),
        }
    if "direct_response" in message:
        location = rewrites.redirect_location(RedirectAction({}), route.match.path, view, _known(view))
        return {
            **seen,
            "path_redirect": location,
            "code_redirect": message["direct_response"].get("status", 0),
            "response": _local_reply(message["direct_response"], (message, host.message, table.message)),
        }
    if "route" not in message:
        return seen
    action = RouteAction(message["route"])
    routed = Routed(proxy, Connection("", "", 0), Request(), view, table, host, route, draw)
    for target in targets(routed):
        if target.probability > 0.5:
            seen["cluster_name"] = target.cluster
            changed_by = holders(proxy, target, route, host, table)
            seen["headers"] = rewrites.mutated_headers(view.headers, changed_by, _known(view))
    seen["timeout"] = str(message["route"].get("timeout") or _DEFAULT_TIMEOUT)
    seen["virtual_host_name"] = host.name
    seen["virtual_cluster_name"] = _virtual_cluster(host, view)
    seen["response"] = _response_headers((message, host.message, table.message), {})
    seen["path_rewrite"] = (
        rewrites.rewritten_path(action, route.match.path, view, _known(view)) or view.target or ""
    )
    seen["host_rewrite"] = rewrites.rewritten_host(action, view, _known(view)) or view.first(":authority")
    seen["headers"] = {
        **seen["headers"],
        ":path": [seen["path_rewrite"]],
        ":authority": [seen["host_rewrite"]],
    }
    return seen


def _known(view: RequestView) -> Known:
    """The tool's stream is a connection from the machine itself."""
    return Known(view.headers, client="127.0.0.1", peer_ip="127.0.0.1", peer_port=0)


def _virtual_cluster(host: VirtualHost, view: RequestView) -> str:
    """The first virtual cluster whose headers match; "other" where some are configured and none matches."""
    clusters = host.message.get("virtual_clusters") or ()
    for one in clusters:
        if all(header_match.header(m).test(view) for m in one.get("headers") or ()):
            return str(one.get("name") or "")
    return "other" if clusters else ""


def _local_reply(direct: Json, holders: tuple[Json, ...]) -> Headers:
    """A direct response's headers: those of a local reply, then what the configuration adds."""
    body = str((direct.get("body") or {}).get("inline_string") or "")
    headers: Headers = {":status": [str(direct.get("status", 0))]}
    if body:
        headers |= {"content-length": [str(len(body.encode()))], "content-type": ["text/plain"]}
    added = _response_headers(holders, headers)
    # a local reply's own content-type is one slot: what is appended to it is joined
    return {name: [",".join(values)] if name == "content-type" else values for name, values in added.items()}


def _response_headers(holders: tuple[Json, ...], headers: Headers) -> Headers:
    for holder in holders:
        rewrites.apply_options(headers, holder.get("response_headers_to_add") or ())
    return headers


# Plain pairs, as older files have them, and the headers they are about.
_PAIR_KEYS = {
    "request_header_fields": "headers",
    "header_fields": "headers",
    "custom_header_fields": "headers",
    "response_header_fields": "response",
}


def _header_problems(seen: Json, validate: Json) -> list[str]:
    """HeaderMatchers on the request as it goes on and on the response; plain values as older files have them."""
    problems = []
    for field, headers in (("request_header_matches", "headers"), ("response_header_matches", "response")):
        for message in validate.get(field) or ():
            criterion = header_match.header(message)
            if not criterion.test(RequestView(seen[headers])):
                problems.append(criterion.failure(RequestView(seen[headers])))
    for key, headers in _PAIR_KEYS.items():
        view = RequestView(seen[headers])
        for pair in validate.get(key) or ():
            name = str(pair.get("key") or pair.get("field") or "").lower()
            value, found = str(pair.get("value") or ""), ",".join(view.values(name))
            if found != value:
                problems.append(f"header {name} is `{found}`, expected `{value}`")
    return problems
