"""What a route does to a request: paths and hosts rewritten, redirects built, headers added and removed.

Follows source/common/router/config_impl.cc (RouteEntryImplBase::{newUri, currentUrlPathAfterRewrite,
finalizeRequestHeaders}) and source/common/http/utility.cc (newUri). The rules that surprise: prefix_rewrite on
a route with another path form replaces the whole path; a query in prefix_rewrite is pasted as it is; a scheme
change drops the default port of the old scheme; host_rewrite_path_regex without a match sends the whole path.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from meshctl.envoy.anys import unpack
from meshctl.envoy.api.config_core_v3 import HeaderValueOption
from meshctl.match import header_change, string_match, uri_template
from meshctl.match.request_view import Headers, RequestView
from meshctl.match.route_match import PathKind, PathMatch
from meshctl.match.substitution import Known, fill

Json = dict[str, Any]


def matched_length(path: PathMatch, view: RequestView) -> int:
    """How much of the path prefix_rewrite replaces: the prefix, or all of it."""
    if path.kind in (PathKind.PREFIX, PathKind.SEPARATED):
        return len(path.value)
    return len(view.path)


def rewritten_path(action: Json, path: PathMatch, view: RequestView) -> str | None:
    """The path after prefix_rewrite, regex_rewrite or path_rewrite_policy; None when nothing rewrites it."""
    target = view.target
    if target is None:
        return None
    if action.get("prefix_rewrite"):
        return str(action["prefix_rewrite"]) + target[matched_length(path, view) :]
    bare, mark, query = target.partition("?")
    if "regex_rewrite" in action:
        return _replaced(action["regex_rewrite"], bare) + mark + query
    if "path_rewrite_policy" in action:
        _, fields = unpack(action["path_rewrite_policy"].get("typed_config"))
        variables = uri_template.parse(path.value).variables(bare)
        if variables is None:
            return None
        return uri_template.rewrite(str(fields.get("path_template_rewrite", "")), variables) + mark + query
    return None


def _replaced(rewrite: Json, text: str) -> str:
    """A RegexMatchAndSubstitute on a text."""
    pattern = str((rewrite.get("pattern") or {}).get("regex", ""))
    return string_match.replace_all(pattern, str(rewrite.get("substitution", "")), text)


def rewritten_host(action: Json, view: RequestView, known: Known) -> str | None:
    """The host after the action's rewrites; None when it stays (auto_host_rewrite is the endpoint's business)."""
    if action.get("host_rewrite"):
        return fill(str(action["host_rewrite"]), known, absent="-")
    if action.get("host_rewrite_literal"):
        return str(action["host_rewrite_literal"])
    if action.get("host_rewrite_header"):
        return view.first(str(action["host_rewrite_header"]).lower()) or None
    if "host_rewrite_path_regex" in action:
        return _replaced(action["host_rewrite_path_regex"], view.path)
    return None


_REDIRECT_CODES = {
    "MOVED_PERMANENTLY": 301,
    "FOUND": 302,
    "SEE_OTHER": 303,
    "TEMPORARY_REDIRECT": 307,
    "PERMANENT_REDIRECT": 308,
}


def redirect_code(redirect: Json) -> int:
    return _REDIRECT_CODES.get(str(redirect.get("response_code", "MOVED_PERMANENTLY")), 301)


def tls_location(view: RequestView) -> str:
    """Where require_tls sends a request: its own URL with https, the port of its host included."""
    return f"https://{view.first(':authority')}{view.target or ''}"


def redirect_location(redirect: Json, path: PathMatch, view: RequestView) -> str:
    """The Location header of a redirect."""
    if redirect.get("scheme_redirect"):
        scheme = str(redirect["scheme_redirect"])
    elif redirect.get("https_redirect"):
        scheme = "https"
    else:
        scheme = view.first(":scheme")
    port = f":{redirect['port_redirect']}" if redirect.get("port_redirect") else ""
    host = str(redirect.get("host_redirect") or "") or _redirect_host(view, scheme, port)
    return f"{scheme}://{host}{port}{_redirect_path(redirect, path, view)}"


def _redirect_host(view: RequestView, scheme: str, port: str) -> str:
    """The request's host, without its port when another is written or it was the old scheme's default."""
    host = view.first(":authority")
    if host.startswith("["):
        colon = host.rfind("]:")
        colon = colon + 1 if colon >= 0 else -1
    else:
        colon = host.rfind(":")
    if colon < 0:
        return host
    before = view.first("x-forwarded-proto")
    drop = bool(port)
    if scheme != before:
        drop = drop or (before, host[colon:]) in (("https", ":443"), ("http", ":80"))
    return host[:colon] if drop else host


def _redirect_path(redirect: Json, path: PathMatch, view: RequestView) -> str:
    target = view.target or ""
    strip = bool(redirect.get("strip_query"))
    fixed = str(redirect.get("path_redirect") or "")
    if fixed:
        _, mark, query = target.partition("?")
        return fixed if "?" in fixed or strip or not mark else f"{fixed}?{query}"
    rewritten = rewritten_path(redirect, path, view)
    target = target if rewritten is None else rewritten
    return target.split("?", 1)[0] if strip else target


def mutated_headers(headers: Headers, holders: tuple[Json, ...], known: Known) -> Headers:
    """The headers after request_headers_to_add/remove of route, virtual host and configuration, in order."""
    changed = False
    for holder in holders:
        adds, removes = holder.get("request_headers_to_add"), holder.get("request_headers_to_remove")
        if not adds and not removes:
            continue
        if not changed:
            headers, changed = {name: list(values) for name, values in headers.items()}, True
        header_change.remove(headers, removes or ())
        header_change.add(headers, map(HeaderValueOption, adds or ()), known)
    return headers


def apply_options(headers: Headers, options: Iterable[Json]) -> None:
    """Apply HeaderValueOptions to the headers, in order."""
    header_change.add(headers, map(HeaderValueOption, options), None)
