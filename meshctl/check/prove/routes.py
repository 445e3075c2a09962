"""What becomes of each route of a virtual host: a request that it takes, or the proof that there is none.

Theory of operation. Most routes show at once that they live: a request that meets their conditions is tried on the real
matcher, with a few variants. What is left is asked of the solver: does any request meet the route's conditions and fail
each earlier route's? No: it is dead, by one earlier route where one is enough, else by several together. A solution is
tried on the real matcher, and only what that chooses counts; whatever stays open is ``OPEN``, never dead. An earlier
route with a runtime_fraction takes only a share, so it hides none but those of no larger share of the same number.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

from meshctl.check.prove import languages, regex
from meshctl.check.prove.atoms import AUTHORITY, Atom, Some, of_match
from meshctl.check.prove.languages import TooLarge
from meshctl.check.prove.requests import Witness, variants, witness
from meshctl.check.prove.solver import Condition, Solver
from meshctl.envoy.api import config_route_v3 as api
from meshctl.envoy.message import Undecidable
from meshctl.match.fraction import Fraction
from meshctl.proxy.routing.draw import Draw
from meshctl.proxy.routing.routes import Route, RouteTable, VirtualHost, choose
from meshctl.values import Struct

_MOST_TOGETHER = 40


class Fate(enum.Enum):
    """What is known of a route."""

    ALIVE = "a request is known that it takes"
    SHADOWED = "every request it would take is taken by earlier routes"
    IMPOSSIBLE = "no request meets its conditions"
    OPEN = "not known"


class Outcome(Struct, frozen=True):
    """One route's fate. request: one that it takes, or would take; by: the routes that take it; why: the conditions
    that no request meets."""

    route: Route
    fate: Fate
    request: Witness | None = None
    by: tuple[Route, ...] = ()
    why: tuple[Atom, ...] = ()


def plain_paths(table: RouteTable) -> bool:
    """Whether path parameters are cut off before routes are matched."""
    return bool(api.RouteConfiguration(table.message).ignore_path_parameters_in_path_matching)


def outcomes(table: RouteTable, host: VirtualHost, solver: Solver | None = None) -> list[Outcome]:
    """The fate of each route of a virtual host; solver: one that has been asked before (of the same ``plain_paths``).

    Raises Undecidable where its routes cannot be read.
    """
    solver = solver or Solver(plain_paths(table))
    conditions = [_condition(route) for route in host.routes]
    asked = any(atom.subject == AUTHORITY for condition in conditions for atom in condition or ())
    names = _Names(_authority(host), _domains(table, host) if asked else ())
    return [_outcome(solver, host, conditions, index, names) for index in range(len(host.routes))]


class _Names(Struct, frozen=True):
    """A name that finds the virtual host, and what all of its names have in common, where a route asks for it."""

    example: str
    condition: Condition


def _authority(host: VirtualHost) -> str:
    """A name that finds the virtual host."""
    domains = api.VirtualHost(host.message).domains or ("*",)
    domain = min(domains, key=lambda text: "*" in text)
    return "example.com" if domain == "*" else domain.replace("*", "x")


def _condition(route: Route) -> Condition | None:
    """The conditions of a route; None where they cannot be read."""
    try:
        wanted = api.Route(route.message).match
        return tuple(of_match(wanted)) if wanted is not None else None
    except Undecidable:
        return None


def _domains(table: RouteTable, host: VirtualHost) -> tuple[Atom, ...]:
    """What the virtual host's domains say of the authority."""
    if table.domains.host_header:
        return ()
    try:
        domains = api.VirtualHost(host.message).domains
        options = [_domain(domain.lower()) for domain in domains]
        if not options or any(option is None for option in options):
            return ()
        names: regex.Node = regex.Alt(tuple(option for option in options if option is not None))
        if table.domains.ignore_port:
            port = regex.Seq((regex.literal(":"), regex.Repeat(regex.ANYTHING, 0, None)))
            names = regex.Seq((names, regex.Repeat(port, 0, 1)))
        return (
            Atom(
                AUTHORITY,
                Some(languages.of_tree(names, _authority(host).lower())),
                "the virtual host's domains",
            ),
        )
    except (Undecidable, TooLarge, regex.NotRegular):
        return ()


