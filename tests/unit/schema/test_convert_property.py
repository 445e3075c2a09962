"""For random messages of the schema, our JSON is protobuf's own json_format, up to the order of keys.

The oracle builds the message, prints it with proto names (as Envoy does) for input and with JSON names for the
expected output. Order is checked apart: fields as declared, map keys sorted.
"""

from __future__ import annotations

import functools
import json
import random

import msgspec
import pytest
from google.protobuf import json_format, message_factory
from google.protobuf.descriptor import FieldDescriptor as F
from hypothesis import given, settings
from hypothesis import strategies as st

from meshctl.envoy.notes import Notes
from meshctl.envoy.schema.convert import Converter, Names
from meshctl.envoy.schema.pool import pool
from meshctl.envoy.secrets import redact

# Roots from which nearly every message that a dump can hold is reached.
ROOTS = (
    "envoy.config.bootstrap.v3.Bootstrap",
    "envoy.config.cluster.v3.Cluster",
    "envoy.config.listener.v3.Listener",
    "envoy.config.route.v3.RouteConfiguration",
    "envoy.config.endpoint.v3.ClusterLoadAssignment",
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
    "envoy.extensions.filters.http.rbac.v3.RBAC",
    "envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
    "envoy.extensions.filters.http.fault.v3.HTTPFault",
    "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
    "envoy.extensions.transport_sockets.tls.v3.Secret",
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
    "envoy.admin.v3.ClustersConfigDump",
    "envoy.admin.v3.ListenersConfigDump",
    "envoy.admin.v3.Clusters",
    "xds.type.matcher.v3.Matcher",
    "udpa.type.v1.TypedStruct",
)
_INTEGERS = {
    F.TYPE_INT32: (-(2**31), 2**31 - 1),
    F.TYPE_SINT32: (-(2**31), 2**31 - 1),
    F.TYPE_SFIXED32: (-(2**31), 2**31 - 1),
    F.TYPE_UINT32: (0, 2**32 - 1),
    F.TYPE_FIXED32: (0, 2**32 - 1),
    F.TYPE_INT64: (-(2**63), 2**63 - 1),
    F.TYPE_SINT64: (-(2**63), 2**63 - 1),
    F.TYPE_SFIXED64: (-(2**63), 2**63 - 1),
    F.TYPE_UINT64: (0, 2**64 - 1),
    F.TYPE_FIXED64: (0, 2**64 - 1),
}
_TEXTS = ("", "a", "outbound|80||x.y", "<&>", "é\u2028", "on", "1", '\t"\\')


@functools.cache
def _class(name: str):
    return message_factory.GetMessageClass(pool().FindMessageTypeByName(name))


def _scalar(field, chance: random.Random):
    if field.type in _INTEGERS:
        low, high = _INTEGERS[field.type]
        return chance.choice([0, 1, low, high, chance.randint(low, high)])
    if field.type == F.TYPE_BOOL:
        return chance.random() < 0.5
    if field.type == F.TYPE_STRING:
        return chance.choice(_TEXTS)
    if field.type == F.TYPE_BYTES:
        return chance.choice([b"", b"\xff\xfe\x00", b"abc"])
    if field.type == F.TYPE_ENUM:
        return chance.choice(field.enum_type.values).number
    return chance.choice([0.0, 1.0, 0.5, -2.25, 1e-7, 1e21, 1e-5])


def _fill(message, chance: random.Random, depth: int) -> None:
    full_name = message.DESCRIPTOR.full_name
    if full_name == "google.protobuf.Duration":
        message.seconds = chance.randint(0, 10**6)
        message.nanos = chance.choice([0, 5 * 10**8, 123_000_000, 123_456_000, 1])
        return
    if full_name == "google.protobuf.Timestamp":
        message.seconds = chance.randint(0, 2 * 10**9)
        message.nanos = chance.choice([0, 208_000_000, 1_000])
        return
    if full_name == "google.protobuf.Any":
        inner = _class(chance.choice(ROOTS[4:9]))()
        if depth < 4:
            _fill(inner, chance, depth + 2)
        message.Pack(inner)
        return
    if full_name in ("google.protobuf.Struct", "google.protobuf.Value", "google.protobuf.ListValue"):
        sample = {"b": [1, "x", None, True], "a": {"z": 0.5, "y": {}}, "on": []}
        target = {"Struct": sample, "ListValue": sample["b"], "Value": "text"}[full_name.rsplit(".", 1)[1]]
        json_format.ParseDict(target, message)
        return
    if full_name == "google.protobuf.FieldMask":
        return
    fields = [f for f in message.DESCRIPTOR.fields if chance.random() < (0.5 if depth < 2 else 0.15)]
    for field in fields:
        if field.message_type is not None and depth >= 5:
            continue
        _set(message, field, chance, depth)


def _set(message, field, chance: random.Random, depth: int) -> None:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        value_field = field.message_type.fields_by_name["value"]
        key_field = field.message_type.fields_by_name["key"]
        keys = (3, 20, 1) if key_field.type in _INTEGERS else ("b", "a.b", "")
        target = getattr(message, field.name)
        for key in keys[: chance.randint(1, 3)]:
            if value_field.message_type is not None:
                _fill(target[key], chance, depth + 1)
            else:
                target[key] = _scalar(value_field, chance)
    elif field.is_repeated:
        for _ in range(chance.randint(1, 2)):
            if field.message_type is not None:
                _fill(getattr(message, field.name).add(), chance, depth + 1)
            else:
                getattr(message, field.name).append(_scalar(field, chance))
    elif field.message_type is not None:
        child = getattr(message, field.name)
        child.SetInParent()
        _fill(child, chance, depth + 1)
    else:
        setattr(message, field.name, _scalar(field, chance))


def _printed(message, *, proto_names: bool):
    """The message through JSON text: an Any is an OrderedDict before that."""
    text = json_format.MessageToJson(message, preserving_proto_field_name=proto_names, descriptor_pool=pool())
    return json.loads(text)


@pytest.mark.parametrize("root", ROOTS)
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_our_json_is_protobufs_own(root, seed):
    message = _class(root)()
    _fill(message, random.Random(seed), 0)
    notes = Notes()
    ours = Converter(Names.JSON, notes).convert(root, _printed(message, proto_names=True))
    expected, _ = redact(_printed(message, proto_names=False))
    assert json.loads(msgspec.json.encode(ours)) == expected
    assert not notes.lines()


@pytest.mark.parametrize("root", ROOTS)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_camel_case_is_read_as_well_and_turned_into_proto_names(root, seed):
    message = _class(root)()
    _fill(message, random.Random(seed), 0)
    ours = Converter(Names.PROTO).convert(root, _printed(message, proto_names=False))
    assert json.loads(msgspec.json.encode(ours)) == _printed(message, proto_names=True)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), root=st.sampled_from(ROOTS))
def test_fields_stand_as_declared_and_map_keys_sorted(seed, root):
    message = _class(root)()
    _fill(message, random.Random(seed), 0)
    value = _printed(message, proto_names=True)
    shuffled = json.loads(json.dumps(value, sort_keys=True))
    convert = Converter(Names.JSON).convert
    first, second = (msgspec.json.encode(convert(root, v)) for v in (value, shuffled))
    assert first == second  # the order of the input does not show
    order = [field.json_name for field in pool().FindMessageTypeByName(root).fields]
    if root != "udpa.type.v1.TypedStruct":
        keys = list(json.loads(first))
        assert keys == sorted(keys, key=order.index)
