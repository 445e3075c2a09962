"""Envoy's API messages as Python classes, from meshctl's own schema: what the management server speaks."""

from __future__ import annotations

import functools
from typing import Any

from google.protobuf import json_format, message_factory

from meshctl.envoy.schema.pool import TYPE_URL_PREFIX, pool


@functools.cache
def message_class(full_name: str) -> Any:
    """The class of a message by its full name."""
    return message_factory.GetMessageClass(pool().FindMessageTypeByName(full_name))


def type_url(full_name: str) -> str:
    return TYPE_URL_PREFIX + full_name


def from_json(full_name: str, value: dict[str, Any]) -> Any:
    """A message from proto3 JSON; nested Any are resolved in meshctl's schema. Raises json_format.ParseError."""
    return json_format.ParseDict(value, message_class(full_name)(), descriptor_pool=pool())


def to_json(message: Any) -> dict[str, Any]:
    """The JSON of a message, in proto field names."""
    return dict(json_format.MessageToDict(message, preserving_proto_field_name=True, descriptor_pool=pool()))
