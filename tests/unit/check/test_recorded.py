"""Recorded meshes: no error that is none, few warnings, each of them explained here.

The meshes are scenarios: some hold faults on purpose, which are to be found. A new line in the output of ``check`` must be
explained here, or it is a false alarm.
"""

from __future__ import annotations

import json

import pytest

from meshctl.check import Severity
from meshctl.plain import Json
from tests.cli import run
from tests.corpus import corpus

pytestmark = pytest.mark.corpus

# scenario -> (code, object): why it is right
EXPECTED: dict[str, dict[tuple[str, str], str]] = {
    "e2e/story": {},
    "e2e/special": {},
    "e2e/bookinfo": {
        ("cluster-missing", "route 9080 > details.bookinfo.svc.cluster.local:9080 > #1"): "the scenario names subset v9",
        ("cluster-missing", "route 9080 > details.bookinfo.svc.cluster.local:9080 > #2"): "and a host nosuchservice",
        ("cluster-missing", "route 80 > ratings.legacy.example.com:80 > #1 (.only)"): "destinations without a port: istiod takes 80",
        ("cluster-missing", "route 80 > ratings.legacy.example.com:80 > #2"): "the same",
    },
    "e2e/egress": {
        ("endpoints-none", "cluster outbound|5432||pg-c.data.svc.cluster.local"): "the scenario has no pod of pg-c",
        ("endpoints-none", "cluster outbound|80||noendpoints.legacy.svc.cluster.local"): "a service without endpoints, on purpose",
        ("endpoints-none", "cluster outbound|80||nxdomain.example.com"): "a name that does not resolve, on purpose",
    },
    "e2e/gateway": {
        ("cluster-missing", "route 80 > plain.example.com:80 > #2"): "mesh is among the VirtualService's gateways, its destination has no port",
        ("cluster-missing", "route 80 > shop.example.com:80 > #2"): "the same",
        ("gateway-port-closed", "Gateway web/second"): "its ports 8080, 9443 and 9444 are in no Service of the gateway",
    },
    "e2e/security": {
        ("policy-denies-all", "authorization"): "namespace permissive has a deny-all",
        ("policy-http-on-tcp", "AuthorizationPolicy secure/deny-delete rule 1"): "DENY with methods, and the pod has TCP ports",
    },
    "dumps/scale-500": {},
    "dumps/story": {},
}  # fmt: skip
ERRORS = {"e2e/bookinfo": 2}


def report(folder: str) -> Json:
    found: Json = json.loads(run("check", "-f", str(corpus(folder)), "-o", "json").out)
    return found


@pytest.mark.parametrize("folder", EXPECTED)
def test_a_recorded_mesh_has_what_is_explained_and_nothing_else(folder):
    found = report(folder)["findings"]
    told = {(one["code"], one["object"]) for one in found if one["severity"] != Severity.INFO}
    assert told == EXPECTED[folder].keys()
    assert sum(one["severity"] == Severity.ERROR for one in found) == ERRORS.get(folder, 0)


@pytest.mark.parametrize(
    ("folder", "codes"),
    [
        ("nacklistener", {"resource-rejected"}),
        ("warming", {"resource-warming"}),
        ("initstuck", {"proxy-not-ready", "resource-warming"}),
        ("edge-missing-cert", {"secret-missing"}),
        ("nackcluster", {"cluster-missing"}),
    ],
)
def test_a_real_envoy_in_a_bad_state_is_found(folder, codes):
    found = report(f"dumps/states/{folder}/live")["findings"]
    assert {one["code"] for one in found if one["severity"] == Severity.ERROR} == codes


def test_no_check_stumbles_over_what_is_recorded():
    for folder in EXPECTED:
        said = [one["needs"] for one in report(folder)["undecided"]]
        assert not [text for text in said if "not of the shape" in text]
