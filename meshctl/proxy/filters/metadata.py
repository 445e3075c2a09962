"""What filters that write dynamic metadata share: how values are merged, converted and limited."""

from __future__ import annotations

from typing import Any

from meshctl.plain import Json
from meshctl.proxy.filters.scene import Scene

LONGEST = 8 * 1024  # bytes of one value; a longer one is not written


def merged(old: Any, new: Any) -> Any:
    """StructUtil::update: objects by key, lists one behind the other, anything else replaced."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{key: merged(old.get(key), value) for key, value in new.items()}}
    if isinstance(old, list) and isinstance(new, list):
        return [*old, *new]
    return new


def with_values(scene: Scene, found: dict[str, Json]) -> Json:
    """Dynamic metadata with new values beside the old ones of a namespace."""
    return {space: {**(scene.view.metadata.get(space) or {}), **values} for space, values in found.items()}


def number_of(text: str) -> float | None:
    """A number as absl::SimpleAtod reads it: hexadecimal too, and no underscores."""
    text = text.strip()
    if "_" in text:
        return None
    try:
        return float.fromhex(text) if "0x" in text.lower() else float(text)
    except (ValueError, OverflowError):
        return None
