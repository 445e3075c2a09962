"""Messages of envoy.extensions.network.socket_interface.sockmap.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import type_v3


class Sockmap(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.network.socket_interface.sockmap.v3.Sockmap"
    bpf_program_path: str
    cgroup_path: str
    sockhash_max_entries: int | None
    register_user_space_sockets: bool | None
    accelerated_ports: tuple[type_v3.Int64Range, ...]
    SPEC = """\
bpf_program_path Text
cgroup_path Text
sockhash_max_entries OptionalInt
register_user_space_sockets OptionalFlag
accelerated_ports *One type_v3:Int64Range"""
