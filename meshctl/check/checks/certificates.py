"""Certificates that the proxy holds: expired, due, not yet valid, not signed by the root it trusts; over pods: one root.

Judged by the time of the dump (``moment``). A certificate is due when less than a sixth of its life is left, at most two
weeks: Istio renews its own at half of theirs, cert-manager at a third.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence

from meshctl.check.check import Check, Hits, MeshCheck, Unsure
from meshctl.check.finding import Hit, Severity
from meshctl.check.moment import Moment, moment_of
from meshctl.check.subject import Need, Subject, World
from meshctl.envoy import certificates, typed
from meshctl.envoy.certificates import Certificate
from meshctl.envoy.secrets import DataSource, Secret, TlsCertificate, ValidationContext
from meshctl.envoy.sections import SectionKind, State
from meshctl.envoy.snapshot import Snapshot
from meshctl.plain import listed
from meshctl.values import Struct

_SOON = datetime.timedelta(days=14)
_PART = 6
WORKLOAD, ROOTS = "default", "ROOTCA"


class Held(Struct, frozen=True):
    """A secret's certificates, in order; authorities: it is a bundle of those that are trusted."""

    name: str
    path: str
    ders: tuple[bytes, ...]
    authorities: bool


def held(snapshot: Snapshot) -> Iterator[Held]:
    """The certificates in the dump's secrets."""
    for resource in snapshot.resources(SectionKind.SECRETS, State.ACTIVE, State.STATIC):
        secret = typed.read(Secret, resource.raw, snapshot.notes, resource.path)
        chain = ((secret.tls_certificate or TlsCertificate()).certificate_chain or DataSource()).data
        if chain:
            yield Held(resource.name, resource.path, tuple(certificates.blocks(chain)), False)
        roots = tuple(der for source in _bundles(secret) for der in certificates.blocks(source.data))
        if roots:
            yield Held(resource.name, resource.path, roots, True)


def _bundles(secret: Secret) -> list[DataSource]:
    context = secret.validation_context or ValidationContext()
    validator = context.custom_validator_config
    domains = validator.typed_config.trust_domains if validator and validator.typed_config else []
    return [
        source for source in (context.trusted_ca, *(d.trust_bundle for d in domains)) if source is not None
    ]


def validity(subject: Subject) -> Hits:
    """Certificates that were not valid when the dump was taken, or not for long."""
    snapshot = subject.snapshot
    assert snapshot is not None
    moment = moment_of(snapshot, subject.world.now)
    for one in held(snapshot):
        for der in one.ders:
            certificate = certificates.parse(der)
            if certificate is None:
                continue
            if moment is None:
                yield Unsure(f"secret {one.name}", "when the dump was taken is not known")
                break
            yield from _judged(one, certificate, moment)


def _judged(one: Held, certificate: Certificate, moment: Moment) -> Iterator[Hit]:
    name = f"secret {one.name}"
    whose = f"certificate {certificate.names[0] if certificate.names else certificate.subject or certificate.serial}"
    evidence = (
        one.path,
        f"serial {certificate.serial}",
        f"valid {certificate.not_before:%Y-%m-%d %H:%M} to {certificate.not_after:%Y-%m-%d %H:%M} UTC",
    )
    at = f"{moment.time:%Y-%m-%d %H:%M} UTC"
    left = certificate.not_after - moment.time
    life = certificate.not_after - certificate.not_before
    if left <= datetime.timedelta(0):
        yield Hit(name, f"{whose} expired {_span(-left)} before the proxy was asked ({at})", evidence)
    elif moment.exact and certificate.not_before > moment.time:
        yield Hit(
            name,
            f"{whose} is not valid yet: it begins {_span(certificate.not_before - moment.time)} later",
            evidence,
        )
    elif moment.exact and left < min(life / _PART, _SOON):
        said = f"{whose} expires in {_span(left)}, and should have been renewed by now"
        yield Hit(name, said, evidence, severity=Severity.WARNING)


