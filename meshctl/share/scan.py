"""The last look at a snapshot before it may be shared: what must not be in it.

Secrets are searched for in the finished files with the same patterns that removed them, and blocks of PEM
private keys and JWTs even inside base64; for an anonymized snapshot also the original names and addresses.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from meshctl.share.anonymize import Anonymizer
from meshctl.share.shapes import compiled
from meshctl.values import Struct

_PEM = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_JWT = rb"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{8,}"
_ENCODED = re.compile(rb"LS0tLS1CRUdJTi[A-Za-z0-9+/=]+")


class Finding(Struct, frozen=True):
    """Something that must not be shared, and the file it stands in."""

    file: str
    what: str


def scan_secrets(data: bytes, file: str) -> Iterator[Finding]:
    """Private keys and tokens in a file."""
    if b"PRIVATE KEY" in data and _PEM.search(data):
        yield Finding(file, "a PEM private key")
    if b"eyJ" in data and compiled(_JWT).search(data):
        yield Finding(file, "a JWT")
    for match in _ENCODED.finditer(data) if b"LS0tLS1CRUdJTi" in data else ():
        try:
            decoded = base64.b64decode(match[0] + b"=" * (-len(match[0]) % 4))
        except (binascii.Error, ValueError):
            continue
        if b"PRIVATE KEY" in decoded:
            yield Finding(file, "a PEM private key in base64")


def scan_names(data: bytes, file: str, anonymizer: Anonymizer) -> Iterator[Finding]:
    """Original names that still stand in an anonymized file."""
    text = data.decode("utf-8", "replace")
    is_json = file.endswith(".json")
    values: Any = msgspec.json.decode(data) if is_json else text.split("\n")
    for name in sorted(set(anonymizer.names_in(values, running=is_json))):
        yield Finding(file, f"the name {name!r}")
