"""Messages of envoy.config.common.matcher.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, config_route_v3, type_matcher_v3


class HttpGenericBodyMatch(Message):
    __slots__ = ()
    TYPE = "envoy.config.common.matcher.v3.HttpGenericBodyMatch"

    class GenericTextMatch(Message):
        __slots__ = ()
        TYPE = "envoy.config.common.matcher.v3.HttpGenericBodyMatch.GenericTextMatch"
        string_match: str
        binary_match: bytes
        rule: typing.Literal["string_match", "binary_match"] | None
        SPEC = """\
string_match Text
binary_match Bytes
rule OneOf string_match binary_match"""

    bytes_limit: int
    patterns: tuple[HttpGenericBodyMatch.GenericTextMatch, ...]
    SPEC = """\
bytes_limit Int
patterns *One config_common_matcher_v3:HttpGenericBodyMatch.GenericTextMatch"""


class HttpHeadersMatch(Message):
    __slots__ = ()
    TYPE = "envoy.config.common.matcher.v3.HttpHeadersMatch"
    headers: tuple[config_route_v3.HeaderMatcher, ...]
    SPEC = """\
headers *One config_route_v3:HeaderMatcher"""


class MatchPredicate(Message):
    __slots__ = ()
    TYPE = "envoy.config.common.matcher.v3.MatchPredicate"

    class MatchSet(Message):
        __slots__ = ()
        TYPE = "envoy.config.common.matcher.v3.MatchPredicate.MatchSet"
        rules: tuple[MatchPredicate, ...]
        SPEC = """\
rules *One config_common_matcher_v3:MatchPredicate"""

    or_match: MatchPredicate.MatchSet | None
    and_match: MatchPredicate.MatchSet | None
    not_match: MatchPredicate | None
    any_match: bool
    http_request_headers_match: HttpHeadersMatch | None
    http_request_trailers_match: HttpHeadersMatch | None
    http_response_headers_match: HttpHeadersMatch | None
    http_response_trailers_match: HttpHeadersMatch | None
    http_request_generic_body_match: HttpGenericBodyMatch | None
    http_response_generic_body_match: HttpGenericBodyMatch | None
    rule: (
        typing.Literal[
            "or_match",
            "and_match",
            "not_match",
            "any_match",
            "http_request_headers_match",
            "http_request_trailers_match",
            "http_response_headers_match",
            "http_response_trailers_match",
            "http_request_generic_body_match",
            "http_response_generic_body_match",
        ]
        | None
    )
    SPEC = """\
or_match One config_common_matcher_v3:MatchPredicate.MatchSet
and_match One config_common_matcher_v3:MatchPredicate.MatchSet
not_match One config_common_matcher_v3:MatchPredicate
any_match Flag
http_request_headers_match One config_common_matcher_v3:HttpHeadersMatch
http_request_trailers_match One config_common_matcher_v3:HttpHeadersMatch
http_response_headers_match One config_common_matcher_v3:HttpHeadersMatch
http_response_trailers_match One config_common_matcher_v3:HttpHeadersMatch
http_request_generic_body_match One config_common_matcher_v3:HttpGenericBodyMatch
http_response_generic_body_match One config_common_matcher_v3:HttpGenericBodyMatch
rule OneOf or_match and_match not_match any_match http_request_headers_match http_request_trailers_match http_response_headers_match http_response_trailers_match http_request_generic_body_match http_response_generic_body_match"""


class Matcher(Message):
    __slots__ = ()
    TYPE = "envoy.config.common.matcher.v3.Matcher"

    class MatcherList(Message):
        __slots__ = ()
        TYPE = "envoy.config.common.matcher.v3.Matcher.MatcherList"

        class FieldMatcher(Message):
            __slots__ = ()
            TYPE = "envoy.config.common.matcher.v3.Matcher.MatcherList.FieldMatcher"
            predicate: Matcher.MatcherList.Predicate | None
            on_match: Matcher.OnMatch | None
            SPEC = """\
predicate One config_common_matcher_v3:Matcher.MatcherList.Predicate
on_match One config_common_matcher_v3:Matcher.OnMatch"""

        class Predicate(Message):
            __slots__ = ()
            TYPE = "envoy.config.common.matcher.v3.Matcher.MatcherList.Predicate"

            class PredicateList(Message):
                __slots__ = ()
                TYPE = "envoy.config.common.matcher.v3.Matcher.MatcherList.Predicate.PredicateList"
                predicate: tuple[Matcher.MatcherList.Predicate, ...]
                SPEC = """\
