"""Messages of envoy.extensions.filters.http.transform.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_common_mutation_rules_v3, config_core_v3


class BodyTransformation(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.transform.v3.BodyTransformation"
    body_format: config_core_v3.SubstitutionFormatString | None
    action: typing.Literal["MERGE", "REPLACE"]
    SPEC = """\
body_format One config_core_v3:SubstitutionFormatString
action Choice MERGE=0 REPLACE=1"""


class TransformConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.transform.v3.TransformConfig"
    request_transformation: Transformation | None
    response_transformation: Transformation | None
    clear_cluster_cache: bool
    clear_route_cache: bool
    SPEC = """\
request_transformation One extensions_filters_http_transform_v3:Transformation
response_transformation One extensions_filters_http_transform_v3:Transformation
clear_cluster_cache Flag
clear_route_cache Flag"""


class Transformation(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.transform.v3.Transformation"
    headers_mutations: tuple[config_common_mutation_rules_v3.HeaderMutation, ...]
    body_transformation: BodyTransformation | None
    SPEC = """\
headers_mutations *One config_common_mutation_rules_v3:HeaderMutation
body_transformation One extensions_filters_http_transform_v3:BodyTransformation"""
