"""The HTTP filters of a connection manager, in order, up to the router.

Theory of operation. A filter may be disabled, replaced or configured per route (typed_per_filter_config of the
route, else the virtual host, else the route configuration), or come by extension discovery. Each filter type
has one evaluator in ``EVALUATORS``; it continues, answers, or continues with changed headers or metadata, each
with a probability. A type that is not in the table and not known to pass is of unknown effect: the trace goes
on and says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from meshctl.envoy.request_view import RequestView
from meshctl.trace.entry import Entry
from meshctl.trace.listeners import Filter
from meshctl.trace.model import Connection, Passage, Request
from meshctl.trace.proxy import Proxy
from meshctl.trace.routes import Route, RouteTable, VirtualHost

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scene:
    """What a filter can see."""

    proxy: Proxy
    manager: Filter
    connection: Connection
    request: Request
    view: RequestView
    table: RouteTable | None
    host: VirtualHost | None
    route: Route | None
    direct_ip: str = ""


def run(entry: Entry, scene: Scene) -> Iterator[Passage | tuple[Entry, RequestView]]:
    """The answers of filters, and what goes on to the router."""
    yield entry, scene.view
