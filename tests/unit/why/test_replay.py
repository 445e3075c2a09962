"""A line on the configuration of the proxy that wrote it: what is involved, what the trace says today, what next."""

from __future__ import annotations

import pytest

from meshctl.envoy.notes import Notes
from meshctl.sources.file import open_given
from meshctl.sources.trace_pods import RecordPods
from meshctl.why import entries
from meshctl.why.explain import explain
from meshctl.why.report import Why, document, today
from tests.corpus import ROOT

CLIENT, SERVER, VIP = "10.244.0.72", "10.244.0.73", "10.102.168.134"


@pytest.fixture(scope="module")
def source():
    return RecordPods(open_given((str(ROOT / "examples" / "story"),)), Notes())


def line(
    *,
    code="200 -",
    details="via_upstream",
    authority="nginx.test",
    path="/",
    cluster="outbound|80||nginx.test.svc.cluster.local",
    host=f"{SERVER}:80",
    local=f"{VIP}:80",
    remote=f"{CLIENT}:40000",
    sni="-",
    route="default",
    failure="-",
) -> str:
    return (
        f'[2026-01-01T00:00:00.000Z] "GET {path} HTTP/1.1" {code} {details} - "{failure}" 0 91 12 - "-" "curl/8.5" "4-1" '
        f'"{authority}" "{host}" {cluster} {CLIENT}:34668 {local} {remote} {sni} {route}'
    )


def why(source, text: str) -> Why:
    entry = entries.read(text)
    assert entry is not None
    return explain(entry, None, source)


def inbound(**more) -> str:
    sni = "outbound_.80_._.nginx.test.svc.cluster.local"
    return line(cluster="inbound|80||", local=f"{SERVER}:80", sni=sni, **more)


def test_an_outbound_line_is_of_the_pod_that_sent_it(source):
    found = why(source, line())
    assert (found.pod.name, found.direction) == ("test-pod", "outbound")
    assert found.replay.agrees is True


def test_an_inbound_line_is_of_the_pod_that_was_called(source):
    found = why(source, inbound())
    assert (found.pod.name, found.direction) == ("nginx-7c79c4bf97-7985c", "inbound")
    assert found.replay.agrees is True


def test_a_refused_connection_is_no_configuration(source):
    found = why(
        source, line(code="503 UF,URX", details="-", failure="delayed connect error: Connection refused")
    )
    assert found.replay.agrees is True
    assert "no configuration of this proxy" in today(found)[0]
    facts = {fact.what: fact.value for fact in found.facts}
    assert facts["TLS to the upstream"].startswith("mutual TLS")
    assert facts["endpoints"] == "1 healthy" and facts["retries"].startswith("2 on ")


def test_an_endpoint_that_is_gone_is_named(source):
    found = why(source, line(code="503 UF", details="-", host="10.244.0.99:80"))
    assert any(f.what == "endpoint 10.244.0.99:80" and "no endpoint" in f.value for f in found.facts)


def test_where_the_log_and_today_disagree_is_said(source):
    found = why(source, line(code="404 NR", details="route_not_found", cluster="-", host="-", route="-"))
    assert found.replay.agrees is False
    assert "the log has flags NR; today it is no flags" in found.replay.differences


def test_a_cluster_that_does_not_exist_today(source):
    gone = "outbound|80|v9|nginx.test.svc.cluster.local"
    found = why(source, line(code="503 NC", details="cluster_not_found", cluster=gone, host="-"))
    assert any(f.what == f"cluster {gone}" and "does not exist today" in f.value for f in found.facts)
    assert found.replay.agrees is False


def test_no_pod_of_the_line_was_given(source):
    found = why(source, line(remote="10.9.9.9:1", code="503 UF", details="-"))
    assert found.replay is None and "no pod with a proxy" in found.missing


def test_the_next_commands_name_the_pod_and_the_cluster(source):
    commands = [one.command for one in why(source, line(code="503 UF", details="-")).next]
    assert any(c.startswith("meshctl -n test pc endpoint test-pod --cluster") for c in commands)
    assert "meshctl -n test trace test-pod 'http://nginx.test/'" in commands


def test_the_document_holds_the_trace(source):
    found = document(why(source, line(code="503 UC", details="-")))
    assert found["schema"] == "meshctl.io/why/v1" and found["stage"] == "app"
    assert found["today"]["agrees"] is True and found["today"]["trace"]["verdict"] == "DELIVERED"
    assert [step["reached"] for step in found["steps"]].count("here") == 1


def test_no_offer_explains_a_refusal_that_today_is_none(source):
    found = why(source, inbound(code="403 -", details="rbac_access_denied_matched_policy[x]", host="-"))
    assert found.replay.agrees is False
