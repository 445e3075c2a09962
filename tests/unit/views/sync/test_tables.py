"""``proxy-status``: its tables, ages, and the sentence about what the short table hides."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from meshctl.views.sync import tables
from meshctl.views.sync.syncz import ProxyState, TypeState, age, human

NOW = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
_API = "type.googleapis.com/"
CDS, LDS, RDS = (
    f"{_API}envoy.config.{kind}"
    for kind in ("cluster.v3.Cluster", "listener.v3.Listener", "route.v3.RouteConfiguration")
)
SDS, OTHER = f"{_API}envoy.extensions.transport_sockets.tls.v3.Secret", f"{_API}my.Type"
AT = "2026-01-01T23:59:00Z"
UUID = "12345678-1234-1234-1234-123456789012"
NONCE = f"2026-01-01/7{UUID}"


def one(url: str = CDS, sent: str = "n", acked: str = "n", at: str = "", error: str = "") -> TypeState:
    return TypeState(url, sent, acked, at, error)


SYNCED, STALE, NEVER, UNSENT, ERROR = (
    one(),
    one(acked="m", at=AT),
    one(acked="", at=AT),
    one(sent="", acked=""),
    one(acked="", at=AT, error="a\n  b"),
)


def proxy(*types: TypeState, name: str = "web.shop", **more: Any) -> ProxyState:
    return ProxyState(
        name,
        more.get("cluster", "k"),
        "sidecar",
        more.get("version", "1.27"),
        more.get("istiod", "istiod-1"),
        types,
    )


@pytest.mark.parametrize(
    ("state", "word"),
    [(SYNCED, "SYNCED"), (STALE, "STALE"), (NEVER, "STALE"), (UNSENT, "NOT SENT"), (ERROR, "ERROR")],
)
def test_states(state: TypeState, word: str) -> None:
    assert state.state.value == word
    assert bool(proxy(state).trouble) is (word != "SYNCED")


def test_of_a_namespace_by_name() -> None:
    found = [
        proxy(name="b.shop"),
        proxy(name="a.shop", istiod="2"),
        proxy(name="a.shop", istiod="1"),
        proxy(name="c.other"),
    ]
    assert [(p.id, p.istiod) for p in tables.of_namespace(found, "shop")] == [
        ("a.shop", "1"),
        ("a.shop", "2"),
        ("b.shop", "istiod-1"),
    ]
    assert len(tables.of_namespace(found, None)) == len(tables.of_namespace(found, "")) == 4


def test_the_usual_table_names_types_in_istioctls_order() -> None:
    found = proxy(one(SDS), one(RDS), one(OTHER), one(LDS), one(CDS))
    assert tables.short([found]).rows == [
        ("web.shop", "k", "istiod-1", "1.27", f"5 (CDS,LDS,RDS,SDS,{OTHER})")
    ]
    assert tables.short([proxy()]).rows[0][-1] == "0 ()"


def test_a_column_for_each_type() -> None:
    table = tables.by_type([proxy(one(CDS), one(SDS, acked="m", at=AT)), proxy(name="idle.shop")], NOW)
    assert table.header == ("NAME", "CLUSTER", "CDS", "ECDS", "EDS", "LDS", "RDS", "SDS", "ISTIOD", "VERSION")
    assert table.rows == [
        ("web.shop", "k", "SYNCED", "IGNORED", "IGNORED", "IGNORED", "IGNORED", "STALE (60s)", "istiod-1", "1.27"),
        ("idle.shop", "k", *["IGNORED"] * 6, "istiod-1", "1.27"),
    ]  # fmt: skip


WIDE = [  # a type, (state, age, nonce, acknowledged, rejection)
    (SYNCED, ("SYNCED", "-", "n", "same", "-")), (STALE, ("STALE", "60s", "n", "m", "-")), (NEVER, ("STALE", "60s", "n", "never", "-")),
    (UNSENT, ("NOT SENT", "-", "-", "never", "-")), (ERROR, ("ERROR", "60s", "n", "never", "a b")),
    (one(sent=NONCE, acked=UUID), ("STALE", "-", "2026-01-01/7-12345678", UUID, "-")), (one(sent=NONCE, acked=NONCE), ("SYNCED", "-", "2026-01-01/7-12345678", "same", "-")),
]  # fmt: skip


@pytest.mark.parametrize(("state", "row"), WIDE)
def test_the_wide_table(state: TypeState, row: tuple[str, ...]) -> None:
    assert tables.wide([proxy(state)], NOW).rows == [
        ("web.shop", "k", "CDS", *row[:4], "istiod-1", "1.27", row[4])
    ]


def test_a_proxy_that_subscribes_to_nothing_is_a_row() -> None:
    assert tables.wide([proxy()], NOW).rows == [
        ("web.shop", "k", "-", "-", "-", "-", "-", "istiod-1", "1.27", "-")
    ]


LONG = "x" * 101
HIDDEN = [  # proxies, the sentence
    ([proxy(SYNCED)], ""), ([], ""),
    ([proxy(SYNCED), proxy(SYNCED, ERROR)], "1 of 2 proxies is not in sync: 1 rejected (CDS: a b); see -o wide"),
    ([proxy(one(acked="", error=LONG))], f"1 of 1 proxies is not in sync: 1 rejected (CDS: {LONG[:100]}…); see -o wide"),
    ([proxy(one(acked="", error=LONG[1:]))], f"1 of 1 proxies is not in sync: 1 rejected (CDS: {LONG[1:]}); see -o wide"),
    ([proxy(STALE, NEVER)], "1 of 1 proxies is not in sync: 1 frozen (nothing acknowledged for 60s); see -o wide"),
    ([proxy(STALE)], "1 of 1 proxies is not in sync: 1 stale (for 60s); see -o wide"),
    ([proxy(STALE, SYNCED), proxy(one(acked="m"), SYNCED)], "2 of 2 proxies are not in sync: 2 stale (for 60s); see -o wide"),
    ([proxy(one(acked="m"), SYNCED)], "1 of 1 proxies is not in sync: 1 stale; see -o wide"),
    ([proxy(one(LDS, ""), one(CDS, ""))], "1 of 1 proxies is not in sync: 1 not sent (CDS, LDS); see -o wide"),
    ([proxy(ERROR, STALE), proxy(STALE, STALE), proxy(STALE), proxy(UNSENT), proxy(SYNCED)],
     "4 of 5 proxies are not in sync: 1 rejected (CDS: a b), 1 frozen (nothing acknowledged for 60s), 1 stale (for 60s), 1 not sent (CDS); see -o wide"),
]  # fmt: skip


@pytest.mark.parametrize(("proxies", "sentence"), HIDDEN)
def test_what_the_usual_table_hides(proxies: list[ProxyState], sentence: str) -> None:
    assert tables.hidden(proxies, NOW) == sentence


AGES = [  # seconds, in Kubernetes' words
    (-5, "0s"), (0, "0s"), (119, "119s"), (120, "2m"), (121, "2m1s"), (599, "9m59s"), (600, "10m"), (659, "10m"), (3 * 3600 - 1, "179m"), (3 * 3600, "3h"),
    (3 * 3600 + 60, "3h1m"), (8 * 3600 - 1, "7h59m"), (8 * 3600, "8h"), (9 * 3600 - 1, "8h"), (48 * 3600 - 1, "47h"), (48 * 3600, "2d"), (49 * 3600, "2d1h"),
    (8 * 86400 - 1, "7d23h"), (8 * 86400, "8d"), (729 * 86400, "729d"), (730 * 86400, "2y"), (731 * 86400, "2y1d"), (8 * 365 * 86400 - 1, "7y364d"),
    (8 * 365 * 86400, "8y"), (9 * 365 * 86400 + 5, "9y"),
]  # fmt: skip


@pytest.mark.parametrize(("seconds", "words"), AGES)
def test_ages(seconds: int, words: str) -> None:
    assert human(seconds) == words


@pytest.mark.parametrize(("at", "words"), [(AT, "60s"), ("", ""), ("soon", ""), ("2026-01-01T00:00:00", "")])
def test_an_age_of_a_time(at: str, words: str) -> None:
    assert age(at, NOW) == words


def test_the_answer_over_xds() -> None:
    found = tables.response("istiod-1", [proxy(one(sent=NONCE, acked=NONCE, at=AT), ERROR)], False)
    assert found["versionInfo"] == "2026-01-01/7"
    assert found["controlPlane"] == {"identifier": '{"Component":"istiod","ID":"istiod-1"}'}
    (client,) = found["resources"]
    assert client["node"] == {
        "id": "web.shop",
        "metadata": {"CLUSTER_ID": "k", "ISTIO_VERSION": "1.27", "NAMESPACE": "shop"},
    }
    assert client["genericXdsConfigs"] == [
        {"typeUrl": CDS, "lastUpdated": AT, "configStatus": "SYNCED"},
        {
            "typeUrl": CDS,
            "lastUpdated": AT,
            "configStatus": "ERROR",
            "errorState": {"lastUpdateAttempt": AT, "details": "a\n  b"},
        },
    ]
    assert tables.response("i", [], False) == {
        "typeUrl": "istio.io/debug/syncz",
        "controlPlane": {"identifier": '{"Component":"istiod","ID":"i"}'},
    }
    (unsent,) = tables.response("i", [proxy(UNSENT)], False)["resources"][0]["genericXdsConfigs"]
    assert unsent == {"typeUrl": CDS, "configStatus": "NOT_SENT"}
