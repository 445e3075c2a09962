"""Rules of a proxy that are a line each: what a handshake is called, who accepts, which host stands for all."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.envoy.api.config_route_v3 import RouteConfiguration
from meshctl.match.request_view import RequestView
from meshctl.proxy.filters.conditions import condition
from meshctl.proxy.listen.handshake import Handshake
from meshctl.proxy.model import Connection, Disposition, Peer, Tls, Upstream, Verdict
from meshctl.proxy.routing.virtual_hosts import compile_domains
from meshctl.trace.requests import http_request
from tests.unit.proxy.build import ask, get, listener, proxy, tcp

Json = dict[str, Any]


def seen(session: Tls | None) -> Connection:
    return Connection("10.1.1.1", "10.9.9.9", 80, session=session)


FAILED = Verdict(Disposition.FAULT)
NAMED = Peer(uris=("spiffe://td/ns/a/sa/b",))
SHAKEN: list[tuple[Handshake, str]] = [
    (Handshake(seen(None)), ""), (Handshake(seen(None), encrypted=True), "TLS passes through"), (Handshake(seen(None), encrypted=True, verdict=FAILED), ""), (Handshake(seen(Tls())), ""), (Handshake(seen(None), terminated=True), ""),
    (Handshake(seen(Tls()), terminated=True), "TLS, client without a certificate"), (Handshake(seen(Tls(peer=NAMED)), terminated=True), "mutual TLS, client spiffe://td/ns/a/sa/b"), (Handshake(seen(Tls(peer=Peer())), terminated=True), "mutual TLS, client without a name"),
]  # fmt: skip


@pytest.mark.parametrize(("found", "text"), SHAKEN)
def test_what_is_said_of_a_handshake(found: Handshake, text: str) -> None:
    assert found.text == text


def test_a_wildcard_among_several_addresses_accepts_where_the_first_has_no_socket() -> None:
    chain = {"filters": tcp("c")}
    more = [{"address": {"socket_address": {"address": "0.0.0.0", "port_value": 80}}}]
    without, several = (
        listener([chain], "0.0.0.0", 80, bind_to_port=False),
        listener([chain], "10.0.0.5", 81, additional_addresses=more),
    )
    built = proxy([without, several])
    accepting = [
        built.listeners.accepting(ip, port)
        for ip, port in (("10.9.9.9", 80), ("10.0.0.5", 81), ("10.9.9.9", 81))
    ]
    assert [found.name if found is not None else None for found in accepting] == [
        "10.0.0.5_81",
        "10.0.0.5_81",
        None,
    ]


@pytest.mark.parametrize(
    ("domains", "found"),
    [
        ([], (None, "")),
        ([["*"]], (0, "*")),
        ([["a.com"]], (0, "a.com")),
        ([["b.com"]], (None, "")),
        ([["b.com"], ["*"]], (1, "*")),
    ],
)
def test_the_virtual_host_that_stands_for_all(
    domains: list[list[str]], found: tuple[int | None, str]
) -> None:
    hosts = [{"name": str(n), "domains": names} for n, names in enumerate(domains)]
    table = compile_domains(RouteConfiguration({"virtual_hosts": hosts}))
    assert table.find({":authority": ["a.com"]}) == found
    # without a host only the one that stands for all takes it, where it is the only one
    assert table.find({})[0] == (0 if domains == [["*"]] else None)


LOOKED_UP: list[tuple[list[list[str]], str, tuple[int | None, str]]] = [  # domains of each virtual host, the host, (which, by what)
    # the name itself, then the longest ending, then the longest beginning, then the one for all
    ([["*"], ["a.*"], ["*.com"], ["a.com"]], "a.com", (3, "a.com")), ([["*"], ["a.*"], ["*.com"]], "a.com", (2, "*.com")), ([["*"], ["a.*"]], "a.com", (1, "a.*")), ([["*"], ["a.*"]], "b.com", (0, "*")),
    ([["*.com"], ["*.b.com"]], "a.b.com", (1, "*.b.com")), ([["*.b.com"], ["*.com"]], "a.b.com", (0, "*.b.com")), ([["a.*"], ["a.b.*"]], "a.b.com", (1, "a.b.*")), ([["a.b.*"], ["a.*"]], "a.b.com", (0, "a.b.*")),
    # a wildcard stands for one character at least; one that fails leaves it to shorter ones
    ([["*a.com"]], "a.com", (None, "")), ([["*a.com"]], "xa.com", (0, "*a.com")), ([["a.com*"]], "a.com", (None, "")), ([["a.com*"]], "a.com:80", (0, "a.com*")), ([["*.x.com"], ["*.com"]], "a.b.com", (1, "*.com")), ([["a.x.*"], ["a.*"]], "a.b.com", (1, "a.*")),
    # of equal ones the first counts, and letters are compared as small ones
    ([["a.com"], ["a.com"]], "a.com", (0, "a.com")), ([["*.com"], ["*.com"]], "a.com", (0, "*.com")), ([["a.*"], ["a.*"]], "a.com", (0, "a.*")), ([["*"], ["*"]], "a.com", (0, "*")), ([["A.com", "b.com"]], "a.com", (0, "a.com")),
]  # fmt: skip


@pytest.mark.parametrize(("domains", "host", "found"), LOOKED_UP)
def test_the_virtual_host_of_a_name(
    domains: list[list[str]], host: str, found: tuple[int | None, str]
) -> None:
    hosts = [{"name": str(n), "domains": names} for n, names in enumerate(domains)]
    assert compile_domains(RouteConfiguration({"virtual_hosts": hosts})).find({":authority": [host]}) == found


PATHS = [  # a path of a line of requests: the absolute target, the path
    ("/x", "", "/x"), ("http://b.com/x", "http://b.com", "/x"), ("http://b.com/", "http://b.com", "/"), ("http://b.com", "http://b.com", "/"), ("/http://b.com", "", "/http://b.com"), ("x/http://y", "", "x/http://y"), ("*", "", "*"), ("HTTP://b.com/x/", "HTTP://b.com", "/x/"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "absolute", "left"), PATHS)
def test_an_absolute_target_is_taken_apart(path: str, absolute: str, left: str) -> None:
    found = http_request({"path": path})
    assert (found.absolute_form, found.path) == (absolute, left)


def test_a_chain_of_several_networks_is_met_by_one_of_them() -> None:
    def ranges(*networks: str) -> Json:
        found = [{"address_prefix": n.split("/")[0], "prefix_len": int(n.split("/")[1])} for n in networks]
        return {"source_prefix_ranges": found}

    chains = [
        {"name": "wide", "filter_chain_match": ranges("192.168.0.0/16", "10.0.0.0/8"), "filters": tcp("c")},
        {"name": "narrow", "filter_chain_match": ranges("10.1.0.0/16"), "filters": tcp("c")},
    ]
    built = proxy([listener(chains)])
    for source, chosen, told in (
        ("10.1.1.1", "narrow", "more specific"),
        ("10.2.1.1", "wide", "source is 10.2.1.1"),
    ):
        (passage,) = ask(built, get(), src=source, silent=False)
        reasons = [
            one.reason for step in passage.steps if step.stage.value == "chain" for one in step.rejected
        ]
        assert passage.filter_chain == chosen
        assert len(reasons) == 1 and told in reasons[0]


def test_metadata_of_the_route_is_a_source_of_its_own() -> None:
    matcher = {"filter": "ns", "path": [{"key": "k"}], "value": {"string_match": {"exact": "v"}}}
    for source in ("DYNAMIC", "ROUTE"):
        found = condition({"sourced_metadata": {"metadata_matcher": matcher, "metadata_source": source}})
        assert ("route" in found.text) is (source == "ROUTE")
        assert "ns" in found.text


def test_a_connection_has_no_mark_of_its_own() -> None:
    assert Upstream("c", (), None).mark == 0
    assert RequestView({}).first("x") == ""
