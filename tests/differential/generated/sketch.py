"""A listener, clusters and requests, drawn: routes of every kind, settings of the connection manager, load balancing."""

from __future__ import annotations

import pathlib
from typing import Any

from tests.differential.generated import filters, tokens
from tests.differential.generated.draw import HOSTS, METHODS, NAMES, NAMESPACES, ORIGINS, VALUES, Draw, Json
from tests.differential.generated.laboratory import Asked, access_log, address

MANAGER = (
    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
)
ROUTER = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"
_EARLY = "type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation"
CLUSTERS = ("c0", "c1", "ring", "maglev", "subsets", "c3", "priorities")
_VERSIONS = ("v1", "v2")


def clusters(draw: Draw, ports: list[int]) -> list[Json]:
    """The clusters that all listeners share."""

    def host(port: int, **more: Any) -> Json:
        return {"endpoint": {"address": address(port)}, **more}

    def cluster(name: str, *localities: list[Json], **more: Any) -> Json:
        places = [{"priority": number, "lb_endpoints": hosts} for number, hosts in enumerate(localities)]
        found = {"name": name, "type": "STATIC", "connect_timeout": "1s", **more}
        return {**found, "load_assignment": {"cluster_name": name, "endpoints": places}}

    def weighted(port: int) -> Json:
        return host(port, **draw.optional(0.5, load_balancing_weight=draw.randint(1, 5)))

    versions = [
        host(
            port,
            metadata={"filter_metadata": {"envoy.lb": {"version": draw.one(_VERSIONS), "n": number % 2}}},
        )
        for number, port in enumerate(ports[:4])
    ]
    health = [host(port, health_status=draw.one(("HEALTHY", "UNHEALTHY", "DEGRADED"))) for port in ports[:6]]
    selectors = [
        {"keys": ["version"], "fallback_policy": draw.one(("NO_FALLBACK", "ANY_ENDPOINT", "DEFAULT_SUBSET"))},
        {"keys": ["n", "version"]},
    ]
    ring = draw.one(({"hash_function": "XX_HASH"}, {"hash_function": "MURMUR_HASH_2"}))
    return [
        cluster("c0", [host(ports[0])]),
        cluster("c1", [host(ports[1])]),
        cluster("ring", [weighted(p) for p in ports[:5]], lb_policy="RING_HASH", ring_hash_lb_config={**ring, "minimum_ring_size": draw.one((16, 1024))}),
        cluster("maglev", [weighted(p) for p in ports[:5]], lb_policy="MAGLEV", maglev_lb_config={"table_size": draw.one((101, 65537))}),
        cluster("subsets", versions, lb_subset_config={
            "fallback_policy": draw.one(("NO_FALLBACK", "ANY_ENDPOINT", "DEFAULT_SUBSET")), "default_subset": {"version": "v1"}, "subset_selectors": selectors}),
        cluster("c3", [host(p, health_status=h) for p, h in zip(ports[:3], ("UNHEALTHY", "HEALTHY", "HEALTHY"), strict=True)]),
        cluster("priorities", health[:2], health[2:4], health[4:6], common_lb_config={"healthy_panic_threshold": {"value": draw.one((0, 50))}}),
        cluster("empty", []),
    ]  # fmt: skip


def listener(draw: Draw, name: str, port: int, log: pathlib.Path) -> Json:
    """One with a connection manager."""
    chain = filters.chain(draw)
    own = {name: settings for name, _, settings in chain if settings is not None}
    http: Json = {
        "@type": MANAGER,
        "stat_prefix": name,
        "access_log": [access_log(log)],
        "http_filters": [
            *(
                {"name": n, "typed_config": settings, **draw.optional(0.08, disabled=True)}
                for n, settings, _ in chain
            ),
            {"name": "router", "typed_config": {"@type": ROUTER}},
        ],
        "route_config": _routes(draw, own, [n for n, _, _ in chain]),
        **_settings(draw),
    }
    manager = {"name": "http", "typed_config": http}
    return {
        "name": name,
        "address": address(port),
        "filter_chains": [{"name": f"{name}-chain", "filters": [manager]}],
    }


