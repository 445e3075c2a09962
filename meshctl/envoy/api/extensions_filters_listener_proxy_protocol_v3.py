"""Messages of envoy.extensions.filters.listener.proxy_protocol.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class ProxyProtocol(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol"

    class KeyValuePair(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol.KeyValuePair"
        metadata_namespace: str
        key: str
        value_string_encoding: typing.Literal["UNSPECIFIED", "SANITIZED_UTF8", "BASE64"]
        SPEC = """\
metadata_namespace Text
key Text
value_string_encoding Choice UNSPECIFIED=0 SANITIZED_UTF8=1 BASE64=2"""

    class Rule(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol.Rule"
        tlv_type: int
        on_tlv_present: ProxyProtocol.KeyValuePair | None
        SPEC = """\
tlv_type Int
on_tlv_present One extensions_filters_listener_proxy_protocol_v3:ProxyProtocol.KeyValuePair"""

    rules: tuple[ProxyProtocol.Rule, ...]
    allow_requests_without_proxy_protocol: bool
    pass_through_tlvs: config_core_v3.ProxyProtocolPassThroughTLVs | None
    disallowed_versions: tuple[typing.Literal["V1", "V2"], ...]
    stat_prefix: str
    tlv_location: typing.Literal["DYNAMIC_METADATA", "FILTER_STATE"]
    SPEC = """\
rules *One extensions_filters_listener_proxy_protocol_v3:ProxyProtocol.Rule
allow_requests_without_proxy_protocol Flag
pass_through_tlvs One config_core_v3:ProxyProtocolPassThroughTLVs
disallowed_versions *Choice V1=0 V2=1
stat_prefix Text
tlv_location Choice DYNAMIC_METADATA=0 FILTER_STATE=1"""
