"""``proxy-config secret``: the certificates and trust bundles that the proxy holds.

Follows istio/istioctl/pkg/writer/compare/sds: warming secrets first, then the active ones, each in the order of
the dump. A secret that has not arrived yet has no body; istioctl fails on it, here it is a row. Private keys
are never shown: see ``meshctl.envoy.secrets``.
"""

from __future__ import annotations

import datetime
from typing import Any

import msgspec

from meshctl.envoy import certificates, typed
from meshctl.envoy.certificates import Certificate
from meshctl.envoy.schema.names import Convert
from meshctl.envoy.secrets import DataSource, Secret, TlsCertificate, ValidationContext
from meshctl.envoy.snapshot import Resource, SectionKind, Snapshot, State
from meshctl.errors import MissingDataError
from meshctl.views.table import Table
from meshctl.views.view import Layout, View, require

KIND = SectionKind.SECRETS
MESSAGE = "envoy.admin.v3.SecretsConfigDump"
HEADER = ("RESOURCE NAME", "TYPE", "STATUS", "VALID CERT", "SERIAL NUMBER", "NOT AFTER", "NOT BEFORE")
_UNINITIALIZED = "uninitialized"
_NONE = "No active or warming secrets found."


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


class SecretFilter(msgspec.Struct, frozen=True):
    """No filters; only the time at which validity is judged."""

    now: datetime.datetime = msgspec.field(default_factory=_now)


class Item(msgspec.Struct, frozen=True):
    """One row: a secret, or one trust domain of a SPIFFE bundle."""

    name: str
    status: str
    certificate: Certificate | None
    trust_domain: str = ""
    resource: Resource | None = None


def check(snapshot: Snapshot) -> None:
    require(snapshot, KIND, "secrets")


def items(snapshot: Snapshot) -> list[Item]:
    """The dynamic secrets, warming ones first."""
    warming = snapshot.resources(KIND, State.WARMING)
    active = snapshot.resources(KIND, State.ACTIVE)
    return [item for resource in (*warming, *active) for item in _items(resource, snapshot)]


def _status(resource: Resource) -> str:
    if resource.state is State.ACTIVE and resource.version_info == _UNINITIALIZED:
        return "UNINITIALIZED"
    return resource.state.name


def _items(resource: Resource, snapshot: Snapshot) -> list[Item]:
    secret = typed.read(Secret, resource.raw, snapshot.notes, resource.path)
    blank = Item(resource.listed_name, _status(resource), None, resource=resource)
    chain = ((secret.tls_certificate or TlsCertificate()).certificate_chain or DataSource()).data
    context = secret.validation_context or ValidationContext()
    authority = (context.trusted_ca or DataSource()).data
    if chain or authority:
        certificate = certificates.first(chain or authority)
        domain = certificate.trust_domain if certificate else ""
        return [msgspec.structs.replace(blank, certificate=certificate, trust_domain=domain)]
    validator = context.custom_validator_config
    domains = validator.typed_config.trust_domains if validator and validator.typed_config else []
    return [
        msgspec.structs.replace(
            blank,
            certificate=certificates.first((domain.trust_bundle or DataSource()).data),
            trust_domain=domain.name,
        )
        for domain in domains
    ] or [blank]


def _row(item: Item, now: datetime.datetime, prefix: str) -> tuple[str, ...]:
    certificate = item.certificate
    if certificate is None:
        return prefix + item.name, "", item.status, "false", "", "", ""
    return (
        prefix + item.name,
        "CA" if certificate.is_authority else "Cert Chain",
        item.status,
        "true" if certificate.is_valid(now) else "false",
        certificate.serial,
        _rfc3339(certificate.not_after),
        _rfc3339(certificate.not_before),
    )


def _rfc3339(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _table(snapshot: Snapshot, wanted: SecretFilter, prefix: str) -> Table:
    found = items(snapshot)
    rows = [_row(item, wanted.now, prefix) for item in found]
    if not rows or not all(item.trust_domain for item in found):
        return Table(HEADER, rows, message=_NONE)
    rows = [(*row, item.trust_domain) for row, item in zip(rows, found, strict=True)]
    return Table((*HEADER, "TRUST DOMAIN"), rows)


def short(snapshot: Snapshot, wanted: SecretFilter) -> Table:
    return _table(snapshot, wanted, "")


def labelled(snapshot: Snapshot, wanted: SecretFilter) -> Table:
    return _table(snapshot, wanted, "secret/")


def values(snapshot: Snapshot, wanted: SecretFilter, convert: Convert) -> Any:
    section = snapshot.section(KIND)
    return convert(MESSAGE, msgspec.json.decode(section.raw)) if section else {}


def names(snapshot: Snapshot, wanted: SecretFilter) -> list[str]:
    return list(dict.fromkeys(item.name for item in items(snapshot)))


def root_authorities(snapshot: Snapshot) -> frozenset[bytes]:
    """The root certificates (DER) that the proxy trusts for the mesh: those of the secret ROOTCA."""
    check(snapshot)
    for resource in snapshot.resources(KIND, State.ACTIVE):
        if resource.listed_name != "ROOTCA":
            continue
        secret = typed.read(Secret, resource.raw, snapshot.notes, resource.path)
        context = secret.validation_context or ValidationContext()
        validator = context.custom_validator_config
        domains = validator.typed_config.trust_domains if validator and validator.typed_config else []
        sources = [context.trusted_ca, *(domain.trust_bundle for domain in domains)]
        found = [der for source in sources if source for der in certificates.blocks(_decoded(source.data))]
        if found:
            return frozenset(found)
        raise MissingDataError(f"the secret ROOTCA of {snapshot.origin} holds no certificate")
    raise MissingDataError(
        f"{snapshot.origin} has no secret ROOTCA",
        "Its certificates come from files, or istiod has not answered yet.",
        "`meshctl proxy-config secret` lists what it has.",
    )


def _decoded(data: bytes) -> bytes:
    """A bundle that was encoded once more than it should be: istioctl reads no other."""
    import base64
    import binascii

    if b"-----BEGIN" in data:
        return data
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return data


def _remaining(certificate: Certificate, now: datetime.datetime) -> str:
    left = certificate.not_after - now
    if left.total_seconds() <= 0:
        return "expired"
    hours = int(left.total_seconds() // 3600)
    return (
        f"{hours // 24}d{hours % 24}h" if hours >= 24 else f"{hours}h{int(left.total_seconds() // 60) % 60}m"
    )


def _wide(snapshot: Snapshot, wanted: SecretFilter) -> Table:
    header = (
        *HEADER,
        "EXPIRES IN",
        "TRUST DOMAIN",
        "SUBJECT ALT NAMES",
        "SUBJECT",
        "VERSION",
        "LAST UPDATED",
    )
    rows = []
    for item in items(snapshot):
        certificate, resource = item.certificate, item.resource
        rows.append(
            (
                *(cell or "-" for cell in _row(item, wanted.now, "")),
                _remaining(certificate, wanted.now) if certificate else "-",
                item.trust_domain or "-",
                ",".join(certificate.names) or "-" if certificate else "-",
                certificate.subject or "-" if certificate else "-",
                (resource.version_info if resource else "") or "-",
                (resource.last_updated if resource else "") or "-",
            )
        )
    return Table(header, rows, message=_NONE)


def _nothing_unseen(snapshot: Snapshot) -> list[str]:
    return []


VIEW: View[SecretFilter] = View(check, short, labelled, _wide, values, names, _nothing_unseen, Layout.JSONPB)
