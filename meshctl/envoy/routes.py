"""Route configurations as the tables read them: a partial view of envoy/config/route/v3."""

from __future__ import annotations

import msgspec

from meshctl.envoy.clusters import Metadata


class Regex(msgspec.Struct, gc=False):
    regex: str = ""


class RouteMatchHead(msgspec.Struct, gc=False):
    """The path criteria; the others are read by ``route_match`` for the wide table and the trace."""

    prefix: str | None = None
    path: str | None = None
    path_separated_prefix: str | None = None
    safe_regex: Regex | None = None


class RouteActionHead(msgspec.Struct, gc=False):
    cluster: str | None = None


class RouteHead(msgspec.Struct, gc=False):
    match: RouteMatchHead | None = None
    route: RouteActionHead | None = None
    metadata: Metadata | None = None


class VirtualHostHead(msgspec.Struct, gc=False):
    name: str = ""
    domains: list[str] = []
    routes: list[RouteHead] = []


class RouteConfigHead(msgspec.Struct, gc=False):
    """What the short table shows of a route configuration."""

    name: str = ""
    virtual_hosts: list[VirtualHostHead] = []


class RouteConfigCount(msgspec.Struct, gc=False):
    """A route configuration with its virtual hosts only counted."""

    name: str = ""
    virtual_hosts: list[msgspec.Raw] = []


class RouteConfigName(msgspec.Struct, gc=False):
    name: str = ""
