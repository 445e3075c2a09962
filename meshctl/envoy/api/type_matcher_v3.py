"""Messages of envoy.type.matcher.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import type_v3, xds_core_v3


class AddressMatcher(Message):
    __slots__ = ()
    TYPE = "envoy.type.matcher.v3.AddressMatcher"
    ranges: tuple[xds_core_v3.CidrRange, ...]
    invert_match: bool
    SPEC = """\
ranges *One xds_core_v3:CidrRange
invert_match Flag"""


class DoubleMatcher(Message):
    __slots__ = ()
    TYPE = "envoy.type.matcher.v3.DoubleMatcher"
    range: type_v3.DoubleRange | None
    exact: float
    match_pattern: typing.Literal["range", "exact"] | None
    SPEC = """\
range One type_v3:DoubleRange
exact Number
match_pattern OneOf range exact"""


class FilterStateMatcher(Message):
    __slots__ = ()
    TYPE = "envoy.type.matcher.v3.FilterStateMatcher"
    key: str
    string_match: StringMatcher | None
    address_match: AddressMatcher | None
    matcher: typing.Literal["string_match", "address_match"] | None
    SPEC = """\
key Text
string_match One type_matcher_v3:StringMatcher
address_match One type_matcher_v3:AddressMatcher
matcher OneOf string_match address_match"""


class HttpRequestHeaderMatchInput(Message):
    __slots__ = ()
    TYPE = "envoy.type.matcher.v3.HttpRequestHeaderMatchInput"
    header_name: str
    SPEC = """\
header_name Text"""


class HttpRequestQueryParamMatchInput(Message):
    __slots__ = ()
    TYPE = "envoy.type.matcher.v3.HttpRequestQueryParamMatchInput"
    query_param: str
    SPEC = """\
query_param Text"""


class HttpRequestTrailerMatchInput(Message):
    __slots__ = ()
    TYPE = "envoy.type.matcher.v3.HttpRequestTrailerMatchInput"
    header_name: str
    SPEC = """\
header_name Text"""


class HttpResponseHeaderMatchInput(Message):
    __slots__ = ()
    TYPE = "envoy.type.matcher.v3.HttpResponseHeaderMatchInput"
    header_name: str
    SPEC = """\
header_name Text"""


class HttpResponseLocalReplyMatchInput(Message):
    __slots__ = ()
    TYPE = "envoy.type.matcher.v3.HttpResponseLocalReplyMatchInput"


class HttpResponseStatusCodeClassMatchInput(Message):
    __slots__ = ()
    TYPE = "envoy.type.matcher.v3.HttpResponseStatusCodeClassMatchInput"


class HttpResponseStatusCodeMatchInput(Message):
    __slots__ = ()
    TYPE = "envoy.type.matcher.v3.HttpResponseStatusCodeMatchInput"


class HttpResponseTrailerMatchInput(Message):
    __slots__ = ()
    TYPE = "envoy.type.matcher.v3.HttpResponseTrailerMatchInput"
    header_name: str
    SPEC = """\
header_name Text"""


class ListMatcher(Message):
    __slots__ = ()
    TYPE = "envoy.type.matcher.v3.ListMatcher"
    one_of: ValueMatcher | None
    match_pattern: typing.Literal["one_of"] | None
    SPEC = """\
one_of One type_matcher_v3:ValueMatcher
match_pattern OneOf one_of"""


class ListStringMatcher(Message):
    __slots__ = ()
    TYPE = "envoy.type.matcher.v3.ListStringMatcher"
    patterns: tuple[StringMatcher, ...]
    SPEC = """\
patterns *One type_matcher_v3:StringMatcher"""


class MetadataMatcher(Message):
    __slots__ = ()
    TYPE = "envoy.type.matcher.v3.MetadataMatcher"

    class PathSegment(Message):
        __slots__ = ()
        TYPE = "envoy.type.matcher.v3.MetadataMatcher.PathSegment"
        key: str
        segment: typing.Literal["key"] | None
        SPEC = """\
key Text
segment OneOf key"""

    filter: str
    path: tuple[MetadataMatcher.PathSegment, ...]
    value: ValueMatcher | None
    invert: bool
    SPEC = """\
