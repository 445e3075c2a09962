"""Rules of snapshots, services and what leaves a mesh, a line each."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from meshctl.render.snapshot_text import lines
from meshctl.share.anonymize import Anonymizer, Vocabulary
from meshctl.share.index import Index, PodEntry
from meshctl.share.redact import redact_text
from meshctl.sources import live
from meshctl.sources.pods import KubePod
from meshctl.sources.snapshot_format import Writer
from meshctl.sources.trace_pods import kubernetes_services

Json = dict[str, Any]


def test_a_pod_that_is_entered_again_takes_its_old_place(tmp_path: pathlib.Path) -> None:
    writer = Writer(tmp_path / "mesh", force=False, resume=False)
    for entry in (
        PodEntry("a", "n", "f"),
        PodEntry("a", "m", "f"),
        PodEntry("b", "n", "f"),
        PodEntry("a", "n", "g"),
    ):
        writer.enter(entry, [])
    assert [(one.namespace, one.pod, one.folder) for one in writer.index.pods] == [
        ("m", "a", "f"),
        ("n", "b", "f"),
        ("n", "a", "g"),
    ]


MISSING = {"waypoints": "no such resource", "services": "forbidden"}


@pytest.mark.parametrize(
    ("wide", "told"),
    [(False, ["  services: forbidden"]), (True, ["  services: forbidden", "  waypoints: no such resource"])],
)
def test_objects_that_a_cluster_does_not_know_are_told_where_all_is_asked(
    wide: bool, told: list[str]
) -> None:
    found = list(lines(Index(cluster_missing=MISSING), wide=wide))
    assert [line for line in found if line.startswith("  ") and ": " in line] == told


KEYS: list[tuple[str, list[str]]] = [  # a log, the places and reasons of what was taken out
    ("fine\n", []), ("a\nPRIVATE KEY\n", ["text: private key"]), ("x\n-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n", ["line 2: private key"]), ("PRIVATE KEY-----", ["text: private key"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "removed"), KEYS)
def test_a_private_key_in_a_log_is_told_once(text: str, removed: list[str]) -> None:
    assert [f"{one.path}: {one.reason}" for one in redact_text(text, "log")[1]] == removed


def test_names_in_keys_are_names() -> None:
    document = {"outbound|80||shop.zorgcorp.svc.cluster.local": {"x": 1}}
    vocabulary = Vocabulary()
    vocabulary.collect(document)
    assert "zorgcorp" in vocabulary.labels
    anonymizer = Anonymizer(vocabulary, b"k" * 32)
    assert "zorgcorp" in set(anonymizer.names_in(document)) and "shop" in set(anonymizer.names_in(document))
    assert list(anonymizer.names_in(anonymizer.document(document))) == []
    assert set(anonymizer.names_in([{"host": "zorgcorp.io"}, "zorgcorp"])) == {"zorgcorp"}


def service(name: str, *ips: str) -> Json:
    return {
        "metadata": {"name": name, "namespace": "ns"},
        "spec": {"clusterIPs": list(ips), "ports": [{"name": "http", "port": 80}]},
    }


def slice_of(name: str, *addresses: str, **more: Any) -> Json:
    return {
        "metadata": {"namespace": "ns", "labels": {"kubernetes.io/service-name": name}},
        "ports": [{"name": "http", "port": 8080}],
        "endpoints": [{"addresses": list(addresses), **more}],
    }


def endpoints(
    ip: str, services: list[Json], slices: list[Json] | None, namespaces: frozenset[str] | None = None
) -> tuple[str, ...] | None:
    return kubernetes_services(services, slices, namespaces)[(ip, 80)].endpoints


def test_a_service_of_two_families_leads_to_the_endpoints_of_each() -> None:
    services, slices = (
        [service("web", "10.96.0.1", "fd96::1")],
        [slice_of("web", "10.0.0.1"), slice_of("web", "fd00::1")],
    )
    assert endpoints("10.96.0.1", services, slices) == ("10.0.0.1:8080",)
    assert endpoints("fd96::1", services, slices) == ("[fd00::1]:8080",)


def test_endpoints_that_are_not_ready_or_not_known() -> None:
    services = [service("web", "10.96.0.1"), service("none", "None")]
    unready = slice_of("web", "10.0.0.1", conditions={"ready": False})
    assert endpoints("10.96.0.1", services, [unready]) == ()
    assert endpoints("10.96.0.1", services, [slice_of("web", "10.0.0.1", conditions={"ready": True})]) == (
        "10.0.0.1:8080",
    )
    assert endpoints("10.96.0.1", services, [slice_of("other", "10.0.0.1")]) == ()
    assert endpoints("10.96.0.1", services, None) is None
    assert endpoints("10.96.0.1", services, [], frozenset({"other"})) is None
    assert endpoints("10.96.0.1", services, [], frozenset({"ns"})) == ()
    assert set(kubernetes_services(services, [])) == {("10.96.0.1", 80)}


@pytest.mark.parametrize(
    ("containers", "named"),
    [([], "none"), ([{"name": "app"}], "app"), ([{"name": "app"}, {"name": "log"}], "app, log")],
)
def test_a_pod_without_a_proxy_is_told_by_its_containers(containers: list[Json], named: str) -> None:
    pod = KubePod("p", "n", {"spec": {"containers": containers}})
    refused = live._port_refused(pod, 15000)
    assert f"(containers: {named})" in "\n".join(refused.lines())
