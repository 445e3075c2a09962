"""A route in istioctl's words: its path criteria, its domains, where an inline table leads.

Follows describeMatch, describeRouteDomains, unExpandDomains and describeRouteConfig in
istio/istioctl/pkg/writer/envoy/configdump. Headers and all other criteria are not in these words: the wide
table has them.
"""

from __future__ import annotations

from meshctl.envoy.routes import RouteConfigHead, RouteHead, RouteMatchHead, VirtualHostHead

_SHOWN_DOMAINS = 2


def match(route_match: RouteMatchHead | None) -> str:
    """The path criteria: ``/a*``, ``PathPrefix:/d``, ``/b``, ``regex /c.*``, or nothing."""
    if route_match is None:
        return ""
    parts = []
    if route_match.prefix:
        parts.append(f"{route_match.prefix}*")
    if route_match.path_separated_prefix:
        parts.append(f"PathPrefix:{route_match.path_separated_prefix}")
    if route_match.path:
        parts.append(route_match.path)
    if route_match.safe_regex is not None:
        parts.append(f"regex {route_match.safe_regex.regex}")
    return " ".join(parts)


def domains(names: list[str]) -> str:
    """The first domains of a virtual host, without ports and without the longer forms of a service's name."""
    if len(names) == 1:
        return names[0]
    plain = unexpanded([name for name in names if _is_portless(name)])
    if len(plain) <= _SHOWN_DOMAINS:
        return ", ".join(plain)
    return f"{', '.join(plain[:_SHOWN_DOMAINS])} + {len(plain) - _SHOWN_DOMAINS} more..."


def _is_portless(name: str) -> bool:
    if ":" not in name:
        return True
    return name.count(":") > 2 and name.endswith("]")  # [fd00::1]


def unexpanded(names: list[str]) -> list[str]:
    """Names without those that are another one plus ``.svc`` or ``.svc.cluster.local``."""
    present = set(names)
    longer = {
        name
        for name in names
        for suffix in (".svc.cluster.local", ".svc")
        if name.endswith(suffix) and name.removesuffix(suffix) in present
    }
    return [name for name in names if name not in longer]


def destination(config: RouteConfigHead) -> str:
    """Where an inline route configuration leads: its only cluster, or its routes."""
    only = _only_cluster(config)
    if only:
        return named_cluster(only)
    return f"Inline Route: {'; '.join(map(_virtual_host, config.virtual_hosts))}"


def named_cluster(name: str) -> str:
    """``PassthroughCluster`` and its like stand for themselves."""
    return name if "Cluster" in name else f"Cluster: {name}"


def _only_cluster(config: RouteConfigHead) -> str:
    """The cluster that everything goes to, when there is one host, for any domain, with one route for ``/``."""
    if len(config.virtual_hosts) != 1:
        return ""
    host = config.virtual_hosts[0]
    if host.domains != ["*"] or len(host.routes) != 1:
        return ""
    route = host.routes[0]
    if route.match is None or route.match.prefix != "/" or route.route is None:
        return ""
    return route.route.cluster or ""


def _virtual_host(host: VirtualHostHead) -> str:
    routes = ", ".join(match(route.match) for route in host.routes)
    return routes if host.domains == ["*"] else f"{'/'.join(host.domains)} {routes}"


def is_passthrough(route: RouteHead) -> bool:
    """istioctl leaves out routes to PassthroughCluster: Istio puts one into every table."""
    return route.route is not None and route.route.cluster == "PassthroughCluster"
