"""What a line says: who answered, at which stage, what led to it."""

from __future__ import annotations

import pytest

from meshctl.proxy.model import Stage
from meshctl.why import account
from meshctl.why.account import PROXY, UNKNOWN, UPSTREAM, Reach
from meshctl.why.entries import LogEntry

CASES = [
    # code, flags, details, more: answered by, stage, failed, word of the headline
    ("200", "", "via_upstream", {}, UPSTREAM, Stage.APPLICATION, False, "answered"),
    ("503", "", "via_upstream", {}, UPSTREAM, Stage.APPLICATION, True, "only passed it on"),
    ("503", "UF,URX", "", {}, PROXY, Stage.ENDPOINT, True, "No connection"),
    ("503", "URX,UF", "upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:"
     "_Connection_refused}", {}, PROXY, Stage.ENDPOINT, True, "Connection refused"),
    ("503", "UC", "upstream_reset_before_response_started{connection_termination}", {}, PROXY, Stage.APPLICATION, True, "closed"),
    ("503", "UH", "no_healthy_upstream", {}, PROXY, Stage.ENDPOINT, True, "no host"),
    ("503", "NC", "cluster_not_found", {}, PROXY, Stage.CLUSTER, True, "does not exist"),
    ("503", "UO", "upstream_reset_before_response_started{overflow}", {}, PROXY, Stage.CLUSTER, True, "circuit breaker"),
    ("404", "NR", "route_not_found", {}, PROXY, Stage.ROUTE, True, "No virtual host"),
    ("504", "UT", "response_timeout", {}, PROXY, Stage.APPLICATION, True, "time-out"),
    ("403", "", "rbac_access_denied_matched_policy[none]", {}, PROXY, Stage.HTTP_FILTER, True, "No ALLOW"),
    ("403", "UAEX", "ext_authz_denied", {}, PROXY, Stage.HTTP_FILTER, True, "authorizer"),
    ("401", "", "jwt_authn_access_denied{Jwt_is_missing}", {}, PROXY, Stage.HTTP_FILTER, True, "Jwt is missing"),
    ("301", "", "direct_response", {}, PROXY, None, False, "route itself"),
    ("0", "NR", "filter_chain_not_found", {}, PROXY, Stage.CHAIN, True, "No filter chain"),
    ("0", "DC", "downstream_remote_disconnect", {}, PROXY, Stage.LISTENER, True, "client closed"),
    ("0", "", "", {}, UNKNOWN, None, False, "without a fault"),
    ("0", "", "", {"connection_termination_details": "rbac_access_denied_matched_policy[ns[a]-policy[b]-rule[0]]"},
     UNKNOWN, Stage.HTTP_FILTER, True, "a/b"),
    ("0", "UF,URX", "", {"upstream_transport_failure_reason": "delayed connect error: Connection refused"},
     PROXY, Stage.ENDPOINT, True, "refused"),
    ("503", "UF", "upstream_reset_before_response_started{remote_connection_failure}",
     {"upstream_transport_failure_reason": "TLS_error:|268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:"
      "TLS_error_end"}, PROXY, Stage.ENDPOINT, True, "certificate was not accepted"),
    ("503", "", "", {"upstream_service_time": "4", "method": "GET"}, UPSTREAM, Stage.APPLICATION, True, "upstream answered"),
    ("503", "", "", {"method": "GET"}, UNKNOWN, None, True, "nothing in the line says why"),
    ("200", "DI", "via_upstream", {}, UPSTREAM, Stage.APPLICATION, False, "answered"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "flags", "details", "more", "by", "stage", "failed", "says"), CASES)
def test_what_a_line_says(code, flags, details, more, by, stage, failed, says):
    fields = {"response_code": code, "response_flags": flags, "response_code_details": details, **more}
    if code != "0":
        fields.setdefault("method", "GET")
    found = account.of_entry(LogEntry({k: v for k, v in fields.items() if v}, "Istio 1.9 and later"))
    assert (found.answered_by, found.stage, found.failed) == (by, stage, failed)
    assert says in found.headline
    if failed and stage is not None:
        assert [p.stage for p in found.places if p.reach is Reach.HERE] == [stage]


def test_the_stages_behind_the_end_are_not_reached():
    found = account.of_words("404", ["NR"], "route_not_found")
    reached = {place.stage: place.reach for place in found.places}
    assert reached[Stage.LISTENER] is Reach.PASSED
    assert reached[Stage.CLUSTER] is reached[Stage.APPLICATION] is Reach.BEYOND


def test_how_far_a_request_came_whose_client_left_is_told_by_its_fields():
    fields = {
        "response_code": "0",
        "response_flags": "DC",
        "method": "GET",
        "upstream_cluster": "outbound|80||a",
    }
    reached = {p.stage: p.reach for p in account.of_entry(LogEntry(fields, "x")).places}
    assert reached[Stage.CLUSTER] is Reach.PASSED and reached[Stage.APPLICATION] is Reach.UNKNOWN


def test_a_flag_of_a_newer_envoy_is_unknown_by_name():
    found = account.of_words("503", ["XYZ"], "")
    assert found.unknown == ("XYZ",) and found.stage is None and "nothing in the line" in found.headline
