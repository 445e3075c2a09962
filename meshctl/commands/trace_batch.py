"""Many requests of ``meshctl trace``: JSON lines in, results out; or router_check_tool's own test files.

A line that cannot be read is an error line in the output (``"error"``), the others go on. How a test ended is said by
the exit code (``trace.expectations``) and by the last line on stderr.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from meshctl.commands import outputs
from meshctl.commands.trace_one import Question, lookup, walked
from meshctl.errors import InputError, MeshctlError
from meshctl.plain import Json, visible
from meshctl.proxy.entry import Entry
from meshctl.proxy.model import Disposition, Log, Passage, Verdict
from meshctl.proxy.visit import visit
from meshctl.render.interface import Content, Document, Offers, Outputs
from meshctl.trace import expectations, lines, report, requests, target
from meshctl.trace.expectations import Result, Status
from meshctl.trace.journey import Journey
from meshctl.trace.pods import Pod
from meshctl.trace.report import Reading
from meshctl.trace.ways import resting_on

if TYPE_CHECKING:
    from meshctl.commands.trace_inputs import Inputs

OUTPUTS = Outputs((Content.TEXT, Content.DOCUMENT, Content.RESULTS), "jsonl")


def run(inputs: Inputs, path: str, reading: Reading, output: str, *, at_envoy: bool, quiet: bool) -> int:
    """Answer all requests of a file; the exit code."""
    from meshctl.sources.file import read_bytes

    form = OUTPUTS.parse(output or "jsonl")
    data = read_bytes(path)
    if not data.strip():
        raise InputError(f"{path} holds no requests", "It is empty.")
    if _is_json_lines(data):
        results = _answers(inputs, data, reading, at_envoy)
    else:
        from meshctl.commands.trace_router_check import run as router_check

        results = router_check(inputs, data, path)
        form = OUTPUTS.parse(output or "text")
    statuses: list[Status] = []
    shown: list[Result] = []
    for result in results:
        statuses.append(result.status)
        _complain(result)
        if quiet and result.status in (Status.PASSED, Status.ASKED) and form.content is not Content.RESULTS:
            continue
        if form.name == "jsonl":
            outputs.write(msgspec.json.encode(result.answer) + b"\n")
        else:
            shown.append(result)
    if not statuses:
        raise InputError(f"{path} holds no requests")
    code = expectations.exit_code(statuses)
    if form.name != "jsonl":
        outputs.show_form(form, _offers(shown, statuses, path, quiet))
    if code or not quiet:
        sys.stderr.write(expectations.summary(statuses) + "\n")
    return code


def _offers(shown: list[Result], statuses: list[Status], path: str, quiet: bool) -> Offers:
    from meshctl.render import trace_results

    return {
        Content.TEXT: lambda: trace_results.text(shown, None if quiet else statuses),
        Content.DOCUMENT: lambda: Document([result.answer for result in shown]),
        Content.RESULTS: lambda: (path, shown),
    }


def _complain(result: Result) -> None:
    """What is wrong with one test, a line each."""
    word = {Status.UNDETERMINED: "UNDETERMINED", Status.ERROR: "ERROR"}.get(result.status, "FAILED")
    for problem in result.problems:
        sys.stderr.write(f"{word} {visible(' '.join(f'{result.name}: {problem}'.split()))}\n")


def _is_json_lines(data: bytes) -> bool:
    """JSON lines hold an object a line; a test file of router_check_tool is YAML or one JSON document."""
    found = [line for line in data.splitlines() if line.strip()]
    if len(found) > 1:
        try:
            whole = msgspec.json.decode(data)
        except msgspec.DecodeError:
            whole = None
        if isinstance(whole, dict) and "tests" in whole:
            return False
    decoded = [_decoded(line) for line in found]
    if any(isinstance(value, dict) and "tests" in value for value in decoded):
        return False
    return any(map(lines.is_line, decoded)) or all(line.lstrip().startswith(b"{") for line in found)


def _decoded(line: bytes) -> object:
    try:
        return msgspec.json.decode(line)
    except msgspec.DecodeError:
        return None


def _answers(inputs: Inputs, data: bytes, reading: Reading, at_envoy: bool) -> Iterator[Result]:
    journey = inputs.journey(silent=True)
    for number, line in enumerate(data.splitlines(), 1):
        if line.strip():
            yield answer(inputs, journey, line, number, reading, at_envoy)


def answer(
    inputs: Inputs, journey: Journey, line: bytes, number: int, reading: Reading, at_envoy: bool
) -> Result:
    """The answer to one line, and what it lacks of its expectation; whatever is wrong with the line stays in it."""
    identity: object = number
    try:
        decoded = msgspec.json.decode(line)
        if not isinstance(decoded, dict):
            raise InputError("a line must be a JSON object")
        identity = decoded.get("id", number)
        lines.check_line(decoded)
        if "expect" in decoded:
            expectations.validate(decoded["expect"])
        found: Json = {"id": identity, **_ask(inputs, journey, decoded, reading, at_envoy)}
    except MeshctlError as error:
        text = f"{error.what} {error.cause}".strip()
    except msgspec.DecodeError as error:
        identity = _id_in(line) or number
        text = f"line {number} is no JSON: {error}"
    except Exception as error:  # one line never ends the run, whatever it is
        text = f"unexpected {type(error).__name__}: {error}"
    else:
        return _result(str(identity), decoded.get("expect"), found)
    return Result(str(identity), Status.ERROR, (text,), {"id": identity, "line": number, "error": text})


def _id_in(line: bytes) -> str:
    """The id in a line that is no JSON, where it can still be read."""
    found = re.search(rb'"id"\s*:\s*"?([\w.:/ -]+)', line)
    return found[1].decode().strip() if found else ""


def _result(name: str, expect: Json | None, answer: Json) -> Result:
    if expect is None:
        open_ = answer["verdict"] == Disposition.UNDETERMINED.value
        reasons = tuple(answer["undetermined"][:1]) if open_ else ()
        return Result(name, Status.UNDETERMINED if open_ else Status.ASKED, reasons, answer)
    result = expectations.result(name, expectations.check(expect, answer), answer)
    answer["ok"] = result.status is Status.PASSED
    return result


def _ask(inputs: Inputs, journey: Journey, line: Json, reading: Reading, at_envoy: bool) -> Json:
    if "url" in line:
        return _ask_url(inputs, journey, line, reading, at_envoy)
    if at_envoy or "connection" in line:
        return report.at_proxy(_at_proxy(inputs, line), reading)
    raw = line["request"]
    if lines.request_shape(raw) is lines.AT_PROXY:
        return report.at_proxy(_at_proxy(inputs, line), reading)
    pod = _pod(inputs, line)
    stream = requests.stream(raw)
    ip, port, assumed = _address(inputs, pod, raw)
    ways = resting_on(assumed, journey.start(pod, ip, port, stream, line.get("uid")))
    return report.mesh(ways, http=stream.request is not None, reading=reading)


def _address(inputs: Inputs, pod: Pod, raw: Json) -> target.Address:
    """Where a request goes: its address, else its host's as the pod's proxy knows it."""
    secure = str(raw.get("kind") or "").startswith(("https", "tls"))
    host, _, port = str(raw.get("host") or raw.get("authority") or raw.get("sni") or "").partition(":")
    number = int(raw.get("to_port") or port or (443 if secure else 80))
    if raw.get("to_ip"):
        if "to_port" not in raw:
            raise InputError("`request` has `to_ip` and no `to_port`")
        return target.Address(str(raw["to_ip"]), number)
    if not host:
        raise InputError("`request` has neither `to_ip` nor `host`: where does it go?")
    dialled = target.Dialled(host, number, requests.stream({}), "")
    return target.resolve(dialled, lookup(inputs, pod), pod=pod)


def _ask_url(inputs: Inputs, journey: Journey, line: Json, reading: Reading, at_envoy: bool) -> Json:
    wanted, resolves = requests.wanted(line), line.get("resolve") or ()
    question = Question(
        wanted,
        line.get("to"),
        (resolves,) if isinstance(resolves, str) else tuple(resolves),
        str(line.get("uid", line.get("sender") or "app")),
        None,
        reading,
        at_envoy,
    )
    walk = walked(inputs, journey, _pod(inputs, line), target.parse(wanted), question)
    return report.mesh(walk.ways, http=walk.stream.request is not None, reading=reading)


def _at_proxy(inputs: Inputs, line: Json) -> list[Passage]:
    pod = _proxy_pod(inputs, line)
    assert pod.proxy is not None
    asked = requests.at_proxy(pod.proxy, line)
    if asked.listener is None:
        none = Verdict(Disposition.NO_LISTENER, reason=f"no listener has port {asked.connection.dst_port}")
        entry = Entry(Log(silent=True))
        return [entry.end(entry.absent(none, pod.proxy.unseen_listeners))]
    return visit(pod.proxy, asked.listener, asked.connection, asked.request, silent=True)


def _pod(inputs: Inputs, line: Json) -> Pod:
    return inputs.pod(str(line["from"])) if line.get("from") else inputs.first


def _proxy_pod(inputs: Inputs, line: Json) -> Pod:
    pod = _pod(inputs, line)
    if pod.proxy is None:
        raise InputError(f"pod {pod.name} has no proxy")
    return pod
