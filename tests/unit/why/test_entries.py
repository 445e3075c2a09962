"""One line of a log as fields: Istio's formats old and new, JSON, formats of one's own, collectors' marks."""

from __future__ import annotations

import json

import pytest

from meshctl.why import entries, formats

TAIL = (
    '0 91 12 - "-" "curl/8.5" "84961386-6d84" "reviews:9080" "10.244.1.13:9080" '
    "outbound|9080||reviews.bookinfo.svc.cluster.local 10.244.1.10:34668 10.96.23.33:9080 10.244.1.10:40668 - default"
)
LINE = f'[2026-01-01T00:00:00.000Z] "GET /v1/a HTTP/1.1" 503 UF via_upstream - "TLS error: |x y|" {TAIL}'


def test_the_default_format_of_istio():
    entry = entries.read(LINE)
    assert entry is not None
    assert entry.source == "Istio 1.9 and later"
    assert (entry.code, entry["response_flags"], entry["path"]) == (503, "UF", "/v1/a")
    assert entry["upstream_transport_failure_reason"] == "TLS error: |x y|"
    assert entry["route_name"] == "default" and entry.direction == "outbound"
    assert entry.headers == (("user-agent", "curl/8.5"), ("x-request-id", "84961386-6d84"))


@pytest.mark.parametrize(
    ("middle", "tail", "source"),
    [
        ('503 UF "-" "-"', TAIL, "Istio 1.4 to 1.8"),
        ('503 UF via_upstream "-"', TAIL, "Istio 1.8"),
        ("503 UF", TAIL.removesuffix(" default"), "Istio 1.0"),
        ('503 UF "-"', TAIL.removesuffix(" default"), "Istio 1.1 to 1.3"),
        ("503 UF", TAIL.split(" outbound|")[0], "Envoy's default"),
    ],
)
def test_formats_of_older_releases(middle, tail, source):
    entry = entries.read(f'[2019-01-01T00:00:00.000Z] "GET / HTTP/1.1" {middle} {tail}')
    assert entry is not None
    assert (entry.source, entry.code, entry["response_flags"]) == (source, 503, "UF")
    assert entry["upstream_host"] == "10.244.1.13:9080"


@pytest.mark.parametrize(
    "before",
    [
        "2026-01-01T00:00:00.123456789Z stdout F ",
        "pod-7c9 istio-proxy ",
        "[pod/reviews-v1/istio-proxy] ",
        "Jan 01 00:00:00 node-1 istio-proxy[123]: ",
    ],
)
def test_what_a_collector_puts_before_a_line_is_taken_off(before):
    entry = entries.read(before + LINE)
    assert entry is not None and entry.code == 503 and entry["route_name"] == "default"


def test_a_container_runtimes_json_around_a_line():
    entry = entries.read(json.dumps({"log": LINE + "\n", "stream": "stdout", "time": "2026-01-01T00:00:00Z"}))
    assert entry is not None and entry["upstream_host"] == "10.244.1.13:9080"


def test_json_of_istio_and_of_others():
    entry = entries.read(json.dumps({"response_code": 404, "response_flags": "NR", "route_name": None}))
    assert entry is not None and (entry.code, entry["response_flags"], entry["route_name"]) == (404, "NR", "")
    other = entries.read(
        json.dumps({"status": "503", "responseFlags": "UF", "upstreamCluster": "inbound|80||"})
    )
    assert other is not None and (other.code, other.direction) == (503, "inbound")


def test_a_quote_inside_a_value_does_not_move_the_others():
    line = LINE.replace("curl/8.5", 'a "quoted" agent')
    entry = entries.read(line)
    assert entry is not None
    assert entry["user_agent"] == 'a "quoted" agent' and entry["route_name"] == "default"


def test_what_is_more_at_the_end_is_kept():
    entry = entries.read(LINE + ' "x-b3=1"')
    assert entry is not None and entry["route_name"] == "default" and entry["more"] == '"x-b3=1"'


def test_a_format_of_the_proxys_own():
    own = formats.TextFormat("%RESPONSE_CODE%|%RESPONSE_FLAGS%|%REQ(X-TEAM)%|%UPSTREAM_CLUSTER_RAW%\n", "own")
    entry = entries.read("503|UH|payments|outbound|80||a.b\n", (own,))
    assert entry is not None and entry.source == "own"
    assert entry.headers == (("x-team", "payments"),) and entry["response_flags"] == "UH"


def test_the_formats_of_a_configuration_are_found_where_they_stand():
    text = {"log_format": {"text_format_source": {"inline_string": "%RESPONSE_CODE%\n"}}}
    old = {"format": "%RESPONSE_FLAGS%\n"}
    own = {"log_format": {"json_format": {"c": "%RESPONSE_CODE%", "up": {"f": "%RESPONSE_FLAGS%"}}}}
    config = {
        "filters": [{"access_log": [{"typed_config": x} for x in (text, old, own)]}],
        "access_log": "odd",
    }
    found = formats.distinct(formats.configured(config, "it"))
    assert [getattr(one, "text", None) for one in found] == ["%RESPONSE_CODE%\n", "%RESPONSE_FLAGS%\n", None]
    entry = entries.read('{"c": 503, "up": {"f": "UF"}}', found)
    assert entry is not None and (entry.code, entry["response_flags"]) == (503, "UF")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "2026-01-01T00:00:00Z\twarning\tenvoy config\tgRPC config rejected",
        '{"level": "info", "msg": "starting"}',
        '[2026-01-01T00:00:00.000Z] "GET / HTTP/1.1" none of it',
        "{}",
        "{",
        "[2026-01-01T00:00:00.000Z]",
    ],
)
def test_what_is_no_entry_is_none(line):
    assert entries.read(line) is None
