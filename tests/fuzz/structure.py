"""Structure-aware inputs: a small real document in which a few values are replaced, removed, renamed or doubled.

A seed keeps a document's shape, so that an odd value stands where a reader looks. Every input follows from its number.

    python -m tests.fuzz.structure COUNT [FIRST]      run so many inputs and print what failed
"""

from __future__ import annotations

import copy
import functools
import json
import pathlib
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.cli import dump_json, run

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 2**31, 2**63, 2**64, 10**30, 1e300, "", "x", "80", "-1", "1e9", "10s", "\x1b[2J", "\n", "\u202e",
    "\ud800", "a" * 300, [], [None], [[]], {}, {"a": 1}, {"": {}}, [1, "x", {}], "10.0.0.1", "::1", "[a-z", "%REQ(x)%", "*", "type.googleapis.com/x",
)  # fmt: skip
COMMANDS: tuple[tuple[str, ...], ...] = (
    *(("pc", view, "-o", form) for view in ("route", "listener", "cluster", "endpoint", "secret") for form in ("short", "wide", "json")),
    ("pc", "bootstrap", "-o", "json"), ("pc", "all", "-o", "short"), ("pc", "all", "-o", "wide"), ("pc", "route", "-o", "yaml"),
    ("pc", "listener", "-o", "name"), ("pc", "ecds", "-o", "json"), ("snapshot", "show"),
    ("trace", "http://reviews:9080/", "--at", "envoy", "--to", "10.96.23.33:9080", "-o", "json"),
    ("trace", "http://a.example/", "--at", "envoy", "--to", "10.0.0.1:8080", "--explain"),
    ("authz", "show"), ("authz", "matrix", "--port", "9080"), ("authz", "check"), ("check", "-o", "short"), ("check", "-o", "json"),
)  # fmt: skip
RULES: tuple[tuple[str, ...], ...] = (
    ("capture", "show", "-o", "short"), ("capture", "show", "-o", "json"), ("capture", "walk", "--in", "8080"), ("capture", "lint"),
    ("capture", "show", "-o", "mermaid"),
)  # fmt: skip


def _small(value: Any, most: int = 2) -> Any:
    """A document with at most so many elements of each list."""
    if isinstance(value, dict):
        return {key: _small(item, most) for key, item in value.items()}
    if isinstance(value, list):
        return [_small(item, most) for item in value[:most]]
    return value[:80] if isinstance(value, str) else value


@functools.cache
def seeds() -> list[Any]:
    found = []
    for name in ("bookinfo-productpage", "gateway", "nacklistener"):
        dump = dump_json(f"{name}.config_dump")
        found.append({"configs": [_small(section) for section in dump["configs"]]})
    return found


NFT = {
    "nftables": [
        {"metainfo": {"json_schema_version": 1}},
        {"table": {"family": "inet", "name": "t", "handle": 1}},
        {"chain": {"family": "inet", "table": "t", "name": "out", "type": "nat", "hook": "output", "prio": -100, "policy": "accept"}},
        {"chain": {"family": "inet", "table": "t", "name": "c"}},
        {"set": {"family": "inet", "table": "t", "name": "s", "type": "ipv4_addr", "elem": ["10.0.0.1", {"prefix": {"addr": "10.1.0.0", "len": 16}}]}},
        {"rule": {"family": "inet", "table": "t", "chain": "out", "handle": 2, "expr": [
            {"match": {"op": "==", "left": {"meta": {"key": "skuid"}}, "right": 1337}}, {"counter": {"packets": 1, "bytes": 2}}, {"return": None}]}},
        {"rule": {"family": "inet", "table": "t", "chain": "out", "handle": 3, "expr": [
            {"match": {"op": "!=", "left": {"payload": {"protocol": "ip", "field": "daddr"}}, "right": "@s"}}, {"jump": {"target": "c"}}]}},
        {"rule": {"family": "inet", "table": "t", "chain": "c", "handle": 4, "expr": [
            {"match": {"op": "in", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": {"set": [80, {"range": [8000, 9000]}]}}},
            {"redirect": {"port": 15001}}]}},
        {"rule": {"family": "inet", "table": "t", "chain": "c", "handle": 5, "expr": [
            {"vmap": {"key": {"payload": {"protocol": "tcp", "field": "dport"}}, "data": {"set": [[80, {"drop": None}]]}}}]}},
    ]
}  # fmt: skip


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) of a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield value, key
        yield from _places(item)


def mutated(seed: Any, chance: random.Random) -> Any:
    """The seed with one to four changes."""
    value = copy.deepcopy(seed)
    for _ in range(chance.randint(1, 4)):
        places = list(_places(value))
        if not places:
            break
        where, key = chance.choice(places)
        match chance.randrange(6):
            case 0:
                del where[key]
            case 1 if isinstance(where, dict):
                where[chance.choice(("name", "match", "routes", "x", ""))] = where[key]
            case 2 if isinstance(where, list):
                where.append(copy.deepcopy(where[key]))
            case 3:
                other, name = chance.choice(places)
                where[key] = copy.deepcopy(other[name])
            case _:
                where[key] = copy.deepcopy(chance.choice(ODD))
    return value


def fault(number: int, folder: pathlib.Path) -> str:
    """What went wrong with input ``number``, or nothing."""
    chance = random.Random(number)
    rules = number % 4 == 0
    seed = NFT if rules else chance.choice(seeds())
    command = chance.choice(RULES if rules else COMMANDS)
    file = folder / ("nft.json" if rules else "config_dump.json")
    file.write_text(json.dumps(mutated(seed, chance)))
    given = (str(file),) if command[0] == "snapshot" else ("-f", str(file))
    try:
        done = run(*command, *given)
    except Exception as error:
        return f"{' '.join(command)}: {type(error).__name__}: {error}"
    unsafe = [c for c in ("\x1b", "\u202e") if c in done.err]
    if "fault of meshctl" in done.err or "Traceback" in done.err or unsafe:
        return f"{' '.join(command)}: {done.err.splitlines()[0][:160]} {unsafe or ''}"
    return ""


def main(count: int, first: int) -> None:
    import time

    began, kinds = time.monotonic(), Counter[str]()
    examples: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(first, first + count):
            if wrong := fault(number, pathlib.Path(folder)):
                kinds[wrong] += 1
                if wrong not in examples:  # a long run tells what it found, should it be stopped
                    print(f"first: {number:7} {wrong}", flush=True)
                    examples[wrong] = number
    for wrong, times in kinds.most_common():
        print(f"{times:5} {examples[wrong]:7} {wrong}")
    took = time.monotonic() - began
    print(f"{count} inputs in {took:.1f} s ({count / took:.0f} a second), {kinds.total()} faults")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
