"""Messages of envoy.extensions.request_id.uuid.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class UuidRequestIdConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig"
    pack_trace_reason: bool | None
    use_request_id_for_trace_sampling: bool | None
    SPEC = """\
pack_trace_reason OptionalFlag
use_request_id_for_trace_sampling OptionalFlag"""
