"""Messages of envoy.extensions.filters.http.ip_tagging.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class IPTagging(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.ip_tagging.v3.IPTagging"

    class IPTag(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.ip_tagging.v3.IPTagging.IPTag"
        ip_tag_name: str
        ip_list: tuple[config_core_v3.CidrRange, ...]
        SPEC = """\
ip_tag_name Text
ip_list *One config_core_v3:CidrRange"""

    class IPTags(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.ip_tagging.v3.IPTagging.IPTags"
        ip_tags: tuple[IPTagging.IPTag, ...]
        SPEC = """\
ip_tags *One extensions_filters_http_ip_tagging_v3:IPTagging.IPTag"""

    class IpTagHeader(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.ip_tagging.v3.IPTagging.IpTagHeader"
        header: str
        action: typing.Literal["SANITIZE", "APPEND_IF_EXISTS_OR_ADD"]
        SPEC = """\
header Text
action Choice SANITIZE=0 APPEND_IF_EXISTS_OR_ADD=1"""

    request_type: typing.Literal["BOTH", "INTERNAL", "EXTERNAL"]
    ip_tags: tuple[IPTagging.IPTag, ...]
    ip_tag_header: IPTagging.IpTagHeader | None
    ip_tags_datasource: config_core_v3.DataSource | None
    SPEC = """\
request_type Choice BOTH=0 INTERNAL=1 EXTERNAL=2
ip_tags *One extensions_filters_http_ip_tagging_v3:IPTagging.IPTag
ip_tag_header One extensions_filters_http_ip_tagging_v3:IPTagging.IpTagHeader
ip_tags_datasource One config_core_v3:DataSource"""
