"""Messages of envoy.extensions.filters.network.ext_authz.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, type_matcher_v3


class ExtAuthz(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.ext_authz.v3.ExtAuthz"
    stat_prefix: str
    grpc_service: config_core_v3.GrpcService | None
    failure_mode_allow: bool
    include_peer_certificate: bool
    transport_api_version: typing.Literal["AUTO", "V2", "V3"]
    filter_enabled_metadata: type_matcher_v3.MetadataMatcher | None
    bootstrap_metadata_labels_key: str
    include_tls_session: bool
    send_tls_alert_on_denial: bool
    metadata_context_namespaces: tuple[str, ...]
    typed_metadata_context_namespaces: tuple[str, ...]
    SPEC = """\
stat_prefix Text
grpc_service One config_core_v3:GrpcService
failure_mode_allow Flag
include_peer_certificate Flag
transport_api_version Choice AUTO=0 V2=1 V3=2
filter_enabled_metadata One type_matcher_v3:MetadataMatcher
bootstrap_metadata_labels_key Text
include_tls_session Flag
send_tls_alert_on_denial Flag
metadata_context_namespaces *Text
typed_metadata_context_namespaces *Text"""
