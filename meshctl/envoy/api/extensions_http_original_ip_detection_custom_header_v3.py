"""Messages of envoy.extensions.http.original_ip_detection.custom_header.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import type_v3


class CustomHeaderConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.http.original_ip_detection.custom_header.v3.CustomHeaderConfig"
    header_name: str
    allow_extension_to_set_address_as_trusted: bool
    reject_with_status: type_v3.HttpStatus | None
    SPEC = """\
header_name Text
allow_extension_to_set_address_as_trusted Flag
reject_with_status One type_v3:HttpStatus"""