predicate *One config_common_matcher_v3:Matcher.MatcherList.Predicate"""

            class SinglePredicate(Message):
                __slots__ = ()
                TYPE = "envoy.config.common.matcher.v3.Matcher.MatcherList.Predicate.SinglePredicate"
                input: config_core_v3.TypedExtensionConfig | None
                value_match: type_matcher_v3.StringMatcher | None
                custom_match: config_core_v3.TypedExtensionConfig | None
                matcher: typing.Literal["value_match", "custom_match"] | None
                SPEC = """\
input One config_core_v3:TypedExtensionConfig
value_match One type_matcher_v3:StringMatcher
custom_match One config_core_v3:TypedExtensionConfig
matcher OneOf value_match custom_match"""

            single_predicate: Matcher.MatcherList.Predicate.SinglePredicate | None
            or_matcher: Matcher.MatcherList.Predicate.PredicateList | None
            and_matcher: Matcher.MatcherList.Predicate.PredicateList | None
            not_matcher: Matcher.MatcherList.Predicate | None
            match_type: typing.Literal["single_predicate", "or_matcher", "and_matcher", "not_matcher"] | None
            SPEC = """\
single_predicate One config_common_matcher_v3:Matcher.MatcherList.Predicate.SinglePredicate
or_matcher One config_common_matcher_v3:Matcher.MatcherList.Predicate.PredicateList
and_matcher One config_common_matcher_v3:Matcher.MatcherList.Predicate.PredicateList
not_matcher One config_common_matcher_v3:Matcher.MatcherList.Predicate
match_type OneOf single_predicate or_matcher and_matcher not_matcher"""

        matchers: tuple[Matcher.MatcherList.FieldMatcher, ...]
        SPEC = """\
matchers *One config_common_matcher_v3:Matcher.MatcherList.FieldMatcher"""

    class MatcherTree(Message):
        __slots__ = ()
        TYPE = "envoy.config.common.matcher.v3.Matcher.MatcherTree"

        class MatchMap(Message):
            __slots__ = ()
            TYPE = "envoy.config.common.matcher.v3.Matcher.MatcherTree.MatchMap"
            map: dict[str, Matcher.OnMatch]
            SPEC = """\
map %One config_common_matcher_v3:Matcher.OnMatch"""

        input: config_core_v3.TypedExtensionConfig | None
        exact_match_map: Matcher.MatcherTree.MatchMap | None
        prefix_match_map: Matcher.MatcherTree.MatchMap | None
        custom_match: config_core_v3.TypedExtensionConfig | None
        tree_type: typing.Literal["exact_match_map", "prefix_match_map", "custom_match"] | None
        SPEC = """\
input One config_core_v3:TypedExtensionConfig
exact_match_map One config_common_matcher_v3:Matcher.MatcherTree.MatchMap
prefix_match_map One config_common_matcher_v3:Matcher.MatcherTree.MatchMap
custom_match One config_core_v3:TypedExtensionConfig
tree_type OneOf exact_match_map prefix_match_map custom_match"""

    class OnMatch(Message):
        __slots__ = ()
        TYPE = "envoy.config.common.matcher.v3.Matcher.OnMatch"
        matcher: Matcher | None
        action: config_core_v3.TypedExtensionConfig | None
        keep_matching: bool
        on_match: typing.Literal["matcher", "action"] | None
        SPEC = """\
matcher One config_common_matcher_v3:Matcher
action One config_core_v3:TypedExtensionConfig
keep_matching Flag
on_match OneOf matcher action"""

    matcher_list: Matcher.MatcherList | None
    matcher_tree: Matcher.MatcherTree | None
    on_no_match: Matcher.OnMatch | None
    matcher_type: typing.Literal["matcher_list", "matcher_tree"] | None
    SPEC = """\
matcher_list One config_common_matcher_v3:Matcher.MatcherList
matcher_tree One config_common_matcher_v3:Matcher.MatcherTree
on_no_match One config_common_matcher_v3:Matcher.OnMatch
matcher_type OneOf matcher_list matcher_tree"""