def _settings(draw: Draw) -> Json:
    """Of the connection manager, before and around routing."""
    found = draw.optional(
        0.25,
        normalize_path=True,
        merge_slashes=True,
        use_remote_address=True,
        xff_num_trusted_hops=1,
        via="me",
        strip_any_host_port=True,
        path_with_escaped_slashes_action=draw.one(
            ("KEEP_UNCHANGED", "REJECT_REQUEST", "UNESCAPE_AND_REDIRECT", "UNESCAPE_AND_FORWARD")
        ),
        common_http_protocol_options={
            "headers_with_underscores_action": draw.one(("ALLOW", "REJECT_REQUEST", "DROP_HEADER"))
        },
        upgrade_configs=[{"upgrade_type": "websocket", **draw.optional(0.3, enabled=False)}],
        internal_address_config={"cidr_ranges": [{"address_prefix": "10.0.0.0", "prefix_len": 8}]},
        local_reply_config={"mappers": draw.several(lambda: _mapper(draw), 1, 2)},
        early_header_mutation_extensions=[
            {
                "name": "early",
                "typed_config": {"@type": _EARLY, "mutations": draw.several(draw.header_mutation, 1, 2)},
            }
        ],
    )
    if "strip_any_host_port" not in found:
        found |= draw.optional(0.1, strip_matching_host_port=True)
    return found


def _mapper(draw: Draw) -> Json:
    leaf = [
        {"status_code_filter": {"comparison": {"op": draw.one(("EQ", "GE", "LE")),
                                               "value": {"default_value": draw.one((301, 403, 404, 418)), "runtime_key": "k"}}}},
        {"header_filter": {"header": draw.header()}},
        {"response_flag_filter": {"flags": draw.some(("NR", "FI", "UH", "UAEX"), 1, 2)}},
        {"not_health_check_filter": {}},
    ]  # fmt: skip
    chosen = draw.one(leaf)
    if draw.maybe(0.4):
        chosen = {draw.one(("and_filter", "or_filter")): {"filters": draw.sample(leaf, 2)}}
    return {"filter": chosen, "status_code": draw.one((418, 302, 503))}


def _routes(draw: Draw, own: dict[str, Json], names: list[str]) -> Json:
    def host(name: str, domains: list[str]) -> Json:
        routes = [_route(draw, f"{name}-r{number}", own, names) for number in range(draw.randint(2, 6))]
        found = {"name": name, "domains": domains, "routes": routes}
        found |= draw.optional(0.2, request_headers_to_add=[draw.header_option()])
        found |= draw.optional(0.2, request_headers_to_remove=[draw.one(NAMES)])
        found |= _told(draw, 0.08)
        found |= draw.optional(0.05, require_tls="ALL")
        found |= draw.optional(0.15, include_request_attempt_count=True)
        return found | _overrides(draw, own, names, 0.2)

    found: Json = {"name": "routes", "virtual_hosts": [host("rest", ["*"])]}
    if draw.maybe(0.6):
        domains = draw.one((["b.com"], ["*.b.com"], ["a.*"], ["a.com"], ["*.com", "a.com:8080"]))
        found["virtual_hosts"].append(host("other", domains))
    found |= draw.optional(0.2, request_headers_to_add=[draw.header_option()])
    found |= draw.optional(0.2, request_headers_to_remove=[draw.one(NAMES)])
    found |= _told(draw, 0.08)
    found |= draw.optional(0.1, internal_only_headers=["x-a"])
    found |= draw.optional(0.2, most_specific_header_mutations_wins=True, ignore_port_in_host_matching=True)
    return found | _overrides(draw, own, names, 0.15)


def _overrides(draw: Draw, own: dict[str, Json], names: list[str], chance: float) -> Json:
    """What a place says of the filters."""
    found = {name: settings for name, settings in own.items() if draw.maybe(chance)}
    found |= {name: filters.disabled(draw) for name in names if draw.maybe(chance / 5)}
    return {"typed_per_filter_config": found} if found else {}


def _route(draw: Draw, name: str, own: dict[str, Json], names: list[str]) -> Json:
    match, literal = _match(draw)
    found: Json = {"name": name, "match": match, **_action(draw, literal, own, names)}
    found |= draw.optional(0.2, request_headers_to_add=draw.several(draw.header_option, 1, 2))
    found |= draw.optional(0.15, request_headers_to_remove=[draw.one(NAMES)])
    found |= _told(draw, 0.15)
    found |= draw.optional(0.2, metadata={"filter_metadata": {draw.one(NAMESPACES): draw.struct()}})
    return found | _overrides(draw, own, names, 0.4)


def _told(draw: Draw, chance: float) -> Json:
    """What a place adds to answers and takes from them."""
    return draw.optional(
        chance, response_headers_to_add=[_location(draw)], response_headers_to_remove=["location"]
    )


def _location(draw: Draw) -> Json:
    """An answer's Location, written by the route."""
    option = draw.header_option()
    return {**option, "header": {"key": "location", "value": draw.one(("/moved", "http://m.com/%REQ(x-a)%"))}}


