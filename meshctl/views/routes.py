"""``proxy-config route``: which virtual hosts and routes the proxy's route tables hold.

Follows istio/istioctl/pkg/writer/envoy/configdump/route.go. istioctl sorts the tables with a comparison that
is no ordering (numeric names by number, others equal to everything), so its order depends on the library;
ours is fixed: numeric names by number, then the others by name.
"""

from __future__ import annotations

from typing import Any

import msgspec

from meshctl.envoy import typed
from meshctl.envoy.clusters import istio_config
from meshctl.envoy.routes import RouteConfigCount, RouteConfigHead, RouteConfigName
from meshctl.envoy.schema.names import Convert
from meshctl.envoy.snapshot import Resource, SectionKind, Snapshot
from meshctl.errors import MissingDataError
from meshctl.views import route_text, states
from meshctl.views.subset_key import atoi
from meshctl.views.table import Table
from meshctl.views.view import View, require

KIND = SectionKind.ROUTES
MESSAGE = "envoy.config.route.v3.RouteConfiguration"


class RouteFilter(msgspec.Struct, frozen=True):
    """``name`` is exact; ``verbose`` is the form of the table."""

    name: str = ""
    verbose: bool = True


def check(snapshot: Snapshot) -> None:
    require(snapshot, KIND, "routes")
    if not snapshot.resources(KIND):
        raise MissingDataError(
            f"{snapshot.origin}: no routes found",
            "The section is there but empty: Envoy had not yet received its configuration.",
        )


def route_name(resource: Resource, snapshot: Snapshot) -> str:
    return typed.read(RouteConfigName, resource.raw, snapshot.notes, resource.path).name


def select(
    snapshot: Snapshot, wanted: RouteFilter, *, every_state: bool = False
) -> list[tuple[str, Resource]]:
    """The route configurations that pass, with their names, in our order."""
    found = states.everything(snapshot, KIND) if every_state else states.in_force(snapshot, KIND)
    named = [(route_name(r, snapshot), r) for r in found]
    return sorted((n for n in named if not wanted.name or n[0] == wanted.name), key=lambda n: sort_key(n[0]))


def sort_key(name: str) -> tuple[bool, int, str]:
    number = atoi(name)
    return number is None, number or 0, name


def _header(verbose: bool) -> tuple[str, ...]:
    if verbose:
        return "NAME", "VHOST NAME", "DOMAINS", "MATCH", "VIRTUAL SERVICE"
    return "NAME", "VIRTUAL HOSTS"


def _rows(resource: Resource, verbose: bool, snapshot: Snapshot, prefix: str) -> list[tuple[str, ...]]:
    if not verbose:
        count = typed.read(RouteConfigCount, resource.raw, snapshot.notes, resource.path)
        return [(prefix + count.name, str(len(count.virtual_hosts)))]
    config = typed.read(RouteConfigHead, resource.raw, snapshot.notes, resource.path)
    name = prefix + config.name
    rows: list[tuple[str, ...]] = []
    for host in config.virtual_hosts:
        domains = route_text.domains(host.domains)
        if not host.routes:
            rows.append((name, host.name, domains, "/*", "404"))
        rows.extend(
            (name, host.name, domains, route_text.match(route.match), istio_config(route.metadata))
            for route in host.routes
            if not route_text.is_passthrough(route)
        )
    return rows


def short(snapshot: Snapshot, wanted: RouteFilter) -> Table:
    found = select(snapshot, wanted)
    rows = [row for _, resource in found for row in _rows(resource, wanted.verbose, snapshot, "")]
    return Table(_header(wanted.verbose), rows)


def labelled(snapshot: Snapshot, wanted: RouteFilter) -> Table:
    found = select(snapshot, wanted)
    rows = [row for _, resource in found for row in _rows(resource, wanted.verbose, snapshot, "route/")]
    return Table(_header(wanted.verbose), rows)


def values(snapshot: Snapshot, wanted: RouteFilter, convert: Convert) -> Any:
    return [convert(MESSAGE, resource.value) for _, resource in select(snapshot, wanted)]


def names(snapshot: Snapshot, wanted: RouteFilter) -> list[str]:
    return [name for name, _ in select(snapshot, wanted)]


def _wide(snapshot: Snapshot, wanted: RouteFilter) -> Table:
    from meshctl.views.routes_wide import wide  # reads matchers in full: not needed for the short table

    return wide(snapshot, [resource for _, resource in select(snapshot, wanted, every_state=True)])


VIEW: View[RouteFilter] = View(
    check, short, labelled, _wide, values, names, lambda s: states.unseen(s, KIND, "route table")
)
