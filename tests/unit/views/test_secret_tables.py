"""``proxy-config secret``: certificates by what they say of themselves, and secrets that have not arrived."""

from __future__ import annotations

import base64
import datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from meshctl.envoy.snapshot import Snapshot
from meshctl.errors import MissingDataError
from meshctl.views.secrets import VIEW, SecretFilter, root_authorities
from tests.unit.views.dumps import columns, snapshot_of

Json = dict[str, Any]
START, END = datetime.datetime(2026, 1, 1), datetime.datetime(2026, 1, 11)


def pem(*names: x509.GeneralName, authority: bool = False, serial: int = 0x0A0B, subject: str = "me") -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)] if subject else [])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
    )
    made = (
        made.not_valid_before(START)
        .not_valid_after(END)
        .add_extension(x509.BasicConstraints(authority, None), True)
    )
    if names:
        made = made.add_extension(x509.SubjectAlternativeName(list(names)), False)
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


LEAF = pem(x509.UniformResourceIdentifier("spiffe://td/ns/a/sa/b"), x509.DNSName("a.com"))
PLAIN = pem(subject="")
ROOT, OTHER_ROOT = pem(authority=True), pem(authority=True)


def chain(text: str) -> Json:
    return {
        "tls_certificate": {"certificate_chain": {"inline_bytes": base64.b64encode(text.encode()).decode()}}
    }


def trusted(text: str) -> Json:
    return {"validation_context": {"trusted_ca": {"inline_string": text}}}


def bundle(**domains: str) -> Json:
    kind = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig"
    found = [{"name": name, "trust_bundle": {"inline_string": text}} for name, text in domains.items()]
    return {
        "validation_context": {
            "custom_validator_config": {
                "name": "spiffe",
                "typed_config": {"@type": kind, "trust_domains": found},
            }
        }
    }


def secrets(**bodies: Json) -> Snapshot:
    entries = [
        {"name": name, "version_info": "v", "last_updated": "t", "secret": {"name": name, **body}}
        for name, body in bodies.items()
    ]
    return snapshot_of("SecretsConfigDump", dynamic_active_secrets=entries)


def at(day: int) -> SecretFilter:
    return SecretFilter(datetime.datetime(2026, 1, day, tzinfo=datetime.UTC))


TIMES = ("2026-01-11T00:00:00Z", "2026-01-01T00:00:00Z")
ROWS = [  # a secret, when, its row behind the name
    (chain(LEAF), 5, ("Cert Chain", "ACTIVE", "true", "0a0b", *TIMES, "td")), (chain(LEAF), 11, ("Cert Chain", "ACTIVE", "false", "0a0b", *TIMES, "td")),
    (chain(LEAF), 1, ("Cert Chain", "ACTIVE", "false", "0a0b", *TIMES, "td")), (trusted(ROOT), 5, ("CA", "ACTIVE", "true", "0a0b", *TIMES)),
    (trusted(ROOT + LEAF), 5, ("CA", "ACTIVE", "true", "0a0b", *TIMES)), (chain("no certificate"), 5, ("", "ACTIVE", "false", "", "", "")), ({}, 5, ("", "ACTIVE", "false", "", "", "")),
    (bundle(td=ROOT), 5, ("CA", "ACTIVE", "true", "0a0b", *TIMES, "td")), (bundle(td="x"), 5, ("", "ACTIVE", "false", "", "", "", "td")), (bundle(), 5, ("", "ACTIVE", "false", "", "", "")),
]  # fmt: skip


@pytest.mark.parametrize(("body", "day", "row"), ROWS)
def test_rows(body: Json, day: int, row: tuple[str, ...]) -> None:
    assert VIEW.short(secrets(default=body), at(day)).rows == [("default", *row)]
    assert VIEW.labelled(secrets(default=body), at(day)).rows == [("secret/default", *row)]


