"""The methods of a descriptor set and their google.api.http rules, read from its bytes.

Theory of operation. A FileDescriptorSet is read by wire format, for the few fields that are needed: services, their
methods' http option (an extension, number 72295728), the fields of messages. A template is literals, ``*`` (one
segment), ``**`` (any number) and variables of these, with an optional ``:verb``; of several that match, a literal
goes before ``*`` before ``**``, segment by segment.
Follows google/api/http.proto and grpc-httpjson-transcoding src/{http_template,path_matcher}.cc.
"""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterator

from meshctl.patterns import expression
from meshctl.values import Struct

_HTTP_OPTION = 72295728
_VERBS = {2: "GET", 3: "PUT", 4: "POST", 5: "DELETE", 6: "PATCH"}
_VARIABLE = expression(r"\{([^}=]+)(?:=([^}]*))?\}")
MESSAGE = 11

Wire = int | bytes


def fields(raw: bytes) -> Iterator[tuple[int, Wire]]:
    """The fields of a message by number; groups are not known and end it."""
    index = 0
    while index < len(raw):
        key, index = _varint(raw, index)
        kind = key & 7
        if kind == 0:
            value, index = _varint(raw, index)
            yield key >> 3, value
        elif kind == 2:
            length, index = _varint(raw, index)
            yield key >> 3, raw[index : index + length]
            index += length
        elif kind in (1, 5):
            index += 8 if kind == 1 else 4
        else:
            return


def _varint(raw: bytes, index: int) -> tuple[int, int]:
    value = shift = 0
    while index < len(raw):
        byte = raw[index]
        index += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    return value, index


def _text(raw: bytes, number: int) -> str:
    return next((v.decode() for n, v in fields(raw) if n == number and isinstance(v, bytes)), "")


def _number(raw: bytes, number: int) -> int:
    return next((v for n, v in fields(raw) if n == number and isinstance(v, int)), 0)


def _parts(raw: bytes, number: int) -> list[bytes]:
    return [v for n, v in fields(raw) if n == number and isinstance(v, bytes)]


class Binding(Struct, frozen=True):
    """One way to a method: verb, path template, which field the body fills."""

    verb: str
    template: str
    body: str
    regex: re.Pattern[str]
    rank: tuple[int, ...]
    variables: tuple[str, ...]


class Method(Struct, frozen=True):
    """A method of a service: its gRPC path and its input message."""

    path: str
    input_type: str
    bindings: tuple[Binding, ...]


class Methods(Struct, frozen=True):
    """The methods of the configured services, and all messages: field name to (type, type name)."""

    methods: tuple[Method, ...]
    messages: dict[str, dict[str, tuple[int, str]]]

    def find(self, verb: str, path: str) -> tuple[Method, Binding, dict[str, str]] | None:
        """The method of a request, the binding, and the values of its variables."""
        best: tuple[tuple[int, ...], Method, Binding, re.Match[str]] | None = None
        for method in self.methods:
            for binding in method.bindings:
                found = binding.regex.fullmatch(path) if binding.verb == verb else None
                if found is not None and (best is None or binding.rank < best[0]):
                    best = binding.rank, method, binding, found
        if best is None:
            return None
        _, method, binding, found = best
        values = {name: urllib.parse.unquote(found[f"v{i}"]) for i, name in enumerate(binding.variables)}
        return method, binding, values

    def field_type(self, message: str, path: str) -> int | None:
        """The type of a field by its path, None when there is no such field."""
        kind, name = MESSAGE, message
        for part in path.split("."):
            found = self.messages.get(name, {}).get(part) if kind == MESSAGE else None
            if found is None:
                return None
            kind, name = found
        return kind


def binding(verb: str, template: str, body: str) -> Binding:
    """A compiled HTTP rule."""
    variables: list[str] = []

    def variable(found: re.Match[str]) -> str:
        variables.append(found[1])
        return f"\0{len(variables) - 1}\1{found[2] or '*'}\2"

    flat = _VARIABLE.sub(variable, template)
    pattern = re.escape(flat).replace(r"\*\*", ".*").replace(r"\*", "[^/]+")
    pattern = re.sub("\0(\\d+)\1", r"(?P<v\1>", pattern).replace("\2", ")")
    segments = re.sub("[\0\2]|\\d+\1", "", flat).strip("/").split("/")
    rank = tuple({"*": 1, "**": 2}.get(segment.partition(":")[0], 0) for segment in segments)
    return Binding(verb, template, body, re.compile(pattern), rank, tuple(variables))


def _rules(raw: bytes) -> Iterator[Binding]:
    """The bindings of an HttpRule, its additional ones included."""
    body = _text(raw, 7)
    for number, value in fields(raw):
        if number in _VERBS and isinstance(value, bytes):
            yield binding(_VERBS[number], value.decode(), body)
        elif number == 8 and isinstance(value, bytes):
            yield binding(_text(value, 1), _text(value, 2), body)
        elif number == 11 and isinstance(value, bytes):
            yield from _rules(value)


def read(descriptors: bytes, services: list[str], auto_mapping: bool) -> Methods:
    """The methods of some services."""
    messages: dict[str, dict[str, tuple[int, str]]] = {}
    methods: list[Method] = []
    for file in _parts(descriptors, 1):
        package = _text(file, 2)
        prefix = f"{package}." if package else ""
        for message in _parts(file, 4):
            _read_message(message, prefix, messages)
        for service in _parts(file, 6):
            name = prefix + _text(service, 1)
            if name in services:
                methods += [_method(name, method, auto_mapping) for method in _parts(service, 2)]
    return Methods(tuple(methods), messages)


def _read_message(raw: bytes, prefix: str, messages: dict[str, dict[str, tuple[int, str]]]) -> None:
    name = prefix + _text(raw, 1)
    found: dict[str, tuple[int, str]] = {}
    for field in _parts(raw, 2):
        entry = (_number(field, 5), _text(field, 6).removeprefix("."))
        found[_text(field, 1)] = entry
        if _text(field, 10):
            found[_text(field, 10)] = entry
    messages[name] = found
    for nested in _parts(raw, 3):
        _read_message(nested, f"{name}.", messages)


def _method(service: str, raw: bytes, auto_mapping: bool) -> Method:
    path = f"/{service}/{_text(raw, 1)}"
    rules = [
        rule
        for options in _parts(raw, 4)
        for option in _parts(options, _HTTP_OPTION)
        for rule in _rules(option)
    ]
    if not rules and auto_mapping:
        rules = [binding("POST", path, "*")]
    return Method(path, _text(raw, 2).removeprefix("."), tuple(rules))
