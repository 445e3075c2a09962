"""The typed read model: what a field gives, and what happens when it is not what the API has there."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path

import pytest

from meshctl.envoy.api.config_cluster_v3 import Cluster
from meshctl.envoy.api.config_core_v3 import Metadata, TypedExtensionConfig
from meshctl.envoy.api.config_route_v3 import HeaderMatcher, Route, RouteMatch, WeightedCluster
from meshctl.envoy.api.extensions_filters_http_cors_v3 import CorsPolicy
from meshctl.envoy.message import Misread, Packed, Undecidable, message_class, snake
from meshctl.envoy.schema.pool import find

ROOT = Path(__file__).resolve().parents[3]


def test_absent_fields_are_proto3_defaults():
    cluster = Cluster({})
    assert (cluster.name, cluster.connect_timeout, cluster.type, cluster.load_assignment) == (
        "",
        None,
        "STATIC",
        None,
    )
    assert (cluster.health_checks, cluster.typed_extension_protocol_options) == ((), {})


def test_values_are_those_of_proto3_json():
    cluster = Cluster(
        {
            "connect_timeout": "0.250s",
            "per_connection_buffer_limit_bytes": "32768",
            "lb_policy": 3,
            "respect_dns_ttl": True,
            "hosts": [{"pipe": {"path": "/a"}}],
        }
    )
    assert cluster.connect_timeout == 0.25
    assert cluster.per_connection_buffer_limit_bytes == 32768
    assert cluster.lb_policy == "RANDOM"
    assert cluster.respect_dns_ttl is True
    assert cluster.hosts[0].pipe is not None and cluster.hosts[0].pipe.path == "/a"


@pytest.mark.parametrize(
    "encoded", [base64.b64encode(b"\xfb\xff\x01"), base64.urlsafe_b64encode(b"\xfb\xff\x01")]
)
def test_bytes_come_in_either_alphabet(encoded: bytes):
    from meshctl.envoy.api.config_core_v3 import DataSource

    assert DataSource({"inline_bytes": encoded.decode()}).inline_bytes == b"\xfb\xff\x01"


@pytest.mark.parametrize(
    ("raw", "field", "said"),
    [
        ({"name": 1}, "name", "Cluster.name is a number, where the API has a text"),
        ({"name": None}, "name", ""),
        (
            {"connect_timeout": "soon"},
            "connect_timeout",
            "Cluster.connect_timeout is a text, where the API has a duration",
        ),
        ({"connect_timeout": 3}, "connect_timeout", "Cluster.connect_timeout is a number"),
        (
            {"load_assignment": []},
            "load_assignment",
            "Cluster.load_assignment is a list, where the API has an object",
        ),
        (
            {"health_checks": {}},
            "health_checks",
            "Cluster.health_checks is an object, where the API has a list",
        ),
        (
            {"health_checks": [1]},
            "health_checks",
            "Cluster.health_checks is a number, where the API has an object",
        ),
        ({"health_checks": [None]}, "health_checks", "Cluster.health_checks is null"),
        (
            {"respect_dns_ttl": "true"},
            "respect_dns_ttl",
            "Cluster.respect_dns_ttl is a text, where the API has a truth value",
        ),
        (
            {"per_connection_buffer_limit_bytes": True},
            "per_connection_buffer_limit_bytes",
            "is a truth value",
        ),
        ({"per_connection_buffer_limit_bytes": 1.5}, "per_connection_buffer_limit_bytes", "is a number"),
        ({"lb_policy": []}, "lb_policy", "Cluster.lb_policy is a list"),
        ({"typed_extension_protocol_options": []}, "typed_extension_protocol_options", "is a list"),
    ],
)
def test_a_wrong_type_is_told_where_the_value_is_needed_and_nowhere_else(raw: dict, field: str, said: str):
    cluster = Cluster({"alt_stat_name": "kept", **raw})
    if said:
        with pytest.raises(Misread) as told:
            getattr(cluster, field)
        assert said in told.value.reason
    else:
        assert getattr(cluster, field) == ""
    assert cluster.alt_stat_name == "kept"


def test_an_enum_value_that_nobody_knows_is_undecidable():
    with pytest.raises(Undecidable, match=r"Cluster.lb_policy is BY_MOON, a value"):
        _ = Cluster({"lb_policy": "BY_MOON"}).lb_policy


def test_a_oneof_says_which_member_is_set():
    assert RouteMatch({"prefix": "/"}).path_specifier == "prefix"
    assert RouteMatch({"prefix": ""}).path_specifier == "prefix"
    assert RouteMatch({}).path_specifier is None


def test_a_oneof_whose_member_is_new_is_undecidable_and_never_unset():
    with pytest.raises(Undecidable, match=r"RouteMatch.path_specifier may be by_moon"):
        _ = RouteMatch({"by_moon": "full"}).path_specifier


def test_older_spellings_are_members_too():
    assert RouteMatch({"regex": "/a.*"}).path_specifier == "regex"
    assert HeaderMatcher({"name": "x", "regex_match": "a"}).header_match_specifier == "regex_match"


def test_unknown_fields_are_kept_and_named():
    route = Route({"@type": "t", "name": "r", "shiny": 1})
    assert route.unknown == ("shiny",)
    assert route.raw["shiny"] == 1


def test_maps_repeated_and_nested_messages():
    metadata = Metadata({"filter_metadata": {"istio": {"config": "x"}}})
    assert metadata.filter_metadata["istio"] == {"config": "x"}
    weighted = WeightedCluster({"clusters": [{"name": "a", "weight": 3}, {"name": "b"}]})
    assert [(c.name, c.weight) for c in weighted.clusters] == [("a", 3), ("b", None)]


def test_an_any_is_opened_also_through_typed_struct():
    direct = TypedExtensionConfig(
        {"typed_config": {"@type": f"type.googleapis.com/{CorsPolicy.TYPE}", "max_age": "1"}}
    )
    assert direct.typed_config is not None
    cors = direct.typed_config.as_(CorsPolicy)
    assert cors is not None and cors.max_age == "1"
    assert direct.typed_config.as_(Cluster) is None
    wrapped = Packed(
        {
            "@type": "type.googleapis.com/udpa.type.v1.TypedStruct",
            "type_url": f"type.googleapis.com/{CorsPolicy.TYPE}",
            "value": {"maxAge": "2"},
        }
    )
    cors = wrapped.as_(CorsPolicy)
    assert cors is not None and cors.max_age == "2"


def test_a_struct_in_json_spelling_is_read_by_the_schema_and_only_there():
    raw = {"filterMetadata": {"my.Filter": {"someKey": 1}}, "newField": 2}
    assert snake(raw, Metadata) == {"filter_metadata": {"my.Filter": {"someKey": 1}}, "newField": 2}


def test_classes_are_found_by_full_name():
    assert message_class("envoy.config.cluster.v3.Cluster") is Cluster
    found = message_class("envoy.config.cluster.v3.Cluster.CommonLbConfig")
    assert found is not None and found.TYPE == "envoy.config.cluster.v3.Cluster.CommonLbConfig"
    assert message_class("example.v1.Unknown") is None


def test_a_class_has_the_fields_of_its_descriptor():
    for cls in (Cluster, Route, RouteMatch, HeaderMatcher):
        descriptor = find(cls.TYPE)
        assert descriptor is not None
        assert {f.name for f in descriptor.fields} <= set(cls.fields())


def test_the_committed_modules_are_up_to_date():
    run = subprocess.run(
        [sys.executable, ROOT / "tools" / "build_api.py", "--check"],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )
    assert run.returncode == 0, run.stderr
