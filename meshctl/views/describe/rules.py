"""DestinationRules and VirtualServices as they act on pods: subsets, policies, routes with weights and matches.

Follows istio/istioctl/pkg/describe/describe.go (printDestinationRule, printVirtualService, httpRouteMatchSvc). One thing is
not as there: a destination that is alone has all of the route's requests, whatever its weight; istioctl says 0%.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from meshctl.plain import Json, list_at, object_at, objects_at
from meshctl.views.describe.matches import fault, match, matches, tcp_match
from meshctl.views.describe.mesh import Page, Subsets, selects
from meshctl.views.describe.proxy import host_of

_SUFFIX = ".svc.cluster.local"
_LEVEL1, _LEVEL2 = 3, 6

Labels = dict[str, str]


def subsets_of(rule: Json | None, pods: Sequence[Labels]) -> Subsets:
    """A rule's subsets by whether some of the pods are in them."""
    matching: list[str] = []
    others: list[str] = []
    for subset in objects_at(object_at(rule, "spec"), "subsets"):
        wanted = object_at(subset, "labels")
        (matching if any(selects(wanted, labels) for labels in pods) else others).append(
            str(subset.get("name") or "")
        )
    return Subsets(tuple(matching), tuple(others))


def destination_rule(page: Page, rule: Json, pods: Sequence[Labels], indent: int) -> None:
    spec = object_at(rule, "spec")
    page.write(f'DestinationRule: {page.name(rule)} for "{spec.get("host") or ""}"', indent)
    found = subsets_of(rule, pods)
    if found.others and not found.matching:
        page.write(
            f"WARNING POD DOES NOT MATCH ANY SUBSETS.  (Non matching subsets {','.join(found.others)})",
            indent + _LEVEL1,
        )
    if found.matching or found.others:
        page.write(f"Matching subsets: {','.join(found.matching)}", indent + _LEVEL1)
    if found.others:
        page.write(f"(Non-matching subsets {','.join(found.others)})", indent + _LEVEL2)
    policy = spec.get("trafficPolicy")
    if not isinstance(policy, dict):
        page.write("No Traffic Policy", indent + _LEVEL1)
        return
    if isinstance(policy.get("tls"), dict):
        page.write(f"Traffic Policy TLS Mode: {_mode(policy)}", indent + _LEVEL1)
    _policies(page, policy, indent + _LEVEL1)
    settings = policy.get("portLevelSettings")
    if isinstance(settings, list):
        page.write("Port Level Settings:", indent + _LEVEL1)
        for one in objects_at(policy, "portLevelSettings"):
            page.write(f"{object_at(one, 'port').get('number') or 0}:", 4)
            if isinstance(one.get("tls"), dict):
                page.write(f"TLS Mode: {_mode(one)}", indent + _LEVEL2)
            _policies(page, one, indent + _LEVEL2)


def _mode(policy: Json) -> str:
    return str(object_at(policy, "tls").get("mode") or "DISABLE")


_POLICIES = (
    ("loadBalancer", "load balancer"),
    ("connectionPool", "connection pool"),
    ("outlierDetection", "outlier detection"),
)


def _policies(page: Page, policy: Json, indent: int) -> None:
    found = [name for key, name in _POLICIES if isinstance(policy.get(key), dict)]
    if found:
        page.write(f"Policies: {'/'.join(found)}", indent)


def virtual_service(
    page: Page, item: Json, service: Json, rule: Json | None, subsets: Subsets, indent: int
) -> None:
    """The routes that lead to the service's pods, and how many do not."""
    page.write(f"VirtualService: {page.name(item)}", indent)
    spec = object_at(item, "spec")
    http, tls, tcp = (objects_at(spec, kind) for kind in ("http", "tls", "tcp"))
    outcomes = [
        *(_http(page, item, route, service, rule, subsets) for route in http),
        *(_tcp(item, route, service) for route in tcp),
    ]
    facts = [fact for matched, told in outcomes if matched for fact in told]
    mismatches = [fact for matched, told in outcomes if not matched for fact in told]
    matched = sum(matched for matched, _ in outcomes)
    for fact in facts:
        page.write(fact, indent + _LEVEL1)
    if not matched:
        for kind, routes in (("HTTP", http), ("TCP", tcp)):
            if routes:
                page.write(
                    f"WARNING: No destinations match pod subsets (checked {len(routes)} {kind} routes)",
                    indent + _LEVEL1,
                )
        _all(page, mismatches, indent)
        return
    left = len(http) + len(tls) + len(tcp) - matched
    if left > 0:
        page.write(f"{left} additional destination(s) that will not reach this pod", indent + _LEVEL1)
        if not facts:
            _all(page, mismatches, indent)
    elif not facts:
        for kind, routes in (("HTTP", http), ("TCP", tcp)):
            if routes:
                page.write(f"{len(routes)} {kind} route(s)", indent + _LEVEL1)


def _all(page: Page, facts: Iterable[str], indent: int) -> None:
    for fact in facts:
        page.write(fact, indent + _LEVEL2)


def _same_host(destination: Json, item: Json, service: Json) -> bool:
    """Whether a destination is the service; a short name is of the VirtualService's namespace."""
    host = str(destination.get("host") or "")
    if "." not in host and host != "*":
        host = f"{host}.{object_at(item, 'metadata').get('namespace')}"
    if not host.startswith("*") and not host.endswith(_SUFFIX):
        host += _SUFFIX
    return host == host_of(service)


def _http(
    page: Page, item: Json, route: Json, service: Json, rule: Json | None, subsets: Subsets
) -> tuple[bool, list[str]]:
    """Whether a route leads to the pods, and what is to be said of it."""
    facts, mismatches = [], []
    matched = False
    destinations = objects_at(route, "route")
    for one in destinations:
        destination = object_at(one, "destination")
        subset = str(destination.get("subset") or "")
        host, share = destination.get("host") or "", _share(one, destinations)
        if not _same_host(destination, item, service):
            facts.append(
                f"Route to {host} with invalid config"
                if subset
                else f'Route to host "{host}" with weight {share}%'
            )
            continue
        if subset in subsets.others:
            conditions = matches(objects_at(route, "match"))
            mismatches.append(f"Route to non-matching subset {subset} for ({conditions})")
            continue
        if subset and subset not in subsets.matching:
            mismatches.append(
                f"Warning: Route to UNKNOWN subset {subset}; check DestinationRule {page.name(rule)}"
                if rule is not None
                else f"Warning: Route to subset {subset} but NO DESTINATION RULE defining subsets!"
            )
            continue
        matched = True
        if one.get("weight"):
            of = f' subset "{subset}"' if subset else ""
            facts.append(f'Route to host "{host}"{of} with weight {share}%')
    if matched:
        conditions_told = [match(one) for one in objects_at(route, "match")]
        if isinstance(route.get("fault"), dict):
            conditions_told.insert(0, f"Fault injection {fault(route['fault'])}")
        if conditions_told:
            facts.append(", ".join(conditions_told))
    return matched, facts if matched else [*facts, *mismatches]


def _share(one: Json, destinations: Sequence[Json]) -> Any:
    weight = one.get("weight") or 0
    return 100 if len(destinations) == 1 else weight


def _tcp(item: Json, route: Json, service: Json) -> tuple[bool, list[str]]:
    destinations = (object_at(one, "destination") for one in list_at(route, "route"))
    if not any(_same_host(one, item, service) for one in destinations):
        return False, []
    return True, [tcp_match(one) for one in objects_at(route, "match")]
