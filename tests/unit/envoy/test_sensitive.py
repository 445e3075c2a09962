"""Every field that Envoy's API marks as sensitive is taken out, wherever it stands."""

from __future__ import annotations

import re
from importlib import resources
from typing import Any

import pytest
from google.protobuf import descriptor_pb2 as pb

from meshctl.envoy.api.sensitive import FIELDS
from meshctl.envoy.schema.convert import Converter
from meshctl.envoy.secrets import SENSITIVE, redact, suspects
from tests import envoy

LIST = resources.files("meshctl.envoy.schema").joinpath("supplement/sensitive.txt").read_text()
NAMES = [line for line in LIST.splitlines() if not line.startswith("#")]


def _marked(files: Any, is_marked: Any) -> set[str]:
    found: set[str] = set()

    def walk(prefix: str, message: pb.DescriptorProto) -> None:
        for field in message.field:
            if is_marked(field):
                found.add(f"{prefix}.{message.name}.{field.name}")
        for nested in message.nested_type:
            walk(f"{prefix}.{message.name}", nested)

    for file in files:
        for message in file.message_type:
            walk(file.package, message)
    return found


def _schema() -> pb.FileDescriptorSet:
    return pb.FileDescriptorSet.FromString(
        resources.files("meshctl.envoy.schema").joinpath("envoy.binpb").read_bytes()
    )


def test_the_descriptor_set_marks_what_the_list_names() -> None:
    assert _marked(_schema().file, lambda field: field.options.debug_redact) == set(NAMES)


def test_every_marked_field_is_known_by_name() -> None:
    for name in NAMES:
        owner, _, field = name.rpartition(".")
        assert field in FIELDS or owner.endswith("PrivateKeyProvider"), name
    assert "private_key_provider" in FIELDS
    assert {"privateKey", "contextExtensions", "backend_token"} <= SENSITIVE


def _embedded() -> list[pb.FileDescriptorProto]:
    """The file descriptors that Envoy's executable carries, with the options of its API."""
    data = envoy.binary().read_bytes()
    files = []
    for match in re.finditer(rb"\n([\x0a-\x7f])([a-z0-9_/]+\.proto)\x12", data):
        if match[1][0] != len(match[2]):
            continue
        try:
            files.append(pb.FileDescriptorProto.FromString(data[match.start() : _end(data, match.start())]))
        except Exception:
            continue
    return files


def _end(data: bytes, at: int) -> int:
    def number(at: int) -> tuple[int, int]:
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128 or shift > 63:
                return value, at

    while at < len(data):
        tag, after = number(at)
        if tag >> 3 not in range(1, 15) or tag & 7 not in (0, 2):
            return at
        value, after = number(after)
        at = after + (value if tag & 7 == 2 else 0)
    return at


@pytest.mark.envoy
def test_the_list_has_every_field_that_envoy_itself_marks() -> None:
    tag, mark = 76569463 << 3, b""
    while tag > 127:
        mark, tag = mark + bytes([tag & 127 | 128]), tag >> 7
    mark += bytes([tag, 1])
    marked = _marked(_embedded(), lambda field: mark in field.options.SerializeToString())
    assert len(marked) > 20
    assert marked <= set(NAMES)


TYPED = "type.googleapis.com/udpa.type.v1.TypedStruct"
PLACES: list[tuple[str, Any]] = [
    ("an API key", {"credentials": [{"key": "SECRET", "client": "SECRET-client"}]}),
    ("users of basic auth", {"users": {"inline_string": "SECRET:{SHA}x"}}),
    ("users in camelCase", {"users": {"inlineString": "SECRET:{SHA}x"}}),
    ("a redis user", {"downstream_auth_username": {"inline_string": "SECRET"}}),
    ("redis passwords", {"downstreamAuthPasswords": [{"inline_string": "SECRET"}]}),
    ("extensions of a check", {"check_settings": {"context_extensions": {"a": "SECRET"}}}),
    ("keys of session tickets", {"session_ticket_keys": {"keys": [{"inline_bytes": "SECRET"}]}}),
    ("several generic secrets", {"secrets": {"a": {"inline_string": "SECRET"}}}),
    ("a token of a tracer", {"backend_token": "SECRET"}),
    ("a web identity", {"web_identity_token_data_source": {"inline_string": "SECRET"}}),
    ("a provider of keys", {"private_key_provider": {"typed_config": {"@type": "x", "poll": "SECRET"}}}),
]


@pytest.mark.parametrize("value", [value for _, value in PLACES], ids=[name for name, _ in PLACES])
def test_a_marked_field_is_taken_out_of_messages_and_of_structs(value: Any) -> None:
    clean, count = redact(value)
    assert count >= 1 and "SECRET" not in str(clean)
    assert suspects(str(value).replace("'", '"').encode())
    struct = {"@type": TYPED, "type_url": "x", "value": value}
    assert "SECRET" not in str(Converter().any(struct))
    assert "SECRET" not in str(
        Converter().convert("envoy.config.core.v3.Metadata", {"filter_metadata": {"a": value}})
    )


@pytest.mark.parametrize(
    "value",
    [
        {"credentials": {"client_id": "me", "token_secret": {"name": "token"}}},
        {"keys": [{"kty": "RSA", "n": "x"}]},
        {"users": "many"},
        {"private_key": {"filename": "/etc/key.pem"}},
        {"secret": {"@type": "x", "name": "default"}},
    ],
    ids=["OAuth2", "a JWKS", "a word", "a file", "an SDS secret"],
)
def test_what_only_shares_a_name_stays(value: Any) -> None:
    assert redact(value) == (value, 0)