def _match(draw: Draw) -> tuple[Json, bool]:
    """A route's conditions, and whether its path is a literal or a prefix (which a rewrite of it needs)."""
    path = draw.path()
    kind = draw.one(("prefix", "prefix", "prefix", "any", "path", "separated", "regex", "template"))
    found: Json = {
        "prefix": {"prefix": path},
        "any": {"prefix": "/"},
        "path": {"path": path},
        "separated": {"path_separated_prefix": path},
        "regex": {"safe_regex": {"regex": draw.one(("/a.*", "/[ab]", ".*b", "/(a|v1)/?.*"))}},
        "template": {"path_match_policy": filters._template(draw)},
    }[kind]
    if kind in ("prefix", "path", "separated"):
        found |= draw.optional(0.3, case_sensitive=False)
    found |= draw.optional(0.35, headers=draw.several(draw.header, 1, 2))
    found |= draw.optional(0.15, query_parameters=draw.several(draw.query, 1, 2))
    found |= draw.optional(0.15, cookies=[draw.cookie()])
    found |= draw.optional(0.25, dynamic_metadata=draw.several(draw.metadata, 1, 2))
    found |= draw.optional(0.05, runtime_fraction=draw.fraction(), grpc={})
    found |= draw.optional(0.05, filter_state=[{"key": "fs.one", "string_match": draw.string()}])
    return found, kind in ("prefix", "any", "path", "separated")


def _action(draw: Draw, literal: bool, own: dict[str, Json], names: list[str]) -> Json:
    kind = draw.one(("route",) * 7 + ("redirect", "direct", "none"))
    if kind == "direct":
        return {"direct_response": {"status": draw.one((200, 204, 301, 403, 503))}}
    if kind == "none":
        return {"non_forwarding_action": {}} if draw.maybe(0.3) else {"direct_response": {"status": 404}}
    if kind == "redirect":
        return {"redirect": _redirect(draw, literal)}
    return {"route": _target(draw, own, names) | _rewrite(draw, literal) | _extras(draw)}


def _redirect(draw: Draw, literal: bool) -> Json:
    found = draw.optional(
        0.3, host_redirect="c.com", port_redirect=draw.one((80, 443, 8443)), strip_query=True
    )
    found |= draw.one(({}, {"https_redirect": True}, {"scheme_redirect": "https"}))
    found |= draw.one(({}, {"path_redirect": "/p?q=1"}, {"path_redirect": "/p"}, {"prefix_rewrite": "/w"} if literal else {},
                       {"regex_rewrite": draw.regex_rewrite()}))  # fmt: skip
    codes = ("MOVED_PERMANENTLY", "FOUND", "SEE_OTHER", "TEMPORARY_REDIRECT", "PERMANENT_REDIRECT")
    return found | draw.optional(0.5, response_code=draw.one(codes))


def _target(draw: Draw, own: dict[str, Json], names: list[str]) -> Json:
    kind = draw.one(("cluster",) * 8 + ("header", "weighted", "weighted", "missing", "empty"))
    if kind == "header":
        return {"cluster_header": draw.one(("x-cluster", "x-a"))}
    if kind == "missing":
        return {
            "cluster_header": "x-cluster",
            "cluster_not_found_response_code": draw.one(("NOT_FOUND", "INTERNAL_SERVER_ERROR")),
        }
    if kind == "empty":
        return {"cluster": "empty"}
    if kind == "weighted":
        first, second = draw.sample(CLUSTERS[:4], 2)
        parts: list[Json] = [
            {"name": first, "weight": draw.one((0, 10, 10))},
            {"name": second, "weight": draw.one((10, 90))},
        ]
        for part in parts:
            part |= draw.optional(
                0.2, request_headers_to_add=[draw.header_option()], host_rewrite_literal="w.com"
            )
            part |= _told(draw, 0.15) | _overrides(draw, own, names, 0.3)
        return {"weighted_clusters": {"clusters": parts, **draw.optional(0.2, header_name="x-weight")}}
    found: Json = {"cluster": draw.one(CLUSTERS)}
    if found["cluster"] == "subsets" or draw.maybe(0.1):
        wanted: Json = draw.one(
            ({"version": "v1"}, {"version": "v2"}, {"n": 1, "version": "v1"}, {"version": "v9"}, {"n": 0})
        )
        found |= draw.optional(0.8, metadata_match={"filter_metadata": {"envoy.lb": wanted}})
    return found


def _rewrite(draw: Draw, literal: bool) -> Json:
    forms: list[Json] = [{}, {}, {"regex_rewrite": draw.regex_rewrite()}, {"path_rewrite": "/n%REQ(x-a)%"}]
    if literal:
        forms += [{"prefix_rewrite": draw.one(("/w", "/w/", "/"))}] * 2
    found = dict(draw.one(forms))
    found |= draw.one(({}, {}, {}, {"host_rewrite_literal": "r.com"}, {"host_rewrite_header": "x-b"},
                       {"host_rewrite_path_regex": {"pattern": {"regex": "/([a-z]+).*"}, "substitution": "\\1.com"}},
                       {"auto_host_rewrite": True}))  # fmt: skip
    return found | draw.optional(0.2, append_x_forwarded_host=True)


