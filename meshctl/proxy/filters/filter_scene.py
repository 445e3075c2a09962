"""What an HTTP filter sees, and what it may do: the values shared by all evaluators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from meshctl.match.request_view import Headers, RequestView
from meshctl.proxy.entry import Entry
from meshctl.proxy.listen.listeners import Filter
from meshctl.proxy.model import Connection, Request, Verdict
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.routing.routes import Route, RouteTable, VirtualHost

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
    remote_ip: str = ""

    def changed(
        self, headers: Headers | None = None, metadata: Mapping[str, Any] | None = None, opaque: str = ""
    ) -> Scene:
        """The same scene with the request as a filter left it."""
        old = self.view
        view = RequestView(
            headers if headers is not None else old.headers,
            tls=old.tls,
            peer=old.peer,
            sni=old.sni,
            metadata={**old.metadata, **(metadata or {})},
            filter_state=old.filter_state,
            opaque=opaque or old.opaque,
        )
        return replace(self, view=view)


@dataclass(frozen=True, slots=True)
class Pass:
    """One way through a filter: on with ``scene``, or ended by ``reply``."""

    entry: Entry
    scene: Scene
    reply: Verdict | None = None
