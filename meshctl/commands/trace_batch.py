"""Many requests of ``meshctl trace``: JSON lines in, JSON lines out; or router_check_tool's own test files.

A line that cannot be read is an error line in the output (``"error"``), the others go on. The exit code counts
lines whose expectation is not met, or that could not be read.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec

from meshctl.errors import InputError, MeshctlError
from meshctl.plain import Json
from meshctl.proxy.entry import Entry
from meshctl.proxy.model import Disposition, Log, Passage, Verdict
from meshctl.proxy.visit import visit
from meshctl.trace import report, requests
from meshctl.trace.journey import Journey
from meshctl.trace.pods import Pod
from meshctl.trace.report import Reading

if TYPE_CHECKING:
    from meshctl.commands.trace_inputs import Inputs


def run(inputs: Inputs, path: str, reading: Reading, *, at_envoy: bool) -> int:
    """Answer all requests of a file; the number of failures."""
    from meshctl.sources.file import read_bytes

    data = read_bytes(path)
    if not _is_json_lines(data):
        from meshctl.commands.trace_router_check import run as router_check

        return router_check(inputs, data, path)
    failures = 0
    write = sys.stdout.write
    encode = msgspec.json.Encoder().encode
    journey = Journey(inputs.source, silent=True)
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip():
            continue
        answer, problems = _answer(inputs, journey, line, number, reading, at_envoy)
        for problem in problems:
            sys.stderr.write(f"FAILED {answer.get('id', f'line {number}')}: {problem}\n")
        failures += bool(problems)
        write(encode(answer).decode() + "\n")
    return failures


def _is_json_lines(data: bytes) -> bool:
    """JSON lines begin with an object a line; a test file of router_check_tool is YAML or one JSON document."""
    first = next((line for line in data.splitlines() if line.strip()), b"{}")
    try:
        decoded = msgspec.json.decode(first)
    except msgspec.DecodeError:
        return False
    return isinstance(decoded, dict) and "tests" not in decoded


def _answer(
    inputs: Inputs, journey: Journey, line: bytes, number: int, reading: Reading, at_envoy: bool
) -> tuple[Json, list[str]]:
    """The answer to one line, and what it lacks of its expectation."""
    try:
        decoded = msgspec.json.decode(line)
        if not isinstance(decoded, dict):
            raise InputError("a line must be a JSON object")
        identity = decoded.get("id", number)
        answer = {"id": identity, **_ask(inputs, journey, decoded, reading, at_envoy)}
    except (MeshctlError, msgspec.DecodeError, TypeError, ValueError, AttributeError) as error:
        identity = number
        text = error.what if isinstance(error, MeshctlError) else f"{type(error).__name__}: {error}"
        return {"id": identity, "error": text}, [text]
    expect = decoded.get("expect")
    problems = report.check(expect, answer) if isinstance(expect, dict) else []
    if isinstance(expect, dict):
        answer["ok"] = not problems
    return answer, problems


def _ask(inputs: Inputs, journey: Journey, line: Json, reading: Reading, at_envoy: bool) -> Json:
    if at_envoy or "connection" in line:
        return report.at_proxy(_at_proxy(inputs, line), reading)
    raw = line.get("request")
    if not isinstance(raw, dict):
        raise InputError("a line needs a `request` object")
    if "to_ip" not in raw and "port" in raw:
        return report.at_proxy(_at_proxy(inputs, line), reading)
    pod = inputs.pod(str(line["from"])) if line.get("from") else inputs.first
    stream = requests.stream(raw)
    uid = line.get("uid")
    ways = journey.start(
        pod, str(raw["to_ip"]), int(raw["to_port"]), stream, None if uid is None else int(uid)
    )
    return report.mesh(ways, http=stream.request is not None, reading=reading)


def _at_proxy(inputs: Inputs, line: Json) -> list[Passage]:
    pod = _proxy_pod(inputs, line)
    assert pod.proxy is not None
    asked = requests.at_proxy(pod.proxy, line)
    if asked.listener is None:
        none = Verdict(Disposition.NO_LISTENER, reason=f"no listener has port {asked.connection.dst_port}")
        entry = Entry(Log(silent=True))
        return [entry.end(entry.absent(none, pod.proxy.unseen_listeners))]
    return visit(pod.proxy, asked.listener, asked.connection, asked.request, silent=True)


def _proxy_pod(inputs: Inputs, line: Json) -> Pod:
    pod = inputs.pod(str(line["from"])) if line.get("from") else inputs.first
    if pod.proxy is None:
        raise InputError(f"pod {pod.name} has no proxy")
    return pod