def _span(span: datetime.timedelta) -> str:
    hours = int(span.total_seconds() // 3600)
    if hours >= 48:
        return f"{hours // 24} days"
    return f"{hours} h" if hours else f"{int(span.total_seconds() // 60)} min"


def own_root(subject: Subject) -> Hits:
    """A workload certificate that the proxy's own roots do not verify."""
    snapshot = subject.snapshot
    assert snapshot is not None
    fact = trust_of(snapshot)
    if fact is None or not fact.chain or not fact.roots:
        return
    if not issued_by(fact.chain, fact.roots):
        issuer = certificates.parse(fact.chain[-1])
        said = "the proxy's own certificate is not signed by any root that the proxy trusts: peers of the same trust refuse it"
        evidence = tuple(
            f"it trusts {c.subject}, serial {c.serial}"
            for der in fact.roots
            if (c := certificates.parse(der))
        )
        signed = (f"the chain ends with {issuer.subject}",) if issuer is not None else ()
        yield Hit(f"secret {WORKLOAD}", said, (*signed, *evidence[:3]))


class Trust(Struct, frozen=True):
    """A proxy's workload certificate with its chain, and the roots it trusts."""

    chain: tuple[bytes, ...]
    roots: frozenset[bytes]


def trust_of(snapshot: Snapshot) -> Trust | None:
    """What a proxy shows its peers and what it trusts; None where it has neither."""
    chain: tuple[bytes, ...] = ()
    roots: frozenset[bytes] = frozenset()
    for one in held(snapshot):
        if one.name == WORKLOAD and not one.authorities:
            chain = one.ders
        elif one.name == ROOTS and one.authorities:
            roots = frozenset(one.ders)
    return Trust(chain, roots) if chain or roots else None


def issued_by(chain: Sequence[bytes], roots: frozenset[bytes]) -> bool:
    """Whether a chain leads to one of the roots. What cannot be read counts as doing so: nothing is concluded from it."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature

    if not roots.isdisjoint(chain):
        return True
    try:
        own = [x509.load_der_x509_certificate(der) for der in chain]
        trusted = [x509.load_der_x509_certificate(der) for der in roots]
    except ValueError:
        return True
    for certificate in own:
        for root in trusted:
            if certificate.issuer != root.subject:
                continue
            try:
                certificate.verify_directly_issued_by(root)
                return True
            except InvalidSignature:
                continue
            except (TypeError, ValueError):
                return True
    return False


def _trust(subject: Subject) -> Trust | None:
    fact = trust_of(subject.snapshot) if subject.snapshot is not None else None
    return fact if fact is not None and fact.chain and fact.roots else None


def one_root(facts: Sequence[tuple[str, Trust]], _: World) -> Hits:
    """Proxies of one mesh that do not trust each other."""
    groups: dict[frozenset[bytes], list[tuple[str, Trust]]] = {}
    for name, fact in facts:
        groups.setdefault(fact.roots, []).append((name, fact))
    ordered = sorted(groups.items(), key=lambda group: -len(group[1]))
    for index, (roots, members) in enumerate(ordered):
        for others, strangers in ordered[index + 1 :]:
            apart = [name for name, fact in strangers if not issued_by(fact.chain, roots)]
            refused = [name for name, fact in members if not issued_by(fact.chain, others)]
            if not apart and not refused:
                continue
            first = (
                f"{_names(apart)} not by the roots of {_names([name for name, _ in members])}"
                if apart
                else ""
            )
            second = (
                f"{_names(refused)} not by the roots of {_names([name for name, _ in strangers])}"
                if refused
                else ""
            )
            said = f"mutual TLS between them fails: signed are {'; and '.join(part for part in (first, second) if part)}"
            pods = tuple(dict.fromkeys([*apart, *refused]))
            yield Hit("roots of the mesh", said, _roots(roots, others), pods=pods)


def _names(names: Sequence[str]) -> str:
    return listed(names, 3)


def _roots(*sets: frozenset[bytes]) -> tuple[str, ...]:
    found = (certificates.parse(der) for roots in sets for der in roots)
    return tuple(f"root {c.subject}, serial {c.serial}" for c in found if c is not None)


CHECKS = (
    Check(
        "certificate-invalid",
        Severity.ERROR,
        "A certificate that was expired or not yet valid when the dump was taken, or is due for renewal",
        "Peers refuse the handshake. One that is due (a warning) has missed its renewal and will expire.",
        "See why it was not renewed: the log of istio-proxy for the workload's own, the issuer for a gateway's secret.",
        validity,
        (Need.ENVOY, Need.SECRETS),
        "Judged by the time at which the proxy was asked: live it is now, of a snapshot when it was made, else Envoy's start "
        "and uptime (/server_info), else the latest update in the dump, after which the dump was taken.",
    ),
    Check(
        "certificate-of-another-root",
        Severity.ERROR,
        "A workload certificate that the proxy's own root does not verify",
        "The proxy was given a new root and not a new certificate, or the reverse; its peers refuse it.",
        "Restart the pod, or wait for the rotation of the certificate authority to end.",
        own_root,
        (Need.ENVOY, Need.SECRETS),
    ),
    MeshCheck(
        "roots-apart",
        Severity.ERROR,
        "Proxies that trust different roots",
        "Mutual TLS between them fails: `CERTIFICATE_VERIFY_FAILED`.",
        "Finish the rotation of the certificate authority, or give both meshes a common root.",
        _trust,
        one_root,
        (Need.ENVOY, Need.SECRETS),
        "Each chain is verified against each other group's roots, signature by signature.",
    ),
)
