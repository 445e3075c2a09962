"""Messages of envoy.extensions.retry.priority.previous_priorities.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class PreviousPrioritiesConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig"
    update_frequency: int
    SPEC = """\
update_frequency Int"""
