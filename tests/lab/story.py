"""The story live: one request, what the kernel and the proxies say of it, and what meshctl trace says."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

from tests.lab.compare import closest
from tests.lab.observe import Observer
from tests.lab.place import LabError
from tests.lab.reach import Reach
from tests.lab.traffic import Request

Json = dict[str, Any]

CLIENT, URL = "test-pod", "http://nginx.test/"


def tell(lab: Reach) -> Iterator[str]:
    """The story's paragraphs. Raises LabError at the end when meshctl and reality differ."""
    yield _title(f"1. curl {URL} in {CLIENT}")
    yield _run(lab.command(CLIENT, ["curl", "-sS", "-i", "-m", "10", URL]))
    with Observer(lab) as observer:
        seen = observer.request(
            Request("story", CLIENT, lab.model.services[0].vip, 80, host="nginx.test", path="/")
        )
    yield _title("2. The kernel's trace of the first packets")
    yield "\n".join(_packets(seen))
    yield _title("3. Counters of the capture rules")
    for pod in lab.model.pods:
        yield f"{pod.name}\n" + "\n".join(_counted(lab.network.saved(pod.name, counters=True)))
    yield _title("4. The access logs of both proxies")
    yield "\n".join(_logged(hop) for hop in seen["hops"])
    yield _title("5. meshctl trace on the same request")
    with tempfile.TemporaryDirectory() as folder:
        lab.record(pathlib.Path(folder))
        arguments = ["trace", CLIENT, URL, "--dir", folder]
        yield "$ meshctl " + " ".join(arguments[:3]) + "\n" + _meshctl(*arguments)
        outcomes = json.loads(_meshctl(*arguments, "-o", "json"))["outcomes"]
    yield _title("6. Side by side")
    yield "\n".join(side_by_side(outcomes[0], seen))
    found = closest(outcomes, seen)
    if found:
        raise LabError("meshctl trace and reality differ:\n  " + "\n  ".join(found))
    yield "Everything agrees."


def _title(text: str) -> str:
    return f"\n== {text}"


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise LabError(f"{command[-1]}: exit code {done.returncode}: {done.stderr.strip()}")
    return done.stdout.replace("\r", "").rstrip()


def _meshctl(*arguments: str) -> str:
    return _run([sys.executable, "-m", "meshctl", *arguments])


def _path(capture: list[Json]) -> str:
    """A packet through its hooks."""
    return "; ".join(
        f"{hook['hook']} to {hook['dst']}: "
        + (" > ".join(f"{t} {c} {n}" for t, c, n in hook["rules"]) or "no rule")
        for hook in capture
    )


def _packets(seen: Json) -> Iterator[str]:
    yield f"{CLIENT}, the application: {_path(seen['client_capture'])}"
    for index, hop in enumerate(seen["hops"]):
        if index:
            yield f"{hop['pod']}, arriving: {_path(hop['capture'])}"
        yield f"{hop['pod']}, Envoy {hop['direction']}: {_path(hop['upstream_capture']) or 'a connection of before'}"


def _counted(saved: str) -> Iterator[str]:
    """The rules that packets matched."""
    for line in saved.splitlines():
        if re.match(r"\[[1-9]\d*:\d+\] -A ", line):
            yield f"  {line}"


def _logged(hop: Json) -> str:
    shown = (
        "listener",
        "filter_chain",
        "virtual_host",
        "route_name",
        "cluster",
        "upstream_host",
        "code",
        "flags",
    )
    return f"{hop['pod']} {hop['direction']}\n" + "\n".join(
        f"  {name:14}{hop[name] or '-'}" for name in shown
    )


def side_by_side(outcome: Json, seen: Json) -> Iterator[str]:
    """Each fact as it was observed and as meshctl says it."""
    rows: list[tuple[str, str, str]] = [
        ("capture", _path(seen["client_capture"]), _path(outcome["client_capture"])),
        ("code", str(seen["code"]), str(outcome["code"])),
    ]
    facts: dict[str, Callable[[Json], str]] = {
        "listener": lambda hop: str(hop["listener"]),
        "chain": lambda hop: str(hop["filter_chain"] or "-"),
        "route": lambda hop: f"{hop['virtual_host']} / {hop['route_name']}",
        "cluster": lambda hop: str(hop["cluster"]),
        "endpoint": lambda hop: str(hop["upstream_host"]),
        "answer": lambda hop: f"{hop['code']} {hop['flags'] or '-'} {hop['details']}",
        "Envoy's packet": lambda hop: _path(hop["upstream_capture"] or []),
    }
    for real, said in zip(seen["hops"], outcome["hops"], strict=False):
        rows += [(f"{real['direction']} {name}", fact(real), fact(said)) for name, fact in facts.items()]
    for name, real_text, said_text in rows:
        mark = "=" if real_text == said_text else "DIFFERENT"
        yield f"{name:24}{mark:10}{said_text}"
        if mark != "=":
            yield f"{'':24}{'observed':10}{real_text}"
