"""What ztunnel-config says of a ztunnel's dump, rule by rule."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest

from meshctl.errors import InputError
from meshctl.views import ztunnel
from meshctl.views.ztunnel import ConnectionFilter, Dump, WorkloadFilter

NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def workload(name: str, ip: str, **more: Any) -> dict[str, Any]:
    return {"uid": name, "name": name, "namespace": "ns", "workloadIps": [ip], "node": "n1", **more}


SERVICE = {
    "name": "web",
    "namespace": "ns",
    "hostname": "web.ns.svc.cluster.local",
    "vips": ["net/10.96.0.1"],
    "endpoints": {"x": {"workloadUid": "up"}, "y": {"workloadUid": "down"}, "z": {"workloadUid": "gone"}},
}
DUMP = Dump(
    {
        "workloads": [
            workload("up", "10.0.0.1", status="Healthy", waypoint={"destination": "net/10.96.0.1"}),
            workload("down", "10.0.0.2", status="Unhealthy", waypoint={"destination": "net/10.96.9.9"}),
        ],
        "services": [SERVICE],
        "workloadState": {
            "u": {
                "info": {"name": "up", "namespace": "ns"},
                "connections": {
                    "inbound": [{"src": "10.0.0.2:5", "actualDst": "10.0.0.1:80", "originalDst": None}],
                    "outbound": [
                        {"src": "10.0.0.1:6", "actualDst": "10.0.0.2:15008", "originalDst": "10.96.0.1:80"}
                    ],
                },
            }
        },
    }
)


def test_a_waypoint_is_the_service_with_its_address() -> None:
    rows = ztunnel.workload_table(DUMP, WorkloadFilter()).rows
    assert [(row[1], row[4]) for row in rows] == [("down", "NA"), ("up", "web")]


def test_endpoints_are_counted_by_the_health_of_their_workloads() -> None:
    assert ztunnel.service_table(DUMP, "").rows[0][-1] == "1/3"


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (WorkloadFilter(namespace="NS"), ["down", "up"]),
        (WorkloadFilter(address="10.0.0.1"), ["up"]),
        (WorkloadFilter(node="n1", address="10.0.0.2"), ["down"]),
        (WorkloadFilter(node="n2"), []),
    ],
)
def test_filters_of_workloads_hold_together(wanted: WorkloadFilter, names: list[str]) -> None:
    assert [one["name"] for one in ztunnel.workloads(DUMP, wanted)] == names


def test_connections_name_both_ends_unless_they_are_wanted_raw() -> None:
    named = ztunnel.connection_table(DUMP, ConnectionFilter()).rows
    assert named[0][1:5] == ("Inbound", "up.ns:80", "down.ns:5", "")
    assert named[1][1:5] == ("Outbound", "up.ns:6", "down.ns:15008", "web.ns.svc.cluster.local:80")
    raw = ztunnel.connection_table(DUMP, ConnectionFilter(raw=True, direction="outbound")).rows
    assert [row[2:5] for row in raw] == [("10.0.0.1:6", "10.0.0.2:15008", "10.96.0.1:80")]


def chain(*parts: dict[str, str]) -> Dump:
    return Dump(
        {"certificates": [{"identity": "spiffe://a", "state": "Available", "certChain": list(parts)}]}
    )


def part(serial: str, start: str, end: str) -> dict[str, str]:
    return {"serialNumber": serial, "validFrom": start, "expirationTime": end}


def test_certificates_by_their_place_in_the_chain_and_the_time() -> None:
    good = part("255", "2025-01-01T00:00:00Z", "2027-01-01T00:00:00Z")
    past = part("1", "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z")
    odd = part("0xzz", "soon", "later")
    rows = ztunnel.certificate_table(chain(good, past, odd), NOW).rows
    assert [(row[1], row[3], row[4]) for row in rows] == [
        ("Leaf", "true", "ff"),
        ("Intermediate", "false", "1"),
        ("Root", "false", "0xzz"),
    ]
    assert ztunnel.certificate_table(chain(), NOW).rows[0][1:5] == ("NA", "Available", "false", "NA")


def test_what_istioctls_json_leaves_out_is_counted() -> None:
    (said,) = ztunnel.hidden(
        "workloads", [workload("a", "10.0.0.1", nativeTunnel=True, waypoint={"port": 15008})]
    )
    assert "nativeTunnel (1)" in said and "waypoint.port (1)" in said
    assert ztunnel.hidden("workloads", [workload("a", "10.0.0.1")]) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "no config_dump of a ztunnel"),
        ("{}", "no config_dump of a ztunnel"),
        ('{"configs": []}', "of an Envoy"),
        ("{", "is not JSON"),
    ],
)
def test_what_is_no_dump_of_a_ztunnel_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        ztunnel.read(text.encode(), "x.json")


ODD: list[Any] = [None, 1, "x", [], {}, [None], {"a": None}, [1, "x", {}]]


@pytest.mark.parametrize("section", ztunnel.SECTIONS)
@pytest.mark.parametrize("odd", ODD, ids=json.dumps)
def test_odd_values_cost_no_more_than_themselves(section: str, odd: Any) -> None:
    for whole in ({section: odd}, {section: [odd]}, {section: {"x": dict.fromkeys(_KEYS, odd)}}):
        dump = Dump(whole)
        for one in ztunnel.PARTS:
            one.table(dump, NOW)
        ztunnel.shaped(section, dump.section(section))
        ztunnel.hidden(section, dump.section(section))


_KEYS = (
    "name",
    "vips",
    "workloadIps",
    "waypoint",
    "endpoints",
    "certChain",
    "info",
    "connections",
    "uid",
    "locality",
)
