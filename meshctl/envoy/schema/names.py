"""The type of the function that turns Envoy's JSON into istioctl's, without importing the converter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# (message type, value in Envoy's form) -> value in istioctl's form
Convert = Callable[[str, Any], Any]
