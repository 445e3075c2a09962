"""Messages of xds.type.matcher.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import xds_core_v3, xds_type_v3


class CelMatcher(Message):
    __slots__ = ()
    TYPE = "xds.type.matcher.v3.CelMatcher"
    expr_match: xds_type_v3.CelExpression | None
    description: str
    SPEC = """\
expr_match One xds_type_v3:CelExpression
description Text"""


class DoubleRangeMatcher(Message):
    __slots__ = ()
    TYPE = "xds.type.matcher.v3.DoubleRangeMatcher"

    class RangeMatcher(Message):
        __slots__ = ()
        TYPE = "xds.type.matcher.v3.DoubleRangeMatcher.RangeMatcher"
        ranges: tuple[xds_type_v3.DoubleRange, ...]
        on_match: Matcher.OnMatch | None
        SPEC = """\
ranges *One xds_type_v3:DoubleRange
on_match One xds_type_matcher_v3:Matcher.OnMatch"""

    range_matchers: tuple[DoubleRangeMatcher.RangeMatcher, ...]
    SPEC = """\
range_matchers *One xds_type_matcher_v3:DoubleRangeMatcher.RangeMatcher"""


class HttpAttributesCelMatchInput(Message):
    __slots__ = ()
    TYPE = "xds.type.matcher.v3.HttpAttributesCelMatchInput"


class IPMatcher(Message):
    __slots__ = ()
    TYPE = "xds.type.matcher.v3.IPMatcher"

    class IPRangeMatcher(Message):
        __slots__ = ()
        TYPE = "xds.type.matcher.v3.IPMatcher.IPRangeMatcher"
        ranges: tuple[xds_core_v3.CidrRange, ...]
        on_match: Matcher.OnMatch | None
        exclusive: bool
        SPEC = """\
ranges *One xds_core_v3:CidrRange
on_match One xds_type_matcher_v3:Matcher.OnMatch
exclusive Flag"""

    range_matchers: tuple[IPMatcher.IPRangeMatcher, ...]
    SPEC = """\
range_matchers *One xds_type_matcher_v3:IPMatcher.IPRangeMatcher"""


class Int32RangeMatcher(Message):
    __slots__ = ()
    TYPE = "xds.type.matcher.v3.Int32RangeMatcher"

    class RangeMatcher(Message):
        __slots__ = ()
        TYPE = "xds.type.matcher.v3.Int32RangeMatcher.RangeMatcher"
        ranges: tuple[xds_type_v3.Int32Range, ...]
        on_match: Matcher.OnMatch | None
        SPEC = """\
ranges *One xds_type_v3:Int32Range
on_match One xds_type_matcher_v3:Matcher.OnMatch"""

    range_matchers: tuple[Int32RangeMatcher.RangeMatcher, ...]
    SPEC = """\
range_matchers *One xds_type_matcher_v3:Int32RangeMatcher.RangeMatcher"""


class Int64RangeMatcher(Message):
    __slots__ = ()
    TYPE = "xds.type.matcher.v3.Int64RangeMatcher"

    class RangeMatcher(Message):
        __slots__ = ()
        TYPE = "xds.type.matcher.v3.Int64RangeMatcher.RangeMatcher"
        ranges: tuple[xds_type_v3.Int64Range, ...]
        on_match: Matcher.OnMatch | None
        SPEC = """\
ranges *One xds_type_v3:Int64Range
on_match One xds_type_matcher_v3:Matcher.OnMatch"""

    range_matchers: tuple[Int64RangeMatcher.RangeMatcher, ...]
    SPEC = """\
range_matchers *One xds_type_matcher_v3:Int64RangeMatcher.RangeMatcher"""


class ListStringMatcher(Message):
    __slots__ = ()
    TYPE = "xds.type.matcher.v3.ListStringMatcher"
    patterns: tuple[StringMatcher, ...]
    SPEC = """\
patterns *One xds_type_matcher_v3:StringMatcher"""


class Matcher(Message):
    __slots__ = ()
    TYPE = "xds.type.matcher.v3.Matcher"

    class MatcherList(Message):
        __slots__ = ()
        TYPE = "xds.type.matcher.v3.Matcher.MatcherList"

        class FieldMatcher(Message):
            __slots__ = ()
            TYPE = "xds.type.matcher.v3.Matcher.MatcherList.FieldMatcher"
            predicate: Matcher.MatcherList.Predicate | None
            on_match: Matcher.OnMatch | None
            SPEC = """\
predicate One xds_type_matcher_v3:Matcher.MatcherList.Predicate
on_match One xds_type_matcher_v3:Matcher.OnMatch"""

        class Predicate(Message):
            __slots__ = ()
            TYPE = "xds.type.matcher.v3.Matcher.MatcherList.Predicate"

            class PredicateList(Message):
                __slots__ = ()
                TYPE = "xds.type.matcher.v3.Matcher.MatcherList.Predicate.PredicateList"
                predicate: tuple[Matcher.MatcherList.Predicate, ...]
                SPEC = """\
predicate *One xds_type_matcher_v3:Matcher.MatcherList.Predicate"""

            class SinglePredicate(Message):
                __slots__ = ()
                TYPE = "xds.type.matcher.v3.Matcher.MatcherList.Predicate.SinglePredicate"
                input: xds_core_v3.TypedExtensionConfig | None
                value_match: StringMatcher | None
                custom_match: xds_core_v3.TypedExtensionConfig | None
                matcher: typing.Literal["value_match", "custom_match"] | None
                SPEC = """\
