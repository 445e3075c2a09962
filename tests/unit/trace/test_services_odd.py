"""An odd value in a dump costs what it says, not the trace: the service map reads on, a listener that cannot be chosen is undetermined."""

from __future__ import annotations

import pytest

from meshctl.proxy.model import Disposition, Payload
from meshctl.trace.journey import Journey
from meshctl.trace.pods import Pod, Pods
from meshctl.trace.services import ServiceMap, _from_virtual_host, service_map
from meshctl.trace.streams import Stream
from tests.unit.proxy import build


@pytest.mark.parametrize("hosts", ["x", 7, ["x"], {"a": "b"}, [None], [{"name": "a:80", "domains": 5}]])
def test_the_service_map_passes_over_odd_virtual_hosts(hosts):
    proxy = build.proxy([build.listener([{"filters": build.tcp("c")}])])
    resource = proxy.snapshot.resources
    wrong = {"name": "80", "virtual_hosts": hosts}

    class Odd:
        value, name, path = wrong, "80", ""

    proxy.snapshot.resources = lambda kind, *states: (
        [Odd()] if kind.name == "ROUTES" else resource(kind, *states)
    )  # type: ignore[method-assign]
    assert service_map(proxy).vips == {}


def test_a_listener_that_cannot_be_chosen_is_undetermined():
    proxy = build.proxy([build.listener([{"filters": build.tcp("c")}], bind_to_port={"a": 1})])
    pod = Pod("a", "b", ("10.0.0.9",), proxy=proxy)
    (way,) = Journey(Pods([pod])).at_proxy(pod, "10.0.0.1", 80, Stream(Payload.RAW))
    assert way.answer.disposition is Disposition.UNDETERMINED
    assert "bind_to_port" in way.answer.reason


MAPPED: list[tuple[str, str, list[str], dict[tuple[str, int], str], dict[str, str]]] = [
    # a route table, a virtual host's name and domains; the addresses and ports of its service, its names' address
    ("80", "a.ns.svc:80", ["a.ns.svc", "a", "10.0.0.1"], {("10.0.0.1", 80): "a.ns.svc"}, {"a.ns.svc": "10.0.0.1", "a": "10.0.0.1"}),
    ("80", "a.ns.svc:8080", ["10.0.0.1"], {("10.0.0.1", 8080): "a.ns.svc"}, {}),
    ("80", "a.ns.svc", ["10.0.0.1", "A.ns.svc"], {("10.0.0.1", 80): "a.ns.svc"}, {"a.ns.svc": "10.0.0.1"}),
    ("a.ns.svc:9090", "a.ns.svc", ["10.0.0.1"], {("10.0.0.1", 9090): "a.ns.svc"}, {}),
    ("http_proxy", "a.ns.svc", ["10.0.0.1"], {("10.0.0.1", 0): "a.ns.svc"}, {}),
    ("80", "a:80", ["10.0.0.1", "[fd00::1]", "a"], {("10.0.0.1", 80): "a", ("fd00::1", 80): "a"}, {"a": "10.0.0.1"}),
    ("80", "a:80", ["a", "*.a"], {}, {}),  # no address
    ("80", "*.a:80", ["10.0.0.1"], {}, {}),  # no one service
    ("80", "*", ["10.0.0.1"], {}, {}),
    ("80", "", ["10.0.0.1"], {}, {}),
    ("80", "a:80", ["10.0.0.1", "*.a", "a"], {("10.0.0.1", 80): "a"}, {"a": "10.0.0.1"}),
]  # fmt: skip


@pytest.mark.parametrize(("table", "name", "domains", "hosts", "vips"), MAPPED)
def test_a_virtual_host_tells_its_services_address(
    table: str, name: str, domains: list[str], hosts: dict[tuple[str, int], str], vips: dict[str, str]
) -> None:
    found = ServiceMap()
    _from_virtual_host(found, {"name": name, "domains": domains}, table)
    assert (found.hosts, found.vips) == (hosts, vips)


def test_the_first_that_names_an_address_has_it() -> None:
    found = ServiceMap()
    for name, address in (("a:80", "10.0.0.1"), ("b:80", "10.0.0.1"), ("b:81", "10.0.0.2")):
        _from_virtual_host(found, {"name": name, "domains": [address, "same"]}, "80")
    assert found.hosts == {("10.0.0.1", 80): "a", ("10.0.0.2", 81): "b"}
    assert found.vips == {"same": "10.0.0.1"}
    assert (found.owner("10.0.0.2"), found.owner("10.0.0.3")) == ("b", "")
