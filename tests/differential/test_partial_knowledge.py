"""Certainty never exceeds evidence: with parts of the mesh taken away, no definite answer contradicts the whole.

The recorded meshes are traced whole, then again with only the client's pod, with pods, dump sections, single
resources or capture rules removed at random. An answer given then is either that of the whole mesh or UNDETERMINED.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from meshctl.envoy.notes import Notes
from meshctl.errors import MeshctlError
from meshctl.sources.record import NamedFiles
from meshctl.sources.trace_pods import pod_of
from meshctl.trace import report, requests
from meshctl.trace.journey import Journey
from meshctl.trace.pods import Pods
from tests.corpus import corpus
from tests.differential.trace_support import folders, lines

Json = dict[str, Any]
Files = dict[str, bytes]

SCENARIOS = ("story", "bookinfo", "egress", "gateway", "security", "special")
SEED = int(os.environ.get("MESHCTL_SEED", "7"))
# What the world outside of all dumps decides; the whole mesh only assumes it as well.
_SAME = "verdict", "code"


def _files(scenario: str) -> dict[str, Files]:
    folder = next(f for f in folders("e2e") if f.name == scenario) / "pods"
    return {
        pod.name: {path.name: path.read_bytes() for path in pod.iterdir() if path.is_file()}
        for pod in sorted(folder.iterdir())
    }


class _Record(NamedFiles):
    """A pod's files in memory."""

    def __init__(self, name: str, files: Files) -> None:
        self.name = name
        self.namespace = json.loads(files["meta.json"]).get("namespace") or ""
        self._files = files

    def read(self, name: str) -> bytes | None:
        return self._files.get(name)


def _pods(files: dict[str, Files]) -> Pods:
    return Pods([pod_of(_Record(name, given), Notes()) for name, given in files.items()])


def _answer(source: Pods, record: Json) -> Json:
    stream = requests.stream(record["request"])
    pod = source.by_name(record["from"])
    assert pod is not None
    asked = record["request"]
    ways = Journey(source, silent=True).start(pod, asked["to_ip"], asked["to_port"], stream, record["uid"])
    assert abs(sum(way.probability for way in ways) - 1) < 1e-6
    return report.mesh(ways, http=stream.request is not None)


def _endings(answer: Json) -> set[tuple[Any, ...]]:
    return {tuple(outcome[key] for key in _SAME) for outcome in answer["outcomes"]}


def _contradicts(partial: Json, whole: Json) -> bool:
    """Whether an answer from less says for certain what the whole denies."""
    if partial["verdict"] == "UNDETERMINED" or whole["verdict"] == "UNDETERMINED":
        return False
    return bool(_endings(partial) - _endings(whole))


@pytest.mark.corpus
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_client_alone_never_answers_for_its_peers(scenario: str) -> None:
    corpus("e2e")
    files = _files(scenario)
    whole = _pods(files)
    alone = {pod.name: Pods([pod]) for pod in whole.pods}
    wrong, counts = [], Counter[str]()
    for record in lines(next(f for f in folders("e2e") if f.name == scenario) / "requests.jsonl"):
        full, partial = _answer(whole, record), _answer(alone[record["from"]], record)
        counts[partial["verdict"]] += 1
        if _contradicts(partial, full):
            wrong.append(
                (record["id"], partial["verdict"], full["verdict"], partial["outcomes"][0]["reason"])
            )
    assert not wrong, f"{len(wrong)} of {counts.total()}: {wrong[:5]}"
    assert counts["UNDETERMINED"] > 0


Removal = Callable[[random.Random, dict[str, Files]], str]


def _without_pod(draw: random.Random, files: dict[str, Files]) -> str:
    name = draw.choice(sorted(files))
    del files[name]
    return f"pod {name}"


def _without_file(draw: random.Random, files: dict[str, Files]) -> str:
    pod = draw.choice(sorted(files))
    name = draw.choice(sorted(set(files[pod]) - {"meta.json"}))
    files[pod] = {k: v for k, v in files[pod].items() if k != name}
    return f"{name} of {pod}"


def _without_section(draw: random.Random, files: dict[str, Files]) -> str:
    pod = draw.choice([name for name in sorted(files) if "config_dump.json" in files[name]])
    dump = json.loads(files[pod]["config_dump.json"])
    section = draw.choice(dump["configs"])
    dump["configs"].remove(section)
    files[pod] = {**files[pod], "config_dump.json": json.dumps(dump).encode()}
    return f"{section['@type'].rpartition('.')[2]} of {pod}"


def _without_table(draw: random.Random, files: dict[str, Files]) -> str:
    """A save that was cut off somewhere, as a paste is."""
    pod = draw.choice([name for name in sorted(files) if files[name].get("iptables-save.txt")])
    text = files[pod]["iptables-save.txt"].decode().splitlines(keepends=True)
    cut = draw.randrange(1, len(text))  # an empty save is an observation: there are no rules
    kept = text[:cut] if draw.random() < 0.5 else text[cut:]
    files[pod] = {**files[pod], "iptables-save.txt": "".join(kept).encode()}
    return f"iptables-save of {pod} cut at line {cut}"


REMOVALS: tuple[Removal, ...] = (_without_pod, _without_file, _without_section, _without_table)


@pytest.mark.corpus
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_what_is_taken_away_is_never_answered_for(scenario: str) -> None:
    corpus("e2e")
    draw = random.Random(f"{SEED} {scenario}")
    files = _files(scenario)
    whole = _pods(files)
    records = list(lines(next(f for f in folders("e2e") if f.name == scenario) / "requests.jsonl"))
    answers = {record["id"]: _answer(whole, record) for record in records}
    wrong, asked = [], 0
    for _ in range(12):
        less = dict(files)
        removed = [draw.choice(REMOVALS)(draw, less) for _ in range(draw.choice((1, 1, 2)))]
        try:
            source = _pods(less)
        except MeshctlError:
            continue  # refused by name: nothing was answered
        for record in draw.sample(records, min(len(records), 40)):
            if record["from"] not in less:
                continue
            asked += 1
            partial = _answer(source, record)
            if _contradicts(partial, answers[record["id"]]):
                full = answers[record["id"]]
                wrong.append(
                    (
                        removed,
                        record["id"],
                        partial["verdict"],
                        full["verdict"],
                        partial["outcomes"][0]["reason"],
                    )
                )
    assert asked > 100
    assert not wrong, f"{len(wrong)} of {asked}: {wrong[:5]}"