input One xds_core_v3:TypedExtensionConfig
value_match One xds_type_matcher_v3:StringMatcher
custom_match One xds_core_v3:TypedExtensionConfig
matcher OneOf value_match custom_match"""

            single_predicate: Matcher.MatcherList.Predicate.SinglePredicate | None
            or_matcher: Matcher.MatcherList.Predicate.PredicateList | None
            and_matcher: Matcher.MatcherList.Predicate.PredicateList | None
            not_matcher: Matcher.MatcherList.Predicate | None
            match_type: typing.Literal["single_predicate", "or_matcher", "and_matcher", "not_matcher"] | None
            SPEC = """\
single_predicate One xds_type_matcher_v3:Matcher.MatcherList.Predicate.SinglePredicate
or_matcher One xds_type_matcher_v3:Matcher.MatcherList.Predicate.PredicateList
and_matcher One xds_type_matcher_v3:Matcher.MatcherList.Predicate.PredicateList
not_matcher One xds_type_matcher_v3:Matcher.MatcherList.Predicate
match_type OneOf single_predicate or_matcher and_matcher not_matcher"""

        matchers: tuple[Matcher.MatcherList.FieldMatcher, ...]
        SPEC = """\
matchers *One xds_type_matcher_v3:Matcher.MatcherList.FieldMatcher"""

    class MatcherTree(Message):
        __slots__ = ()
        TYPE = "xds.type.matcher.v3.Matcher.MatcherTree"

        class MatchMap(Message):
            __slots__ = ()
            TYPE = "xds.type.matcher.v3.Matcher.MatcherTree.MatchMap"
            map: dict[str, Matcher.OnMatch]
            SPEC = """\
map %One xds_type_matcher_v3:Matcher.OnMatch"""

        input: xds_core_v3.TypedExtensionConfig | None
        exact_match_map: Matcher.MatcherTree.MatchMap | None
        prefix_match_map: Matcher.MatcherTree.MatchMap | None
        custom_match: xds_core_v3.TypedExtensionConfig | None
        tree_type: typing.Literal["exact_match_map", "prefix_match_map", "custom_match"] | None
        SPEC = """\
input One xds_core_v3:TypedExtensionConfig
exact_match_map One xds_type_matcher_v3:Matcher.MatcherTree.MatchMap
prefix_match_map One xds_type_matcher_v3:Matcher.MatcherTree.MatchMap
custom_match One xds_core_v3:TypedExtensionConfig
tree_type OneOf exact_match_map prefix_match_map custom_match"""

    class OnMatch(Message):
        __slots__ = ()
        TYPE = "xds.type.matcher.v3.Matcher.OnMatch"
        matcher: Matcher | None
        action: xds_core_v3.TypedExtensionConfig | None
        keep_matching: bool
        on_match: typing.Literal["matcher", "action"] | None
        SPEC = """\
matcher One xds_type_matcher_v3:Matcher
action One xds_core_v3:TypedExtensionConfig
keep_matching Flag
on_match OneOf matcher action"""

    matcher_list: Matcher.MatcherList | None
    matcher_tree: Matcher.MatcherTree | None
    on_no_match: Matcher.OnMatch | None
    matcher_type: typing.Literal["matcher_list", "matcher_tree"] | None
    SPEC = """\
matcher_list One xds_type_matcher_v3:Matcher.MatcherList
matcher_tree One xds_type_matcher_v3:Matcher.MatcherTree
on_no_match One xds_type_matcher_v3:Matcher.OnMatch
matcher_type OneOf matcher_list matcher_tree"""


class RegexMatcher(Message):
    __slots__ = ()
    TYPE = "xds.type.matcher.v3.RegexMatcher"

    class GoogleRE2(Message):
        __slots__ = ()
        TYPE = "xds.type.matcher.v3.RegexMatcher.GoogleRE2"

    google_re2: RegexMatcher.GoogleRE2 | None
    regex: str
    engine_type: typing.Literal["google_re2"] | None
    SPEC = """\
google_re2 One xds_type_matcher_v3:RegexMatcher.GoogleRE2
regex Text
engine_type OneOf google_re2"""


class ServerNameMatcher(Message):
    __slots__ = ()
    TYPE = "xds.type.matcher.v3.ServerNameMatcher"

    class DomainMatcher(Message):
        __slots__ = ()
        TYPE = "xds.type.matcher.v3.ServerNameMatcher.DomainMatcher"
        domains: tuple[str, ...]
        on_match: Matcher.OnMatch | None
        SPEC = """\
domains *Text
on_match One xds_type_matcher_v3:Matcher.OnMatch"""

    domain_matchers: tuple[ServerNameMatcher.DomainMatcher, ...]
    SPEC = """\
domain_matchers *One xds_type_matcher_v3:ServerNameMatcher.DomainMatcher"""


class StringMatcher(Message):
    __slots__ = ()
    TYPE = "xds.type.matcher.v3.StringMatcher"
    exact: str
    prefix: str
    suffix: str
    safe_regex: RegexMatcher | None
    contains: str
    custom: xds_core_v3.TypedExtensionConfig | None
    ignore_case: bool
    match_pattern: typing.Literal["exact", "prefix", "suffix", "safe_regex", "contains", "custom"] | None
    SPEC = """\
exact Text
prefix Text
suffix Text
safe_regex One xds_type_matcher_v3:RegexMatcher
contains Text
custom One xds_core_v3:TypedExtensionConfig
ignore_case Flag
match_pattern OneOf exact prefix suffix safe_regex contains custom"""
