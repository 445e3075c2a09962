"""Envoy's ``/stats`` as text, made of ``/stats?format=json``: a snapshot has the JSON alone.

The order is Envoy's: text readouts, counters and gauges, histograms. Follows envoy source/server/admin/stats_render.cc:
a text stands in quotes, a histogram has a pair (since the last flush, since the start) for each quantile, ``nan`` where the
interval saw nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from meshctl.errors import InputError
from meshctl.plain import list_at, object_at, objects_at


def text(data: bytes | memoryview, origin: str) -> str:
    """A line for each counter. Raises InputError where the JSON is none of Envoy's."""
    try:
        value = msgspec.json.decode(data)
    except msgspec.DecodeError as error:
        raise InputError(f"{origin} is not JSON: {error}") from None
    if not isinstance(value, dict) or not isinstance(value.get("stats"), list):
        raise InputError(
            f"{origin} holds no counters", "", "Save them with `curl localhost:15000/stats?format=json`."
        )
    return "".join(f"{line}\n" for line in _lines(objects_at(value, "stats")))


def _lines(stats: Iterable[dict[str, Any]]) -> Iterable[str]:
    histograms: list[str] = []
    for one in stats:
        if "histograms" in one:
            histograms += _histograms(object_at(one, "histograms"))
        else:
            value = one.get("value")
            yield f"{one.get('name')}: " + (f'"{value}"' if isinstance(value, str) else _number(value))
    yield from histograms


def _histograms(value: dict[str, Any]) -> Iterable[str]:
    quantiles = list_at(value, "supported_quantiles")
    for one in objects_at(value, "computed_quantiles"):
        pairs = objects_at(one, "values")
        if all(pair.get(key) is None for pair in pairs for key in ("interval", "cumulative")):
            yield f"{one.get('name')}: No recorded values"
            continue
        told = (
            f"P{_number(quantile)}({_number(pair.get('interval'))},{_number(pair.get('cumulative'))})"
            for quantile, pair in zip(quantiles, pairs, strict=False)
        )
        yield f"{one.get('name')}: {' '.join(told)}"


def _number(value: Any) -> str:
    if value is None:
        return "nan"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)
    return str(value)
