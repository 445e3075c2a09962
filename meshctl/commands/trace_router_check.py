"""Test files of Envoy's router_check_tool: ``tests: [{test_name, input, validate}]`` against a proxy's routes.

Format: envoy test/tools/router_check/validation.proto. A test runs against the route configuration that the
proxy's listeners use (all of them are tried when there are several; ``route_config`` in a test names one). Quirks of the
tool are kept: a redirect or a direct response has an empty cluster name, ``path_redirect`` is the Location.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from meshctl.errors import InputError
from meshctl.plain import Json
from meshctl.trace import router_check

if TYPE_CHECKING:
    from meshctl.commands.trace_inputs import Inputs


def run(inputs: Inputs, data: bytes, path: str) -> int:
    """Run the tests; one line a test on stdout, failures on stderr; the number of failures."""
    proxy = inputs.first.proxy
    if proxy is None:
        raise InputError("the pod has no proxy")
    tests = list(_tests(data, path))
    tables = router_check.tables(proxy)
    if not tables:
        raise InputError("the dump holds no route configuration")
    failures = 0
    for test in tests:
        name = str(test.get("test_name") or "test")
        problems = router_check.check(proxy, tables, test)
        failures += bool(problems)
        sys.stdout.write(f"{'FAILED' if problems else 'ok':<7}{name}\n")
        for problem in problems:
            sys.stderr.write(f"FAILED {name}: {problem}\n")
    sys.stdout.write(f"{len(tests) - failures} of {len(tests)} tests pass\n")
    return failures


def _tests(data: bytes, path: str) -> Iterator[Json]:
    document = _document(data, path)
    if not isinstance(document, dict) or not isinstance(document.get("tests"), list):
        raise InputError(
            f"{path} holds no requests",
            "JSON lines with a `request` or `connection` each are wanted, or `tests:` of router_check_tool.",
        )
    yield from (test for test in document["tests"] if isinstance(test, dict))


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
