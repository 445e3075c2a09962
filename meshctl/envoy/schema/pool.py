"""The private descriptor pool: Envoy's API (1.39) and the supplement, loaded when first asked for.

A pool of our own, not protobuf's default one: nothing else in the process can collide with its names,
and a type that is not in it is simply unknown. ``envoy.binpb`` is made by ``tools/build_schema.py``.
"""

from __future__ import annotations

import functools
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor
    from google.protobuf.descriptor_pool import DescriptorPool

API_VERSION = "1.39"
TYPE_URL_PREFIX = "type.googleapis.com/"


@functools.cache
def pool() -> DescriptorPool:
    """The pool with every file of the schema in it (about 15 ms, once a process)."""
    from google.protobuf import descriptor_pb2, descriptor_pool

    data = resources.files(__package__).joinpath("envoy.binpb").read_bytes()
    result = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(data).file:
        result.Add(file)
    return result


@functools.cache
def find(type_name: str) -> Descriptor | None:
    """The descriptor of a message by full name or type URL; None when the schema does not know it."""
    try:
        return pool().FindMessageTypeByName(type_name.rsplit("/", 1)[-1])
    except KeyError:
        return None