filter Text
path *One type_matcher_v3:MetadataMatcher.PathSegment
value One type_matcher_v3:ValueMatcher
invert Flag"""


class NodeMatcher(Message):
    __slots__ = ()
    TYPE = "envoy.type.matcher.v3.NodeMatcher"
    node_id: StringMatcher | None
    node_metadatas: tuple[StructMatcher, ...]
    SPEC = """\
node_id One type_matcher_v3:StringMatcher
node_metadatas *One type_matcher_v3:StructMatcher"""


class OrMatcher(Message):
    __slots__ = ()
    TYPE = "envoy.type.matcher.v3.OrMatcher"
    value_matchers: tuple[ValueMatcher, ...]
    SPEC = """\
value_matchers *One type_matcher_v3:ValueMatcher"""


class PathMatcher(Message):
    __slots__ = ()
    TYPE = "envoy.type.matcher.v3.PathMatcher"
    path: StringMatcher | None
    rule: typing.Literal["path"] | None
    SPEC = """\
path One type_matcher_v3:StringMatcher
rule OneOf path"""


class RegexMatchAndSubstitute(Message):
    __slots__ = ()
    TYPE = "envoy.type.matcher.v3.RegexMatchAndSubstitute"
    pattern: RegexMatcher | None
    substitution: str
    SPEC = """\
pattern One type_matcher_v3:RegexMatcher
substitution Text"""


class RegexMatcher(Message):
    __slots__ = ()
    TYPE = "envoy.type.matcher.v3.RegexMatcher"

    class GoogleRE2(Message):
        __slots__ = ()
        TYPE = "envoy.type.matcher.v3.RegexMatcher.GoogleRE2"
        max_program_size: int | None
        SPEC = """\
max_program_size OptionalInt"""

    google_re2: RegexMatcher.GoogleRE2 | None
    regex: str
    engine_type: typing.Literal["google_re2"] | None
    SPEC = """\
google_re2 One type_matcher_v3:RegexMatcher.GoogleRE2
regex Text
engine_type OneOf google_re2"""


class StringMatcher(Message):
    __slots__ = ()
    TYPE = "envoy.type.matcher.v3.StringMatcher"
    exact: str
    prefix: str
    suffix: str
    safe_regex: RegexMatcher | None
    contains: str
    custom: xds_core_v3.TypedExtensionConfig | None
    ignore_case: bool
    regex: str
    match_pattern: (
        typing.Literal["exact", "prefix", "suffix", "safe_regex", "contains", "custom", "regex"] | None
    )
    SPEC = """\
exact Text
prefix Text
suffix Text
safe_regex One type_matcher_v3:RegexMatcher
contains Text
custom One xds_core_v3:TypedExtensionConfig
ignore_case Flag
regex Text
match_pattern OneOf exact prefix suffix safe_regex contains custom regex"""


class StructMatcher(Message):
    __slots__ = ()
    TYPE = "envoy.type.matcher.v3.StructMatcher"

    class PathSegment(Message):
        __slots__ = ()
        TYPE = "envoy.type.matcher.v3.StructMatcher.PathSegment"
        key: str
        segment: typing.Literal["key"] | None
        SPEC = """\
key Text
segment OneOf key"""

    path: tuple[StructMatcher.PathSegment, ...]
    value: ValueMatcher | None
    SPEC = """\
path *One type_matcher_v3:StructMatcher.PathSegment
value One type_matcher_v3:ValueMatcher"""


class ValueMatcher(Message):
    __slots__ = ()
    TYPE = "envoy.type.matcher.v3.ValueMatcher"

    class NullMatch(Message):
        __slots__ = ()
        TYPE = "envoy.type.matcher.v3.ValueMatcher.NullMatch"

    null_match: ValueMatcher.NullMatch | None
    double_match: DoubleMatcher | None
    string_match: StringMatcher | None
    bool_match: bool
    present_match: bool
    list_match: ListMatcher | None
    or_match: OrMatcher | None
    match_pattern: (
        typing.Literal[
            "null_match",
            "double_match",
            "string_match",
            "bool_match",
            "present_match",
            "list_match",
            "or_match",
        ]
        | None
    )
    SPEC = """\
null_match One type_matcher_v3:ValueMatcher.NullMatch
double_match One type_matcher_v3:DoubleMatcher
string_match One type_matcher_v3:StringMatcher
bool_match Flag
present_match Flag
list_match One type_matcher_v3:ListMatcher
or_match One type_matcher_v3:OrMatcher
match_pattern OneOf null_match double_match string_match bool_match present_match list_match or_match"""
