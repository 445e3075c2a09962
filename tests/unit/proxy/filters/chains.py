"""One request through a chain of HTTP filters, for tests that state a filter's rule."""

from __future__ import annotations

from typing import Any

from meshctl.proxy.model import Connection, Disposition, Passage, Payload, Request
from meshctl.proxy.visit import visit
from tests.unit.proxy.build import cluster, get, http, listener, proxy, route, virtual_host

Json = dict[str, Any]

HTTP = "type.googleapis.com/envoy.extensions.filters.http."
VIA = (200, "via_upstream")


def a_filter(kind: str, name: str = "", **fields: Any) -> Json:
    """A filter by the end of its type (``csrf.v3.CsrfPolicy``)."""
    short = name or f"envoy.filters.http.{kind.split('.')[0]}"
    return {"name": short, "typed_config": {"@type": f"{HTTP}{kind}", **fields}}


def settings(http_filter: Json) -> Json:
    """A filter's configuration as a route's typed_per_filter_config."""
    return {http_filter["name"]: http_filter["typed_config"]}


def allow_only(permission: Json) -> Json:
    """An RBAC filter that shows what a filter before it has written: only such requests pass."""
    policy = {"permissions": [permission], "principals": [{"any": True}]}
    return a_filter("rbac.v3.RBAC", rules={"policies": {"p": policy}})


def passages(
    filters: tuple[Json, ...],
    request: Request | None = None,
    *,
    routes: tuple[Json, ...] = (),
    clusters: tuple[Json, ...] = (),
    host: Json | None = None,
    src: str = "10.1.1.1",
    runtime: Json | None = None,
    silent: bool = True,
) -> list[Passage]:
    """All ways of a request (GET / of a.com) through the filters, at a virtual host with these routes."""
    found = routes or (route("r", {"prefix": "/"}),)
    chain = {"filters": http([virtual_host(*found, **(host or {}))], filters=filters)}
    known = (cluster("c", "10.0.0.1:8080"), cluster("d", "10.0.0.2:8080"), *clusters)
    bootstrap = {"layered_runtime": {"layers": [{"name": "s", "static_layer": runtime or {}}]}}
    built = proxy([listener([chain])], known, bootstrap)
    connection = Connection(src, "10.9.9.9", 80, 40000, Payload.HTTP1)
    ways = visit(built, built.listeners.all[0], connection, request or get(), silent=silent)
    assert abs(sum(way.probability for way in ways) - 1.0) < 1e-9
    return ways


def answer(
    filters: tuple[Json, ...], request: Request | None = None, **more: Any
) -> tuple[int | None, str | None]:
    """Code and details of the only way."""
    (way,) = passages(filters, request, **more)
    return way.verdict.code, way.verdict.details


def ends(filters: tuple[Json, ...], request: Request | None = None, **more: Any) -> set[Disposition]:
    return {way.verdict.disposition for way in passages(filters, request, **more)}
