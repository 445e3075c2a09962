"""Test files of Envoy's router_check_tool: ``tests: [{test_name, input, validate}]`` against a proxy's routes.

Format: envoy test/tools/router_check/validation.proto. A test runs against the route configuration that the
proxy's listeners use (all of them are tried when there are several; ``route_config`` in a test names one). Quirks of the
tool are kept: a redirect or a direct response has an empty cluster name, ``path_redirect`` is the Location.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from meshctl.errors import InputError
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.routing.routes import RouteTable
from meshctl.trace import expectations, router_check, router_check_form
from meshctl.trace.expectations import Result, Status
from meshctl.trace.lines import unknown_key

if TYPE_CHECKING:
    from meshctl.commands.trace_inputs import Inputs


def run(inputs: Inputs, data: bytes, path: str) -> Iterator[Result]:
    """The results of the tests, in their order."""
    tests = _tests(data, path)
    proxy = inputs.first.proxy
    if proxy is None:
        raise InputError("the pod has no proxy")
    tables = router_check.tables(proxy)
    if not tables:
        raise InputError("the dump holds no route configuration")
    return (_result(proxy, tables, test, number) for number, test in enumerate(tests, 1))


def _result(proxy: Proxy, tables: list[RouteTable], test: object, number: int) -> Result:
    name = test.get("test_name", test.get("testName")) if isinstance(test, dict) else None
    title = str(name or f"test {number}")
    try:
        read = router_check_form.read(test)
        problems = router_check.check(proxy, tables, read)
    except InputError as error:
        return Result(title, Status.ERROR, (error.what,), {"id": title, "error": error.what})
    except Exception as error:  # one test never ends the run, whatever it is
        text = f"unexpected {type(error).__name__}: {error}"
        return Result(title, Status.ERROR, (text,), {"id": title, "error": text})
    answer = {"id": title, "ok": not problems, "problems": [problem.text for problem in problems]}
    return expectations.result(title, problems, answer)


def _tests(data: bytes, path: str) -> list[object]:
    document = _document(data, path)
    tests = document.get("tests") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(tests, list):
        raise InputError(
            f"{path} holds no requests",
            "JSON lines with a `url`, `request` or `connection` each are wanted, or `tests:` of router_check_tool.",
        )
    for name in document:
        if name != "tests":
            raise InputError(unknown_key(str(name), ("tests",), path))
    if not tests:
        raise InputError(f"{path} holds no tests", "`tests` is empty.")
    return tests


def _document(data: bytes, path: str) -> object:
    """A test file: YAML, JSON, or text proto."""
    from meshctl.reader import textproto, yaml_text
    from meshctl.reader.text_frames import decoded

    text, _ = decoded(data, path)
    if textproto.looks_like(text.split("\n")):
        found = textproto.generic(text)
        if found is not None:
            return found
    try:
        return next(iter(yaml_text.documents(text.replace("\t", "  "), path)), None)
    except InputError as error:
        raise InputError(f"{path} is neither JSON lines nor YAML", error.what) from error
