"""Messages of envoy.extensions.rbac.audit_loggers.stream.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class StdoutAuditLog(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.rbac.audit_loggers.stream.v3.StdoutAuditLog"
