"""Messages of envoy.extensions.filters.common.dependency.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message


class Dependency(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.common.dependency.v3.Dependency"
    type: typing.Literal["HEADER", "FILTER_STATE_KEY", "DYNAMIC_METADATA"]
    name: str
    SPEC = """\
type Choice HEADER=0 FILTER_STATE_KEY=1 DYNAMIC_METADATA=2
name Text"""


class FilterDependencies(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.common.dependency.v3.FilterDependencies"
    decode_required: tuple[Dependency, ...]
    decode_provided: tuple[Dependency, ...]
    encode_required: tuple[Dependency, ...]
    encode_provided: tuple[Dependency, ...]
    SPEC = """\
decode_required *One extensions_filters_common_dependency_v3:Dependency
decode_provided *One extensions_filters_common_dependency_v3:Dependency
encode_required *One extensions_filters_common_dependency_v3:Dependency
encode_provided *One extensions_filters_common_dependency_v3:Dependency"""


class MatchingRequirements(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.common.dependency.v3.MatchingRequirements"

    class DataInputAllowList(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.common.dependency.v3.MatchingRequirements.DataInputAllowList"
        type_url: tuple[str, ...]
        SPEC = """\
type_url *Text"""

    data_input_allow_list: MatchingRequirements.DataInputAllowList | None
    SPEC = """\
data_input_allow_list One extensions_filters_common_dependency_v3:MatchingRequirements.DataInputAllowList"""
