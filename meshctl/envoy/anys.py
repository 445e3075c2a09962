"""Opening an Any: which message it is and its fields, also through TypedStruct.

Istio sends its own filters as ``udpa.type.v1.TypedStruct`` (a Struct with the type it stands for), so a
filter's real type is one level further down. Follows Envoy's Config::Utility::translateOpaqueConfig.
"""

from __future__ import annotations

from typing import Any

from meshctl.plain import Json

_TYPED_STRUCTS = {"udpa.type.v1.TypedStruct", "xds.type.v3.TypedStruct"}


def type_name(url: str) -> str:
    """The message's full name in a type URL."""
    return url.rsplit("/", 1)[-1]


def is_struct(value: Any) -> bool:
    """Whether an Any is written as a Struct with the type that it stands for."""
    return isinstance(value, dict) and type_name(str(value.get("@type") or "")) in _TYPED_STRUCTS


def unpack(value: Any) -> tuple[str, Json]:
    """The full name and the fields of an Any in JSON form; ("", {}) when it is empty or has no type.

    The fields may still hold ``@type`` (an Any's own), which no message uses as a field name.
    """
    if not isinstance(value, dict):
        return "", {}
    name = type_name(str(value.get("@type") or ""))
    if name in _TYPED_STRUCTS:
        inner = value.get("value")
        url = value.get("type_url") or value.get("typeUrl") or ""
        return type_name(str(url)), inner if isinstance(inner, dict) else {}
    return name, value
