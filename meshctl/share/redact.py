"""Removing secrets from what is saved, and saying what was removed.

Theory of operation. Envoy blanks the fields that its API marks as sensitive, but only those it can decode: a
TypedStruct, a Lua script, a Wasm plugin's configuration, a header that a route adds, a pod's environment keep
their passwords. ``redact_json`` walks a document and finds string values that are secret

- by the field they stand in, where Envoy's API marks it (``meshctl.envoy.secrets``, the list that views go by),
- by the key they stand under (``password``, ``API_TOKEN``, ``hmac_key``: ``meshctl.share.names``),
- by the name they stand beside (``{"key": "authorization", "value": …}``, ``["--token", …]``),
- by what they look like (``meshctl.share.shapes``), also inside JSON that stands in a string.

The value is replaced *in the bytes as they came*, so that everything else stays byte for byte as Envoy printed
it, and it is replaced wherever else it stands in the document. Certificates, public keys and JWKS may stay.
"""

from __future__ import annotations

import functools
import json
import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any

import msgspec

from meshctl.envoy.api.sensitive import MESSAGE
from meshctl.envoy.secrets import SENSITIVE, sensitive_kind
from meshctl.share.names import Says, is_plain, says
from meshctl.share.parts import TwiceError, decoded, items, members
from meshctl.share.shapes import MARK, MARKS, TELLS, clean, look, reason_of, tells
from meshctl.values import Struct

APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
# Keys under a secret-looking name that hold a reference or a public thing, not the secret.
_HARMLESS = frozenset(
    (
        "filename environment_variable name key @type type_url path value_prefix valuePrefix sds_config sdsConfig secret_name "
        "secretName credentialName cluster header append_action appendAction fieldPath kind issuer "
        "forward_payload_header present_match safe_regex ttl regex namespace client client_id"
    ).split()
)
_VALUE_KEYS = frozenset(
    (
        "value raw_value rawValue values notValues not_values exact exact_match prefix_match suffix_match contains_match "
        "string_match stringMatch default_value"
    ).split()
)
_MATCHERS = frozenset(
    {"exact", "prefix", "suffix", "contains", "string_match", "value", "ignore_case", "ignoreCase"}
)
_NAME_KEYS = ("key", "name", "header_name", "headerName", "header")
_NUMBERS = frozenset({bool, int, float})
_KEY_MEMBERS = frozenset({"k", "d", "p", "q", "dp", "dq", "qi"})  # the private members of a JWK
_BESIDE = _VALUE_KEYS | _KEY_MEMBERS | {"kty", *_NAME_KEYS}
# Where one of these stands in a document, its value is looked at; all others are not even decoded. Letters may be written as
# escapes (which nobody does who has nothing to hide; <, > and & are what printers escape).
_SUSPECTS = "|".join(
    (
        TELLS,
        rf'"(?:{"|".join(sorted(SENSITIVE))}|kty)\\*"',
        re.escape(APPLIED),
        r"\\u00(?:[4-7]|3[0-9abdf]|2[0-57-9a-f])|\\u017f|\\u212a",
    )
)


class Removed(Struct, frozen=True):
    """One secret that was taken out: the file, the place in it, and why it counts as one."""

    file: str
    path: str
    reason: str


