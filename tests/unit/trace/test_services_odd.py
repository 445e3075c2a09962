"""An odd value in a dump costs what it says, not the trace: the service map reads on, a listener that cannot be chosen is undetermined."""

from __future__ import annotations

import pytest

from meshctl.proxy.model import Disposition, Payload
from meshctl.trace.journey import Journey
from meshctl.trace.pods import Pod, Pods
from meshctl.trace.services import service_map
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
