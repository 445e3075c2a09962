"""Whatever bytes are given, there is an answer or a message: never a traceback, never more than three lines of error.

Recorded dumps are mutated in their bytes (flips, cuts, repeats) and in their structure (values of another type,
missing keys, deep nesting), and hypothesis makes JSON of its own. More than two thousand inputs a run; another
seed is set with MESHCTL_FUZZ_SEED.
"""

from __future__ import annotations

import copy
import json
import os
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli import Outcome, dump_bytes, dump_json, run

SEED = int(os.environ.get("MESHCTL_FUZZ_SEED", "20261123"))
VIEWS = ("cluster", "listener", "route", "eds", "endpoint", "secret", "bootstrap", "ecds", "all")
FORMS = ("short", "wide", "json", "yaml", "jsonl", "name")
DUMPS = ("missing-certificate", "nacklistener", "wasm", "waypoint")
_VALUES = (
    None,
    True,
    0,
    -1,
    1.5,
    2**70,
    "",
    "x",
    "\ud800",
    [],
    {},
    [[]],
    [None],
    {"@type": "a.B"},
    {"": {}},
    {"@type": 3},
)


def check(outcome: Outcome) -> None:
    errors = [line for line in outcome.err.splitlines() if not line.startswith("warning: ")]
    assert outcome.rc in (0, 1, 2), outcome.err
    assert "fault of meshctl" not in outcome.err and "Traceback" not in outcome.err, outcome.err
    assert len(errors) <= 3 * len(VIEWS), outcome.err
    if outcome.rc:
        assert errors and errors[0].startswith("Error: ")


def ask(data: bytes, chance: random.Random) -> None:
    view = chance.choice(VIEWS)
    form = chance.choice(FORMS if view != "all" else FORMS[:4])
    check(run("pc", view, "-f", "-", "-o", form, stdin=data))


def small(name: str) -> dict:
    """A dump without the long list of extensions, which no view reads."""
    dump = dump_json(f"{name}.config_dump")
    for section in dump["configs"]:
        section.get("bootstrap", {}).get("node", {}).pop("extensions", None)
    return dump


SMALL = {name: small(name) for name in DUMPS}
SMALL["clusters"] = dump_json("wasm.clusters")


def mutated_bytes(data: bytes, chance: random.Random) -> bytes:
    result = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(result) or 1)
        size = chance.choice((1, 1, 8, 200, 5000))
        action = chance.randrange(5)
        if action == 0:
            result[at : at + size] = chance.randbytes(size)
        elif action == 1:
            del result[at:]
        elif action == 2:
            del result[at : at + size]
        elif action == 3:
            result[at:at] = result[at : at + size]
        else:
            result[at:at] = chance.choice(
                (b'"', b"}", b"]", b",", b"\\", b"\x00", b"200\n", b"\xef\xbb\xbf", b"nul")
            )
    return bytes(result)


def mutated_tree(value, chance: random.Random) -> None:
    """Change one place of the tree, found by walking down at random."""
    node = value
    for _ in range(chance.randint(1, 14)):
        if isinstance(node, dict) and node:
            key = chance.choice(list(node))
        elif isinstance(node, list) and node:
            key = chance.randrange(len(node))
        else:
            return
        if chance.random() < 0.25 or not isinstance(node[key], dict | list):
            _change(node, key, chance)
            return
        node = node[key]


def _change(node, key, chance: random.Random) -> None:
    action = chance.randrange(4)
    if action == 0:
        node[key] = copy.deepcopy(chance.choice(_VALUES))
    elif action == 1:
        del node[key]
    elif action == 2:
        nested = node[key]
        for _ in range(chance.choice((1, 3, 200))):
            nested = chance.choice(
                ([nested], {"a": nested}, {"@type": "type.googleapis.com/x", "value": nested})
            )
        node[key] = nested
    elif isinstance(node, dict):
        node[str(key) + chance.choice(("_x", "X", " "))] = node.pop(key)
    else:
        node.append(node[key])


@pytest.mark.parametrize("part", range(8))
def test_bytes_of_recorded_dumps_mutated(part):
    chance = random.Random(SEED + part)
    names = sorted(SMALL)
    for _ in range(100):
        ask(mutated_bytes(json.dumps(SMALL[chance.choice(names)], indent=1).encode(), chance), chance)


@pytest.mark.parametrize("part", range(8))
def test_structure_of_recorded_dumps_mutated(part):
    chance = random.Random(SEED + 100 + part)
    names = sorted(SMALL)
    for _ in range(125):
        dump = copy.deepcopy(SMALL[chance.choice(names)])
        for _ in range(chance.randint(1, 12)):
            mutated_tree(dump, chance)
        ask(json.dumps(dump).encode(), chance)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
KEYS = st.sampled_from(
    (
        "configs",
        "cluster_statuses",
        "@type",
        "dynamic_listeners",
        "static_clusters",
        "cluster",
        "name",
        "secret",
    )
)
TYPES = st.sampled_from(
    [
        f"type.googleapis.com/envoy.admin.v3.{n}ConfigDump"
        for n in ("Clusters", "Listeners", "Routes", "Secrets")
    ]
)
DUMPLIKE = st.fixed_dictionaries(
    {"configs": st.lists(st.dictionaries(KEYS, JSON | TYPES, max_size=4) | JSON, max_size=4)}
)


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(value=JSON | DUMPLIKE, seed=st.integers(0, 2**16))
def test_any_json(value, seed):
    ask(json.dumps(value).encode(), random.Random(seed))


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.binary(max_size=300), seed=st.integers(0, 2**16))
def test_any_bytes(data, seed):
    ask(data, random.Random(seed))


@pytest.mark.parametrize("view", VIEWS)
def test_deep_nesting(view):
    deep = b'{"configs":' + b"[" * 5000 + b"]" * 5000 + b"}"
    check(run("pc", view, "-f", "-", stdin=deep))


@pytest.mark.parametrize("name", DUMPS)
@pytest.mark.parametrize("size", (1, 100, 5_000, 60_000))
def test_truncated(name, size):
    outcome = run("pc", "cluster", "-f", "-", stdin=dump_bytes(f"{name}.config_dump")[:size])
    check(outcome)
    assert outcome.rc == 1 and "ends in the middle" in outcome.err
