"""Messages of envoy.extensions.http.injected_credentials.oauth2.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, extensions_transport_sockets_tls_v3


class OAuth2(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.http.injected_credentials.oauth2.v3.OAuth2"

    class ClientCredentials(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.http.injected_credentials.oauth2.v3.OAuth2.ClientCredentials"
        client_id: str
        client_secret: extensions_transport_sockets_tls_v3.SdsSecretConfig | None
        auth_type: typing.Literal["BASIC_AUTH", "URL_ENCODED_BODY"]
        SPEC = """\
client_id Text
client_secret One extensions_transport_sockets_tls_v3:SdsSecretConfig
auth_type Choice BASIC_AUTH=0 URL_ENCODED_BODY=1"""

    class EndpointParameter(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.http.injected_credentials.oauth2.v3.OAuth2.EndpointParameter"
        name: str
        value: str
        SPEC = """\
name Text
value Text"""

    token_endpoint: config_core_v3.HttpUri | None
    scopes: tuple[str, ...]
    client_credentials: OAuth2.ClientCredentials | None
    token_fetch_retry_interval: float | None
    endpoint_params: tuple[OAuth2.EndpointParameter, ...]
    flow_type: typing.Literal["client_credentials"] | None
    SPEC = """\
token_endpoint One config_core_v3:HttpUri
scopes *Text
client_credentials One extensions_http_injected_credentials_oauth2_v3:OAuth2.ClientCredentials
token_fetch_retry_interval Seconds
endpoint_params *One extensions_http_injected_credentials_oauth2_v3:OAuth2.EndpointParameter
flow_type OneOf client_credentials"""
