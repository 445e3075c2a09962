"""A test of router_check_tool read by its schema: every key known, what it requires present.

Envoy's tool refuses a file that breaks its schema (protoc-gen-validate's rules); here the one test is refused, by name.
Keys may be written in camelCase, as JSON of a message may. Follows envoy test/tools/router_check/validation.proto.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from meshctl.envoy.api.config_route_v3 import HeaderMatcher
from meshctl.errors import InputError
from meshctl.plain import Json
from meshctl.trace.lines import unknown_key

_TEST = ("test_name", "input", "validate", "route_config")
_INPUT = (
    "authority", "path", "method", "random_value", "ssl", "internal", "additional_request_headers", "additional_headers",
    "additional_response_headers", "runtime", "dynamic_metadata",
)  # fmt: skip
_TEXTS = (
    "cluster_name", "virtual_cluster_name", "virtual_host_name", "host_rewrite", "path_rewrite", "path_redirect",
)  # fmt: skip
_PAIRS = ("request_header_fields", "response_header_fields", "header_fields", "custom_header_fields")
_MATCHES = ("request_header_matches", "response_header_matches")
_VALIDATE = (*_TEXTS, "code_redirect", "timeout", *_PAIRS, *_MATCHES, "route_metadata")
_PAIR = ("key", "value", "raw_value", "field")
_LISTS = {
    "additional_request_headers": _PAIR,
    "additional_headers": _PAIR,
    "additional_response_headers": _PAIR,
    "dynamic_metadata": ("metadata_namespace", "value", "allow_overwrite"),
    "route_metadata": ("namespace", "key", "value"),
    **dict.fromkeys(_PAIRS, _PAIR),
}
_SHORTEST = {"authority": 1, "path": 1, "method": 3}
_SECONDS = re.compile(r"([0-9]+(?:\.[0-9]+)?)s")


def read(test: object) -> Json:
    """The test with its keys in snake_case; raises InputError for whatever would not be checked."""
    if not isinstance(test, dict):
        raise InputError("a test must be an object")
    found = _named(test, _TEST, "the test")
    if not isinstance(found.get("test_name"), str) or not found["test_name"]:
        raise InputError("the test has no `test_name`")
    for part, known in (("input", _INPUT), ("validate", _VALIDATE)):
        if part not in found:
            raise InputError(f"the test has no `{part}`")
        found[part] = _named(_object(found[part], f"`{part}`"), known, f"`{part}`")
    _check_input(found["input"])
    _check_validate(found["validate"])
    return found


def seconds(duration: str | None) -> float | None:
    """A protobuf duration as JSON writes it."""
    match = _SECONDS.fullmatch(duration or "")
    return float(match[1]) if match else None


def _object(value: object, where: str) -> Json:
    if not isinstance(value, dict):
        raise InputError(f"{where} must be an object")
    return value


def _named(value: Json, known: Iterable[str], where: str) -> Json:
    """An object by the names of its schema."""
    named = {}
    for name, content in value.items():
        snake = name if name in known else re.sub("([A-Z])", lambda m: "_" + m[1].lower(), str(name))
        if snake not in known:
            raise InputError(unknown_key(str(name), known, where))
        named[snake] = content
    return named


def _check_input(given: Json) -> None:
    for name, shortest in _SHORTEST.items():
        if not isinstance(given.get(name), str) or len(given[name]) < shortest:
            raise InputError(f"`input` has no `{name}`")
    if not str(given.get("random_value", 0)).isdigit():
        raise InputError("`random_value` of `input` must be a number")
    _check_lists(given, "`input`")


def _check_validate(validate: Json) -> None:
    if not validate:
        raise InputError("`validate` expects nothing")
    for name, wanted in validate.items():
        if wanted is None or (name in _TEXTS and not isinstance(wanted, str)):
            raise InputError(f"`{name}` of `validate` must be a text")
    if "timeout" in validate and seconds(str(validate["timeout"])) is None:
        raise InputError("`timeout` of `validate` must be a duration like 15s")
    _check_lists(validate, "`validate`")
    for name in _MATCHES:
        for message in _list(validate, name, "`validate`"):
            if unknown := HeaderMatcher(message).unknown:
                raise InputError(f"`{name}` of `validate` has an unknown key `{unknown[0]}`")


def _check_lists(holder: Json, where: str) -> None:
    for name, known in _LISTS.items():
        for entry in _list(holder, name, where):
            _named(entry, known, f"`{name}`")


def _list(holder: Json, name: str, where: str) -> list[Any]:
    """A list of objects that is not empty where it is given."""
    if name not in holder:
        return []
    value = holder[name]
    if not isinstance(value, list) or not value or not all(isinstance(entry, dict) for entry in value):
        raise InputError(f"`{name}` of {where} must be a list of objects")
    return value
