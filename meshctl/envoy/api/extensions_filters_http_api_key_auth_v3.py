"""Messages of envoy.extensions.filters.http.api_key_auth.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class ApiKeyAuth(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.api_key_auth.v3.ApiKeyAuth"
    credentials: tuple[Credential, ...]
    key_sources: tuple[KeySource, ...]
    forwarding: Forwarding | None
    SPEC = """\
credentials *One extensions_filters_http_api_key_auth_v3:Credential
key_sources *One extensions_filters_http_api_key_auth_v3:KeySource
forwarding One extensions_filters_http_api_key_auth_v3:Forwarding"""


class ApiKeyAuthPerRoute(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.api_key_auth.v3.ApiKeyAuthPerRoute"
    credentials: tuple[Credential, ...]
    key_sources: tuple[KeySource, ...]
    allowed_clients: tuple[str, ...]
    forwarding: Forwarding | None
    SPEC = """\
credentials *One extensions_filters_http_api_key_auth_v3:Credential
key_sources *One extensions_filters_http_api_key_auth_v3:KeySource
allowed_clients *Text
forwarding One extensions_filters_http_api_key_auth_v3:Forwarding"""


class Credential(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.api_key_auth.v3.Credential"
    key: str
    client: str
    SPEC = """\
key Text
client Text"""


class Forwarding(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.api_key_auth.v3.Forwarding"
    header: str
    hide_credentials: bool
    SPEC = """\
header Text
hide_credentials Flag"""


class KeySource(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.api_key_auth.v3.KeySource"
    header: str
    query: str
    cookie: str
    SPEC = """\
header Text
query Text
cookie Text"""
