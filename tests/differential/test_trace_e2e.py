"""Every recorded request through a mesh: hops, codes, flags and capture rules agree with what really happened.

A difference is accepted only for a named reason that the configuration cannot know (``_REASONS``): what the
application answered, whether an address outside answers, and gaps of the recording. docs/trace-semantics.md
gives the evidence.
"""

from __future__ import annotations

import functools
from collections import Counter
from typing import Any

import pytest

from meshctl.envoy.notes import Notes
from meshctl.sources.file import open_given
from meshctl.sources.trace_pods import RecordPods
from meshctl.trace import report, requests
from meshctl.trace.journey import Journey
from tests.corpus import corpus
from tests.differential.likely import Surprise
from tests.differential.trace_support import folders, lines

Json = dict[str, Any]

HOP_FIELDS = (
    "pod", "direction", "listener", "filter_chain", "virtual_host", "route_name", "cluster", "upstream_host",
    "code", "flags", "details", "original_dst",
)  # fmt: skip


def _hooks(hooks: list[Json]) -> list[Any]:
    return [[h["hook"], h["verdict"], h["redirect_port"], [list(rule) for rule in h["rules"]]] for h in hooks]


def _hop_differences(index: int, hop: Json, observed: Json) -> list[str]:
    found = []
    for field in HOP_FIELDS:
        if hop[field] != (observed[field] or None if field == "details" else observed[field]):
            found.append(f"hop {index} {field}: {hop[field]!r}, observed {observed[field]!r}")
    if hop["downstream_tls"] != bool(observed.get("downstream_tls")):
        found.append(f"hop {index} downstream_tls")
    if (
        index
        and observed["capture"] != "client_capture"
        and _hooks(hop["capture"]) != _hooks(observed["capture"])
    ):
        found.append(f"hop {index} capture")
    if observed.get("upstream_capture") and _hooks(hop["upstream_capture"]) != _hooks(
        observed["upstream_capture"]
    ):
        found.append(f"hop {index} upstream_capture")
    return found


def _differences(outcome: Json, record: Json) -> list[str]:
    found = []
    if _hooks(outcome["client_capture"]) != _hooks(record["client_capture"]):
        found.append("client_capture")
    observed = [hop for hop in record["hops"] if not hop.get("unlinked")]
    if len(outcome["hops"]) != len(observed):
        found.append(f"{len(outcome['hops'])} hops, observed {len(observed)}")
    for index, (hop, seen) in enumerate(zip(outcome["hops"], observed, strict=False)):
        found += _hop_differences(index, hop, seen)
    if outcome["code"] != record["client"].get("code"):
        found.append(
            f"code {outcome['code']}, observed {record['client'].get('code') or record['client'].get('error')}"
        )
    return found


def _reason(record: Json, answer: Json, dialled: str) -> str:
    """Why the configuration cannot know what was observed; "" when it could."""
    request, client = record["request"], record["client"]
    headers = {name.lower() for name, _ in request.get("headers") or ()}
    if headers & {"x-lab-status", "upgrade"} or request.get("path") == "/%zz":
        return "the application's own answer"
    target = next((o["target"] for o in answer["outcomes"] if o.get("target")), None)
    if target is not None and target["pod"] == "external":
        return "an address outside that does not answer"
    if target is not None and target["address"].startswith("/"):
        return "a socket file that does not exist"
    if client.get("error") == "tls: SSLV3_ALERT_HANDSHAKE_FAILURE":
        return "cipher suites against the certificate's key"
    if client.get("error") == "tls: WRONG_VERSION_NUMBER":
        return "a client that cannot read a plain answer"
    if request["to_port"] == 15000 or any(o["reason"].endswith(" port 15000") for o in answer["outcomes"]):
        return "a gateway pod without its own Envoy in the lab"
    if len(record["client_capture"]) == 1 and not record["hops"]:
        return "the recording lost the request (no loop over lo, no log entry)"
    if len(record["client_capture"]) == 1 and record["client_capture"][0]["verdict"] == "REDIRECT":
        return "the recording lost the loop over lo (the source port was rewritten)"
    if any(hop.get("unlinked") for hop in record["hops"]) or record.get("note"):
        return "hops that the recording could not link"
    first = record["hops"][0] if record["hops"] else None
    if dialled and first is not None and first["direction"] == "inbound" and first["pod"] != dialled:
        return "the recording linked a hop of another connection"
    if request["to_ip"] == "::6":
        return "an address that is only on lo"
    return ""


@pytest.mark.corpus
@pytest.mark.parametrize("scenario", ["story", "bookinfo", "egress", "gateway", "security", "special"])
def test_scenario_agrees(scenario: str) -> None:
    corpus("e2e")
    folder = next(f for f in folders("e2e") if f.name == scenario)
    source = RecordPods(open_given((str(folder / "pods"),)), Notes(), complete=True)
    journey = Journey(source, silent=True)
    count, wrong, reasons, surprise = 0, [], Counter[str](), Surprise()
    for record in lines(folder / "requests.jsonl"):
        count += 1
        stream = requests.stream(record["request"])
        pod = source.by_name(record["from"])
        request = record["request"]
        ways = journey.start(pod, request["to_ip"], request["to_port"], stream, record["uid"])
        answer = report.mesh(ways, http=stream.request is not None)
        unequal = functools.partial(_differences, record=record)
        surprise.see(answer["outcomes"], unequal, None)
        differences = min(map(unequal, answer["outcomes"]), key=len)
        if not differences:
            continue
        dialled = source.by_ip(request["to_ip"])
        reason = _reason(record, answer, dialled.name if dialled is not None else "")
        if not reason and len(differences) == 1 and differences[0].startswith("2 hops, observed 1"):
            reason = "the recording lacks the second hop, everything before agrees"
        if reason.startswith("the recording") and any(one.startswith("code ") for one in differences):
            reason = ""  # what the client saw is recorded all the same
        reasons[reason] += 1
        if not reason:
            wrong.append((record["id"], record["what"], differences))
    assert count >= 150
    assert not wrong, f"{len(wrong)} of {count}: {wrong[:4]}"
    assert sum(reasons.values()) <= count * 0.08, reasons
    assert not surprise.too_large, surprise
