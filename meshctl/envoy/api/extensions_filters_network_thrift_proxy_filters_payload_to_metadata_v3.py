"""Messages of envoy.extensions.filters.network.thrift_proxy.filters.payload_to_metadata.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import type_matcher_v3


class PayloadToMetadata(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.thrift_proxy.filters.payload_to_metadata.v3.PayloadToMetadata"

    class FieldSelector(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.network.thrift_proxy.filters.payload_to_metadata.v3.PayloadToMetadata.FieldSelector"
        name: str
        id: int
        child: PayloadToMetadata.FieldSelector | None
        SPEC = """\
name Text
id Int
child One extensions_filters_network_thrift_proxy_filters_payload_to_metadata_v3:PayloadToMetadata.FieldSelector"""

    class KeyValuePair(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.network.thrift_proxy.filters.payload_to_metadata.v3.PayloadToMetadata.KeyValuePair"
        metadata_namespace: str
        key: str
        value: str
        regex_value_rewrite: type_matcher_v3.RegexMatchAndSubstitute | None
        type: typing.Literal["STRING", "NUMBER"]
        value_type: typing.Literal["value", "regex_value_rewrite"] | None
        SPEC = """\
metadata_namespace Text
key Text
value Text
regex_value_rewrite One type_matcher_v3:RegexMatchAndSubstitute
type Choice STRING=0 NUMBER=1
value_type OneOf value regex_value_rewrite"""

    class Rule(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.network.thrift_proxy.filters.payload_to_metadata.v3.PayloadToMetadata.Rule"
        method_name: str
        service_name: str
        field_selector: PayloadToMetadata.FieldSelector | None
        on_present: PayloadToMetadata.KeyValuePair | None
        on_missing: PayloadToMetadata.KeyValuePair | None
        match_specifier: typing.Literal["method_name", "service_name"] | None
        SPEC = """\
method_name Text
service_name Text
field_selector One extensions_filters_network_thrift_proxy_filters_payload_to_metadata_v3:PayloadToMetadata.FieldSelector
on_present One extensions_filters_network_thrift_proxy_filters_payload_to_metadata_v3:PayloadToMetadata.KeyValuePair
on_missing One extensions_filters_network_thrift_proxy_filters_payload_to_metadata_v3:PayloadToMetadata.KeyValuePair
match_specifier OneOf method_name service_name"""

    request_rules: tuple[PayloadToMetadata.Rule, ...]
    SPEC = """\
request_rules *One extensions_filters_network_thrift_proxy_filters_payload_to_metadata_v3:PayloadToMetadata.Rule"""
