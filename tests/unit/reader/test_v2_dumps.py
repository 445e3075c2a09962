"""A whole dump of Istio 1.0-1.5: the story's pods in the words of the v2 API give the answers of the v3 dumps.

The v3 dumps are said again as Envoy 1.12 said them (``as_v2``: sections and lists by their old keys, filters by
their short names with ``config`` or ``typed_config``, ``tls_context``, ``hosts``, ``regex``, ``deprecated_v1``).
What meshctl shows and decides must not change by that.
"""

from __future__ import annotations

import json
import pathlib
import re
from typing import Any

import pytest

from meshctl.envoy.schema.pool import find, pool
from meshctl.reader.v2 import type_url
from tests.cli import run

STORY = pathlib.Path("examples/story")
PODS = ("test-pod", "nginx-7c79c4bf97-7985c")

OLD_TYPES = {
    "envoy.extensions.filters.network.http_connection_manager.v3": "envoy.config.filter.network.http_connection_manager.v2",
    "envoy.extensions.filters.network.tcp_proxy.v3": "envoy.config.filter.network.tcp_proxy.v2",
    "envoy.extensions.filters.http.router.v3": "envoy.config.filter.http.router.v2",
    "envoy.extensions.filters.http.cors.v3": "envoy.config.filter.http.cors.v2",
    "envoy.extensions.filters.http.fault.v3": "envoy.config.filter.http.fault.v2",
    "envoy.extensions.filters.http.grpc_stats.v3": "envoy.config.filter.http.grpc_stats.v2alpha",
    "envoy.extensions.filters.listener.tls_inspector.v3": "envoy.config.filter.listener.tls_inspector.v2",
    "envoy.extensions.filters.listener.http_inspector.v3": "envoy.config.filter.listener.http_inspector.v2",
    "envoy.extensions.filters.listener.original_dst.v3": "envoy.config.filter.listener.original_dst.v2",
    "envoy.extensions.access_loggers.file.v3": "envoy.config.accesslog.v2",
    "envoy.extensions.transport_sockets.tls.v3": "envoy.api.v2.auth",
    "envoy.config.listener.v3": "envoy.api.v2",
    "envoy.config.cluster.v3": "envoy.api.v2",
    "envoy.config.route.v3": "envoy.api.v2",
    "envoy.admin.v3": "envoy.admin.v2alpha",
}
OLD_NAMES = {
    "envoy.filters.network.http_connection_manager": "envoy.http_connection_manager",
    "envoy.filters.network.tcp_proxy": "envoy.tcp_proxy",
    "envoy.filters.http.router": "envoy.router",
    "envoy.filters.http.cors": "envoy.cors",
    "envoy.filters.http.fault": "envoy.fault",
    "envoy.filters.listener.tls_inspector": "envoy.listener.tls_inspector",
    "envoy.filters.listener.http_inspector": "envoy.listener.http_inspector",
    "envoy.filters.listener.original_dst": "envoy.listener.original_dst",
    "envoy.access_loggers.file": "envoy.file_access_log",
}


def as_v2(value: Any, untyped: bool) -> Any:
    """A part of a v3 dump as v2 has it; ``untyped``: filters carry a Struct and no type."""
    if isinstance(value, list):
        return [as_v2(item, untyped) for item in value]
    if not isinstance(value, dict):
        return value
    old = {key: as_v2(item, untyped) for key, item in value.items()}
    if isinstance(url := old.get("@type"), str):
        package, _, name = url.removeprefix("type.googleapis.com/").rpartition(".")
        old["@type"] = f"type.googleapis.com/{OLD_TYPES.get(package, package)}.{name}"
    if old.get("name") in OLD_NAMES and "typed_config" in old:
        old["name"] = OLD_NAMES[old["name"]]
        if untyped:
            config = old.pop("typed_config")
            old["config"] = {key: item for key, item in config.items() if key != "@type"}
    socket = old.get("transport_socket")
    if isinstance(socket, dict) and "TlsContext" in str(socket.get("typed_config")):
        context = old.pop("transport_socket")["typed_config"]
        old["tls_context"] = {key: item for key, item in context.items() if key != "@type"}
    if old.get("bind_to_port") is False:
        old["deprecated_v1"] = {"bind_to_port": old.pop("bind_to_port")}
    if isinstance(old.get("safe_regex"), dict) and "name" not in old:
        old["regex"] = old.pop("safe_regex")["regex"]
    if "connect_timeout" in old and "load_assignment" in old:
        groups = old.pop("load_assignment")["endpoints"]
        old["hosts"] = [host["endpoint"]["address"] for group in groups for host in group["lb_endpoints"]]
    if old.get("lb_policy") == "CLUSTER_PROVIDED":
        old["lb_policy"] = "ORIGINAL_DST_LB"
    return old


