"""Clusters as the tables read them: a partial view of envoy/config/cluster/v3/cluster.proto."""

from __future__ import annotations

import re
from typing import Any

import msgspec

# Cluster.DiscoveryType
DISCOVERY_TYPES = ("STATIC", "STRICT_DNS", "LOGICAL_DNS", "EDS", "ORIGINAL_DST")


_NOTHING = msgspec.Raw(b"")


class FilterMetadata(msgspec.Struct, gc=False, frozen=True):
    """What Istio says of an object; what others say of it no table shows."""

    istio: msgspec.Raw = _NOTHING


class Metadata(msgspec.Struct, gc=False):
    filter_metadata: FilterMetadata = FilterMetadata()


class _IstioMetadata(msgspec.Struct, gc=False):
    config: Any = None


class ClusterHead(msgspec.Struct, gc=False):
    """What the short table shows of a cluster."""

    name: str = ""
    type: str | int | None = None
    metadata: Metadata | None = None

    @property
    def discovery_type(self) -> str:
        """The enum's name as Go prints it: STATIC also where the type is given in another way."""
        return enum_name(self.type, DISCOVERY_TYPES)


def enum_name(value: str | int | None, names: tuple[str, ...]) -> str:
    """An enum value by name, given as a name, a number, or not at all; what is unknown stays as it is."""
    if value.__class__ is str:
        return str(value)
    if value is None:
        return names[0]
    value = int(value)
    return names[value] if 0 <= value < len(names) else str(value)


_CONFIG_PATH = re.compile(r"/apis/networking\.istio\.io/v[0-9a-z]+/namespaces/(?:([^/]*)/[^/]*/([^/]*)\Z)?")
_decode_istio = msgspec.json.Decoder(_IstioMetadata).decode


def istio_config(metadata: Metadata | None) -> str:
    """The Istio resource that made this object, as ``name.namespace`` (pilot's ``istio`` metadata)."""
    if metadata is None or metadata.filter_metadata.istio is _NOTHING:
        return ""
    try:
        path = _decode_istio(metadata.filter_metadata.istio).config
    except msgspec.ValidationError:
        return ""
    if path is None:
        return ""
    known = _CONFIG_PATH.match(path) if isinstance(path, str) else None
    if known is None:
        return "<unknown>"
    return f"{known[2]}.{known[1]}" if known[2] is not None else ""
