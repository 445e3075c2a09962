"""The state of a proxy: refused, warming, waiting; certificates by the time of the dump."""

from __future__ import annotations

import base64
import datetime
import json
from typing import Any

import pytest

from meshctl.check import Severity, Subject, Survey, World
from meshctl.check.finding import Finding
from meshctl.check.moment import moment_of
from meshctl.check.run import examined
from meshctl.envoy import documents, snapshot
from meshctl.envoy.coverage import SectionCoverage, Wholeness
from meshctl.envoy.notes import Notes
from meshctl.proxy.proxy import Proxy
from meshctl.trace.pods import Pod
from tests.cli import dump_bytes
from tests.unit.check.found import findings

Json = dict[str, Any]
_ADMIN = "type.googleapis.com/envoy.admin.v3."
START = datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC)


def recorded(*names: str) -> Proxy:
    notes = Notes()
    found = [d for name in names for d in documents.read(dump_bytes(name), name, notes)]
    return Proxy(snapshot.load(found, names[0], notes))


def made(*sections: Json, server_info: Json | None = None) -> Proxy:
    notes = Notes()
    always = [
        {"@type": f"{_ADMIN}{kind}"}
        for kind in ("ClustersConfigDump", "ListenersConfigDump", "RoutesConfigDump")
    ]
    bootstrap = {
        "@type": f"{_ADMIN}BootstrapConfigDump",
        "bootstrap": {},
        "last_updated": "2026-11-01T00:00:00.123456789Z",
    }
    named = {section["@type"] for section in sections}
    configs = [bootstrap, *(one for one in always if one["@type"] not in named), *sections]
    bodies = [json.dumps({"configs": configs}).encode()]
    bodies += [json.dumps(server_info).encode()] if server_info else []
    return Proxy(
        snapshot.load([d for body in bodies for d in documents.read(body, "test", notes)], "test", notes)
    )


def test_what_envoy_refused_is_told_in_its_own_words():
    found = findings(recorded("nacklistener.config_dump"), "resource-rejected")
    by_name = {one.object: one.message for one in found}
    assert "the form before stays in force" in by_name["listener virtualInbound"]
    assert "it is not in force at all" in by_name["listener 0.0.0.0_7070"]
    assert all("has the same matching rules" in one.message for one in found)


def test_a_gateways_secret_that_never_came():
    (found,) = findings(recorded("missing-certificate.config_dump"), "secret-missing")
    assert found.object == "secret kubernetes://missing-cert"
    assert "listener 0.0.0.0_8443 (SNI a.example.com)" in found.message
    assert "Create the Kubernetes secret missing-cert" in found.fix


def clusters(**arrays: Any) -> Json:
    return {"@type": f"{_ADMIN}ClustersConfigDump", **arrays}


EDS = {"name": "c", "type": "EDS"}


@pytest.mark.parametrize(
    ("arrays", "severity", "words"),
    [
        (
            {"dynamic_warming_clusters": [{"cluster": EDS}]},
            Severity.ERROR,
            "it waits for the endpoints of c (EDS)",
        ),
        (
            {"dynamic_warming_clusters": [{"cluster": EDS}], "dynamic_active_clusters": [{"cluster": EDS}]},
            Severity.INFO,
            "the form before is in force",
        ),
    ],
)
def test_a_warming_cluster(arrays, severity, words):
    (found,) = findings(made(clusters(**arrays)), "resource-warming")
    assert found.severity is severity
    assert words in found.message


@pytest.mark.parametrize(
    ("state", "severity"), [("LIVE", None), ("PRE_INITIALIZING", Severity.ERROR), ("DRAINING", Severity.INFO)]
)
def test_an_envoy_that_is_not_live(state, severity):
    info = {"version": "v", "state": state, "uptime_current_epoch": "34s", "command_line_options": {}}
    found = findings(made(server_info=info), "proxy-not-ready")
    assert [one.severity for one in found] == ([severity] if severity else [])


def test_a_route_table_that_is_not_there_is_an_error_only_where_all_were_given():
    manager = {
        "name": "h",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "rds": {"route_config_name": "80"},
        },
    }
    listener = {
        "name": "l",
        "address": {"socket_address": {"address": "0.0.0.0", "port_value": 80}},
        "filter_chains": [{"filters": [manager]}],
    }
    section = {"@type": f"{_ADMIN}ListenersConfigDump", "static_listeners": [{"listener": listener}]}
    proxy = made(section)
    (found,) = findings(proxy, "route-table-missing")
    assert "its route table 80 is not there" in found.message
    proxy.snapshot.coverage[snapshot.SectionKind.ROUTES] = SectionCoverage(
        Wholeness.PARTIAL, "it was filtered"
    )
    assert findings(proxy, "route-table-missing") == []


