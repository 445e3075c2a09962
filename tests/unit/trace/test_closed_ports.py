"""Ports of a router: nothing behind them but its proxy and the agent, as far as its listeners were shown."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.coverage import Gap
from meshctl.proxy.model import Disposition
from meshctl.trace.pods import Pod
from meshctl.trace.ways import closed_port

GAP = Gap("the listeners", "they were not given", "a whole config_dump")


@pytest.mark.parametrize(
    ("port", "listens", "gap", "expected"),
    [
        (9999, frozenset(), None, Disposition.CONNECTION_FAILED),
        (9999, frozenset(), GAP, Disposition.UNDETERMINED),
        (15021, frozenset(), None, Disposition.CONNECTION_FAILED),
        (15021, frozenset(), GAP, Disposition.UNDETERMINED),  # it may be the proxy's
        (15021, frozenset({15021}), GAP, Disposition.DELIVERED),
        (15021, None, None, Disposition.DELIVERED),
    ],
)
def test_a_port_that_no_listener_has(port: int, listens: Any, gap: Gap | None, expected: Disposition) -> None:
    pod = Pod("gateway", "ns", ("10.0.0.1",), app_listens=listens, is_gateway=True)
    assert closed_port(pod, "10.0.0.1", port, gap).answer.disposition is expected
