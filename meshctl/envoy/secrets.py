"""Secrets as the tables read them (envoy/extensions/transport_sockets/tls/v3/secret.proto), and their redaction.

Envoy itself redacts private keys in a config_dump; a dump from elsewhere (a file-based secret, a hand-made
file, the bootstrap with an inline certificate) may still hold one. ``redact`` is the one place that knows which
fields are secret: it follows the fields that the API marks ``(udpa.annotations.sensitive)``.
"""

from __future__ import annotations

import base64
import binascii
import functools
import operator
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

import msgspec

from meshctl.envoy.api.sensitive import FIELDS, MESSAGE, SOURCE

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


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


# What older schemas and extensions outside the schema call a secret, beside the fields that the API marks.
_BESIDE = {
    "hmac_secret": SOURCE,
    "token_secret": SOURCE,
    "inline_basic_auth": SOURCE,
    "generic_secret": SOURCE,
}
_KINDS = {spelling: kind for name, kind in (FIELDS | _BESIDE).items() for spelling in (name, _camel(name))}
# Names (both spellings) under which a secret stands wherever they are met: in a message, a TypedStruct, a Struct.
SENSITIVE = frozenset(_KINDS)
# Names that mean other things too: a plain string under them is not taken for the secret.
_BROAD = frozenset({"keys", "users", "secrets", "credentials"})
# Below a sensitive message: what names a type or a place, not a secret.
_REFERENCES = frozenset({"@type", "type_url", "provider_name", "providerName", "filename"})
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
_KEY_PATTERNS = tuple(re.escape(mark).encode() for mark in _KEY_MARKS)
_SHORTEST_MARK = min(map(len, _KEY_MARKS))


def _named(names: Iterable[str]) -> bytes:
    return rb'"(' + b"|".join(sorted(name.encode() for name in names)) + rb')"\s*:\s*'


# Names under which a secret may stand; these and those of its data.
_NAMES = _named(SENSITIVE)
_ALL_NAMES = _named(SENSITIVE | _DATA_KEYS)
# What names and keys are made of, written as an escape: nothing writes JSON so, and either could be hidden by it.
_ESCAPED = rb"\\u00(?:[4-7]|3[0-9]|2[0bBdDfF])"
_DATA_VALUE = rb'"inline_?(?:bytes|Bytes|string|String)"\s*:\s*"([^"]*)"'
_HARMLESS_VALUES = {b"", REDACTED.encode(), REDACTED_BASE64.encode()}


_LARGE = 2_000_000


@functools.cache
def _automaton(pattern: bytes) -> re.Pattern[bytes]:
    import re2

    return cast("re.Pattern[bytes]", re2.compile(pattern))


def _found(pattern: bytes, data: bytes | bytearray) -> Iterator[re.Match[bytes]]:
    """Where a pattern stands. google-re2 takes 4 ms to import; then it takes a tenth of the time of ``re`` for many words, a third for
    one, also of what ``bytes.find`` takes."""
    return _automaton(pattern).finditer(data) if len(data) > _LARGE else re.finditer(pattern, data)


def sensitive_keys(data: bytes | memoryview) -> int:
    """How often the bytes have a name under which a secret, or the data of one, may stand."""
    return sum(1 for _ in _found(_ALL_NAMES, bytes(data) if isinstance(data, memoryview) else data))


def holds_key(data: bytes | bytearray) -> bool:
    """Whether the bytes hold a PEM private key, plain or in base64 at any alignment."""
    return any(next(_found(pattern, data), None) for pattern in _KEY_PATTERNS)


def suspects(data: bytes | memoryview) -> list[int]:
    """Where in the bytes of a dump something stands that may be a secret which Envoy has not redacted. Errs to suspicion."""
    data = bytes(data) if isinstance(data, memoryview) else data  # a bytearray of a live answer is not copied
    found = [match.start() for pattern in (_ESCAPED, *_KEY_PATTERNS) for match in _found(pattern, data)]
    names = _found(_NAMES, data)
    return found + [
        match.start() for match in names if _may_be_secret(match[1], data[match.end() : match.end() + 4096])
    ]


def _may_be_secret(name: bytes, rest: bytes | bytearray) -> bool:
    """Whether what follows a name may be a secret in clear."""
    if rest[:1] == b'"':
        return bytes(rest[1 : rest.find(b'"', 1)]) not in _HARMLESS_VALUES
    if _KINDS[name.decode()] == MESSAGE and rest[:1] in b"{[":
        return True
    found = re.search(_DATA_VALUE, rest)
    return found is not None and bytes(found[1]) not in _HARMLESS_VALUES


def redact(value: Any) -> tuple[Any, int]:
    """The tree without secrets, and how many values were replaced. Unchanged parts are shared, not copied."""
    counter = [0]
    return _redact(value, counter), counter[0]


def sensitive_kind(key: str, item: Any) -> str:
    """What stands under a key that the API marks: STRING, SOURCE or MESSAGE; "" where it is not such a field."""
    kind = _KINDS.get(key, "")
    if not kind or (key in _BROAD and isinstance(item, str)):
        return ""
    if key == "credentials" and not isinstance(item, list):
        return ""  # OAuth2's, whose own fields are marked
    return kind


def _redact(value: Any, counter: list[int], field: Callable[[str, Any, list[int]], Any] | None = None) -> Any:
    if isinstance(value, str):
        if len(value) < _SHORTEST_MARK or not any(map(value.__contains__, _KEY_MARKS)):
            return value
        counter[0] += 1
        return REDACTED
    if isinstance(value, dict):
        changed: dict[str, Any] | None = None
        harmless = field is None and SENSITIVE.isdisjoint(value)
        for key, item in value.items():
            new = _redact(item, counter) if harmless else (field or _redact_field)(key, item, counter)
            if new is not item:
                if changed is None:
                    changed = type(value)(value)
                changed[key] = new
        return value if changed is None else changed
    if isinstance(value, list):
        items = [_redact(item, counter, field) for item in value]
        return type(value)(items) if any(map(operator.is_not, items, value)) else value
    return value


def _redact_field(key: str, item: Any, counter: list[int]) -> Any:
    kind = sensitive_kind(key, item)
    if not kind:
        return _redact(item, counter)
    if isinstance(item, str):
        return _replacement(item, key, counter)
    return _redact(item, counter, _message_field if kind == MESSAGE else _source_field)


def _source_field(key: str, item: Any, counter: list[int]) -> Any:
    """A field of a DataSource, or an entry of a map of them; anything else is looked at as it is anywhere."""
    if isinstance(item, str):
        return _replacement(item, key, counter) if key in _DATA_KEYS else _redact(item, counter)
    if isinstance(item, dict) and not _DATA_KEYS.isdisjoint(item):
        return _redact(item, counter, _source_field)
    return _redact_field(key, item, counter)


def _message_field(key: str, item: Any, counter: list[int]) -> Any:
    """A field of a message that is secret as a whole."""
    if isinstance(item, str) and key not in _REFERENCES:
        return _replacement(item, key, counter)
    return _redact(item, counter, _message_field)


def _replacement(text: str, key: str, counter: list[int]) -> str:
    """The mark that Envoy itself sets; a value that already is one stays."""
    mark = REDACTED_BASE64 if key in ("inline_bytes", "inlineBytes") else REDACTED
    if not text or text in (REDACTED, REDACTED_BASE64):
        return text
    counter[0] += 1
    return mark
