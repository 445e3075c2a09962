"""Messages of envoy.type.metadata.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message


class MetadataKey(Message):
    __slots__ = ()
    TYPE = "envoy.type.metadata.v3.MetadataKey"

    class PathSegment(Message):
        __slots__ = ()
        TYPE = "envoy.type.metadata.v3.MetadataKey.PathSegment"
        key: str
        segment: typing.Literal["key"] | None
        SPEC = """\
key Text
segment OneOf key"""

    key: str
    path: tuple[MetadataKey.PathSegment, ...]
    SPEC = """\
key Text
path *One type_metadata_v3:MetadataKey.PathSegment"""


class MetadataKind(Message):
    __slots__ = ()
    TYPE = "envoy.type.metadata.v3.MetadataKind"

    class Cluster(Message):
        __slots__ = ()
        TYPE = "envoy.type.metadata.v3.MetadataKind.Cluster"

    class Host(Message):
        __slots__ = ()
        TYPE = "envoy.type.metadata.v3.MetadataKind.Host"

    class Request(Message):
        __slots__ = ()
        TYPE = "envoy.type.metadata.v3.MetadataKind.Request"

    class Route(Message):
        __slots__ = ()
        TYPE = "envoy.type.metadata.v3.MetadataKind.Route"

    request: MetadataKind.Request | None
    route: MetadataKind.Route | None
    cluster: MetadataKind.Cluster | None
    host: MetadataKind.Host | None
    kind: typing.Literal["request", "route", "cluster", "host"] | None
    SPEC = """\
request One type_metadata_v3:MetadataKind.Request
route One type_metadata_v3:MetadataKind.Route
cluster One type_metadata_v3:MetadataKind.Cluster
host One type_metadata_v3:MetadataKind.Host
kind OneOf request route cluster host"""
