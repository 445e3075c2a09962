"""What a route does to a request: paths and hosts rewritten, redirects built, headers added and removed.

Follows source/common/router/config_impl.cc (RouteEntryImplBase::{newUri, currentUrlPathAfterRewrite,
finalizeRequestHeaders}) and source/common/http/utility.cc (newUri). The rules that surprise: prefix_rewrite on
a route with another path form replaces the whole path; a query in prefix_rewrite is pasted as it is; a scheme
change drops the default port of the old scheme; host_rewrite_path_regex without a match sends the whole path.
"""

from __future__ import annotations

from collections.abc import Iterable

from meshctl.envoy.api.config_core_v3 import HeaderValueOption
from meshctl.envoy.api.config_route_v3 import (
    RedirectAction,
    Route,
    RouteAction,
    RouteConfiguration,
    VirtualHost,
    WeightedCluster,
)
from meshctl.envoy.api.extensions_path_rewrite_uri_template_v3 import UriTemplateRewriteConfig
from meshctl.envoy.api.type_matcher_v3 import RegexMatchAndSubstitute
from meshctl.envoy.message import Undecidable
from meshctl.match import header_change, string_match, uri_template
from meshctl.match.request_view import Headers, PartlyKnown, RequestView
from meshctl.match.route_match import PathKind, PathMatch
from meshctl.match.substitution import Known, fill
from meshctl.plain import Json
from meshctl.values import Struct, replace


class UnknownRewrite(Undecidable):
    """Raised where the path is rewritten by what is not evaluated."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the path rewrite policy {name} is not evaluated")
        self.by = f"the path rewrite policy {name}"


def matched_length(path: PathMatch, view: RequestView) -> int:
    """How much of the path prefix_rewrite replaces: the prefix, or all of it."""
    if path.kind in (PathKind.PREFIX, PathKind.SEPARATED):
        return len(path.value)
    return len(view.path)


def rewritten_path(
    action: RouteAction | RedirectAction, path: PathMatch, view: RequestView, known: Known
) -> str | None:
    """The path after a rewrite of the action; None when nothing rewrites it."""
    target = view.target
    if target is None:
        return None
    bare, mark, query = target.partition("?")
    if action.prefix_rewrite:
        return action.prefix_rewrite + target[matched_length(path, view) :]
    if action.regex_rewrite is not None:
        return _replaced(action.regex_rewrite, bare) + mark + query
    if action.path_rewrite:
        text = fill(action.path_rewrite, known)
        return text + mark + query if isinstance(action, RouteAction) else _with_query(text, mark + query)
    policy = action.path_rewrite_policy if isinstance(action, RouteAction) else None
    if policy is None:
        return None
    template = policy.typed_config.as_(UriTemplateRewriteConfig) if policy.typed_config is not None else None
    if template is None:
        raise UnknownRewrite(policy.name)
    variables = uri_template.parse(path.value).variables(bare)
    if variables is None:
        return None
    return uri_template.rewrite(template.path_template_rewrite, variables) + mark + query


def _with_query(text: str, query: str) -> str:
    """The request's own query, unless the text has one."""
    return text if "?" in text else text + query


def _replaced(rewrite: RegexMatchAndSubstitute, text: str) -> str:
    """A RegexMatchAndSubstitute on a text."""
    pattern = rewrite.pattern.regex if rewrite.pattern is not None else ""
    return string_match.replace_all(pattern, rewrite.substitution, text)


def rewritten_host(action: RouteAction, view: RequestView, known: Known) -> str | None:
    """The host after the action's rewrites; None when it stays (auto_host_rewrite is the endpoint's business)."""
    match action.host_rewrite_specifier:
        case "host_rewrite":
            return fill(action.host_rewrite, known, absent="-")
        case "host_rewrite_literal":
            return action.host_rewrite_literal or None
        case "host_rewrite_header" | "auto_host_rewrite_header" as name:
            return view.first(getattr(action, name).lower()) or None
        case "host_rewrite_path_regex" if action.host_rewrite_path_regex is not None:
            return _replaced(action.host_rewrite_path_regex, view.path)
        case _:
            return None


