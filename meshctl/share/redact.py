"""Removing secrets from what is saved, and saying what was removed.

Theory of operation. Envoy blanks the fields that its API marks as sensitive, but only those it can decode: a
TypedStruct, a Lua script, a Wasm plugin's configuration, a header that a route adds, a pod's environment keep
their passwords. ``redact_json`` walks a document and finds string values that are secret

- by the key they stand under (``password``, ``client_secret``, ``private_key`` …),
- by the name they stand beside (``{"key": "authorization", "value": …}``, ``{"name": "DB_PASSWORD", "value": …}``),
- by what they look like (PEM private keys, also in base64; JWTs; bearer and basic credentials; cloud keys;
  user and password in a URL; ``password=…`` in a text).

The value is replaced *in the bytes as they came*, so that everything else stays byte for byte as Envoy printed
it, and it is replaced wherever else it stands in the document. Certificates, public keys and JWKS may stay.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

MARK = "[removed by meshctl]"
# What Envoy itself writes for a field it blanks, plain and as base64 of a bytes field.
_ENVOY_MARKS = {"[redacted]", "W3JlZGFjdGVkXQ==", MARK}

_SECRET_KEY = re.compile(
    r"(?i)(private_?key|passw(or)?d|passphrase|pwd$|client_?secret|hmac_?secret|token_?secret|secret_?(access_?)?key"
    r"|secret_?value|shared_?secret|api_?key|access_?key_?id|session_?token|access_?token|refresh_?token|auth_?token|bearer_?token"
    r"|session_ticket_keys|inline_users)"
)
# Keys that name a message as often as a secret: secret only where a plain string stands under them.
_SECRET_STRING_KEY = re.compile(
    r"(?i)^(credentials?|token|secret|auth|(proxy-)?authorization|cookie|set-cookie)$"
)
_SECRET_NAME = re.compile(
    r"(?i)(passw(or)?d|passphrase|pwd$|secret|api[-_]?key|access[-_]?key|private[-_]?key|credential|authorization|"
    r"_pass$|connection[-_]?string|dsn$|database[-_]?url)"
)
# Names that carry a secret or a word to route by (``x-token: admin``): the value decides.
_MAYBE_SECRET_NAME = re.compile(r"(?i)(token|^x-auth|cookie|_key$|session)")
# Keys under a secret-looking name that hold a reference or a public thing, not the secret.
_HARMLESS = {
    "filename",
    "environment_variable",
    "name",
    "key",
    "@type",
    "type_url",
    "path",
    "value_prefix",
    "sds_config",
    "secret_name",
    "secretName",
    "credentialName",
    "cluster",
    "header",
    "append_action",
    "fieldPath",
    "kind",
    "issuer",
    "forward_payload_header",
    "present_match",
    "safe_regex",
    "ttl",
}
_VALUE_KEYS = {"value", "raw_value", "exact", "exact_match", "prefix_match", "suffix_match", "contains_match"}
_NAME_KEYS = ("key", "name", "header_name")

_LOOKS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "private key",
        re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"),
    ),
    ("JWT", re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*")),
    ("bearer or basic credentials", re.compile(r"(?i)\b(?:bearer|basic) +[A-Za-z0-9+/=_.~-]{8,}")),
    ("cloud key", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bAIza[A-Za-z0-9_-]{35}\b")),
    (
        "access token",
        re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|xox[abprs]-[A-Za-z0-9-]{10,}|glpat-[A-Za-z0-9_-]{20,})"),
    ),
    ("password in a URL", re.compile(r"(?<=://)[^/\s:@\"']+:[^/\s@\"']+(?=@)")),
    (
        "assignment of a secret",
        re.compile(
            r"(?i)(?:passw(?:or)?d|passphrase|secret|api[-_]?key|access[-_]?token|auth[-_]?token|authorization|client[-_]?secret)"
            r"[\"']?\]?\s*(?:[=:,]|:=)\s*[\"']?(?P<secret>[^\s\"',;)}\]]{3,})"
        ),
    ),
)
# Cheap test on bytes: a document without any of these words needs no walk at all.
_SUSPICIOUS = re.compile(
    rb"(?i)private|passw|passphrase|pwd|secret|token|api_?-?key|access_?key|credential|authorization|cookie|"
    rb"eyJ[A-Za-z0-9_-]{8,}\.|bearer |basic |LS0tLS1CRUdJTi|AKIA|AIza|gh[pousr]_|xox[abprs]-|glpat-|://[^/\s:@\"]+:[^/\s@\"]+@"
    rb"|auth\"|dsn|connection_?string|_key\"|_pass\"|session_ticket|\"env\""
)


@dataclass(frozen=True, slots=True)
class Removed:
    """One secret that was taken out: the file, the place in it, and why it counts as one."""

    file: str
    path: str
    reason: str


def redact_json(data: bytes, file: str) -> tuple[bytes, list[Removed]]:
    """A JSON document without its secrets, and what was removed; the bytes themselves where there are none."""
    if not _SUSPICIOUS.search(data):
        return data, []
    try:
        document = msgspec.json.decode(data)
    except msgspec.DecodeError:
        text, removed = redact_text(data.decode("utf-8", "replace"), file)
        return text.encode(), removed
    found = list(_secrets(document, ""))
    if not found:
        return data, []
    result = data
    for _, value, replacement, _ in sorted(found, key=lambda hit: -len(hit[1])):
        result = _replace(result, value, replacement)
    if any(True for _ in _secrets(msgspec.json.decode(result), "")):
        result = _rewritten(document)
    return result, [Removed(file, path, reason) for path, _, _, reason in found]


def redact_text(text: str, file: str) -> tuple[str, list[Removed]]:
    """The same for a plain text (a log)."""
    removed = []
    for number, line in enumerate(text.splitlines(), 1):
        for reason, _ in _look(line):
            removed.append(Removed(file, f"line {number}", reason))
    if "PRIVATE KEY" in text and not any(r.reason == "private key" for r in removed):
        removed.append(Removed(file, "text", "private key"))
    return _clean(text), removed


Hit = tuple[str, str, str, str]  # path, value as it stands, its replacement, reason


def _secrets(value: Any, path: str) -> Iterator[Hit]:
    """Every secret string below ``value``."""
    if isinstance(value, dict):
        named = next((str(value[k]) for k in _NAME_KEYS if isinstance(value.get(k), str)), "")
        for key, item in value.items():
            place = f"{path}.{key}" if path else str(key)
            if _is_secret_key(key, item):
                yield from _leaves(item, place, f"stands under {key}")
            elif named and (key in _VALUE_KEYS or key == "string_match"):
                yield from _beside(named, item, place)
            elif key == "key" and ".credentials[" in path and isinstance(item, str):
                yield from _leaves(item, place, "an API key")
            else:
                yield from _secrets(item, place)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _secrets(item, f"{path}[{index}]")
    elif isinstance(value, str) and len(value) >= 8:
        cleaned = _clean(value)
        if cleaned != value:
            yield path, value, cleaned, next((reason for reason, _ in _look(value)), "private key in base64")


def _is_secret_key(key: str, item: Any) -> bool:
    """Whether what stands under ``key`` is a secret itself, not a reference, a number or a message about one."""
    if key in _HARMLESS or not item or isinstance(item, bool | int | float):
        return False
    return bool(_SECRET_KEY.search(key) or (isinstance(item, str) and _SECRET_STRING_KEY.search(key)))


def _beside(named: str, item: Any, path: str) -> Iterator[Hit]:
    """The value that stands beside a name: ``{"key": "authorization", "value": …}``, a header matcher, a variable."""
    sure = _SECRET_NAME.search(named)
    if sure or _MAYBE_SECRET_NAME.search(named):
        for hit in _leaves(item, path, f"the value of {named}"):
            if sure or _looks_random(hit[1]):
                yield hit
    else:
        yield from _secrets(item, path)


def _looks_random(text: str) -> bool:
    """Whether a string is more like a generated token than like a word."""
    letters, digits = any(c.isalpha() for c in text), any(c.isdigit() for c in text)
    return len(text) >= 16 and letters and digits and not text.startswith("%") and " " not in text


def _leaves(value: Any, path: str, reason: str) -> Iterator[Hit]:
    """The string leaves below a secret key, but for references to it."""
    if isinstance(value, str):
        if value and value not in _ENVOY_MARKS:
            yield path, value, MARK, reason
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in _HARMLESS:
                yield from _leaves(item, f"{path}.{key}", reason)
            elif not isinstance(item, str):
                yield from _secrets(item, f"{path}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, f"{path}[{index}]", reason)


def _look(text: str) -> Iterator[tuple[str, str]]:
    for reason, pattern in _LOOKS:
        for match in pattern.finditer(text):
            secret = match.groupdict().get("secret") or match[0]
            if (
                MARK not in match[0]
                and secret not in _ENVOY_MARKS
                and not secret.startswith(("[removed", "%", "${"))
            ):
                yield reason, secret


def _clean(text: str) -> str:
    """A text with whatever looks like a secret in it replaced."""
    if _is_encoded_key(text):
        return MARK
    for _, pattern in _LOOKS:
        text = pattern.sub(_blank, text)
    return text


def _blank(match: re.Match[str]) -> str:
    secret = match.groupdict().get("secret")
    if secret is None:
        return MARK
    if secret in _ENVOY_MARKS or secret.startswith(("[removed", "%", "${")):
        return match[0]
    return match[0][: match.start("secret") - match.start()] + MARK


def _is_encoded_key(text: str) -> bool:
    """Whether a string is base64 of a PEM private key, as ``inline_bytes`` and Secrets hold them."""
    if not text.startswith("LS0tLS1CRUdJTi"):
        return False
    try:
        return b"PRIVATE KEY" in base64.b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return False


def _replace(data: bytes, value: str, replacement: str) -> bytes:
    """``value`` as a JSON string, in each way that printers escape it, replaced wherever it stands."""
    if len(value) < 6:
        return data  # so short a literal may stand elsewhere by chance: the document is rewritten instead
    plain = json.dumps(value, ensure_ascii=False)
    new = json.dumps(replacement, ensure_ascii=False)
    escaped = [str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}), str.maketrans({"/": "\\/"})]
    for literal in {plain, json.dumps(value), *(plain.translate(table) for table in escaped)}:
        data = data.replace(literal.encode(), new.encode())
    return data


def _rewritten(document: Any) -> bytes:
    """The document printed anew, in Envoy's own form, where replacing in place did not do."""
    return msgspec.json.format(msgspec.json.encode(_without(document)), indent=1) + b"\n"


def _without(document: Any) -> Any:
    for path, _, replacement, _ in list(_secrets(document, "")):
        _set(document, path, replacement)
    return document


_STEP = re.compile(r"\[(\d+)\]|([^.\[]+)")


def _set(document: Any, path: str, replacement: str) -> None:
    """Set the value at a path of ``_secrets``; keys with dots in them are tried from the longest."""
    target, rest = document, path
    while True:
        step, rest = _take(target, rest)
        if not rest:
            target[step] = replacement
            return
        target = target[step]


def _take(target: Any, path: str) -> tuple[Any, str]:
    """The first step of a path into ``target`` and the rest of the path."""
    if isinstance(target, list):
        number, _, rest = path.removeprefix("[").partition("]")
        return int(number), rest.removeprefix(".")
    fitting = [key for key in target if path == key or path.startswith((f"{key}.", f"{key}["))]
    key = max(fitting, key=len)
    return key, path[len(key) :].removeprefix(".")
