"""Secrets as the tables read them (envoy/extensions/transport_sockets/tls/v3/secret.proto), and their redaction.

Envoy itself redacts private keys in a config_dump; a dump from elsewhere (a file-based secret, a hand-made
file, the bootstrap with an inline certificate) may still hold one. ``redact`` is the one place that knows which
fields are secret: it follows the fields that the API marks ``(udpa.annotations.sensitive)``.
"""

from __future__ import annotations

import base64
import binascii
import operator
import re
from typing import Any

import msgspec

REDACTED = "[redacted]"
REDACTED_BASE64 = base64.b64encode(REDACTED.encode()).decode()


class DataSource(msgspec.Struct):
    inline_bytes: str | None = None
    inline_string: str | None = None
    filename: str | None = None

    @property
    def data(self) -> bytes:
        """What stands inline. istioctl looks at the bytes alone; Envoy takes a string as well."""
        if not self.inline_bytes:
            return (self.inline_string or "").encode("utf-8", "replace")
        text = self.inline_bytes.replace("-", "+").replace("_", "/")
        try:
            return base64.b64decode(text + "=" * (-len(text) % 4))
        except (binascii.Error, ValueError):
            return b""


class TlsCertificate(msgspec.Struct):
    certificate_chain: DataSource | None = None


class CaBundle(msgspec.Struct):
    type_url: str = msgspec.field(name="@type", default="")
    trust_domains: list[TrustDomain] = []


class TrustDomain(msgspec.Struct):
    name: str = ""
    trust_bundle: DataSource | None = None


class ValidatorConfig(msgspec.Struct):
    name: str = ""
    typed_config: CaBundle | None = None


class ValidationContext(msgspec.Struct):
    trusted_ca: DataSource | None = None
    custom_validator_config: ValidatorConfig | None = None


class Secret(msgspec.Struct):
    """One secret: a certificate chain, or a bundle of authorities to trust."""

    name: str = ""
    tls_certificate: TlsCertificate | None = None
    validation_context: ValidationContext | None = None


# Field names (both spellings) whose value is secret wherever they stand. A DataSource keeps its shape.
SENSITIVE = frozenset(
    {
        "private_key", "privateKey",
        "password", "auth_password", "authPassword",
        "session_ticket_keys", "sessionTicketKeys",
        "generic_secret", "genericSecret",
        "pkcs12",
        "private_key_provider", "privateKeyProvider",
        "hmac_secret", "hmacSecret",
        "token_secret", "tokenSecret",
        "inline_basic_auth", "inlineBasicAuth",
        "secret_access_key", "secretAccessKey",
        "session_token", "sessionToken",
    }
)  # fmt: skip
_DATA_KEYS = frozenset({"inline_bytes", "inlineBytes", "inline_string", "inlineString"})


def _base64_fragments(text: bytes) -> tuple[str, ...]:
    """What base64 of anything that holds ``text`` must contain: one fragment for each of three alignments."""
    fragments = []
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + text).decode().rstrip("=")
        lead = (shift * 8 + 5) // 6
        whole = (shift + len(text)) * 8 // 6
        fragments.append(encoded[lead:whole])
    return tuple(fragments)


_KEY_MARKS = ("PRIVATE KEY-----", *_base64_fragments(b"PRIVATE KEY-----"))
_KEY_MARK_BYTES = tuple(mark.encode() for mark in _KEY_MARKS)
_SENSITIVE_KEY = re.compile(rb'"(?:' + b"|".join(sorted(name.encode() for name in SENSITIVE)) + rb')"\s*:\s*')
_DATA_VALUE = re.compile(rb'"inline_?(?:bytes|Bytes|string|String)"\s*:\s*"([^"]*)"')
_HARMLESS_VALUES = {b"", REDACTED.encode(), REDACTED_BASE64.encode()}


def holds_key(data: bytes | bytearray) -> bool:
    """Whether the bytes hold a PEM private key, plain or in base64 at any alignment."""
    return any(mark in data for mark in _KEY_MARK_BYTES)


def may_hold_secrets(data: bytes | memoryview) -> bool:
    """Whether the bytes of a dump may hold a secret that Envoy has not redacted: a fast scan, errs to True."""
    data = bytes(data) if isinstance(data, memoryview) else data  # a bytearray of a live answer is not copied
    if holds_key(data):
        return True
    for match in _SENSITIVE_KEY.finditer(data):
        rest = bytes(data[match.end() : match.end() + 4096])
        if rest.startswith(b'"'):
            if rest[1 : rest.find(b'"', 1)] not in _HARMLESS_VALUES:
                return True
            continue
        found = _DATA_VALUE.search(rest)
        if found and found[1] not in _HARMLESS_VALUES:
            return True
    return False


def redact(value: Any) -> tuple[Any, int]:
    """The tree without secrets, and how many values were replaced. Unchanged parts are shared, not copied."""
    counter = [0]
    return _redact(value, False, counter), counter[0]


def _redact(value: Any, sensitive: bool, counter: list[int]) -> Any:
    if isinstance(value, dict):
        changed: dict[str, Any] | None = None
        for key, item in value.items():
            new = _redact_field(key, item, sensitive, counter)
            if new is not item:
                if changed is None:
                    changed = type(value)(value)
                changed[key] = new
        return value if changed is None else changed
    if isinstance(value, list):
        items = [_redact(item, sensitive, counter) for item in value]
        return type(value)(items) if any(map(operator.is_not, items, value)) else value
    if isinstance(value, str) and any(mark in value for mark in _KEY_MARKS):
        counter[0] += 1
        return REDACTED
    return value


def _redact_field(key: str, item: Any, sensitive: bool, counter: list[int]) -> Any:
    if isinstance(item, str) and (key in SENSITIVE or (sensitive and key in _DATA_KEYS)):
        return _replacement(item, key, counter)
    return _redact(item, sensitive or key in SENSITIVE, counter)


def _replacement(text: str, key: str, counter: list[int]) -> str:
    """The mark that Envoy itself sets; a value that already is one stays."""
    mark = REDACTED_BASE64 if key in ("inline_bytes", "inlineBytes") else REDACTED
    if not text or text in (REDACTED, REDACTED_BASE64):
        return text
    counter[0] += 1
    return mark
