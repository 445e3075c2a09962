"""Messages of envoy.extensions.filters.http.header_mutation.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_common_mutation_rules_v3, config_core_v3


class HeaderMutation(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.header_mutation.v3.HeaderMutation"
    mutations: Mutations | None
    most_specific_header_mutations_wins: bool
    SPEC = """\
mutations One extensions_filters_http_header_mutation_v3:Mutations
most_specific_header_mutations_wins Flag"""


class HeaderMutationPerRoute(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute"
    mutations: Mutations | None
    SPEC = """\
mutations One extensions_filters_http_header_mutation_v3:Mutations"""


class Mutations(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.header_mutation.v3.Mutations"
    request_mutations: tuple[config_common_mutation_rules_v3.HeaderMutation, ...]
    query_parameter_mutations: tuple[config_core_v3.KeyValueMutation, ...]
    response_mutations: tuple[config_common_mutation_rules_v3.HeaderMutation, ...]
    response_trailers_mutations: tuple[config_common_mutation_rules_v3.HeaderMutation, ...]
    request_trailers_mutations: tuple[config_common_mutation_rules_v3.HeaderMutation, ...]
    SPEC = """\
request_mutations *One config_common_mutation_rules_v3:HeaderMutation
query_parameter_mutations *One config_core_v3:KeyValueMutation
response_mutations *One config_common_mutation_rules_v3:HeaderMutation
response_trailers_mutations *One config_common_mutation_rules_v3:HeaderMutation
request_trailers_mutations *One config_common_mutation_rules_v3:HeaderMutation"""
