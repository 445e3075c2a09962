"""Envoy's counters as text from its JSON."""

from __future__ import annotations

import json

import pytest

from meshctl.errors import InputError
from meshctl.views.counters import text


def _text(*stats: object) -> str:
    return text(json.dumps({"stats": stats}).encode(), "stats.json")


def test_texts_counters_and_gauges() -> None:
    assert _text({"name": "a", "value": "x"}, {"name": "b", "value": 3}) == 'a: "x"\nb: 3\n'


def test_histograms_come_last_with_a_pair_for_each_quantile() -> None:
    values = [{"interval": None, "cumulative": 6.05}, {"interval": 1, "cumulative": 115.00000000000001}]
    histograms = {
        "supported_quantiles": [0, 99.5],
        "computed_quantiles": [
            {"name": "h", "values": values},
            {"name": "empty", "values": [{"interval": None, "cumulative": None}]},
        ],
    }
    assert _text({"histograms": histograms}, {"name": "b", "value": 3}) == (
        "b: 3\nh: P0(nan,6.05) P99.5(1,115.00000000000001)\nempty: No recorded values\n"
    )


@pytest.mark.parametrize("data", [b"{", b"[]", b'{"configs": []}'])
def test_what_is_none(data: bytes) -> None:
    with pytest.raises(InputError):
        text(data, "x.json")
