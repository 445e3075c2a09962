"""Plain values: what JSON has, where nothing more is known of it."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