def dump_as_v2(text: str, untyped: bool) -> str:
    dump = as_v2(json.loads(text), untyped)
    for section in dump["configs"]:
        for entry in section.pop("dynamic_listeners", ()):
            for state, key in (("active", "active_state"), ("warming", "warming_state")):
                if key in entry:
                    section.setdefault(f"dynamic_{state}_listeners", []).append(entry[key])
    return json.dumps(dump)


@pytest.fixture(params=[False, True], ids=["typed", "untyped"])
def story(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    """The story in the words of both APIs."""
    for api in ("v3", "v2"):
        for pod in PODS:
            folder = tmp_path / api / pod
            folder.mkdir(parents=True)
            for file in (STORY / pod).iterdir():
                text = file.read_text("utf-8")
                if api == "v2" and file.name == "config_dump.json":
                    text = dump_as_v2(text, request.param)
                (folder / file.name).write_text(text, "utf-8")
    return tmp_path / "v3", tmp_path / "v2"


@pytest.mark.parametrize("view", ["listener", "route", "cluster", "endpoint", "secret"])
@pytest.mark.parametrize("pod", PODS)
def test_views_are_those_of_v3(story, view: str, pod: str) -> None:
    now, old = (run("pc", view, pod, "-f", str(folder / pod)) for folder in story)
    assert now.rc == 0, now.err
    assert old.out == now.out
    assert old.rc == now.rc


def test_the_trace_is_that_of_v3(story) -> None:
    now, old = (
        run("trace", "test-pod", "http://nginx.test/", "--dir", str(folder), "-o", "json") for folder in story
    )
    assert now.rc == 0, now.err
    answers = [
        json.loads(one.out.replace(str(folder), "DIR")) for one, folder in zip((now, old), story, strict=True)
    ]
    assert answers[1] == answers[0]


def test_a_mixer_filter_is_named_and_its_answer_open(story) -> None:
    """Mixer may refuse what it is asked about; no later API has it."""
    dump = story[1] / "test-pod" / "config_dump.json"
    text = dump.read_text("utf-8")
    mixer = '{"name": "mixer", "config": {"default_destination_service": "default"}}'
    changed, count = re.subn(r'("http_filters": \[)', rf"\1{mixer}, ", text)
    assert count
    dump.write_text(changed, "utf-8")
    asked = run("trace", "test-pod", "http://nginx.test/", "--dir", str(story[1]), "-o", "json")
    assert asked.rc == 3, asked.out
    assert "mixer" in " ".join(json.loads(asked.out)["undetermined"])


UNTRANSLATED = {
    # had no successor
    "envoy.config.filter.http.dynamo.v2.Dynamo",
    "envoy.config.filter.http.squash.v2.Squash",
    "envoy.config.filter.network.client_ssl_auth.v2.ClientSSLAuth",
    "envoy.config.filter.network.mysql_proxy.v1alpha1.MySQLProxy",
    # contrib, which the schema leaves out
    "envoy.config.filter.network.kafka_broker.v2alpha1.KafkaBroker",
    "envoy.config.filter.network.kafka_broker.v2alpha1.IdBasedBrokerRewriteRule",
    "envoy.config.filter.network.kafka_broker.v2alpha1.IdBasedBrokerRewriteSpec",
}


def test_every_filter_of_v2_has_its_place_in_v3() -> None:
    """The schema holds the v2 API too: each message of a filter is found under a name of v3, or listed here."""
    from importlib import resources

    from google.protobuf import descriptor_pb2

    assert pool() is not None
    data = resources.files("meshctl.envoy.schema").joinpath("envoy.binpb").read_bytes()
    names = {
        f"{file.package}.{message.name}"
        for file in descriptor_pb2.FileDescriptorSet.FromString(data).file
        if re.match(
            r"envoy\.config\.filter\.|envoy\.api\.v2\.(auth|core|route|listener|cluster|endpoint)$",
            file.package,
        )
        for message in file.message_type
    }
    lost = {name for name in names if type_url(name) == name or find(type_url(name)) is None}
    assert lost == UNTRANSLATED
