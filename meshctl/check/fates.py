"""The fates of routes and chains, found once a proxy: what ``prove`` says of each virtual host and each listener."""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.check.places import IN_TREE, RoutePlace, TablePlace, host_name, tables
from meshctl.check.prove import chains as prove_chains
from meshctl.check.prove.routes import Fate, Outcome, outcomes, plain_paths
from meshctl.check.prove.solver import Solver
from meshctl.check.prove.trees import leaves
from meshctl.plain import Json
from meshctl.proxy.listen.listeners import Listener
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.routing.routes import Route, VirtualHost, tree_routes
from meshctl.values import Struct, replace


class Host(Struct, frozen=True):
    """A virtual host with its place and the fates of its routes."""

    table: TablePlace
    host: VirtualHost
    index: int
    within: str = "routes"

    @property
    def name(self) -> str:
        return host_name(self.table, self.host)

    def of_action(self, routes: list[Json]) -> Host:
        """The virtual host as if these routes, which an action of its matcher tree tries, were all it has."""
        message = {key: value for key, value in self.host.message.items() if key != "matcher"}
        alone = replace(self.host, message={**message, "routes": routes}, _tree_routes={})
        return replace(self, host=alone, within=IN_TREE)

    def fates(self, proxy: Proxy) -> list[Outcome]:
        plain = plain_paths(self.table.table)
        solver: Solver = proxy.compile_once(_SOLVERS, f"check solver {plain}", lambda: Solver(plain))
        found: list[Outcome] = proxy.compile_once(
            self.host.message, "check fates", lambda: outcomes(self.table.table, self.host, solver)
        )
        return found

    def place(self, route: Route) -> RoutePlace:
        return RoutePlace(self.table, self.host, self.index, route, self.within)


_SOLVERS: Json = {}


def chain_fates(proxy: Proxy, listener: Listener) -> list[prove_chains.ChainOutcome]:
    """The fates of a listener's chains, found once."""
    found: list[prove_chains.ChainOutcome] = proxy.compile_once(
        listener.message,
        "check chains",
        lambda: prove_chains.outcomes([chain.criteria for chain in listener.chains]),
    )
    return found


def hosts(proxy: Proxy) -> Iterator[Host]:
    for table in tables(proxy):
        for index, host in enumerate(table.table.hosts):
            yield Host(table, host, index)


def tree_fates(proxy: Proxy, host: Host) -> list[tuple[Host, Outcome]]:
    """The fates of the routes among which a matcher tree chooses: dead where nothing leads to their action, or where
    those that the same action tries before them take everything; else open where the way to the action is.

    Raises Undecidable for an action that is not known.
    """
    found: list[tuple[Host, Outcome]] = proxy.compile_once(
        host.host.message, "check tree fates", lambda: list(_tree_fates(proxy, host))
    )
    return found


def _tree_fates(proxy: Proxy, host: Host) -> Iterator[tuple[Host, Outcome]]:
    assert host.host.tree is not None
    for leaf in leaves(host.host.tree):
        apart = host.of_action([route.message for route in tree_routes(host.host, leaf.action)])
        if leaf.fate is Fate.SHADOWED:
            yield from ((apart, Outcome(route, Fate.SHADOWED)) for route in apart.host.routes)
            continue
        for outcome in outcomes(apart.table.table, apart.host):
            lives = outcome.fate is Fate.ALIVE and leaf.fate is Fate.OPEN
            yield apart, replace(outcome, fate=Fate.OPEN) if lives else outcome
