"""Envoy's messages as text proto, which router_check_tool takes for its configurations and tests.

A RouteConfiguration is read by its schema. The tests' schema (test/tools/router_check/validation.proto) is no part
of Envoy's API; they are read by the grammar alone, the repeated fields by name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from meshctl.plain import Json

_LINE = re.compile(
    r"^\s*(?:virtual_hosts|tests|name|input|routes|domains|validate|test_name)\s*(?::\s*[\"{\[]|[{<])"
)
_TOKEN = re.compile(
    r"""\s+|\#[^\n]*|(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?P<word>[\w.+-]+)|(?P<sign>[{}<>\[\]:,;])"""
)
REPEATED = frozenset(
    {"tests", "additional_request_headers", "additional_response_headers", "request_header_matches",
     "response_header_matches", "virtual_hosts", "routes", "domains"}
)  # fmt: skip


def looks_like(lines: Sequence[str]) -> bool:
    """Whether the lines are text proto."""
    first = next((line for line in lines if line.strip() and not line.lstrip().startswith("#")), "")
    return bool(_LINE.match(first)) and any(re.search(r"[{<]\s*$", line) for line in lines)


def route_configuration(text: str) -> Json | None:
    """A RouteConfiguration in text, as JSON in proto names; None when it is none."""
    from google.protobuf import json_format, message_factory, text_format

    from meshctl.envoy.schema.pool import pool

    descriptors = pool()
    message = message_factory.GetMessageClass(
        descriptors.FindMessageTypeByName("envoy.config.route.v3.RouteConfiguration")
    )()
    try:
        text_format.Parse(text, message, descriptor_pool=descriptors)
        found: Json = json_format.MessageToDict(
            message, preserving_proto_field_name=True, descriptor_pool=descriptors
        )
    except (text_format.ParseError, json_format.Error, TypeError):
        return None
    return found if "virtual_hosts" in found else None


def generic(text: str) -> Json | None:
    """Any message by the grammar alone; None when it is no text proto."""
    tokens = _tokens(text)
    if tokens is None:
        return None
    try:
        value, rest = _message(tokens, 0, "")
    except (IndexError, ValueError):
        return None
    return value if rest == len(tokens) else None


def _tokens(text: str) -> list[str] | None:
    found, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            return None
        if match.lastgroup:
            found.append(match[0])
        position = match.end()
    return found


def _message(tokens: list[str], at: int, end: str) -> tuple[Json, int]:
    value: Json = {}
    while at < len(tokens):
        if tokens[at] == end:
            return value, at + 1
        name = tokens[at]
        if not re.fullmatch(r"\w+", name):
            raise ValueError(name)
        at += 1
        if tokens[at] == ":":
            at += 1
        item, at = _value(tokens, at)
        if at < len(tokens) and tokens[at] in (",", ";"):
            at += 1
        if name in REPEATED:
            value.setdefault(name, []).extend(item if isinstance(item, list) else [item])
        else:
            value[name] = item
    if end:
        raise ValueError("unclosed")
    return value, at


def _value(tokens: list[str], at: int) -> tuple[Any, int]:
    token = tokens[at]
    if token in ("{", "<"):
        return _message(tokens, at + 1, "}" if token == "{" else ">")
    if token == "[":
        items, at = [], at + 1
        while tokens[at] != "]":
            item, at = _value(tokens, at)
            items.append(item)
            at += tokens[at] == ","
        return items, at + 1
    if token[0] in "\"'":
        text = ""
        while at < len(tokens) and tokens[at][0] in "\"'":
            text += tokens[at][1:-1].encode().decode("unicode_escape")
            at += 1
        return text, at
    if token in ("true", "false"):
        return token == "true", at + 1
    if re.fullmatch(r"[-+]?\d+", token):
        return int(token), at + 1
    if re.fullmatch(r"[-+]?[\d.]+(?:[eE][-+]?\d+)?", token):
        return float(token), at + 1
    return token, at + 1