def _extras(draw: Draw) -> Json:
    found: Json = {}
    if draw.maybe(0.6):
        found["hash_policy"] = draw.several(lambda: _hash(draw), 1, 2)
    found |= draw.optional(
        0.15, upgrade_configs=[{"upgrade_type": "websocket", **draw.optional(0.4, enabled=False)}]
    )
    found |= draw.optional(0.1, retry_policy={"retry_on": "5xx", "num_retries": 1})
    return found | draw.optional(0.1, request_mirror_policies=[{"cluster": "c1"}])


def _hash(draw: Draw) -> Json:
    header = {"header_name": draw.one(NAMES), **draw.optional(0.3, regex_rewrite=draw.regex_rewrite())}
    kinds: tuple[Json, ...] = (
        {"header": header},
        {"cookie": {"name": draw.one(("c", "d"))}},
        {"query_parameter": {"name": draw.one(("x", "y"))}},
        {"connection_properties": {"source_ip": True}},
        {"filter_state": {"key": "fs.one"}},
    )
    return {**draw.one(kinds), **draw.optional(0.3, terminal=True)}


def asked(draw: Draw, name: str, port: int, number: int) -> Asked:
    """One request."""
    rid = f"{name}-{number}"
    method, body = draw.one(METHODS), ""
    headers = [("x-rid", rid)]
    for header in draw.some(NAMES, 0, 3):
        headers += [(header, draw.one(VALUES))] * (2 if draw.maybe(0.1) else 1)
    if draw.maybe(0.3):
        headers.append(("cookie", "; ".join(f"{n}={draw.one(VALUES)}" for n in draw.some(("c", "d"), 1, 2))))
    upgrade = method == "GET" and draw.maybe(0.06)
    headers += [("connection", "upgrade"), ("upgrade", "websocket")] if upgrade else []
    for chance, header, values in _SOMETIMES:
        if draw.maybe(chance):
            headers.append((header, draw.one(values)))
    if method == "OPTIONS" and draw.maybe(0.7):
        headers += [("origin", draw.one(ORIGINS)), ("access-control-request-method", "GET")]
    elif draw.maybe(0.3):
        headers.append(("origin", draw.one(ORIGINS)))
    if draw.maybe(0.3):
        headers = [pair for pair in headers if pair[0] != "authorization"] + tokens.carried(draw)
    if method in ("POST", "PUT"):
        body = draw.one(("", '{"k": 1, "j": {"k": "ab"}}', '{"k": {"j": "1"}}', "[1]", "x" * 20, "abc",
                         '{"k": null, "j": 1.5}', '{"k": "0x10", "j": true}'))  # fmt: skip
        headers += [
            ("content-length", str(len(body))),
            ("content-type", draw.one(("application/json", "text/json", "application/grpc", "text/plain"))),
        ]
    return Asked(rid, port, method, _target_path(draw), draw.one(HOSTS), headers, body)


_SOMETIMES: tuple[tuple[float, str, tuple[str, ...]], ...] = (
    (0.3, "x-forwarded-for", ("203.0.113.9", "10.0.0.1", "203.0.113.9, 10.0.0.1", "10.0.0.1,203.0.113.9", "zzz")),
    (0.25, "authorization", ("Basic YW5uOjE=", "Basic Ym9iOmFi", "Basic YW5uOjI=", "Basic ???", "Bearer x", "basic YW5uOjE=")),
    (0.15, "x-cluster", ("c0", "c1", "nowhere", "ring", "")),
    (0.1, "x-weight", ("5", "50", "95", "no")),
    (0.1, "x-envoy-fault-abort-request", ("418", "503", "99", "x")),
    (0.05, "x-envoy-fault-abort-grpc-request", ("14", "0", "99")),
    (0.05, "x-under_score", ("1",)),
    (0.05, "te", ("trailers", "gzip")),
)  # fmt: skip


def _target_path(draw: Draw) -> str:
    path = draw.path()
    odd = draw.one(("",) * 12 + ("/../b", "//a", "%2Fb", "%41", "/./a", "%5Cb", "/", ";p=1"))
    query = draw.one(("", "", "", "?x=1", "?x=ab&y=2", "?y=", "?x=1&x=2", "?q=%31"))
    if draw.maybe(0.05):
        query = f"?x=1&t={tokens.token(draw)}&t=2"
    return path + odd + query
