"""Messages of envoy.extensions.filters.http.proto_api_scrubber.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, xds_type_matcher_v3


class DescriptorSet(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.proto_api_scrubber.v3.DescriptorSet"
    data_source: config_core_v3.DataSource | None
    SPEC = """\
data_source One config_core_v3:DataSource"""


class MessageRestrictions(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.proto_api_scrubber.v3.MessageRestrictions"
    config: RestrictionConfig | None
    field_restrictions: dict[str, RestrictionConfig]
    SPEC = """\
config One extensions_filters_http_proto_api_scrubber_v3:RestrictionConfig
field_restrictions %One extensions_filters_http_proto_api_scrubber_v3:RestrictionConfig"""


class MethodRestrictions(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.proto_api_scrubber.v3.MethodRestrictions"
    request_field_restrictions: dict[str, RestrictionConfig]
    response_field_restrictions: dict[str, RestrictionConfig]
    method_restriction: RestrictionConfig | None
    SPEC = """\
request_field_restrictions %One extensions_filters_http_proto_api_scrubber_v3:RestrictionConfig
response_field_restrictions %One extensions_filters_http_proto_api_scrubber_v3:RestrictionConfig
method_restriction One extensions_filters_http_proto_api_scrubber_v3:RestrictionConfig"""


class ProtoApiScrubberConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.proto_api_scrubber.v3.ProtoApiScrubberConfig"
    descriptor_set: DescriptorSet | None
    restrictions: Restrictions | None
    filtering_mode: typing.Literal["OVERRIDE"]
    scrub_unknown_fields: bool
    SPEC = """\
descriptor_set One extensions_filters_http_proto_api_scrubber_v3:DescriptorSet
restrictions One extensions_filters_http_proto_api_scrubber_v3:Restrictions
filtering_mode Choice OVERRIDE=0
scrub_unknown_fields Flag"""


class RemoveFieldAction(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.proto_api_scrubber.v3.RemoveFieldAction"


class RestrictionConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.proto_api_scrubber.v3.RestrictionConfig"
    matcher: xds_type_matcher_v3.Matcher | None
    SPEC = """\
matcher One xds_type_matcher_v3:Matcher"""


class Restrictions(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.proto_api_scrubber.v3.Restrictions"
    method_restrictions: dict[str, MethodRestrictions]
    message_restrictions: dict[str, MessageRestrictions]
    SPEC = """\
method_restrictions %One extensions_filters_http_proto_api_scrubber_v3:MethodRestrictions
message_restrictions %One extensions_filters_http_proto_api_scrubber_v3:MessageRestrictions"""
