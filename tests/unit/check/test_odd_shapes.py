"""Configurations that no Envoy prints: each check says that it cannot decide, and the others go on."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from meshctl.check import Subject, Survey, World
from meshctl.diff.replay import changed, witnesses
from meshctl.diff.resources import Side, difference
from meshctl.envoy import documents, snapshot
from meshctl.envoy.notes import Notes
from meshctl.proxy.proxy import Proxy
from meshctl.trace.pods import Pod
from tests.cli import dump_json

_VALUES = (None, True, 0, -1, "x", "", [], {}, [1], {"a": 1}, 1.5, "9" * 30)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield value, key
        yield from _places(inner)


def _loaded(dump: Any) -> snapshot.Snapshot:
    notes = Notes()
    return snapshot.load(documents.read(json.dumps(dump).encode(), "odd", notes), "odd", notes)


@pytest.mark.parametrize("seed", range(6))
def test_nothing_stumbles_over_an_odd_value(seed):
    rnd = random.Random(seed)
    whole = dump_json("gateway.config_dump")
    dump = copy.deepcopy(whole)
    for container, key in rnd.sample(list(_places(dump["configs"])), 30):
        if isinstance(container, dict) and key in container:
            container[key] = rnd.choice(_VALUES)
    odd, right = _loaded(dump), _loaded(whole)
    survey = Survey(World())
    survey.add(Subject(Pod("p", "ns", ("10.1.1.1",), proxy=Proxy(odd)), World()))
    assert survey.report().pods == ("p.ns",)
    difference(Side("a", odd), Side("b", right))
    changed(witnesses(Proxy(odd)), Proxy(odd), Proxy(right))
