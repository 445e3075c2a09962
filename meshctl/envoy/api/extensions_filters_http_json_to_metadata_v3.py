"""Messages of envoy.extensions.filters.http.json_to_metadata.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import type_matcher_v3


class JsonToMetadata(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.json_to_metadata.v3.JsonToMetadata"

    class KeyValuePair(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.json_to_metadata.v3.JsonToMetadata.KeyValuePair"
        metadata_namespace: str
        key: str
        value: typing.Any
        type: typing.Literal["PROTOBUF_VALUE", "STRING", "NUMBER"]
        preserve_existing_metadata_value: bool
        value_type: typing.Literal["value"] | None
        SPEC = """\
metadata_namespace Text
key Text
value AnyValue
type Choice PROTOBUF_VALUE=0 STRING=1 NUMBER=2
preserve_existing_metadata_value Flag
value_type OneOf value"""

    class MatchRules(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.json_to_metadata.v3.JsonToMetadata.MatchRules"
        rules: tuple[JsonToMetadata.Rule, ...]
        allow_content_types: tuple[str, ...]
        allow_empty_content_type: bool
        allow_content_types_regex: type_matcher_v3.RegexMatcher | None
        SPEC = """\
rules *One extensions_filters_http_json_to_metadata_v3:JsonToMetadata.Rule
allow_content_types *Text
allow_empty_content_type Flag
allow_content_types_regex One type_matcher_v3:RegexMatcher"""

    class Rule(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.json_to_metadata.v3.JsonToMetadata.Rule"
        selectors: tuple[JsonToMetadata.Selector, ...]
        on_present: JsonToMetadata.KeyValuePair | None
        on_missing: JsonToMetadata.KeyValuePair | None
        on_error: JsonToMetadata.KeyValuePair | None
        SPEC = """\
selectors *One extensions_filters_http_json_to_metadata_v3:JsonToMetadata.Selector
on_present One extensions_filters_http_json_to_metadata_v3:JsonToMetadata.KeyValuePair
on_missing One extensions_filters_http_json_to_metadata_v3:JsonToMetadata.KeyValuePair
on_error One extensions_filters_http_json_to_metadata_v3:JsonToMetadata.KeyValuePair"""

    class Selector(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.json_to_metadata.v3.JsonToMetadata.Selector"
        key: str
        selector: typing.Literal["key"] | None
        SPEC = """\
key Text
selector OneOf key"""

    request_rules: JsonToMetadata.MatchRules | None
    response_rules: JsonToMetadata.MatchRules | None
    SPEC = """\
request_rules One extensions_filters_http_json_to_metadata_v3:JsonToMetadata.MatchRules
response_rules One extensions_filters_http_json_to_metadata_v3:JsonToMetadata.MatchRules"""
