"""``proxy-config route``: which virtual hosts and routes the proxy's route tables hold.

Follows istio/istioctl/pkg/writer/envoy/configdump/route.go. istioctl sorts the tables with a comparison that
is no ordering (numeric names by number, others equal to everything), so its order depends on the library;
ours is fixed: numeric names by number, then the others by name.
"""

from __future__ import annotations

from collections.abc import Iterator
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
    if require(snapshot, KIND, "routes").is_empty:
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


def _select_heads(snapshot: Snapshot, wanted: RouteFilter) -> Iterator[RouteConfigHead | RouteConfigCount]:
    """What the short table shows of the same route configurations, one after another."""
    heads: list[tuple[str, RouteConfigHead]] | None = states.heads(snapshot, KIND)
    if heads is not None:
        found = [head for _, head in heads if not wanted.name or head.name == wanted.name]
        yield from sorted(found, key=lambda head: sort_key(head.name))
        return
    shape: type[RouteConfigHead | RouteConfigCount] = RouteConfigHead if wanted.verbose else RouteConfigCount
    for _, resource in select(snapshot, wanted):
        yield typed.read(shape, resource.raw, snapshot.notes, resource.path)


def _rows(config: RouteConfigHead | RouteConfigCount, verbose: bool, prefix: str) -> list[tuple[str, ...]]:
    name = prefix + config.name
    if not verbose or isinstance(config, RouteConfigCount):
        return [(name, str(len(config.virtual_hosts)))]
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


def _table(snapshot: Snapshot, wanted: RouteFilter, prefix: str) -> Table:
    rows = [
        row for config in _select_heads(snapshot, wanted) for row in _rows(config, wanted.verbose, prefix)
    ]
    return Table(_header(wanted.verbose), rows)


def short(snapshot: Snapshot, wanted: RouteFilter) -> Table:
    return _table(snapshot, wanted, "")


def labelled(snapshot: Snapshot, wanted: RouteFilter) -> Table:
    return _table(snapshot, wanted, "route/")


def values(snapshot: Snapshot, wanted: RouteFilter, convert: Convert) -> Any:
    return [convert(MESSAGE, resource.decoded()) for _, resource in select(snapshot, wanted)]


def names(snapshot: Snapshot, wanted: RouteFilter) -> list[str]:
    return [name for name, _ in select(snapshot, wanted)]


def _wide(snapshot: Snapshot, wanted: RouteFilter) -> Table:
    from meshctl.views.routes_wide import wide  # reads matchers in full: not needed for the short table

    return wide(snapshot, [resource for _, resource in select(snapshot, wanted, every_state=True)])


VIEW: View[RouteFilter] = View(
    check, short, labelled, _wide, values, names, lambda s: states.unseen(s, KIND, "route table")
)
