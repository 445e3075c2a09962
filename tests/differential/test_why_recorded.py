"""The log lines of recorded requests, as Istio's default format would have printed them, against what really happened.

Each hop of the recordings (a real Envoy's access log fields) becomes a line; ``why`` finds the pod that wrote it, and says
whether the configuration of that time, which the recordings hold, ends the request so.
"""

from __future__ import annotations

import json
from collections import Counter

import pytest

from meshctl.envoy.notes import Notes
from meshctl.sources.file import open_given
from meshctl.sources.trace_pods import RecordPods
from meshctl.why import entries
from meshctl.why.explain import explain
from tests import corpus

SCENARIOS = ("story", "bookinfo", "gateway", "egress", "security", "special")


def line(hop: dict, request: str) -> str:
    """A recorded hop as Istio's default text format prints it."""

    def said(name: str) -> str:
        return str(hop.get(name) or "-")

    path = hop.get("original_path") or hop.get("path") or "-"
    remote = hop.get("remote") or hop.get("downstream") or "-"
    took = "1" if hop.get("details") == "via_upstream" else "-"
    return (
        f'[2026-01-01T00:00:00.000Z] "{said("method")} {path} {said("protocol")}" {hop.get("code") or 0} {said("flags")} '
        f'{said("details")} {said("connection_termination")} "{said("upstream_transport_failure")}" 0 0 1 {took} "-" "curl" '
        f'"{request}" "{said("authority")}" "{said("upstream_host")}" {said("cluster")} {said("upstream_local")} '
        f"{said('original_dst')} {remote} {said('sni')} {said('route_name')}"
    )


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_recorded_lines_are_explained_as_they_happened(scenario):
    folder = corpus.corpus(f"e2e/{scenario}")
    source = RecordPods(open_given((str(folder / "pods"),)), Notes())
    told: Counter[str] = Counter()
    for text in (folder / "requests.jsonl").read_text().splitlines():
        record = json.loads(text)
        for hop in record.get("hops") or ():
            if hop.get("unlinked"):
                continue
            entry = entries.read(line(hop, record["id"]))
            assert entry is not None, line(hop, record["id"])
            found = explain(entry, None, source)
            assert not found.account.unknown, found.account.unknown
            told["all"] += 1
            if found.pod is None or found.pod.name != hop["pod"]:
                told["other pod"] += (
                    1  # two pods' addresses stand in a line that does not say which side it is
                )
            elif found.replay is not None:
                told[str(found.replay.agrees)] += 1
    assert told["all"] > 100
    assert told["other pod"] <= 0.06 * told["all"], told
    assert told["False"] == 0, told  # nothing was changed since
    assert told["True"] >= (0.5 if scenario == "security" else 0.6) * told["all"], told
