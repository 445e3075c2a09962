"""``authz check`` against what really happened: the recorded requests at a pod with every kind of policy.

Each recorded request that reached the server's Envoy is asked with what its record tells: caller, method, path, host, headers. A
policy's refusal (403 by RBAC, 401 by JWT) must be denied or not decidable, what came through must never be denied.
"""

from __future__ import annotations

import json
from collections import Counter

from meshctl.access import calls, matrix
from meshctl.access.calls import Answer, Asked, Caller
from meshctl.envoy.notes import Notes
from meshctl.sources.file import open_given
from meshctl.sources.trace_pods import RecordPods
from tests import corpus


def _asked(request: dict) -> Asked:
    return Asked(
        str(request.get("method") or "GET"),
        str(request.get("path") or "/"),
        str(request.get("host") or ""),
        tuple((str(name).lower(), str(value)) for name, value in request.get("headers") or ()),
        whole=True,
    )


def test_no_recorded_call_is_answered_the_other_way():
    folder = corpus.corpus("e2e/security")
    given = open_given((str(folder / "pods"),))
    source = RecordPods(given, Notes())
    told: Counter[tuple[str, str]] = Counter()
    for text in (folder / "requests.jsonl").read_text().splitlines():
        record = json.loads(text)
        request = record["request"]
        if not str(request.get("kind", "")).startswith("http"):
            continue
        hop = next((h for h in record.get("hops") or () if h["direction"] == "inbound"), None)
        if hop is None or hop.get("unlinked") or not hop.get("method"):
            continue
        target = source.by_name(hop["pod"])
        assert target is not None and target.proxy is not None
        listener = calls.inbound(target.proxy)
        ip, _, port = str(hop["original_dst"]).rpartition(":")
        remote = str(hop.get("downstream") or "").rpartition(":")[0]
        caller = Caller(record["from"], str(hop.get("peer") or ""), remote)
        answer = calls.call(target.proxy, listener, caller, ip, int(port), _asked(request))
        refused = str(hop.get("details") or "").startswith(("rbac_access_denied", "jwt_authn"))
        passed = hop.get("details") == "via_upstream"
        if refused:
            assert answer.answer is not Answer.ALLOWED, (record["id"], answer)
            told["refused", answer.answer.value] += 1
        elif passed:
            assert answer.answer is not Answer.DENIED, (record["id"], answer)
            told["passed", answer.answer.value] += 1
    assert told["refused", "denied"] > 120, told
    assert sum(count for (what, _), count in told.items() if what == "passed") > 30, told


def test_every_cell_of_the_matrix_has_an_answer():
    given = open_given((str(corpus.corpus("e2e/security/pods")),))
    source = RecordPods(given, Notes())
    pods = [source.of(one) for one in given.pods]
    cells = list(matrix.cells(pods, matrix.callers(pods)))
    assert len(cells) > 200
    plain = [c for c in cells if not c.caller.identity and c.port.tls == "STRICT"]
    assert plain and {c.call.answer for c in plain} == {Answer.DENIED}
    quarantined = [
        c for c in cells if c.caller.name.startswith("quarantine") and c.target.namespace == "secure"
    ]
    assert {c.call.answer for c in quarantined if c.port.number in (8080, 9000)} == {Answer.DENIED}
