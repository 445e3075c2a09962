"""The recordings: one ``cases.jsonl`` a scenario, each line an invocation with what it printed."""

from __future__ import annotations

import functools
import json
import pathlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """One invocation and its outcome. ``stdout`` is None where only its digest was kept."""

    id: str
    scenario: str
    argv: tuple[str, ...]
    stdin: pathlib.Path | None
    rc: int
    stdout: bytes | None
    stdout_sha256: str
    stdout_ref: str
    stdout_bytes: int
    stderr: bytes
    stable: bool
    what: str
    view: str
    recorded_at: str


@dataclass(frozen=True)
class Scenario:
    """One folder of recordings."""

    name: str
    folder: pathlib.Path

    @functools.cached_property
    def recorded_at(self) -> str:
        meta = self.folder / "meta.json"
        text = json.loads(meta.read_text()).get("recorded_at", "") if meta.exists() else ""
        return text or "2026-11-23T13:21:00Z"

    def cases(self) -> list[Case]:
        lines = (self.folder / "cases.jsonl").read_text().splitlines()
        found = [self._case(json.loads(line)) for line in lines]
        return [case for case in found if case.argv]

    def _case(self, line: dict) -> Case:
        root = self.folder
        while root.name != "golden":
            root = root.parent
        stdin = line.get("stdin")
        stdin_path = root.parent / stdin if stdin and stdin is not True else None
        return Case(
            id=line["id"],
            scenario=self.name,
            argv=tuple(line["argv"]),
            stdin=stdin_path,
            rc=line["rc"],
            stdout=self._bytes(line, "stdout"),
            stdout_sha256=line.get("stdout_sha256", ""),
            stdout_ref=line.get("stdout_ref", ""),
            stdout_bytes=line.get("stdout_bytes", 0),
            stderr=self._bytes(line, "stderr") or b"",
            stable=line.get("stable", True),
            what=line.get("what", ""),
            view=line.get("view", ""),
            recorded_at=self.recorded_at,
        )

    def _bytes(self, line: dict, key: str) -> bytes | None:
        name = line.get(key)
        if name:
            return (self.folder / name).read_bytes()
        if key == "stdout" and line.get("stdout_ref"):
            return None
        unnamed = self.folder / f"{line['id']}.{key.removeprefix('std')}"  # the kube folder lists no names
        return unnamed.read_bytes() if key not in line and unnamed.exists() else b""


def scenarios(golden: pathlib.Path) -> list[Scenario]:
    return [
        Scenario(str(path.parent.relative_to(golden)), path.parent)
        for path in sorted(golden.rglob("cases.jsonl"))
    ]
