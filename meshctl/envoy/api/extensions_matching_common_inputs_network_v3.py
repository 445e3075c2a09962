"""Messages of envoy.extensions.matching.common_inputs.network.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message


class ApplicationProtocolInput(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.matching.common_inputs.network.v3.ApplicationProtocolInput"


class DestinationIPInput(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.matching.common_inputs.network.v3.DestinationIPInput"


class DestinationPortInput(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.matching.common_inputs.network.v3.DestinationPortInput"


class DirectSourceIPInput(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.matching.common_inputs.network.v3.DirectSourceIPInput"


class DynamicMetadataInput(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.matching.common_inputs.network.v3.DynamicMetadataInput"

    class PathSegment(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.matching.common_inputs.network.v3.DynamicMetadataInput.PathSegment"
        key: str
        segment: typing.Literal["key"] | None
        SPEC = """\
key Text
segment OneOf key"""

    filter: str
    path: tuple[DynamicMetadataInput.PathSegment, ...]
    SPEC = """\
filter Text
path *One extensions_matching_common_inputs_network_v3:DynamicMetadataInput.PathSegment"""


class FilterStateInput(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.matching.common_inputs.network.v3.FilterStateInput"
    key: str
    field: str
    SPEC = """\
key Text
field Text"""


class NetworkNamespaceInput(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.matching.common_inputs.network.v3.NetworkNamespaceInput"


class ServerNameInput(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.matching.common_inputs.network.v3.ServerNameInput"


class SourceIPInput(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.matching.common_inputs.network.v3.SourceIPInput"


class SourcePortInput(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.matching.common_inputs.network.v3.SourcePortInput"


class SourceTypeInput(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.matching.common_inputs.network.v3.SourceTypeInput"


class TransportProtocolInput(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.matching.common_inputs.network.v3.TransportProtocolInput"
