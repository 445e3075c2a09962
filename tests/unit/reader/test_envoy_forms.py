"""Every form in which a dump, or a part of one, is handed over: it is read as the dump is, and says how whole it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from meshctl.coverage import Wholeness
from meshctl.envoy.notes import Notes
from meshctl.envoy.snapshot import SectionKind, Snapshot, load
from meshctl.reader.parts import Parts, read
from tests.cli import dump_bytes, dump_json

Json = dict[str, Any]
DUMP = "bookinfo-productpage.config_dump"


def section(name: str) -> Json:
    return next(s for s in dump_json(DUMP)["configs"] if s["@type"].endswith(f".{name}"))


def listeners() -> list[Json]:
    return [e["active_state"]["listener"] for e in section("ListenersConfigDump")["dynamic_listeners"]]


def clusters() -> list[Json]:
    return [e["cluster"] for e in section("ClustersConfigDump")["dynamic_active_clusters"]]


def routes() -> list[Json]:
    return [e["route_config"] for e in section("RoutesConfigDump")["dynamic_route_configs"]]


def parts(text: str | bytes) -> Parts:
    return read(text.encode() if isinstance(text, str) else text, "input", Notes())


def snapshot(text: str | bytes) -> Snapshot:
    found = parts(text)
    assert found.documents, found.passed
    return load(found.documents, "input", Notes())


def names(found: Snapshot, kind: SectionKind) -> list[str]:
    return [resource.name for resource in found.resources(kind)]


def typed(resources: list[Json]) -> list[Json]:
    return [{**resource, "@type": resource["@type"]} for resource in resources]


def untyped(resources: list[Json]) -> list[Json]:
    return [{k: v for k, v in resource.items() if k != "@type"} for resource in resources]


def resource_answer(entry_type: str, entries: list[Json]) -> str:
    return json.dumps(
        {"configs": [{"@type": f"type.googleapis.com/envoy.admin.v3.{entry_type}", **e} for e in entries]}
    )


LISTENERS = [listener["name"] for listener in listeners()]
CLUSTERS = [cluster["name"] for cluster in clusters()]
ROUTES = [route["name"] for route in routes()]
L, C, R = SectionKind.LISTENERS, SectionKind.CLUSTERS, SectionKind.ROUTES

FORMS: list[tuple[str, Callable[[], str], SectionKind, list[str]]] = [
    ("one section", lambda: json.dumps(section("ListenersConfigDump"), indent=1), L, LISTENERS),
    (
        "a stream of sections",
        lambda: json.dumps(section("RoutesConfigDump")) + "\n" + json.dumps(section("ListenersConfigDump")),
        L,
        LISTENERS,
    ),
    (
        "sections with commas between",
        lambda: ",\n".join(json.dumps(section(n)) for n in ("RoutesConfigDump", "ListenersConfigDump")),
        L,
        LISTENERS,
    ),
    ("a list of sections", lambda: json.dumps(dump_json(DUMP)["configs"]), C, None),  # type: ignore[list-item]
    (
        "one array of a section",
        lambda: json.dumps({"dynamic_listeners": section("ListenersConfigDump")["dynamic_listeners"]}),
        L,
        LISTENERS,
    ),
    (
        "one array without braces",
        lambda: (
            json.dumps({"dynamic_listeners": section("ListenersConfigDump")["dynamic_listeners"]}, indent=1)[
                1:-1
            ]
            + ","
        ),
        L,
        LISTENERS,
    ),
    ("a bare list, by type", lambda: json.dumps(typed(listeners())), L, LISTENERS),
    ("a bare list, by fields", lambda: json.dumps(untyped(listeners())), L, LISTENERS),
    ("clusters by fields", lambda: json.dumps(untyped(clusters())), C, CLUSTERS),
    ("routes by fields", lambda: json.dumps(untyped(routes())), R, ROUTES),
    ("one resource", lambda: json.dumps(untyped(routes())[0]), R, ROUTES[:1]),
    ("resources one a line", lambda: "\n".join(map(json.dumps, untyped(clusters()))), C, CLUSTERS),
    (
        "entries",
        lambda: json.dumps(section("ListenersConfigDump")["dynamic_listeners"][:2]),
        L,
        LISTENERS[:2],
    ),
    (
        "?resource=dynamic_listeners",
        lambda: resource_answer(
            "ListenersConfigDump.DynamicListener", section("ListenersConfigDump")["dynamic_listeners"]
        ),
        L,
        LISTENERS,
    ),
    (
        "?resource=dynamic_route_configs",
        lambda: resource_answer(
            "RoutesConfigDump.DynamicRouteConfig", section("RoutesConfigDump")["dynamic_route_configs"]
        ),
        R,
        ROUTES,
    ),
    ("YAML", lambda: yaml.safe_dump(dump_json(DUMP)), L, None),  # type: ignore[list-item]
    ("YAML of one section", lambda: yaml.safe_dump(section("RoutesConfigDump")), R, None),  # type: ignore[list-item]
    (
        "YAML documents",
        lambda: yaml.safe_dump_all([section("RoutesConfigDump"), section("ListenersConfigDump")]),
        L,
        LISTENERS,
    ),
    ("a YAML list of resources", lambda: yaml.safe_dump(untyped(clusters())), C, CLUSTERS),
]


@pytest.mark.parametrize(("make", "kind", "expected"), [f[1:] for f in FORMS], ids=[f[0] for f in FORMS])
def test_read_as_the_dump_is(make: Callable[[], str], kind: SectionKind, expected: list[str] | None) -> None:
    whole = load(read(dump_bytes(DUMP), "dump", Notes()).documents, "dump", Notes())
    found = names(snapshot(make()), kind)
    if expected is None:
        assert found == names(whole, kind)
    else:
        assert [name for name in found if name in expected] == expected


def fenced(text: str) -> str:
    return f"The dump of my pod:\n\n```json\n{text}\n```\nThanks!\n"


PROGRESS = (
    "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\r\n"
    "                                 Dload  Upload   Total   Spent    Left  Speed\r\n"
    "\r  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0"
)
FRAMES: dict[str, Callable[[str], str]] = {
    "a byte order mark": lambda text: "\ufeff" + text,
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "a Markdown fence": fenced,
    "a shell's prompt": lambda text: (
        f"$ kubectl exec web-0 -- curl -s localhost:15000/config_dump\n{text}\n$ "
    ),
    "a root prompt": lambda text: (
        f"root@web-0:/# curl localhost:15000/config_dump\n{text}\nroot@web-0:/# exit\n"
    ),
    "kubectl's message": lambda text: f'Defaulted container "istio-proxy" out of: istio-proxy, app\n{text}',
    "curl's progress before": lambda text: (
        f"{PROGRESS}\r100 12340    0 12340    0     0  12.3M      0 --:--:-- --:--:-- --:--:-- 12.3M\n{text}"
    ),
    "curl's progress in between": lambda text: text.replace(
        "\n", "\n 42 12340   42  5183    0     0  12.3M      0 --:--:-- --:--:-- --:--:-- 12.3M\n", 1
    ),
    "the head of an HTTP answer": lambda text: (
        f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nserver: envoy\r\n\r\n{text}"
    ),
    "a mail's quote marks": lambda text: "\n".join(f"> {line}" for line in text.split("\n")),
    "kubectl's prefix": lambda text: "\n".join(
        f"[pod/web-0/istio-proxy] {line}" for line in text.split("\n")
    ),
    "CRI's prefix": lambda text: "\n".join(
        f"2024-02-21T07:43:45.387748123Z stdout F {line}" for line in text.split("\n")
    ),
    "k9s' frame": lambda text: "\n".join(f"│ {line:<80} │" for line in text.split("\n")),
    "colours": lambda text: text.replace('"configs"', '\x1b[34;1m"configs"\x1b[0m'),
    "text behind": lambda text: f"{text}\ncommand terminated with exit code 137\n",
    "UTF-16": lambda text: text,
}


@pytest.mark.parametrize("frame", FRAMES)
def test_what_stands_around_a_dump_is_taken_off_and_told(frame: str) -> None:
    text = json.dumps(dump_json(DUMP), indent=1)
    framed = FRAMES[frame](text)
    notes = Notes()
    data = framed.encode("utf-16") if frame == "UTF-16" else framed.encode()
    found = load(read(data, "input", notes).documents, "input", notes)
    assert [name for name in names(found, L) if name in LISTENERS] == LISTENERS
    assert frame == "CRLF" or "passed over" in " ".join(notes.lines()), notes.lines()


def gap(text: str, kind: SectionKind, array: str = "") -> str:
    found = snapshot(text).gap(kind, array)
    return str(found) if found is not None else ""


def test_a_whole_dump_covers_absence_and_a_part_of_it_does_not() -> None:
    whole = dump_bytes(DUMP).decode()
    assert gap(whole, L) == ""
    assert gap(json.dumps(section("ListenersConfigDump")), L) == ""
    assert "was not given" in gap(json.dumps(section("ListenersConfigDump")), C)
    assert "may have been filtered" in gap(json.dumps(untyped(listeners())), L)
    answer = FORMS[13][1]()
    assert "dynamic_listeners" in gap(answer, L)
    assert gap(answer, L, "dynamic_listeners") == ""
    assert gap(answer, L, "static_listeners") != ""


def test_two_arrays_of_a_section_make_it_whole() -> None:
    own = section("ListenersConfigDump")
    both = [json.dumps({key: own[key]}) for key in ("dynamic_listeners", "static_listeners")]
    found = snapshot("\n".join(both))
    assert found.coverage[L].wholeness is Wholeness.WHOLE
    assert found.gap(L) is None
    assert [n for n in names(found, L) if n in LISTENERS] == LISTENERS


def test_envoys_own_configuration_file_is_static_and_whole_unless_a_server_gives_more() -> None:
    static = {"listeners": untyped(listeners())[:1], "clusters": untyped(clusters())[:2]}
    for text in (
        yaml.safe_dump({"static_resources": static, "admin": {"address": {}}}),
        json.dumps({"static_resources": static}),
        yaml.safe_dump(static),
    ):
        assert names(snapshot(text), L) == LISTENERS[:1]
        assert gap(text, L) == ""
    dynamic = yaml.safe_dump({"static_resources": static, "dynamic_resources": {"lds_config": {"ads": {}}}})
    assert "lds_config" in gap(dynamic, L)
    assert gap(dynamic, C) == ""


CLUSTERS_TEXT = """\
outbound|9080||web.demo.svc.cluster.local::observability_name::web
outbound|9080||web.demo.svc.cluster.local::default_priority::max_connections::4294967295
outbound|9080||web.demo.svc.cluster.local::high_priority::max_connections::1024
outbound|9080||web.demo.svc.cluster.local::added_via_api::true
outbound|9080||web.demo.svc.cluster.local::10.244.2.4:9080::cx_active::2
outbound|9080||web.demo.svc.cluster.local::10.244.2.4:9080::health_flags::/failed_outlier_check
outbound|9080||web.demo.svc.cluster.local::10.244.2.4:9080::weight::1
outbound|9080||web.demo.svc.cluster.local::[fd00::7]:9080::health_flags::healthy
outbound|9080||web.demo.svc.cluster.local::[fd00::7]:9080::zone::b
"""


def test_clusters_as_text_are_what_their_json_form_is() -> None:
    from meshctl.envoy.documents import DocumentKind

    (status,) = snapshot(CLUSTERS_TEXT).json(DocumentKind.CLUSTERS)["cluster_statuses"]  # type: ignore[index]
    first, second = status["host_statuses"]
    assert status["added_via_api"] is True
    assert first["address"] == {"socket_address": {"address": "10.244.2.4", "port_value": 9080}}
    assert first["health_status"] == {"failed_outlier_check": True, "eds_health_status": "HEALTHY"}
    assert second["address"] == {"socket_address": {"address": "fd00::7", "port_value": 9080}}
    assert second["locality"] == {"zone": "b"}


def test_answers_of_several_pods_in_one_document() -> None:
    by_pod = parts(json.dumps({"web-0.demo": untyped(clusters())[:1], "db-0.demo": untyped(clusters())[1:3]}))
    assert list(by_pod.by_pod) == ["web-0.demo", "db-0.demo"]
    lines = parts(
        "\n".join(json.dumps({"pod": "web-0.demo", "resource": c}) for c in untyped(clusters())[:2])
    )
    found = load(lines.by_pod["web-0.demo"], "input", Notes())
    assert names(found, C) == CLUSTERS[:2]


V2 = {
    "configs": [
        {
            "@type": "type.googleapis.com/envoy.admin.v2alpha.ListenersConfigDump",
            "dynamic_active_listeners": [
                {
                    "version_info": "1",
                    "listener": {
                        "name": "0.0.0.0_9080",
                        "address": {"socket_address": {"address": "0.0.0.0", "port_value": 9080}},
                        "listener_filters": [{"name": "envoy.listener.tls_inspector"}],
                        "filter_chains": [
                            {
                                "tls_context": {"require_client_certificate": True},
                                "filters": [
                                    {
                                        "name": "envoy.http_connection_manager",
                                        "config": {"stat_prefix": "x", "rds": {"route_config_name": "9080"}},
                                    }
                                ],
                            }
                        ],
                    },
                }
            ],
            "dynamic_draining_listeners": [{"listener": {"name": "old", "filter_chains": []}}],
        }
    ]
}


def test_dumps_of_the_v2_api_are_read_under_todays_names() -> None:
    found = snapshot(json.dumps(V2))
    assert [(r.name, r.state.value) for r in found.resources(L)] == [
        ("0.0.0.0_9080", "active"),
        ("old", "draining"),
    ]
    listener = found.resources(L)[0].value
    chain = listener["filter_chains"][0]
    assert chain["filters"][0]["name"] == "envoy.filters.network.http_connection_manager"
    assert chain["filters"][0]["typed_config"]["@type"].endswith("v3.HttpConnectionManager")
    assert chain["transport_socket"]["typed_config"]["@type"].endswith("v3.DownstreamTlsContext")
    assert listener["listener_filters"][0]["name"] == "envoy.filters.listener.tls_inspector"


def test_a_v2_filter_nobody_knows_stays_as_it_came() -> None:
    odd = json.loads(json.dumps(V2).replace("envoy.http_connection_manager", "acme.filter"))
    (listener, _) = snapshot(json.dumps(odd)).resources(L)
    assert listener.value["filter_chains"][0]["filters"][0]["name"] == "acme.filter"
    assert "config" in listener.value["filter_chains"][0]["filters"][0]
