"""Route configurations as the tables read them: a partial view of envoy/config/route/v3."""

from __future__ import annotations

import msgspec

from meshctl.envoy.clusters import Metadata


class Regex(msgspec.Struct):
    regex: str = ""


class RouteMatchHead(msgspec.Struct):
    """The path criteria; the others are read by ``route_match`` for the wide table and the trace."""

    prefix: str | None = None
    path: str | None = None
    path_separated_prefix: str | None = None
    safe_regex: Regex | None = None


class RouteActionHead(msgspec.Struct):
    cluster: str | None = None


class RouteHead(msgspec.Struct):
    match: RouteMatchHead | None = None
    route: RouteActionHead | None = None
    metadata: Metadata | None = None


class VirtualHostHead(msgspec.Struct):
    name: str = ""
    domains: list[str] = []
    routes: list[RouteHead] = []


class RouteConfigHead(msgspec.Struct):
    """What the short table shows of a route configuration."""

    name: str = ""
    virtual_hosts: list[VirtualHostHead] = []


class RouteConfigCount(msgspec.Struct):
    """A route configuration with its virtual hosts only counted."""

    name: str = ""
    virtual_hosts: list[msgspec.Raw] = []


class RouteConfigName(msgspec.Struct):
    name: str = ""
