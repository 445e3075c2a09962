"""Messages of envoy.config.common.mutation_rules.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, type_matcher_v3


class HeaderMutation(Message):
    __slots__ = ()
    TYPE = "envoy.config.common.mutation_rules.v3.HeaderMutation"

    class RemoveOnMatch(Message):
        __slots__ = ()
        TYPE = "envoy.config.common.mutation_rules.v3.HeaderMutation.RemoveOnMatch"
        key_matcher: type_matcher_v3.StringMatcher | None
        SPEC = """\
key_matcher One type_matcher_v3:StringMatcher"""

    remove: str
    append: config_core_v3.HeaderValueOption | None
    remove_on_match: HeaderMutation.RemoveOnMatch | None
    action: typing.Literal["remove", "append", "remove_on_match"] | None
    SPEC = """\
remove Text
append One config_core_v3:HeaderValueOption
remove_on_match One config_common_mutation_rules_v3:HeaderMutation.RemoveOnMatch
action OneOf remove append remove_on_match"""


class HeaderMutationRules(Message):
    __slots__ = ()
    TYPE = "envoy.config.common.mutation_rules.v3.HeaderMutationRules"
    allow_all_routing: bool | None
    allow_envoy: bool | None
    disallow_system: bool | None
    disallow_all: bool | None
    allow_expression: type_matcher_v3.RegexMatcher | None
    disallow_expression: type_matcher_v3.RegexMatcher | None
    disallow_is_error: bool | None
    SPEC = """\
allow_all_routing OptionalFlag
allow_envoy OptionalFlag
disallow_system OptionalFlag
disallow_all OptionalFlag
allow_expression One type_matcher_v3:RegexMatcher
disallow_expression One type_matcher_v3:RegexMatcher
disallow_is_error OptionalFlag"""
