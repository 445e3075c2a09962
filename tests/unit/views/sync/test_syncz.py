"""The state of a type by its nonces, how ages are worded, and what the usual table hides."""

from __future__ import annotations

import datetime
import json

import pytest

from meshctl.errors import InputError
from meshctl.views.sync import tables
from meshctl.views.sync.syncz import State, age, human, read

CDS = "type.googleapis.com/envoy.config.cluster.v3.Cluster"
LDS = "type.googleapis.com/envoy.config.listener.v3.Listener"
NOW = datetime.datetime(2026, 1, 1, 12, 0, 0, tzinfo=datetime.UTC)


def _resource(sent: str = "a", acked: str = "a", error: str = "", at: str = "2026-01-01T11:56:00Z") -> dict:
    return {"sent": sent, "acked": acked, "sentTime": at, **({"lastError": error} if error else {})}


def _proxies(**resources: dict) -> list:
    page = [
        {"proxy": f"{name}.ns", "cluster_id": "c", "istio_version": "1.30", "resources": types}
        for name, types in resources.items()
    ]
    return read(json.dumps(page).encode(), "istiod-1")


@pytest.mark.parametrize(
    ("resource", "state"),
    [
        (_resource(), State.SYNCED),
        (_resource("b", "a"), State.STALE),
        (_resource("b", ""), State.STALE),
        (_resource("", ""), State.NOT_SENT),
        (_resource("b", "a", "refused"), State.ERROR),
        (_resource("b", "", "refused"), State.ERROR),
    ],
)
def test_nonces_say_the_state(resource: dict, state: State) -> None:
    (proxy,) = _proxies(a={CDS: resource})
    assert proxy.types[0].state is state


def test_an_older_istiod_has_pairs_of_fields() -> None:
    page = [
        {
            "proxy": "a.ns",
            "proxy_version": "1.9",
            "cluster_sent": "x",
            "cluster_acked": "x",
            "listener_sent": "y",
        }
    ]
    (proxy,) = read(json.dumps(page).encode(), "istiod-1")
    assert [(one.name, one.state) for one in proxy.types] == [("CDS", State.SYNCED), ("LDS", State.STALE)]
    assert proxy.version == "1.9*"


def test_somebody_who_looks_is_no_proxy() -> None:
    assert _proxies(test={"istio.io/debug/syncz": _resource()}) == []


@pytest.mark.parametrize("body", [b"{", b'{"a": 1}', b"404 page not found"])
def test_a_page_that_is_none(body: bytes) -> None:
    with pytest.raises(InputError):
        read(body, "istiod-1")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (3, "3s"),
        (119, "119s"),
        (131, "2m11s"),
        (240, "4m"),
        (1020, "17m"),
        (3 * 3600 + 720, "3h12m"),
        (20 * 3600, "20h"),
        (4 * 86400 + 21 * 3600, "4d21h"),
        (30 * 86400, "30d"),
        (3 * 365 * 86400, "3y"),
        (-5, "0s"),
    ],
)
def test_ages_are_worded_as_kubernetes_does(seconds: int, text: str) -> None:
    assert human(seconds) == text


def test_no_time_has_no_age() -> None:
    assert age("", NOW) == age("soon", NOW) == age("2026-01-01T11:56:00", NOW) == ""
    assert age("2026-01-01T11:56:00.123456789Z", NOW) == "3m59s"


def test_what_the_usual_table_hides_is_one_sentence() -> None:
    proxies = _proxies(
        good={CDS: _resource(), LDS: _resource()},
        rejecting={CDS: _resource(), LDS: _resource("b", "a", "no such\nfilter")},
        slow={CDS: _resource(), LDS: _resource("b", "a")},
        frozen={CDS: _resource("b", "a"), LDS: _resource("b", "")},
    )
    assert tables.hidden(proxies, NOW) == (
        "3 of 4 proxies are not in sync: 1 rejected (LDS: no such filter), "
        "1 frozen (nothing acknowledged for 4m), 1 stale (for 4m); see -o wide"
    )
    assert tables.hidden(proxies[:1], NOW) == ""


def test_tables() -> None:
    proxies = _proxies(a={LDS: _resource("b", "", "no"), CDS: _resource()})
    assert tables.short(proxies).rows == [("a.ns", "c", "istiod-1", "1.30", "2 (CDS,LDS)")]
    columns = tables.by_type(proxies, NOW)
    assert columns.header == ("NAME", "CLUSTER", "CDS", "ECDS", "EDS", "LDS", "RDS", "ISTIOD", "VERSION")
    assert columns.rows[0][2:6] == ("SYNCED (4m)", "IGNORED", "IGNORED", "ERROR (4m)")
    wide = tables.wide(proxies, NOW)
    assert [(row[2], row[3], row[6], row[9]) for row in wide.rows] == [
        ("CDS", "SYNCED", "same", "-"),
        ("LDS", "ERROR", "never", "no"),
    ]


def test_types_come_in_istioctls_order() -> None:
    """The four old ones, then the others by their URLs (setupStatusPrint of istioctl/pkg/writer/pilot/status.go)."""
    api = "type.googleapis.com/"
    others = {
        f"{api}istio.networking.nds.v1.NameTable": "NDS",
        f"{api}istio.mesh.v1alpha1.ProxyConfig": "PCDS",
        f"{api}envoy.extensions.transport_sockets.tls.v3.Secret": "SDS",
        f"{api}envoy.config.core.v3.TypedExtensionConfig": "ECDS",
        f"{api}envoy.config.route.v3.RouteConfiguration": "RDS",
        f"{api}envoy.config.endpoint.v3.ClusterLoadAssignment": "EDS",
    }
    proxies = _proxies(a=dict.fromkeys((*others, LDS, CDS), _resource()))
    assert tables.short(proxies).rows[0][4] == "8 (CDS,LDS,EDS,RDS,ECDS,SDS,PCDS,NDS)"
    assert tables.by_type(proxies, NOW).header[2:-2] == (
        "CDS",
        "ECDS",
        "EDS",
        "LDS",
        "RDS",
        "SDS",
        "PCDS",
        "NDS",
    )


def test_a_namespace_is_what_stands_behind_the_last_dot() -> None:
    proxies = _proxies(**{"a.b": {CDS: _resource()}, "c": {CDS: _resource()}})
    assert [p.id for p in tables.of_namespace(proxies, "ns")] == ["a.b.ns", "c.ns"]
    assert tables.of_namespace(proxies, "b") == []
