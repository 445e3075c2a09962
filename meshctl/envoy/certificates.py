"""What a PEM certificate says about itself, read with the cryptography package.

Follows secretMetaFromCert in istio/istioctl/pkg/writer/compare/sds/util.go: only the first certificate counts.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from meshctl.values import Struct

_BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,64})-----")


def pem_bodies(pem: bytes) -> Iterator[bytes]:
    """What stands in each PEM block; a hundred without their end end the search (linear, whatever stands in the text)."""
    at, endless = 0, 0
    while match := _BEGIN.search(pem, at):
        end = pem.find(b"-----END " + match[1] + b"-----", match.end())
        if end < 0:
            at, endless = match.end(), endless + 1
            if endless > 100:
                return
            continue
        yield pem[match.end() : end]
        at = end


class Certificate(Struct, frozen=True):
    """The facts that the tables show. ``serial`` is hexadecimal, whole bytes."""

    is_authority: bool
    serial: str
    not_before: datetime.datetime
    not_after: datetime.datetime
    trust_domain: str
    subject: str
    names: tuple[str, ...]

    def is_valid(self, now: datetime.datetime) -> bool:
        return self.not_before < now < self.not_after


def blocks(pem: bytes) -> list[bytes]:
    """The DER bytes of each PEM block; one that is no base64 is left out."""
    found = []
    for body in pem_bodies(pem):
        try:
            found.append(base64.b64decode(b"".join(body.split()), validate=True))
        except (binascii.Error, ValueError):
            continue
    return found


def first(pem: bytes) -> Certificate | None:
    """The first certificate of a chain or bundle, or None when there is none that can be read."""
    ders = blocks(pem)
    return parse(ders[0]) if ders else None


def parse(der: bytes) -> Certificate | None:
    from cryptography import x509

    try:
        certificate = x509.load_der_x509_certificate(der)
        constraints = _extension(certificate, x509.BasicConstraints)
        alternatives = _extension(certificate, x509.SubjectAlternativeName)
        uris = alternatives.get_values_for_type(x509.UniformResourceIdentifier) if alternatives else []
        dns = alternatives.get_values_for_type(x509.DNSName) if alternatives else []
        serial = certificate.serial_number
        return Certificate(
            is_authority=bool(constraints and constraints.ca),
            serial=serial.to_bytes((abs(serial).bit_length() + 7) // 8, "big").hex() if serial > 0 else "",
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            trust_domain=(urlsplit(uris[0]).hostname or "") if uris else "",
            subject=certificate.subject.rfc4514_string(),
            names=(*uris, *dns),
        )
    except (ValueError, TypeError, x509.UnsupportedGeneralNameType):
        return None


def _extension(certificate: Any, kind: Any) -> Any:
    from cryptography import x509

    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