def _domain(domain: str) -> regex.Node | None:
    if domain == "*":
        return None
    rest = regex.Repeat(regex.ANYTHING, 1, None)
    if domain.startswith("*"):
        return regex.Seq((rest, regex.literal(domain[1:], True)))
    if domain.endswith("*"):
        return regex.Seq((regex.literal(domain[:-1], True), rest))
    return regex.literal(domain, True)


def _outcome(
    solver: Solver,
    host: VirtualHost,
    conditions: Sequence[Condition | None],
    index: int,
    names: _Names,
) -> Outcome:
    route, own = host.routes[index], conditions[index]
    if own is None:
        return Outcome(route, Fate.OPEN)
    simple = Witness("GET", names.example, route.match.path.value or "/")
    if len(own) == 1 and (simple.target or "").startswith("/") and takes(host, simple, route):
        return Outcome(route, Fate.ALIVE, simple)
    try:
        return _decided(solver, host, conditions, index, (*names.condition, *own), names.example)
    except TooLarge:
        return Outcome(route, Fate.OPEN)


def _decided(
    solver: Solver,
    host: VirtualHost,
    conditions: Sequence[Condition | None],
    index: int,
    wanted: Condition,
    name: str,
) -> Outcome:
    route = host.routes[index]
    alone = solver.find(wanted, [])
    if alone is None:
        return Outcome(route, Fate.IMPOSSIBLE, why=solver.conflict(wanted))
    meant = witness(alone, name)
    for request in variants(meant) if meant is not None else ():
        if takes(host, request, route):
            return Outcome(route, Fate.ALIVE, request)
    before = [
        (earlier, condition)
        for earlier, condition in zip(host.routes[:index], conditions, strict=False)
        if condition is not None and _hides(earlier, route)
    ]
    for earlier, condition in before:
        if solver.find(wanted, [condition]) is None:
            return _dead(host, route, (earlier,), meant)
    together = [(r, c) for r, c in before if solver.find((*wanted, *c), []) is not None]
    if len(together) > _MOST_TOGETHER:
        return Outcome(route, Fate.OPEN)
    found = solver.find(wanted, [c for _, c in together])
    if found is None:
        return _dead(host, route, _fewest(solver, wanted, together), meant)
    solution = witness(found, name)
    if solution is not None and takes(host, solution, route):
        return Outcome(route, Fate.ALIVE, solution)
    return Outcome(route, Fate.OPEN)


def _fewest(solver: Solver, wanted: Condition, together: list[tuple[Route, Condition]]) -> tuple[Route, ...]:
    """Of the routes that take everything together, those that are needed for it."""
    needed = list(together)
    for one in together:
        fewer = [each for each in needed if each is not one]
        if solver.find(wanted, [c for _, c in fewer]) is None:
            needed = fewer
    return tuple(route for route, _ in needed)


def _dead(host: VirtualHost, route: Route, by: tuple[Route, ...], meant: Witness | None) -> Outcome:
    """Shadowed, unless the real matcher shows otherwise."""
    if meant is not None and any(takes(host, request, route) for request in variants(meant)):
        return Outcome(route, Fate.OPEN)
    return Outcome(route, Fate.SHADOWED, meant, by)


def _hides(earlier: Route, later: Route) -> bool:
    """Whether an earlier route that takes a request leaves none of it to a later one.

    A share of a runtime key may be changed while Envoy runs.
    """
    first, second = earlier.match.fraction, later.match.fraction
    if first is None:
        return True
    key = api.Route(earlier.message).match
    chance = key.runtime_fraction if key is not None else None
    if chance is not None and chance.runtime_key:
        return False
    if first.chance >= 1.0:
        return True
    return second is not None and _covers(first, second)


def _covers(first: Fraction, second: Fraction) -> bool:
    """The same number of the request is asked: below the first share means below the second."""
    return first.denominator == second.denominator and first.numerator >= second.numerator


def takes(host: VirtualHost, request: Witness, route: Route) -> bool:
    """Whether the real matcher may choose the route for a request."""
    try:
        return any(found is route and chance > 0.0 for chance, found, _ in choose(host, request.view, Draw()))
    except Undecidable:
        return False


def taken_by(host: VirtualHost, request: Witness) -> Route | None:
    """The route that the real matcher chooses first; None where none does, or that is not known."""
    try:
        return next((found for _, found, _ in choose(host, request.view, Draw())), None)
    except Undecidable:
        return None
