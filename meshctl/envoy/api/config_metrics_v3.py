"""Messages of envoy.config.metrics.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message, Packed

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, type_matcher_v3


class DogStatsdSink(Message):
    __slots__ = ()
    TYPE = "envoy.config.metrics.v3.DogStatsdSink"
    address: config_core_v3.Address | None
    prefix: str
    max_bytes_per_datagram: int | None
    dog_statsd_specifier: typing.Literal["address"] | None
    SPEC = """\
address One config_core_v3:Address
prefix Text
max_bytes_per_datagram OptionalInt
dog_statsd_specifier OneOf address"""


class HistogramBucketSettings(Message):
    __slots__ = ()
    TYPE = "envoy.config.metrics.v3.HistogramBucketSettings"
    match: type_matcher_v3.StringMatcher | None
    buckets: tuple[float, ...]
    bins: int | None
    SPEC = """\
match One type_matcher_v3:StringMatcher
buckets *Number
bins OptionalInt"""


class HystrixSink(Message):
    __slots__ = ()
    TYPE = "envoy.config.metrics.v3.HystrixSink"
    num_buckets: int
    SPEC = """\
num_buckets Int"""


class MetricsServiceConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.metrics.v3.MetricsServiceConfig"
    grpc_service: config_core_v3.GrpcService | None
    transport_api_version: typing.Literal["AUTO", "V2", "V3"]
    report_counters_as_deltas: bool | None
    emit_tags_as_labels: bool
    histogram_emit_mode: typing.Literal["SUMMARY_AND_HISTOGRAM", "SUMMARY", "HISTOGRAM"]
    batch_size: int
    SPEC = """\
grpc_service One config_core_v3:GrpcService
transport_api_version Choice AUTO=0 V2=1 V3=2
report_counters_as_deltas OptionalFlag
emit_tags_as_labels Flag
histogram_emit_mode Choice SUMMARY_AND_HISTOGRAM=0 SUMMARY=1 HISTOGRAM=2
batch_size Int"""


class StatsConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.metrics.v3.StatsConfig"
    stats_tags: tuple[TagSpecifier, ...]
    use_all_default_tags: bool | None
    stats_matcher: StatsMatcher | None
    histogram_bucket_settings: tuple[HistogramBucketSettings, ...]
    allow_default_tag_overrides: bool | None
    SPEC = """\
stats_tags *One config_metrics_v3:TagSpecifier
use_all_default_tags OptionalFlag
stats_matcher One config_metrics_v3:StatsMatcher
histogram_bucket_settings *One config_metrics_v3:HistogramBucketSettings
allow_default_tag_overrides OptionalFlag"""


class StatsMatcher(Message):
    __slots__ = ()
    TYPE = "envoy.config.metrics.v3.StatsMatcher"
    reject_all: bool
    exclusion_list: type_matcher_v3.ListStringMatcher | None
    inclusion_list: type_matcher_v3.ListStringMatcher | None
    stats_matcher: typing.Literal["reject_all", "exclusion_list", "inclusion_list"] | None
    SPEC = """\
reject_all Flag
exclusion_list One type_matcher_v3:ListStringMatcher
inclusion_list One type_matcher_v3:ListStringMatcher
stats_matcher OneOf reject_all exclusion_list inclusion_list"""


class StatsSink(Message):
    __slots__ = ()
    TYPE = "envoy.config.metrics.v3.StatsSink"
    name: str
    typed_config: Packed | None
    config_type: typing.Literal["typed_config"] | None
    SPEC = """\
name Text
typed_config PackedField
config_type OneOf typed_config"""


class StatsdSink(Message):
    __slots__ = ()
    TYPE = "envoy.config.metrics.v3.StatsdSink"
    address: config_core_v3.Address | None
    tcp_cluster_name: str
    prefix: str
    statsd_specifier: typing.Literal["address", "tcp_cluster_name"] | None
    SPEC = """\
address One config_core_v3:Address
tcp_cluster_name Text
prefix Text
statsd_specifier OneOf address tcp_cluster_name"""


class TagSpecifier(Message):
    __slots__ = ()
    TYPE = "envoy.config.metrics.v3.TagSpecifier"
    tag_name: str
    regex: str
    fixed_value: str
    tag_value: typing.Literal["regex", "fixed_value"] | None
    SPEC = """\
tag_name Text
regex Text
fixed_value Text
tag_value OneOf regex fixed_value"""
