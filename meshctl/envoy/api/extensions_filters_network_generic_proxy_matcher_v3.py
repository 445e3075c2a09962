"""Messages of envoy.extensions.filters.network.generic_proxy.matcher.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import type_matcher_v3


class HostMatchInput(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.generic_proxy.matcher.v3.HostMatchInput"


class KeyValueMatchEntry(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.generic_proxy.matcher.v3.KeyValueMatchEntry"
    name: str
    string_match: type_matcher_v3.StringMatcher | None
    SPEC = """\
name Text
string_match One type_matcher_v3:StringMatcher"""


class MethodMatchInput(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.generic_proxy.matcher.v3.MethodMatchInput"


class PathMatchInput(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.generic_proxy.matcher.v3.PathMatchInput"


class PropertyMatchInput(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.generic_proxy.matcher.v3.PropertyMatchInput"
    property_name: str
    SPEC = """\
property_name Text"""


class RequestMatchInput(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.generic_proxy.matcher.v3.RequestMatchInput"


class RequestMatcher(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.generic_proxy.matcher.v3.RequestMatcher"
    host: type_matcher_v3.StringMatcher | None
    path: type_matcher_v3.StringMatcher | None
    method: type_matcher_v3.StringMatcher | None
    properties: tuple[KeyValueMatchEntry, ...]
    SPEC = """\
host One type_matcher_v3:StringMatcher
path One type_matcher_v3:StringMatcher
method One type_matcher_v3:StringMatcher
properties *One extensions_filters_network_generic_proxy_matcher_v3:KeyValueMatchEntry"""


class ServiceMatchInput(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.generic_proxy.matcher.v3.ServiceMatchInput"