def test_the_trust_domain_is_a_column_only_where_every_secret_has_one() -> None:
    assert VIEW.short(secrets(a=chain(LEAF), b=trusted(ROOT)), at(5)).header[-1] == "NOT BEFORE"
    assert VIEW.short(secrets(a=chain(LEAF), b=bundle(x=ROOT, y=ROOT)), at(5)).header[-1] == "TRUST DOMAIN"
    assert VIEW.names(secrets(a=chain(LEAF), b=bundle(x=ROOT, y=ROOT)), at(5)) == ["a", "b"]
    assert (
        VIEW.short(snapshot_of("SecretsConfigDump"), at(5)).message == "No active or warming secrets found."
    )


WIDE = [  # a secret, when, (expires in, trust domain, names, subject)
    (chain(LEAF), 5, ("6d0h", "td", "spiffe://td/ns/a/sa/b,a.com", "CN=me")), (chain(LEAF), 10, ("1d0h", "td", "spiffe://td/ns/a/sa/b,a.com", "CN=me")),
    (chain(LEAF), 11, ("expired", "td", "spiffe://td/ns/a/sa/b,a.com", "CN=me")), (chain(PLAIN), 5, ("6d0h", "-", "-", "-")), ({}, 5, ("-", "-", "-", "-")),
]  # fmt: skip


@pytest.mark.parametrize(("body", "day", "more"), WIDE)
def test_wide_rows(body: Json, day: int, more: tuple[str, ...]) -> None:
    (row,) = VIEW.wide(secrets(default=body), at(day)).rows
    assert row[7:] == (*more, "v", "t")


@pytest.mark.parametrize(("left", "words"), [
    ({"seconds": 1}, "0h0m"), ({"minutes": 59}, "0h59m"), ({"minutes": 61}, "1h1m"), ({"hours": 23, "minutes": 59}, "23h59m"), ({"hours": 24}, "1d0h"), ({"hours": 47}, "1d23h"),
    ({"seconds": 0}, "expired"), ({"seconds": -1}, "expired"),
])  # fmt: skip
def test_how_long_a_certificate_lasts(left: Json, words: str) -> None:
    now = END.replace(tzinfo=datetime.UTC) - datetime.timedelta(**left)
    assert columns(VIEW.wide(secrets(default=chain(LEAF)), SecretFilter(now)), "EXPIRES IN") == [words]


def test_secrets_that_have_not_arrived_come_first() -> None:
    found = snapshot_of(
        "SecretsConfigDump",
        dynamic_active_secrets=[
            {"name": "a", "version_info": "uninitialized", "secret": {"name": "a"}},
            {"name": "b", "secret": {"name": "b"}},
        ],
        dynamic_warming_secrets=[{"name": "w", "version_info": "uninitialized", "secret": {"name": "w"}}],
    )
    assert [row[:3] for row in VIEW.short(found, at(5)).rows] == [
        ("w", "", "WARMING"),
        ("a", "", "UNINITIALIZED"),
        ("b", "", "ACTIVE"),
    ]


def der(text: str) -> bytes:
    return x509.load_pem_x509_certificate(text.encode()).public_bytes(serialization.Encoding.DER)


@pytest.mark.parametrize(("body", "roots"), [
    (trusted(ROOT), {ROOT}), (trusted(ROOT + OTHER_ROOT), {ROOT, OTHER_ROOT}), (bundle(x=ROOT, y=OTHER_ROOT), {ROOT, OTHER_ROOT}),
    (trusted(base64.b64encode(ROOT.encode()).decode()), {ROOT}),
])  # fmt: skip
def test_the_roots_that_a_proxy_trusts(body: Json, roots: set[str]) -> None:
    assert root_authorities(secrets(default=trusted(LEAF), ROOTCA=body)) == {der(text) for text in roots}


@pytest.mark.parametrize(
    ("bodies", "said"),
    [
        ({}, "has no secret ROOTCA"),
        ({"ROOTCA": trusted("x")}, "holds no certificate"),
        ({"ROOTCA": {}}, "holds no certificate"),
    ],
)
def test_a_proxy_without_roots(bodies: Json, said: str) -> None:
    with pytest.raises(MissingDataError) as raised:
        root_authorities(secrets(default=trusted(ROOT), **bodies))
    assert said in raised.value.what
