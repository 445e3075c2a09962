"""Every recorded TCP connection at virtualOutbound or virtualInbound: listener, chain, cluster, flags agree.

Left out: ``UF,URX`` (the recording's passthrough destinations did not exist), and a record whose only log entry
is the listener's while the chain's filters saw the connection (nothing but listener, chain and flags is in it).
"""

from __future__ import annotations

import functools
from typing import Any

import pytest

from meshctl.proxy.visit import visit
from meshctl.trace import report, requests
from tests.differential.likely import Surprise
from tests.differential.trace_support import cached_proxy, dump_path, folders, lines, null


def _differences(outcome: dict[str, Any], observed: dict[str, Any]) -> list[str]:
    """The fields that an outcome tells otherwise."""
    fields = ["listener", "filter_chain", "cluster", "flags"]
    if observed["kind"] != "listener":
        fields += ["code", "details"]
    if observed["flags"] == "UF,URX":
        fields.remove("flags")
    found = [field for field in fields if outcome[field] != null(observed[field])]
    host = null(observed["upstream_host"])
    return found if host in (None, *outcome["upstream_hosts"]) else [*found, "upstream"]


@pytest.mark.corpus
def test_connections_agree() -> None:
    count, wrong, surprise = 0, [], Surprise()
    for folder in folders("trace/l4"):
        for record in lines(folder / "connections.jsonl"):
            count += 1
            proxy = cached_proxy(dump_path(folder, record["dump"]))
            asked = requests.at_proxy(proxy, record)
            assert asked.listener is not None
            outcomes = report.at_proxy(
                visit(proxy, asked.listener, asked.connection, asked.request, silent=True)
            )["outcomes"]
            observed = record["observed"]
            fits = functools.partial(_differences, observed=observed)
            surprise.see(outcomes, fits, null(observed["upstream_host"]))
            differences = min(map(fits, outcomes), key=len)
            if differences:
                wrong.append((record["dump"], record["connection"], differences, observed, outcomes))
    assert count >= 1000
    assert not wrong, f"{len(wrong)} of {count}: {wrong[:3]}"
    assert not surprise.too_large, surprise
