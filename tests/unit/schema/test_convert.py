"""The rules of istioctl's JSON, one case each."""

from __future__ import annotations

import msgspec
import pytest

from meshctl.envoy.notes import Notes
from meshctl.envoy.schema.convert import Converter, Names

CLUSTER = "envoy.config.cluster.v3.Cluster"


def converted(value, type_name=CLUSTER):
    notes = Notes()
    result = Converter(notes=notes).convert(type_name, value)
    return msgspec.json.encode(result).decode(), notes.lines()


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"name": "a", "lb_policy": "ROUND_ROBIN"}, '{"name":"a"}'),  # a default is dropped
        ({"connect_timeout": "1.5s"}, '{"connectTimeout":"1.500s"}'),
        ({"connect_timeout": "0.250s"}, '{"connectTimeout":"0.250s"}'),
        ({"connect_timeout": "1s"}, '{"connectTimeout":"1s"}'),
        ({"connect_timeout": "0.000000001s"}, '{"connectTimeout":"0.000000001s"}'),
        ({"per_connection_buffer_limit_bytes": 0}, '{"perConnectionBufferLimitBytes":0}'),  # a wrapper stays
        ({"type": 3}, '{"type":"EDS"}'),
        ({"common_lb_config": {"healthy_panic_threshold": {"value": 1e21}}},
         '{"commonLbConfig":{"healthyPanicThreshold":{"value":1e+21}}}'),
        ({"common_lb_config": {"healthy_panic_threshold": {"value": 0.00001}}},
         '{"commonLbConfig":{"healthyPanicThreshold":{"value":0.00001}}}'),
        ({"common_lb_config": {"healthy_panic_threshold": {"value": 1e-7}}},
         '{"commonLbConfig":{"healthyPanicThreshold":{"value":1e-7}}}'),
        ({"common_lb_config": {"healthy_panic_threshold": {"value": 50.0}}},
         '{"commonLbConfig":{"healthyPanicThreshold":{"value":50}}}'),
    ],
)  # fmt: skip
def test_values_as_istioctl_prints_them(given, wanted):
    assert converted(given) == (wanted, [])


def test_fields_stand_in_the_order_of_the_proto_not_of_their_numbers():
    text, _ = converted({"name": "a", "transport_socket_matches": [{"name": "m"}]})
    assert text == '{"transportSocketMatches":[{"name":"m"}],"name":"a"}'


@pytest.mark.parametrize(
    ("given", "kept", "note"),
    [
        ({"future_field": {"x": 1}}, '{"future_field":{"x":1}}', "unknown field"),
        ({"lb_policy": "FUTURE"}, '{"lbPolicy":"FUTURE"}', "unknown enum value"),
        ({"transport_socket": {"name": "t", "typed_config": {"@type": "type.googleapis.com/acme.X", "y": [1]}}},
         '{"transportSocket":{"name":"t","typedConfig":{"@type":"type.googleapis.com/acme.X","y":[1]}}}',
         "unknown type"),
        ({"connect_timeout": 7}, '{"connectTimeout":7}', "unexpected value"),
        ({"name": 5}, '{"name":5}', "unexpected value"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_kept_and_told(given, kept, note):
    text, lines = converted(given)
    assert text == kept
    assert len(lines) == 1 and note in lines[0]


def test_an_any_inside_a_typed_struct_inside_an_any_is_opened():
    inner = {"@type": "type.googleapis.com/google.protobuf.StringValue", "value": "x"}
    given = {"typed_extension_protocol_options": {"k": inner}}
    assert converted(given)[0] == (
        '{"typedExtensionProtocolOptions":{"k":{"@type":"type.googleapis.com/google.protobuf.StringValue",'
        '"value":"x"}}}'
    )


def test_null_is_a_value_where_the_proto_says_so():
    kind = "google.api.expr.v1alpha1.Type"
    assert Converter(Names.JSON).convert(kind, {"null": None}) == {"null": None}
    assert Converter(Names.JSON).convert(kind, {"list_type": None}) == {}
