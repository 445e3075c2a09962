"""Messages of envoy.extensions.resource_monitors.cgroup_memory.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class CgroupMemoryConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.resource_monitors.cgroup_memory.v3.CgroupMemoryConfig"
    max_memory_bytes: int
    SPEC = """\
max_memory_bytes Int"""
