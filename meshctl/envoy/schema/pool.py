"""The private descriptor pool: Envoy's API (1.39) and the supplement, loaded when first asked for.

A pool of our own, not protobuf's default one: nothing else in the process can collide with its names,
and a type that is not in it is simply unknown. ``envoy.binpb`` is made by ``tools/build_schema.py``.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor
    from google.protobuf.descriptor_pool import DescriptorPool

API_VERSION = "1.39"
TYPE_URL_PREFIX = "type.googleapis.com/"


_SCHEMA = os.path.join(
    os.path.dirname(__file__), "envoy.binpb"
)  # importlib.resources takes longer to import than the pool to make


@functools.cache
def pool() -> DescriptorPool:
    """The pool with every file of the schema in it (about 10 ms, once a process)."""
    from google.protobuf import descriptor_pool

    with open(_SCHEMA, "rb") as file:
        data = file.read()
    result = descriptor_pool.DescriptorPool()
    for descriptor in _files(data):
        result.AddSerializedFile(descriptor)
    return result


def _files(data: bytes) -> Iterator[bytes]:
    """The files of a FileDescriptorSet as they stand in it: the set is one repeated field. Decoding it would write each down again, which
    takes as long as all else here."""
    at = 0
    while at < len(data):
        at += 1  # the field's tag
        size = shift = 0
        more = True
        while more:
            size |= (data[at] & 0x7F) << shift
            more = data[at] > 0x7F
            shift, at = shift + 7, at + 1
        yield data[at : at + size]
        at += size


@functools.cache
def find(type_name: str) -> Descriptor | None:
    """The descriptor of a message by full name or type URL; None when the schema does not know it."""
    try:
        return pool().FindMessageTypeByName(type_name.rsplit("/", 1)[-1])
    except KeyError:
        return None
