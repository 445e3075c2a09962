"""Where a connection manager has its route configuration from: inline, by its RDS name, or by scope.

Scoped routes build a key from headers as they stand before routing; the scope of that key names the configuration.
Follows source/common/router/{rds_impl,scoped_config_impl}.cc.
"""

from __future__ import annotations

from meshctl.envoy.api import config_route_v3 as api
from meshctl.envoy.api.extensions_filters_network_http_connection_manager_v3 import (
    HttpConnectionManager,
    ScopedRoutes,
)
from meshctl.envoy.message import Undecidable
from meshctl.envoy.sections import SectionKind
from meshctl.match.request_view import Headers
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.routing.routes import RouteTable

HeaderValueExtractor = ScopedRoutes.ScopeKeyBuilder.FragmentBuilder.HeaderValueExtractor


def table_of(proxy: Proxy, config: HttpConnectionManager, headers: Headers) -> tuple[RouteTable | None, str]:
    """The route configuration of the manager, or why it is not known."""
    match config.route_specifier:
        case "route_config" if config.route_config is not None:
            return proxy.inline_table(config.route_config.raw, "route_config of the filter"), ""
        case "rds" if config.rds is not None:
            return _by_name(proxy, config.rds.route_config_name, " (not yet received?)")
        case "scoped_routes" if config.scoped_routes is not None:
            return _scoped(proxy, config.scoped_routes, headers)
        case _:
            return None, "the connection manager has no route configuration"


def _by_name(proxy: Proxy, name: str, why: str = "") -> tuple[RouteTable | None, str]:
    table = proxy.route_table(name)
    if table is not None:
        return table, ""
    state = proxy.not_in_force(SectionKind.ROUTES, name)
    return None, f"route configuration {name} {state or f'is not in the dump{why}'}"


def _scoped(proxy: Proxy, config: ScopedRoutes, headers: Headers) -> tuple[RouteTable | None, str]:
    """Scoped routes: the scope key is built from headers; its scope names the route configuration."""
    fragments = []
    for builder in config.scope_key_builder.fragments if config.scope_key_builder is not None else ():
        extractor = builder.header_value_extractor
        if builder.type != "header_value_extractor" or extractor is None:
            raise Undecidable("the scope key is built from what meshctl does not know")
        fragment = _fragment(extractor, headers)
        if fragment is None:
            return None, ""
        fragments.append(fragment)
    inline = config.scoped_route_configurations_list
    found = inline.scoped_route_configurations if inline is not None else ()
    for scope in found or map(api.ScopedRouteConfiguration, proxy.scoped_routes(config.name)):
        if scope.key is None or [part.string_key for part in scope.key.fragments] != fragments:
            continue
        if scope.route_configuration is not None:
            return proxy.inline_table(scope.route_configuration.raw, "scope"), ""
        return _by_name(proxy, scope.route_configuration_name)
    return None, ""


def _fragment(extractor: HeaderValueExtractor, headers: Headers) -> str | None:
    values = headers.get(extractor.name.lower())
    if not values:
        return None
    parts = values[0].split(extractor.element_separator) if extractor.element_separator else [values[0]]
    if extractor.extract_type == "element" and extractor.element is not None:
        for part in parts:
            key, _, value = part.partition(extractor.element.separator)
            if key == extractor.element.key:
                return value
        return None
    return parts[extractor.index] if extractor.index < len(parts) else None