def certificate(
    begin: float,
    end: float,
    names: str = "spiffe://cluster.local/ns/a/sa/b",
    signer: Any = None,
    authority: bool = False,
) -> tuple[bytes, Any]:
    """A certificate valid from and to so many hours after START, in PEM, and (certificate, key) to sign others with."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "root" if authority else "leaf")])
    issuer, signing = (signer[0].subject, signer[1]) if signer else (name, key)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(START + datetime.timedelta(hours=begin))
        .not_valid_after(START + datetime.timedelta(hours=end))
        .add_extension(x509.BasicConstraints(authority, None), True)
        .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(names)]), False)
        .sign(signing, hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.PEM), (built, key)


def secrets(chain: bytes, roots: bytes) -> Json:
    def encoded(pem: bytes) -> Json:
        return {"inline_bytes": base64.b64encode(pem).decode()}

    return {
        "@type": f"{_ADMIN}SecretsConfigDump",
        "dynamic_active_secrets": [
            {"name": "default", "version_info": "1", "secret": {"name": "default", "tls_certificate": {"certificate_chain": encoded(chain)}}},
            {"name": "ROOTCA", "version_info": "1", "secret": {"name": "ROOTCA", "validation_context": {"trusted_ca": encoded(roots)}}},
        ],
    }  # fmt: skip


def info(uptime: str) -> Json:
    return {"version": "v", "state": "LIVE", "uptime_current_epoch": uptime, "command_line_options": {}}


ROOT, SIGNER = certificate(-100, 87600, authority=True)
OTHER, STRANGER = certificate(-100, 87600, authority=True)


def of(proxy: Proxy, *codes: str, now: float | None = None) -> list[Finding]:
    subject = Subject(Pod("p", "ns", proxy=proxy), World(now))
    return [one for one in examined(subject) if isinstance(one, Finding) and one.code in codes]


@pytest.mark.parametrize(
    ("begin", "end", "uptime", "expected"),
    [
        (0, 24, "3600s", []),
        (0, 24, "79200s", [(Severity.WARNING, "expires in 1 h")]),  # 22 h: Istio renews at half of the life
        (0, 24, "90000s", [(Severity.ERROR, "expired 1 h before")]),
        (2, 24, "60s", [(Severity.ERROR, "not valid yet")]),
        (0, 24 * 365, "60s", []),
        (0, 24 * 90, f"{3600 * 24 * 60}s", []),  # a third is left: cert-manager is about to renew it
    ],
)
def test_certificates_are_judged_by_the_time_of_the_dump(begin, end, uptime, expected):
    chain, _ = certificate(begin, end, signer=SIGNER)
    found = of(made(secrets(chain, ROOT), server_info=info(uptime)), "certificate-invalid")
    assert len(found) == len(expected)
    for one, (severity, words) in zip(found, expected, strict=True):
        assert one.severity is severity
        assert words in one.message


def test_a_dump_without_uptime_is_only_known_to_be_later_than_its_latest_update():
    chain, _ = certificate(0, 24, signer=SIGNER)
    proxy = made(secrets(chain, ROOT))
    moment = moment_of(proxy.snapshot, None)
    assert moment is not None and not moment.exact
    assert of(proxy, "certificate-invalid") == []
    old, _ = certificate(-50, -1, signer=SIGNER)
    (found,) = of(made(secrets(old, ROOT)), "certificate-invalid")
    assert found.severity is Severity.ERROR


def test_live_it_is_now():
    chain, _ = certificate(0, 24, signer=SIGNER)
    proxy = made(secrets(chain, ROOT))
    assert len(of(proxy, "certificate-invalid", now=(START + datetime.timedelta(hours=30)).timestamp())) == 1


def test_a_certificate_of_another_root():
    chain, _ = certificate(0, 24, signer=STRANGER)
    assert len(of(made(secrets(chain, ROOT)), "certificate-of-another-root")) == 1
    assert of(made(secrets(chain, ROOT + OTHER)), "certificate-of-another-root") == []


def test_pods_that_trust_different_roots():
    first, _ = certificate(0, 24, signer=SIGNER)
    second, _ = certificate(0, 24, signer=STRANGER)

    def surveyed(*given: tuple[bytes, bytes]) -> list[Finding]:
        survey = Survey(World())
        for index, (chain, roots) in enumerate(given):
            survey.add(Subject(Pod(f"p{index}", "ns", proxy=made(secrets(chain, roots))), World()))
        return [one for one in survey.report().findings if one.code == "roots-apart"]

    (found,) = surveyed((first, ROOT), (first, ROOT), (second, OTHER))
    assert set(found.pods) == {"p0.ns", "p1.ns", "p2.ns"}
    assert surveyed((first, ROOT), (second, ROOT + OTHER)) != []  # one of them refuses the other
    assert surveyed((first, ROOT + OTHER), (second, OTHER + ROOT)) == []
    assert surveyed((first, ROOT), (first, ROOT)) == []
