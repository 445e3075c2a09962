"""Percentages, and the runtime values that override them.

A RuntimeFractionalPercent is its default unless the runtime holds its key: a number is a percentage, an object
a FractionalPercent (source/common/runtime/runtime_impl.cc, SnapshotImpl::featureEnabled). The dump shows the
runtime in the bootstrap's layered_runtime; RTDS layers are not in it. proto3 drops zeros: ``{}`` is 0 %.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from meshctl.plain import Json
from meshctl.values import Struct, field

if TYPE_CHECKING:
    from meshctl.envoy.api.config_core_v3 import RuntimeFractionalPercent

_DENOMINATORS = {"HUNDRED": 100, "TEN_THOUSAND": 10_000, "MILLION": 1_000_000}


class Fraction(Struct, frozen=True):
    """``numerator`` of ``denominator``: holds when a random number modulo the denominator is below it."""

    numerator: int
    denominator: int = 100

    @property
    def chance(self) -> float:
        return min(self.numerator / self.denominator, 1.0)

    @property
    def text(self) -> str:
        return f"{100 * self.chance:g} %"


def fractional_percent(message: Json | None) -> Fraction:
    """A FractionalPercent."""
    message = message or {}
    denominator = _DENOMINATORS.get(str(message.get("denominator", "HUNDRED")), 100)
    return Fraction(int(message.get("numerator", 0)), denominator)


class Runtime(Struct, frozen=True):
    """The flattened runtime values of an Envoy, the last layer winning."""

    values: dict[str, Any] = field(default_factory=dict)

    def fraction(self, message: Json, absent: Fraction | None = None) -> Fraction:
        """A RuntimeFractionalPercent (or RuntimeFeatureFlag-like default) under this runtime."""
        default = message.get("default_value")
        value = self.values.get(str(message.get("runtime_key", "")))
        if isinstance(value, int | float) and not isinstance(value, bool):
            return Fraction(int(value))
        if isinstance(value, dict):
            return fractional_percent(value)
        return absent if default is None and absent is not None else fractional_percent(default)

    def percent(self, key: str, default: Fraction) -> Fraction:
        """featureEnabled(key, default): the runtime's value for the key, else the default."""
        return self.fraction({"runtime_key": key}, default)

    def chance_of(self, message: Json | None) -> Fraction:
        """A RuntimeFractionalPercent that stands for 100 % when it is not set."""
        return Fraction(100) if message is None else self.fraction(message)

    def enabled(self, message: RuntimeFractionalPercent | None, absent: int = 100) -> Fraction:
        """A RuntimeFractionalPercent; ``absent`` percent when it is not set."""
        return Fraction(absent) if message is None else self.fraction(message.raw)

    def flag(self, message: Json | None, absent: bool) -> bool:
        """A RuntimeFeatureFlag or BoolValue-like object: default_value unless overridden."""
        if message is None:
            return absent
        value = self.values.get(str(message.get("runtime_key", "")))
        return value if isinstance(value, bool) else bool(message.get("default_value", False))

    def integer(self, key: str, default: int) -> int:
        value = self.values.get(key)
        return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else default


def runtime_of(bootstrap: Json | None) -> Runtime:
    """The static layers of the bootstrap's layered_runtime."""
    values: dict[str, Any] = {}
    layers = ((bootstrap or {}).get("layered_runtime") or {}).get("layers") or ()
    for layer in layers:
        values.update(_flatten(layer.get("static_layer") or {}))
    return Runtime(values)


def _flatten(tree: Json, prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and "numerator" not in value and "denominator" not in value:
            flat.update(_flatten(value, f"{name}."))
        else:
            flat[name] = value
    return flat
