"""Messages of envoy.extensions.matching.common_inputs.transport_socket.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message


class EndpointMetadataInput(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.matching.common_inputs.transport_socket.v3.EndpointMetadataInput"

    class PathSegment(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.matching.common_inputs.transport_socket.v3.EndpointMetadataInput.PathSegment"
        key: str
        segment: typing.Literal["key"] | None
        SPEC = """\
key Text
segment OneOf key"""

    filter: str
    path: tuple[EndpointMetadataInput.PathSegment, ...]
    SPEC = """\
filter Text
path *One extensions_matching_common_inputs_transport_socket_v3:EndpointMetadataInput.PathSegment"""


class FilterStateInput(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.matching.common_inputs.transport_socket.v3.FilterStateInput"
    key: str
    SPEC = """\
key Text"""


class LocalityMetadataInput(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.matching.common_inputs.transport_socket.v3.LocalityMetadataInput"

    class PathSegment(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.matching.common_inputs.transport_socket.v3.LocalityMetadataInput.PathSegment"
        key: str
        segment: typing.Literal["key"] | None
        SPEC = """\
key Text
segment OneOf key"""

    filter: str
    path: tuple[LocalityMetadataInput.PathSegment, ...]
    SPEC = """\
filter Text
path *One extensions_matching_common_inputs_transport_socket_v3:LocalityMetadataInput.PathSegment"""


class TransportSocketNameAction(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.matching.common_inputs.transport_socket.v3.TransportSocketNameAction"
    name: str
    SPEC = """\
name Text"""
