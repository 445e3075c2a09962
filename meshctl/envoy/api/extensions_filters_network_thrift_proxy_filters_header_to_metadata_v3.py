"""Messages of envoy.extensions.filters.network.thrift_proxy.filters.header_to_metadata.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import type_matcher_v3


class HeaderToMetadata(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.thrift_proxy.filters.header_to_metadata.v3.HeaderToMetadata"

    class KeyValuePair(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.network.thrift_proxy.filters.header_to_metadata.v3.HeaderToMetadata.KeyValuePair"
        metadata_namespace: str
        key: str
        value: str
        regex_value_rewrite: type_matcher_v3.RegexMatchAndSubstitute | None
        type: typing.Literal["STRING", "NUMBER", "PROTOBUF_VALUE"]
        encode: typing.Literal["NONE", "BASE64"]
        value_type: typing.Literal["value", "regex_value_rewrite"] | None
        SPEC = """\
metadata_namespace Text
key Text
value Text
regex_value_rewrite One type_matcher_v3:RegexMatchAndSubstitute
type Choice STRING=0 NUMBER=1 PROTOBUF_VALUE=2
encode Choice NONE=0 BASE64=1
value_type OneOf value regex_value_rewrite"""

    class Rule(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.network.thrift_proxy.filters.header_to_metadata.v3.HeaderToMetadata.Rule"
        header: str
        on_present: HeaderToMetadata.KeyValuePair | None
        on_missing: HeaderToMetadata.KeyValuePair | None
        remove: bool
        SPEC = """\
header Text
on_present One extensions_filters_network_thrift_proxy_filters_header_to_metadata_v3:HeaderToMetadata.KeyValuePair
on_missing One extensions_filters_network_thrift_proxy_filters_header_to_metadata_v3:HeaderToMetadata.KeyValuePair
remove Flag"""

    request_rules: tuple[HeaderToMetadata.Rule, ...]
    SPEC = """\
request_rules *One extensions_filters_network_thrift_proxy_filters_header_to_metadata_v3:HeaderToMetadata.Rule"""
