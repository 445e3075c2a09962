"""Messages of envoy.extensions.http.original_ip_detection.xff.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class XffConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.http.original_ip_detection.xff.v3.XffConfig"
    xff_num_trusted_hops: int
    xff_trusted_cidrs: XffTrustedCidrs | None
    skip_xff_append: bool | None
    SPEC = """\
xff_num_trusted_hops Int
xff_trusted_cidrs One extensions_http_original_ip_detection_xff_v3:XffTrustedCidrs
skip_xff_append OptionalFlag"""


class XffTrustedCidrs(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.http.original_ip_detection.xff.v3.XffTrustedCidrs"
    cidrs: tuple[config_core_v3.CidrRange, ...]
    SPEC = """\
cidrs *One config_core_v3:CidrRange"""
