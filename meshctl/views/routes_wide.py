"""The wide route table: every match criterion, and where a route leads with what policy.

A virtual host has a list of routes or, rarely, a matcher tree whose leaves are routes; scopes of scoped routes
are not resolved here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from meshctl.envoy.anys import unpack
from meshctl.envoy.clusters import FilterMetadata, Metadata, istio_config
from meshctl.envoy.notes import NoteKind
from meshctl.envoy.snapshot import Resource, Snapshot
from meshctl.match import route_match
from meshctl.match.fraction import Runtime, fractional_percent
from meshctl.plain import Json
from meshctl.views import matcher_text, states
from meshctl.views.table import Table

HEADER = (
    "NAME", "STATE", "VHOST NAME", "DOMAINS", "ROUTE", "MATCH", "DESTINATION", "POLICY", "VIRTUAL SERVICE", "VERSION", "LAST UPDATED", "REJECTED BECAUSE",
)  # fmt: skip


def wide(snapshot: Snapshot, resources: list[Resource]) -> Table:
    return Table(HEADER, [row for resource in resources for row in _rows(snapshot, resource)], padding=2)


def _rows(snapshot: Snapshot, resource: Resource) -> Iterator[tuple[str, ...]]:
    config = resource.value
    head = (resource.listed_name or str(config.get("name") or "-"), resource.state.value)
    tail = (resource.version_info or "-", resource.last_updated or "-", states.rejections(resource) or "-")
    hosts = [host for host in config.get("virtual_hosts") or () if isinstance(host, dict)]
    if not hosts:
        yield (*head, "-", "-", "-", "-", "404: no virtual host", "-", "-", *tail)
    for host in hosts:
        named = (*head, str(host.get("name") or "-"), ",".join(map(str, host.get("domains") or ())) or "-")
        for row in _routes(snapshot, resource, host):
            yield (*named, *row, *tail)


def _routes(snapshot: Snapshot, resource: Resource, host: Json) -> Iterator[tuple[str, ...]]:
    routes = [("", route) for route in host.get("routes") or () if isinstance(route, dict)]
    leaves = matcher_text.leaves(host["matcher"]) if isinstance(host.get("matcher"), dict) else []
    routes += [(way, unpack(leaf.config)[1]) for way, leaf in leaves if leaf is not matcher_text.UNREAD]
    unread = [way for way, leaf in leaves if leaf is matcher_text.UNREAD]
    for way in unread:
        yield "-", way, "not known", "-", "-"
    if not routes and not unread:
        yield "-", "any", "404: no route", "-", "-"
    for way, route in routes:
        text = _match(snapshot, resource, route)
        yield (
            str(route.get("name") or "-"),
            f"{way} and {text}" if way else text,
            destination(route),
            policy(route.get("route")) or "-",
            virtual_service(route),
        )


def _match(snapshot: Snapshot, resource: Resource, route: Json) -> str:
    """All criteria; where one is of a form that nobody knows, the path and a note."""
    message = route.get("match") or {}
    try:
        if not isinstance(message, dict):
            raise TypeError("it is no object")
        return route_match.parse(message, Runtime()).text
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        snapshot.notes.add(NoteKind.MALFORMED, f"a route match of {resource.name}: {error}")
        return "? (not understood: see -o json)"


def virtual_service(route: Json) -> str:
    metadata = (route.get("metadata") or {}).get("filter_metadata")
    if not isinstance(metadata, dict) or "istio" not in metadata:
        return "-"
    import msgspec

    raw = msgspec.Raw(msgspec.json.encode(metadata["istio"]))
    return istio_config(Metadata(FilterMetadata(raw))) or "-"


def destination(route: Json) -> str:
    """Where the route leads: clusters with their shares, a redirect, an answer of Envoy itself."""
    action = route.get("route")
    if isinstance(action, dict):
        return _cluster(action)
    redirect = route.get("redirect")
    if isinstance(redirect, dict):
        return f"redirect {_redirect(redirect)}"
    response = route.get("direct_response")
    if isinstance(response, dict):
        body = "with a body" if response.get("body") else "without a body"
        return f"answers {response.get('status', '?')} {body}"
    for key, words in (("non_forwarding_action", "non-forwarding"), ("filter_action", "a filter decides")):
        if key in route:
            return words
    return "no action"


def _cluster(action: Json) -> str:
    if "cluster" in action:
        return str(action["cluster"])
    weighted = action.get("weighted_clusters")
    if isinstance(weighted, dict):
        clusters = [c for c in weighted.get("clusters") or () if isinstance(c, dict)]
        total = sum(int(c.get("weight") or 0) for c in clusters) or 1
        shares = (
            f"{c.get('name') or 'header ' + str(c.get('cluster_header'))} {100 * int(c.get('weight') or 0) / total:g} %"
            for c in clusters
        )
        return ", ".join(shares) or "no cluster"
    if "cluster_header" in action:
        return f"the cluster named by header {action['cluster_header']}"
    plugin = action.get("inline_cluster_specifier_plugin") or {}
    name = action.get("cluster_specifier_plugin") or (plugin.get("extension") or {}).get("name") or "?"
    return f"the cluster that plugin {name} chooses"


def _redirect(message: Json) -> str:
    scheme = message.get("scheme_redirect") or ("https" if message.get("https_redirect") else "")
    host = message.get("host_redirect") or ""
    port = message.get("port_redirect")
    path = message.get("path_redirect") or message.get("prefix_rewrite") or ""
    target = f"{scheme + '://' if scheme else ''}{host}{f':{port}' if port else ''}{path}"
    regex = message.get("regex_rewrite") or {}
    if regex:
        target += f" path {_regex(regex)}"
    code = str(message.get("response_code") or "MOVED_PERMANENTLY")
    return f"{target or 'same URL'} ({code})" + (", query stripped" if message.get("strip_query") else "")


def _regex(message: Json) -> str:
    pattern = (message.get("pattern") or {}).get("regex") or ""
    return f"s/{pattern}/{message.get('substitution') or ''}/"


def _duration(word: str) -> Callable[[Any], str]:
    return lambda value: f"{word} {value}"


def _retries(message: Json) -> str:
    text = f"retries {message.get('num_retries', 1)} on {message.get('retry_on') or '-'}"
    return f"{text}, {message['per_try_timeout']} each" if "per_try_timeout" in message else text


def _mirrors(messages: list[Json]) -> str:
    shown = []
    for message in messages:
        fraction = (message.get("runtime_fraction") or {}).get("default_value")
        share = "" if fraction is None else f" ({fractional_percent(fraction).text})"
        shown.append(f"{message.get('cluster') or message.get('cluster_header')}{share}")
    return f"mirrors to {', '.join(shown)}"


# RouteAction fields that change what happens to a request, in the order they are shown.
_POLICIES: tuple[tuple[str, Callable[[Any], str]], ...] = (
    ("prefix_rewrite", _duration("path becomes")),
    ("regex_rewrite", lambda m: f"path {_regex(m)}"),
    ("path_rewrite_policy", lambda m: f"path by {m.get('name') or 'policy'}"),
    ("host_rewrite_literal", _duration("host becomes")),
    ("auto_host_rewrite", lambda v: "host becomes the endpoint's" if v else ""),
    ("host_rewrite_header", _duration("host from header")),
    ("host_rewrite_path_regex", lambda m: f"host {_regex(m)}"),
    ("timeout", lambda v: "no timeout" if v == "0s" else f"timeout {v}"),
    ("idle_timeout", _duration("idle timeout")),
    ("retry_policy", _retries),
    ("request_mirror_policies", _mirrors),
    ("hash_policy", lambda v: f"{len(v)} hash policies"),
    ("upgrade_configs", lambda v: "upgrades " + ",".join(str(u.get("upgrade_type")) for u in v)),
)


def policy(action: Any) -> str:
    """What the route does to a request beside choosing a cluster."""
    if not isinstance(action, dict):
        return ""
    parts = []
    for key, words in _POLICIES:
        if action.get(key):
            try:
                parts.append(words(action[key]))
            except (AttributeError, TypeError, ValueError):
                parts.append(f"{key} ?")
    return "; ".join(filter(None, parts))