_REDIRECT_CODES = {
    "MOVED_PERMANENTLY": 301,
    "FOUND": 302,
    "SEE_OTHER": 303,
    "TEMPORARY_REDIRECT": 307,
    "PERMANENT_REDIRECT": 308,
}


def redirect_code(redirect: RedirectAction) -> int:
    return _REDIRECT_CODES[redirect.response_code]


def tls_location(view: RequestView) -> str:
    """Where require_tls sends a request: its own URL with https, the port of its host included."""
    return f"https://{view.first(':authority')}{view.target or ''}"


def redirect_location(redirect: RedirectAction, path: PathMatch, view: RequestView, known: Known) -> str:
    """The Location header of a redirect."""
    if redirect.scheme_redirect:
        scheme = redirect.scheme_redirect
    elif redirect.https_redirect:
        scheme = "https"
    else:
        scheme = view.first(":scheme")
    port = f":{redirect.port_redirect}" if redirect.port_redirect else ""
    host = redirect.host_redirect or _redirect_host(view, scheme, port)
    return f"{scheme}://{host}{port}{_redirect_path(redirect, path, view, known)}"


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
    before = "".join(view.headers.get("x-forwarded-proto", ())[:1])
    drop = bool(port)
    if scheme != before:
        drop = drop or (before, host[colon:]) in (("https", ":443"), ("http", ":80"))
    return host[:colon] if drop else host


def _redirect_path(redirect: RedirectAction, path: PathMatch, view: RequestView, known: Known) -> str:
    target = view.target or ""
    if redirect.path_redirect:
        _, mark, query = target.partition("?")
        fixed = redirect.path_redirect
        return fixed if redirect.strip_query else _with_query(fixed, mark + query)
    rewritten = rewritten_path(redirect, path, view, known)
    target = target if rewritten is None else rewritten
    return target.split("?", 1)[0] if redirect.strip_query else target


class Changes(Struct, frozen=True):
    """What a level of the configuration adds to headers and takes from them: those of requests, and of answers."""

    adds: tuple[HeaderValueOption, ...]
    removes: tuple[str, ...]
    answer_adds: tuple[HeaderValueOption, ...]
    answer_removes: tuple[str, ...]


def changes_of(
    holder: WeightedCluster.ClusterWeight | Route | VirtualHost | RouteConfiguration,
) -> Changes | None:
    """The changes of one level; None where it makes none."""
    if not holder.raw.keys() & _CHANGING:
        return None
    return Changes(
        holder.request_headers_to_add,
        holder.request_headers_to_remove,
        holder.response_headers_to_add,
        holder.response_headers_to_remove,
    )


_CHANGING = {f"{which}_headers_to_{what}" for which in ("request", "response") for what in ("add", "remove")}


def answered_location(location: str | None, holders: Iterable[Changes], known: Known) -> str | None:
    """An answer's Location after response_headers_to_add/remove; several become one, as Envoy keeps this header."""
    headers: Headers = {} if location is None else {"location": [location]}
    for holder in holders:
        if holder.answer_adds or holder.answer_removes:
            header_change.remove(headers, holder.answer_removes)
            header_change.add(headers, holder.answer_adds, known)
    values = headers.get("location", [])
    joined = ",".join(values) if values else None
    open_ = any(isinstance(value, PartlyKnown) for value in values)
    return PartlyKnown(joined) if open_ else joined


def mutated_headers(headers: Headers, holders: Iterable[Changes], known: Known) -> Headers:
    """The headers after request_headers_to_add/remove of route, virtual host and configuration, in order.

    What a level adds may read what the level before left (%REQ(X)%).
    """
    changed = False
    for holder in holders:
        if not holder.adds and not holder.removes:
            continue
        if not changed:
            headers, changed = {name: list(values) for name, values in headers.items()}, True
        header_change.remove(headers, holder.removes)
        header_change.add(headers, holder.adds, replace(known, headers=headers))
    return headers


def apply_options(headers: Headers, options: Iterable[Json]) -> None:
    """Apply HeaderValueOptions to the headers, in order."""
    header_change.add(headers, map(HeaderValueOption, options), None)
