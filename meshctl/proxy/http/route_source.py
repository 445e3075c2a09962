"""Where a connection manager has its route configuration from: inline, by its RDS name, or by scope.

Scoped routes build a key from headers as they stand before routing; the scope of that key names the configuration.
Follows source/common/router/{rds_impl,scoped_config_impl}.cc.
"""

from __future__ import annotations

from collections.abc import Sequence

from meshctl.envoy.api import config_route_v3 as api
from meshctl.envoy.api.extensions_filters_network_http_connection_manager_v3 import (
    HttpConnectionManager,
    ScopedRoutes,
)
from meshctl.envoy.message import Undecidable
from meshctl.envoy.sections import SectionKind
from meshctl.match.request_view import RequestView
from meshctl.match.supposing import answered
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.routing.routes import RouteTable

Part = str | Undecidable | None  # of a scope's key
_ANY = RequestView({})
HeaderValueExtractor = ScopedRoutes.ScopeKeyBuilder.FragmentBuilder.HeaderValueExtractor


def table_of(
    proxy: Proxy, config: HttpConnectionManager, view: RequestView = _ANY
) -> tuple[RouteTable | None, str]:
    """The route configuration of the manager, or why it is not known.

    Raises Open where it hangs on a scope's key that is not known, and nothing is supposed of that.
    """
    match config.route_specifier:
        case "route_config" if config.route_config is not None:
            return proxy.inline_table(config.route_config.raw, "route_config of the filter"), ""
        case "rds" if config.rds is not None:
            return _by_name(proxy, config.rds.route_config_name, " (not yet received?)")
        case "scoped_routes" if config.scoped_routes is not None:
            return _scoped(proxy, config.scoped_routes, view)
        case _:
            return None, "the connection manager has no route configuration"


def _by_name(proxy: Proxy, name: str, why: str = "") -> tuple[RouteTable | None, str]:
    table = proxy.route_table(name)
    if table is not None:
        return table, ""
    state = proxy.not_in_force(SectionKind.ROUTES, name)
    return None, f"route configuration {name} {state or f'is not in the dump{why}'}"


def _scoped(proxy: Proxy, config: ScopedRoutes, view: RequestView) -> tuple[RouteTable | None, str]:
    """Scoped routes: the scope key is built from headers; its scope names the route configuration."""
    builders = config.scope_key_builder.fragments if config.scope_key_builder is not None else ()
    key = [_part(builder, view) for builder in builders]
    if None in key:
        return None, ""
    inline = config.scoped_route_configurations_list
    found = inline.scoped_route_configurations if inline is not None else ()
    for scope in found or map(api.ScopedRouteConfiguration, proxy.scoped_routes(config.name)):
        if not _takes(scope, key, view):
            continue
        if scope.route_configuration is not None:
            return proxy.inline_table(scope.route_configuration.raw, "scope"), ""
        return _by_name(proxy, scope.route_configuration_name)
    return None, ""


def _takes(scope: api.ScopedRouteConfiguration, key: Sequence[Part], view: RequestView) -> bool:
    """Whether a scope has the key; of one that is not known whole it is a question."""
    own = [part.string_key for part in scope.key.fragments] if scope.key is not None else []
    if not own or len(own) != len(key):
        return False
    unknown = [part for part in key if isinstance(part, Undecidable)]
    if any(part != wanted for part, wanted in zip(key, own, strict=True) if part not in unknown):
        return False
    return all(answered(view.supposed, f"the key is that of scope {scope.name}", one) for one in unknown[:1])


def _part(builder: ScopedRoutes.ScopeKeyBuilder.FragmentBuilder, view: RequestView) -> Part:
    """A part of the key: None where the request has none, and then no scope takes it; or why it is not known."""
    try:
        if builder.type != "header_value_extractor" or builder.header_value_extractor is None:
            return Undecidable("the scope key is built from what meshctl does not know")
        extractor = builder.header_value_extractor
        values = view.values(extractor.name.lower())
        return _fragment(extractor, values[0]) if values else None
    except Undecidable as unknown:
        return Undecidable(f"the scope key: {unknown.reason}")


def _fragment(extractor: HeaderValueExtractor, value: str) -> str | None:
    parts = value.split(extractor.element_separator) if extractor.element_separator else [value]
    if extractor.extract_type == "element" and extractor.element is not None:
        for part in parts:
            key, _, found = part.partition(extractor.element.separator)
            if key == extractor.element.key:
                return found
        return None
    return parts[extractor.index] if extractor.index < len(parts) else None
