"""A whole log: grouped by how lines ended, whatever way they are read."""

from __future__ import annotations

import json

from meshctl.why import formats, tally
from tests.unit.why.test_entries import LINE

GOOD = LINE.replace("503 UF", "200 -").replace('"TLS error: |x y|"', '"-"')


def _lines(*texts: str) -> list[bytes]:
    return [f"{text}\n".encode() for text in texts]


def _counts(found: tally.Tally) -> list[tuple[str, str, int]]:
    return [
        (g.fields.get("response_code", ""), g.fields.get("response_flags", ""), g.count.number)
        for g in (*found.failed, *found.well)
    ]


def test_lines_that_end_alike_are_one_group():
    later = LINE.replace("2026-01-01T00:00:00", "2026-01-01T00:05:00").replace("/v1/a", "/v1/b")
    found = tally.tally(_lines(GOOD, LINE, later, GOOD, GOOD, later))
    assert _counts(found) == [("503", "UF", 3), ("200", "", 3)]
    count = found.failed[0].count
    assert (count.first, count.last) == ("2026-01-01T00:00:00.000Z", "2026-01-01T00:05:00.000Z")
    assert found.failed[0].fields["upstream_transport_failure_reason"] == "TLS error: |x y|"


def test_a_line_that_does_not_fit_the_cut_is_read_slowly_and_counts_the_same():
    odd = LINE.replace("curl/8.5", 'a "quoted" agent')
    found = tally.tally(_lines(LINE, odd, LINE, f"2026-01-01T00:00:00Z stdout F {LINE}"))
    assert _counts(found) == [("503", "UF", 4)]


def test_other_lines_are_counted():
    found = tally.tally(_lines("2026-01-01 warning envoy config", LINE, "", "{not json", LINE))
    assert (found.other, found.lines) == (2, 5)
    assert _counts(found) == [("503", "UF", 2)]


def test_json_lines_and_text_lines_are_one_count():
    entry = {
        "start_time": "2026-01-01T00:00:00.000Z",
        "response_code": 503,
        "response_flags": "UF",
        "response_code_details": "via_upstream",
        "upstream_transport_failure_reason": "TLS error: |x y|",
        "upstream_cluster": "outbound|9080||reviews.bookinfo.svc.cluster.local",
        "route_name": "default",
        "connection_termination_details": None,
        "method": "GET",
    }
    found = tally.tally(_lines(json.dumps(entry), LINE, json.dumps(entry)))
    assert _counts(found) == [("503", "UF", 3)]


def test_a_format_of_the_proxys_own_is_cut_too():
    own = formats.TextFormat(
        '[%START_TIME%] "%REQ(:METHOD)%" %RESPONSE_FLAGS% %RESPONSE_CODE% %DURATION%\n', "own"
    )
    lines = [f'[2026-01-01T00:00:0{i}.000Z] "GET" UH 503 {i}' for i in range(4)]
    found = tally.tally(_lines(*lines), (own,))
    assert _counts(found) == [("503", "UH", 4)]
    assert found.failed[0].count.last == "2026-01-01T00:00:03.000Z"


def test_failures_come_first_the_most_frequent_first():
    other = LINE.replace("503 UF", "404 NR").replace("via_upstream", "route_not_found")
    found = tally.tally(_lines(GOOD, GOOD, GOOD, LINE, other, other))
    assert _counts(found) == [("404", "NR", 2), ("503", "UF", 1), ("200", "", 3)]