def redact_json(data: bytes, file: str) -> tuple[bytes, list[Removed]]:
    """A JSON document without its secrets, and what was removed; the bytes themselves where there are none."""
    try:
        result, found = _redacted(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text, removed = redact_text(data.decode("utf-8", "replace"), file)
        return text.encode(), removed
    return result, [Removed(file, path, reason) for path, _, _, reason in found]


def _redacted(data: bytes) -> tuple[bytes, list[Hit]]:
    try:
        found = _found(data)
    except TwiceError:
        document = msgspec.json.decode(data)
        twice = ("", "", "", "what stood first under a name that stands twice")
        return _printed(_without(document)), [twice, *_secrets(msgspec.json.decode(data), "")]
    if not found:
        return data, []
    result = data
    for value, replacement in sorted({hit[1:3]: None for hit in found}, key=lambda pair: -len(pair[0])):
        result = _replace(result, value, replacement)
    return _printed(_without(msgspec.json.decode(data))) if _found(result) else result, found


def _found(data: bytes) -> list[Hit]:
    """Every secret string of a document."""
    told = list(tells(_SUSPECTS, data))
    return list(_search(data, told, "")) if told else []


def redact_text(text: str, file: str) -> tuple[str, list[Removed]]:
    """The same for a plain text (a log)."""
    removed = []
    for number, line in enumerate(text.splitlines(), 1):
        for reason in look(line):
            removed.append(Removed(file, f"line {number}", reason))
    if "PRIVATE KEY" in text and not any(r.reason == "private key" for r in removed):
        removed.append(Removed(file, "text", "private key"))
    return clean(text), removed


_SMALL = 4_000  # bytes: what is smaller is not cut open
_TOGETHER = 100  # small items that are decoded at once
_QUOTE = ord('"')
_Parts = list[msgspec.Raw] | dict[str, msgspec.Raw] | str | int | float | bool | None

Hit = tuple[str, str, str, str]  # path, value as it stands, its replacement, reason


def _search(raw: bytes, told: list[int], path: str) -> Iterator[Hit]:
    """Every secret string in a JSON value that is still bytes; ``told`` is where in it something tells, in order."""
    parts = msgspec.json.decode(raw, type=_Parts) if len(raw) >= _SMALL else None
    if isinstance(parts, list):
        yield from _in_large_list(raw, parts, told, path)
    elif isinstance(parts, dict):
        yield from _in_large_object(raw, parts, told, path)
    else:
        yield from _secrets(decoded(raw), path)


def _in_large_list(raw: bytes, parts: list[msgspec.Raw], told: list[int], path: str) -> Iterator[Hit]:
    found = []
    low = 0
    for index, (begin, end) in enumerate(items(raw, parts, told[-1])):
        high = bisect_left(told, end, low)
        if low < high:
            found.append((f"{path}[{index}]", begin, end, told[low:high]))
            low = high
    if any(raw[begin] == _QUOTE for _, begin, _, _ in found):  # a word of several may tell about the next
        yield from _secrets(decoded(raw), path)
        return
    small: list[tuple[str, bytes]] = []
    for place, begin, end, own in found:
        body = raw[begin:end]
        if len(body) >= _SMALL:
            yield from _search(body, [max(0, at - begin) for at in own], place)
            continue
        small.append((place, body))
        if len(small) == _TOGETHER:
            yield from _in_small_items(small)
            small = []
    yield from _in_small_items(small)


def _in_small_items(small: list[tuple[str, bytes]]) -> Iterator[Hit]:
    values = decoded(b"[" + b",".join(body for _, body in small) + b"]")
    for (place, _), value in zip(small, values, strict=True):
        yield from _secrets(value, place)


def _in_large_object(raw: bytes, parts: dict[str, msgspec.Raw], told: list[int], path: str) -> Iterator[Hit]:
    """The members in which something tells; and those that stand beside a telling name, or in a key."""
    found = []
    low = 0
    for key, value, body in members(raw, parts):
        high = bisect_left(told, value + len(body), low)
        found.append((key, body, [max(0, at - value) for at in told[low:high]]))
        low = high
    beside = "kty" in parts or any(own for key, _, own in found if key in _NAME_KEYS)
    small = {}
    for key, body, own in found:
        if (beside and key in _BESIDE) or (own and (len(body) < _SMALL or _is_telling(key))):
            small[key] = decoded(body)
        elif own:
            yield from _search(body, own, f"{path}.{key}" if path else key)
    yield from _secrets(small, path)


def _is_telling(key: str) -> bool:
    return _key_kind(key) is not Says.NOTHING or key in SENSITIVE or key == APPLIED


def _secrets(value: Any, path: str) -> Iterator[Hit]:
    """Every secret string below ``value``."""
    if isinstance(value, dict):
        yield from _in_object(value, path)
    elif isinstance(value, list):
        yield from _in_list(value, path)
    elif isinstance(value, str):
        yield from _in_text(value, path)


def _in_object(value: dict[str, Any], path: str) -> Iterator[Hit]:
    named = ""
    for key in _NAME_KEYS:
        name = value.get(key)
        if name.__class__ is str:
            named = name
            break
    is_key = isinstance(value.get("kty"), str)
    for key, item in value.items():
        if item is None or item.__class__ in _NUMBERS:
            continue
        place = f"{path}.{key}" if path else str(key)
        if key == APPLIED and isinstance(item, str):
            yield from _leaves(item, place, "kubectl's copy of the object")
        elif is_key and key in _KEY_MEMBERS:
            yield from _leaves(item, place, "a private member of a JWK")
        elif (kind := sensitive_kind(key, item)) or _key_kind(key) is Says.SURE:
            yield from _under(key, item, place, kind)
        elif _key_kind(key) is Says.MAYBE and (isinstance(item, str) or _is_matcher(item)):
            yield from _doubtful(key, item, place)
        elif named and key in _VALUE_KEYS and _key_kind(named) is not Says.NOTHING:
            yield from _beside(named, item, place)
        else:
            yield from _secrets(item, place)


def _under(key: str, item: Any, place: str, kind: str) -> Iterator[Hit]:
    """What stands under a key that says so; a message under ``secret`` is looked through, not taken away."""
    reason = f"stands under {key}"
    holds_data = isinstance(item, dict) and not _DATA.isdisjoint(item)
    if kind == MESSAGE or not _is_envelope(key) or isinstance(item, str) or holds_data:
        yield from _leaves(item, place, reason)
    elif isinstance(item, list):
        for index, one in enumerate(item):
            if not isinstance(one, str):  # a selector's keys, a list of users: names
                yield from _under(key, one, f"{place}[{index}]", kind)
    elif isinstance(item, dict) and any(
        isinstance(i, dict) and not _DATA.isdisjoint(i) for i in item.values()
    ):
        for name, one in item.items():  # a map of sources
            yield from _under(key, one, f"{place}.{name}", kind)
    else:
        yield from _secrets(item, place)


# Keys that name a message as often as a secret.
_ENVELOPES = frozenset(
    {
        "secret",
        "secrets",
        "credential",
        "credentials",
        "keys",
        "users",
        "jwt",
        "webhook",
        "webhooks",
        "keystore",
    }
)
_PLURAL = ("secrets", "credentials", "keys", "users", "webhooks")
_DATA = frozenset({"inline_bytes", "inlineBytes", "inline_string", "inlineString"})


def _is_envelope(key: str) -> bool:
    return key in _ENVELOPES or key.lower().endswith(_PLURAL)


def _is_matcher(item: Any) -> bool:
    return isinstance(item, dict) and bool(item) and _MATCHERS.issuperset(item)


def _in_list(value: list[Any], path: str) -> Iterator[Hit]:
    option = ""
    for index, item in enumerate(value):
        place = f"{path}[{index}]"
        if isinstance(item, str):
            if option and not item.startswith("-"):
                yield from _beside(option, item, place)
            else:
                yield from _in_text(item, place)
            option = (
                item if item.startswith("-") and "=" not in item and says(item) is not Says.NOTHING else ""
            )
        else:
            option = ""
            yield from _secrets(item, place)


def _in_text(value: str, path: str) -> Iterator[Hit]:
    """A string: what looks like a secret in it, and JSON that stands in it as text."""
    if len(value) < 6:
        return
    cleaned = value
    if value.lstrip()[:1] in ("{", "["):
        cleaned = _cleaned_json(value)
    if cleaned == value:
        cleaned = clean(value)
    if cleaned != value:
        yield path, value, cleaned, reason_of(value) if clean(value) != value else "a secret in the text"


def _cleaned_json(text: str) -> str:
    """JSON in a string without its secrets; the string itself where it is none."""
    data = text.encode()
    try:
        document = decoded(data)
        found = isinstance(document, dict | list) and any(True for _ in _secrets(document, ""))
    except TwiceError:
        found = True
    except msgspec.DecodeError:
        return text
    return redact_json(data, "")[0].decode() if found else text


@functools.lru_cache(maxsize=10_000)
def _key_kind(key: str) -> Says:
    """What a key says of what stands under it."""
    return Says.NOTHING if key in _HARMLESS else says(key)


def _beside(named: str, item: Any, path: str) -> Iterator[Hit]:
    """The value that stands beside a name: ``{"key": "authorization", "value": …}``, a header matcher, a variable."""
    if _key_kind(named) is Says.SURE:
        yield from _leaves(item, path, f"the value of {named}")
    else:
        yield from _doubtful(named, item, path)


def _doubtful(named: str, item: Any, path: str) -> Iterator[Hit]:
    """What stands under a name that may hold a secret or a word to route by."""
    for hit in _leaves(item, path, f"the value of {named}"):
        if not is_plain(hit[1]):
            yield hit


def _leaves(value: Any, path: str, reason: str) -> Iterator[Hit]:
    """The string leaves below a secret key, but for references to it."""
    if isinstance(value, str):
        if value and value not in MARKS and not value.startswith("%"):
            yield path, value, MARK, reason
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in _HARMLESS or (key in ("key", "client") and ".credentials[" in f".{path}"):
                yield from _leaves(item, f"{path}.{key}", reason)
            elif not isinstance(item, str):
                yield from _secrets(item, f"{path}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, f"{path}[{index}]", reason)


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


def _printed(document: Any) -> bytes:
    """The document printed anew, in Envoy's own form, where replacing in place did not do."""
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def _without(document: Any) -> Any:
    for path, _, replacement, _ in list(_secrets(document, "")):
        _set(document, path, replacement)
    return document


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
