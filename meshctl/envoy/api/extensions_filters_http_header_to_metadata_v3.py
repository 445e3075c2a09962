"""Messages of envoy.extensions.filters.http.header_to_metadata.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import type_matcher_v3


class Config(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.header_to_metadata.v3.Config"

    class KeyValuePair(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.header_to_metadata.v3.Config.KeyValuePair"
        metadata_namespace: str
        key: str
        value: str
        regex_value_rewrite: type_matcher_v3.RegexMatchAndSubstitute | None
        type: typing.Literal["STRING", "NUMBER", "PROTOBUF_VALUE"]
        encode: typing.Literal["NONE", "BASE64"]
        SPEC = """\
metadata_namespace Text
key Text
value Text
regex_value_rewrite One type_matcher_v3:RegexMatchAndSubstitute
type Choice STRING=0 NUMBER=1 PROTOBUF_VALUE=2
encode Choice NONE=0 BASE64=1"""

    class Rule(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.header_to_metadata.v3.Config.Rule"
        header: str
        cookie: str
        on_header_present: Config.KeyValuePair | None
        on_header_missing: Config.KeyValuePair | None
        remove: bool
        SPEC = """\
header Text
cookie Text
on_header_present One extensions_filters_http_header_to_metadata_v3:Config.KeyValuePair
on_header_missing One extensions_filters_http_header_to_metadata_v3:Config.KeyValuePair
remove Flag"""

    request_rules: tuple[Config.Rule, ...]
    response_rules: tuple[Config.Rule, ...]
    stat_prefix: str
    SPEC = """\
request_rules *One extensions_filters_http_header_to_metadata_v3:Config.Rule
response_rules *One extensions_filters_http_header_to_metadata_v3:Config.Rule
stat_prefix Text"""
