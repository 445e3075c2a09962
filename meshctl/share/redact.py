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
from collections.abc import Iterator
from typing import Any

import msgspec

from meshctl.envoy.api.sensitive import MESSAGE
from meshctl.envoy.secrets import SENSITIVE, sensitive_kind
from meshctl.share.names import Says, is_plain, says
from meshctl.share.shapes import MARK, MARKS, clean, look, reason_of
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
# A part of a document in which none of these stands (in lower case, harmless phrases taken out) needs no walk.
_SUSPICIOUS = (
    rb"passw|passphrase|passcode|pwd|secret|token|api_?-?key|apikey|access_?-?key|private_?-?key|credential|authorization|"
    rb"cookie|session|eyj|bearer |basic |digest |ls0tls1crudjti|akia|asia|abia|acca|aiza|ya29|gocspx|gh[pousr]_|github_pat|gl[a-z]+-|"
    rb"xox|xapp-|_live_|_test_|whsec|sk-|sg\.|npm_|pypi-|dop_v1|dckr_|hv[sb]\.|dapi|shp|lin_api|nrak|sq0|sk[a-f0-9]{32}|hf_|"
    rb"atatt|eaa|:aa|x-auth|dsn|conn|_url|url\b|uri\b|[a-z]key\b|[a-z][_-]keys?\b|_pass\b|pass\b|inline_?users|users|@|\bauth\b|_auth\b|"
    rb"\$(?:apr1|2[abxy]|1|5|6|y)\$|\{sha|private key|webhook|hooks|jwt|htpasswd|keystore|p12|pfx|pepper|otp\b|\bpat\b|_pat\b|"
    rb"last-applied|\"kty|kty\\\\|sig=|signature=|-u |--user|context_?extensions|pkcs12|\bsid\b|\"keys\""
)
_HARMLESS_PHRASES = (
    b'"@type"',
    b'"uri":true',
    b'"runtime_key"',
    b"sds_secret_config",
    b"secret_config",
    b"token_bucket",
    b"tokens_per_fill",
    b"max_tokens",
    b"connect_timeout",
    b"cx_connect_fail",
    b"max_connections",
    b"requests_per_connection",
    b"upstream_connection_options",
    b"http_connection_manager",
    b"httpconnectionmanager",
    b"%connection_termination",
    b"connect-failure",
    b"ignore_global_conn_limit",
)


class Removed(Struct, frozen=True):
    """One secret that was taken out: the file, the place in it, and why it counts as one."""

    file: str
    path: str
    reason: str


def redact_json(data: bytes, file: str) -> tuple[bytes, list[Removed]]:
    """A JSON document without its secrets, and what was removed; the bytes themselves where there are none."""
    try:
        found = list(_search(data, ""))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text, removed = redact_text(data.decode("utf-8", "replace"), file)
        return text.encode(), removed
    if not found:
        return data, []
    result = data
    for _, value, replacement, _ in sorted(found, key=lambda hit: -len(hit[1])):
        result = _replace(result, value, replacement)
    if any(True for _ in _search(result, "")):
        result = _rewritten(msgspec.json.decode(data))
    return result, [Removed(file, path, reason) for path, _, _, reason in found]


def redact_text(text: str, file: str) -> tuple[str, list[Removed]]:
    """The same for a plain text (a log)."""
    removed = []
    for number, line in enumerate(text.splitlines(), 1):
        for reason in look(line):
            removed.append(Removed(file, f"line {number}", reason))
    if "PRIVATE KEY" in text and not any(r.reason == "private key" for r in removed):
        removed.append(Removed(file, "text", "private key"))
    return clean(text), removed


@functools.cache
def _suspicious_words() -> Any:
    """One automaton for all words (google-re2 reads 300 MB/s where ``re`` reads 30); a harmless phrase is passed over
    whole, whatever word stands in it."""
    import re2

    options = re2.Options()
    options.case_sensitive = False
    return re2.compile(
        rb"(" + rb"|".join(map(re2.escape, _HARMLESS_PHRASES)) + rb")|" + _SUSPICIOUS, options=options
    )


def _is_suspicious(data: bytes) -> bool:
    """Whether a document may hold a secret: a search for words, much faster than the walk."""
    return any(found.start(1) < 0 for found in _suspicious_words().finditer(data))


def _search(raw: bytes, path: str) -> Iterator[Hit]:
    """Every secret string in a JSON value that is still bytes: large values are cut open a level at a time, and
    only those parts decoded in which a suspicious word stands."""
    if len(raw) < _LARGE and not _is_suspicious(raw):
        if raw[:1] not in (b"{", b"["):
            msgspec.json.decode(raw)  # a broken document must not pass for a clean one
        return
    if len(raw) < _SMALL:
        yield from _secrets(msgspec.json.decode(raw), path)
        return
    parts = msgspec.json.decode(raw, type=_Parts)
    if isinstance(parts, list):
        for start, chunk in _chunks(parts):
            if len(chunk) == 1:
                yield from _search(chunk[0], f"{path}[{start}]")
            elif _is_suspicious(joined := b",".join(chunk)):  # no word has a comma in it
                for index, item in enumerate(msgspec.json.decode(b"[" + joined + b"]"), start):
                    yield from _secrets(item, f"{path}[{index}]")
    elif isinstance(parts, dict):
        small = {}
        for key, part in parts.items():
            place = f"{path}.{key}" if path else key
            if len(bytes(part)) < _SMALL:
                if key in _NAME_KEYS or key in _VALUE_KEYS or _is_suspicious(_quoted(key) + bytes(part)):
                    small[key] = msgspec.json.decode(part)
            elif _key_kind(key) is not Says.NOTHING or key in SENSITIVE or key == APPLIED:
                yield from _secrets({key: msgspec.json.decode(part)}, path)
            else:
                yield from _search(bytes(part), place)
        yield from _secrets(small, path)
    else:
        yield from _secrets(msgspec.json.decode(raw), path)


def _chunks(items: list[msgspec.Raw]) -> Iterator[tuple[int, list[bytes]]]:
    """Objects and lists that follow each other, as many as are small together, with the place of the first; each other item
    alone. Counters are tens of thousands of small objects: each search for words gives the interpreter's lock away, and the
    threads of a snapshot wait for it."""
    start, size = 0, 0
    chunk: list[bytes] = []
    for index, raw in enumerate(items):
        item = bytes(raw)
        length = len(item) if item[:1] in (b"{", b"[") else _TOGETHER
        if chunk and size + length > _TOGETHER:
            yield start, chunk
            start, size, chunk = index, 0, []
        chunk.append(item)
        size += length
    if chunk:
        yield start, chunk


def _quoted(key: str) -> bytes:
    return b'"' + key.encode("utf-8", "replace") + b'":'


_SMALL = 20_000
_TOGETHER = 1_500  # bytes of small items that are searched at once
_LARGE = 1_000_000  # of this size a suspicious word stands somewhere: cut it open without looking
_Parts = list[msgspec.Raw] | dict[str, msgspec.Raw] | str | int | float | bool | None

Hit = tuple[str, str, str, str]  # path, value as it stands, its replacement, reason


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
    try:
        document = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
    if not isinstance(document, dict | list):
        return text
    found = list(_secrets(document, ""))
    if not found:
        return text
    data, _ = redact_json(text.encode(), "")
    return data.decode()


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


def _rewritten(document: Any) -> bytes:
    """The document printed anew, in Envoy's own form, where replacing in place did not do."""
    return msgspec.json.format(msgspec.json.encode(_without(document)), indent=1) + b"\n"


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
