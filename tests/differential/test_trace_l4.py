"""Every recorded TCP connection at virtualOutbound or virtualInbound: listener, chain, cluster, flags agree.

Left out: ``UF,URX`` (the recording's passthrough destinations did not exist), and a record whose only log entry
is the listener's while the chain's filters saw the connection (nothing but listener, chain and flags is in it).
"""

from __future__ import annotations

import pytest

from meshctl.proxy.visit import visit
from meshctl.trace import report, requests
from tests.differential.trace_support import cached_proxy, dump_path, folders, lines, null


@pytest.mark.corpus
def test_connections_agree() -> None:
    count, wrong = 0, []
    for folder in folders("trace/l4"):
        for record in lines(folder / "connections.jsonl"):
            count += 1
            proxy = cached_proxy(dump_path(folder, record["dump"]))
            asked = requests.at_proxy(proxy, record)
            assert asked.listener is not None
            answer = report.at_proxy(
                visit(proxy, asked.listener, asked.connection, asked.request, silent=True)
            )
            observed = record["observed"]
            fields = ["listener", "filter_chain", "cluster", "flags"]
            if observed["kind"] != "listener":
                fields += ["code", "details"]
            if observed["flags"] == "UF,URX":
                fields.remove("flags")
            differences = min(
                (
                    [f for f in fields if outcome[f] != null(observed[f])]
                    + (
                        []
                        if null(observed["upstream_host"]) in (None, *outcome["upstream_hosts"])
                        else ["upstream"]
                    )
                    for outcome in answer["outcomes"]
                ),
                key=len,
            )
            if differences:
                wrong.append(
                    (record["dump"], record["connection"], differences, observed, answer["outcomes"])
                )
    assert count >= 1000
    assert not wrong, f"{len(wrong)} of {count}: {wrong[:3]}"
