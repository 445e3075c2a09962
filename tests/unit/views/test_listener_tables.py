"""``proxy-config listener``: types, matches and destinations in istioctl's words; chains and TLS in the wide table."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.views.listeners import VIEW, ListenerFilter
from tests.unit.views.dumps import columns, listeners, snapshot_of

Json = dict[str, Any]
_EXT = "type.googleapis.com/envoy.extensions."
_NETWORK = f"{_EXT}filters.network."
EVERY = ListenerFilter()


def hcm(**fields: Any) -> Json:
    kind = f"{_NETWORK}http_connection_manager.v3.HttpConnectionManager"
    return {
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": {"@type": kind, **fields},
    }


def tcp(**fields: Any) -> Json:
    return {
        "name": "envoy.filters.network.tcp_proxy",
        "typed_config": {"@type": f"{_NETWORK}tcp_proxy.v3.TcpProxy", **fields},
    }


def other(kind: str, name: str = "mine") -> Json:
    return {"name": name, "typed_config": {"@type": f"type.googleapis.com/{kind}"}}


def listener(*chains: Json, name: str = "l", port: int = 80, address: str = "10.0.0.1", **more: Any) -> Json:
    socket = {"socket_address": {"address": address, "port_value": port}}
    return {"name": name, "address": socket, "filter_chains": list(chains), **more}


def chain(*filters: Json, match: Json | None = None, **more: Any) -> Json:
    return {"filters": list(filters), **({"filter_chain_match": match} if match is not None else {}), **more}


TYPES = [  # the chains of a listener, its type
    ([], "UNKNOWN"), ([chain()], "UNKNOWN"), ([chain(hcm())], "HTTP"), ([chain(tcp(cluster="c"))], "TCP"),
    ([chain(hcm()), chain(tcp(cluster="c"))], "HTTP+TCP"), ([chain(tcp(cluster="BlackHoleCluster"))], "UNKNOWN"),
    ([chain(tcp(cluster="BlackHoleCluster")), chain(tcp(cluster="c"))], "TCP"), ([chain(tcp(cluster="c")), chain(tcp(cluster="BlackHoleCluster"))], "TCP"),
    ([chain(hcm()), chain(tcp(cluster="BlackHoleCluster"))], "HTTP"),
]  # fmt: skip


@pytest.mark.parametrize(("chains", "kind"), TYPES)
def test_types(chains: list[Json], kind: str) -> None:
    brief = ListenerFilter(verbose=False)
    assert VIEW.short(listeners(listener(*chains)), brief).rows == [("10.0.0.1", "80", kind)]
    assert (
        len(VIEW.short(listeners(listener(*chains)), ListenerFilter(type=kind.lower(), verbose=False)).rows)
        == 1
    )
    assert VIEW.short(listeners(listener(*chains)), ListenerFilter(type="x", verbose=False)).rows == []


RANGE = {"address_prefix": "10.0.0.0", "prefix_len": 8}
MATCHES = [  # a filter chain match, istioctl's words
    (None, "ALL"), ({}, "ALL"), ({"server_names": ["a", "b"]}, "SNI: a,b"), ({"transport_protocol": "tls"}, "Trans: tls"),
    ({"application_protocols": ["h2", "x"]}, "App: h2,x"), ({"destination_port": 81}, "Addr: *:81"), ({"destination_port": 0}, "Addr: *:0"),
    ({"prefix_ranges": [RANGE]}, "Addr: 10.0.0.0/8"), ({"prefix_ranges": [RANGE, RANGE], "destination_port": 81}, "Addr: 10.0.0.0/8,10.0.0.0/8:81"),
    ({"application_protocols": ["http/1.0", "http/1.1", "h2c"]}, "App: HTTP"), ({"application_protocols": ["istio-peer-exchange", "istio"]}, "App: TCP TLS"),
    ({"application_protocols": ["istio", "istio-http/1.0", "istio-http/1.1", "istio-h2"]}, "App: Istio HTTP Plain"),
    ({"application_protocols": ["http/1.0", "http/1.1", "h2c", "istio-http/1.0", "istio-http/1.1", "istio-h2"]}, "App: HTTP TLS"),
    ({"server_names": ["a"], "transport_protocol": "tls", "application_protocols": ["x"], "destination_port": 81}, "SNI: a; Trans: tls; App: x; Addr: *:81"),
    ({"source_ports": [1]}, "ALL"),
]  # fmt: skip


@pytest.mark.parametrize(("match", "words"), MATCHES)
def test_matches(match: Json | None, words: str) -> None:
    assert columns(VIEW.short(listeners(listener(chain(tcp(cluster="c"), match=match))), EVERY), "MATCH") == [
        words
    ]


def vhost(*routes: Json, domains: tuple[str, ...] = ("*",)) -> Json:
    return {"name": "v", "domains": list(domains), "routes": list(routes)}


def to(cluster: str | None = "c", prefix: str = "/") -> Json:
    return {"match": {"prefix": prefix}, **({"route": {"cluster": cluster}} if cluster else {"redirect": {}})}


def inline(*hosts: Json) -> Json:
    return hcm(route_config={"name": "r", "virtual_hosts": list(hosts)})


DESTINATIONS = [  # the filters of a chain, where it leads: short, wide
    ([], "Non-HTTP/Non-TCP", "nothing: the connection is closed"),
    ([tcp(cluster="c")], "Cluster: c", "TCP: c"),
    ([tcp(cluster="PassthroughCluster")], "PassthroughCluster", "TCP: PassthroughCluster"),
    ([tcp(cluster="BlackHoleCluster")], "Non-HTTP/Non-TCP", "TCP: BlackHoleCluster"),
    ([tcp()], "Cluster: ", "TCP: no cluster"),
    ([tcp(weighted_clusters={"clusters": [{"name": "a", "weight": 3}, {"name": "b", "weight": 1}]})], "Cluster: ", "TCP: a 75 %, b 25 %"),
    ([tcp(weighted_clusters={"clusters": [{"name": "a"}]})], "Cluster: ", "TCP: a 0 %"),
    ([hcm(rds={"route_config_name": "80"})], "Route: 80", "HTTP: route 80"),
    ([hcm()], "HTTP", "HTTP: no route"), ([hcm(scoped_routes={})], "HTTP", "HTTP: scoped routes"),
    ([inline(vhost(to()))], "Cluster: c", "HTTP: inline route r"),
    ([inline(vhost(to(), domains=("a.com",)))], "Inline Route: a.com /*", "HTTP: inline route r"),
    ([inline(vhost(to(prefix="/x")))], "Inline Route: /x*", "HTTP: inline route r"),
    ([inline(vhost(to(), to(prefix="/x")), vhost(to(None), domains=("a", "b")))], "Inline Route: /*, /x*; a/b /*", "HTTP: inline route r"),
    ([inline(vhost(to(None)))], "Inline Route: /*", "HTTP: inline route r"),
    ([other("envoy.extensions.filters.network.rbac.v3.RBAC"), tcp(cluster="c")], "Cluster: c", "RBAC > TCP: c"),
    ([other("envoy.extensions.filters.network.echo.v3.Echo")], "Non-HTTP/Non-TCP", "Echo"),
    ([other("envoy.extensions.filters.network.set_filter_state.v3.Config"), tcp(cluster="c")], "Cluster: c", "set_filter_state > TCP: c"),
    ([other("envoy.tcp.metadataexchange.config.MetadataExchange"), tcp(cluster="c")], "Cluster: c", "TCP: c"),
    ([{"name": "bare"}], "Non-HTTP/Non-TCP", "bare"),
    ([{**tcp(cluster="c"), "typed_config": {"@type": "t/x.Y", "cluster": "c"}}], "Cluster: ", "Y"),
]  # fmt: skip


@pytest.mark.parametrize(("filters", "words", "wide"), DESTINATIONS)
def test_destinations(filters: list[Json], words: str, wide: str) -> None:
    found = listeners(listener(chain(*filters)))
    assert columns(VIEW.short(found, EVERY), "DESTINATION") == [words]
    assert columns(VIEW.wide(found, EVERY), "DESTINATION") == [wide]


def tls(kind: str = "transport_sockets.tls.v3.DownstreamTlsContext", **fields: Any) -> Json:
    return {"name": "s", "typed_config": {"@type": f"{_EXT}{kind}", **fields}}


ALPN = {"common_tls_context": {"alpn_protocols": ["h2", "http/1.1"]}}
SOCKETS = [
    (None, "no"), (tls(), "server certificate"), (tls(require_client_certificate=True), "mutual"), (tls(**ALPN), "server certificate, ALPN h2,http/1.1"),
    (tls(require_client_certificate=True, **ALPN), "mutual, ALPN h2,http/1.1"), (tls("transport_sockets.raw_buffer.v3.RawBuffer"), "no"),
    (tls("transport_sockets.quic.v3.QuicDownstreamTransport"), "QuicDownstreamTransport"), ({"name": "s"}, "?"),
]  # fmt: skip


@pytest.mark.parametrize(("socket", "words"), SOCKETS)
def test_what_a_chain_asks_of_the_client(socket: Json | None, words: str) -> None:
    more = {} if socket is None else {"transport_socket": socket}
    assert columns(
        VIEW.wide(listeners(listener(chain(tcp(cluster="c"), **more))), EVERY), "DOWNSTREAM TLS"
    ) == [words]


ADDRESSES = [  # an address, more of them, short, wide
    ({"socket_address": {"address": "::1", "port_value": 80}}, [], "::1", "[::1]:80"),
    ({"socket_address": {"address": "1.1.1.1", "port_value": 80, "protocol": "UDP"}}, [], "1.1.1.1", "1.1.1.1:80/udp"),
    ({"pipe": {"path": "/x"}}, [], "/x", "/x"), ({"envoy_internal_address": {}}, [], "", "internal"),
    ({"socket_address": {"address": "1.1.1.1", "port_value": 80}}, [{"socket_address": {"address": "::1", "port_value": 80}}], "1.1.1.1,::1", "1.1.1.1:80,[::1]:80"),
]  # fmt: skip


@pytest.mark.parametrize(("address", "more", "brief", "wide"), ADDRESSES)
def test_addresses(address: Json, more: list[Json], brief: str, wide: str) -> None:
    message = {
        **listener(chain(tcp(cluster="c"))),
        "address": address,
        "additional_addresses": [{"address": one} for one in more],
    }
    found = listeners(message)
    assert columns(VIEW.short(found, EVERY), "ADDRESSES") == [brief]
    assert columns(VIEW.wide(found, EVERY), "ADDRESSES") == [wide]


FILTERS = [  # a filter, the listeners that pass
    ({}, ["a", "b", "c"]), ({"port": 80}, ["a", "b"]), ({"port": 90}, ["c"]), ({"port": 80 + 2**32}, ["a", "b"]), ({"address": "10.0.0.2"}, ["b"]),
    ({"address": "FD00::1"}, ["c"]), ({"address": "10.0.0"}, []), ({"type": "http"}, ["b"]), ({"type": "TCP"}, ["a"]), ({"port": 80, "address": "10.0.0.1"}, ["a"]),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "names"), FILTERS)
def test_filters(wanted: Json, names: list[str]) -> None:
    found = listeners(
        listener(
            chain(),
            name="c",
            port=90,
            address="10.0.0.3",
            additional_addresses=[{"address": {"socket_address": {"address": "fd00::1"}}}],
        ),
        listener(chain(hcm()), name="b", address="10.0.0.2"),
        listener(chain(tcp(cluster="c")), name="a"),
    )
    asked = ListenerFilter(**wanted)
    assert VIEW.names(found, asked) == names
    assert columns(VIEW.labelled(found, asked), "NAME") == [
        f"listener/{name}" for name in names if name != "c"
    ] + ["listener/c"] * ("c" in names)
    assert sorted(value["name"] for value in VIEW.values(found, asked, lambda _, value: value)) == names
    assert columns(VIEW.wide(found, asked), "NAME") == names


def test_chains_are_told_short_by_destination_and_wide_in_order() -> None:
    message = listener(
        chain(tcp(cluster="a"), match={"destination_port": 1}, name="one"), chain(tcp(cluster="b"), match={"destination_port": 2}),
        default_filter_chain=chain(tcp(cluster="d"), name="rest"),
    )  # fmt: skip
    found = listeners(message)
    assert columns(VIEW.short(found, EVERY), "DESTINATION") == ["Cluster: d", "Cluster: b", "Cluster: a"]
    wide = VIEW.wide(found, EVERY)
    assert columns(wide, "ORDER") == ["1", "2", "default"]
    assert columns(wide, "CHAIN") == ["one", "-", "rest"]
    assert columns(wide, "MATCH") == ["port 1", "port 2", "no other chain"]
    assert columns(wide, "DESTINATION") == ["TCP: a", "TCP: b", "TCP: d"]
    assert columns(VIEW.wide(listeners(listener()), EVERY), "CHAIN") == ["-"]


def test_a_chain_that_a_matcher_tree_leads_to() -> None:
    value = {"@type": "type.googleapis.com/google.protobuf.StringValue", "value": "one"}
    port = {
        "name": "p",
        "typed_config": {"@type": f"{_EXT}matching.common_inputs.network.v3.DestinationPortInput"},
    }
    tree = {
        "input": port,
        "exact_match_map": {"map": {"80": {"action": {"name": "one", "typed_config": value}}}},
    }
    message = listener(
        chain(tcp(cluster="a"), name="one"),
        chain(tcp(cluster="b"), name="two"),
        filter_chain_matcher={"matcher_tree": tree},
    )
    assert columns(VIEW.wide(listeners(message), EVERY), "MATCH") == [
        "DestinationPort 80",
        "no way leads here",
    ]


def test_a_matcher_that_cannot_be_read_may_lead_to_every_chain() -> None:
    one = {"action": {"name": "one"}}
    matcher = {"matcher_list": {"matchers": 5}}
    tree = {"input": {"name": "i"}, "exact_match_map": {"map": {"a": one, "b": {"matcher": matcher}}}}
    tree["input"]["typed_config"] = {"@type": f"{_EXT}matching.common_inputs.network.v3.ServerNameInput"}
    message = listener(
        chain(tcp(cluster="a"), name="one"),
        chain(tcp(cluster="b"), name="two"),
        filter_chain_matcher={"matcher_tree": tree},
    )
    perhaps = "perhaps: ServerName b and MatcherList.matchers is a number, where the API has a list"
    assert columns(VIEW.wide(listeners(message), EVERY), "MATCH") == [f"ServerName a | {perhaps}", perhaps]


def test_a_listener_in_each_state() -> None:
    states = {"active_state": "a", "warming_state": "w", "draining_state": "d"}
    entry = {
        "name": "l",
        **{
            state: {"version_info": v, "last_updated": f"t{v}", "listener": listener(chain(), name="l")}
            for state, v in states.items()
        },
    }
    refused = {
        "name": "bad",
        "error_state": {
            "failed_configuration": {"@type": "t/envoy.config.listener.v3.Listener", **listener(name="bad")},
            "details": "no\n good",
        },
    }
    static = {"listener": listener(name="static"), "last_updated": "ts"}
    found = snapshot_of("ListenersConfigDump", static_listeners=[static], dynamic_listeners=[entry, refused])
    wide = VIEW.wide(found, EVERY)
    rows = sorted(
        zip(
            *(
                columns(wide, name)
                for name in ("NAME", "STATE", "VERSION", "LAST UPDATED", "REJECTED BECAUSE")
            ),
            strict=True,
        )
    )
    assert rows == [
        ("bad", "error", "-", "-", "no good"), ("l", "active", "a", "ta", "-"), ("l", "draining", "d", "td", "-"), ("l", "warming", "w", "tw", "-"),
        ("static", "static", "-", "ts", "-"),
    ]  # fmt: skip
    assert VIEW.names(found, EVERY) == ["l", "static"]
    assert VIEW.unseen(found) == [
        "not shown: 1 rejected and 1 warming and 1 draining listeners (bad, l); see them with -o wide"
    ]
    assert VIEW.unseen(listeners(listener())) == []
