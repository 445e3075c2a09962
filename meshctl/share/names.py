"""Whether a name says that its value is a secret: a key, a header, a variable, an option.

Theory of operation. A name is read as words: ``AWS_SECRET_ACCESS_KEY``, ``awsSecretAccessKey``, ``--hmac-key`` and
``request.headers[x-api-key]`` say the same in different spellings. SURE: whatever stands under it is a secret
(``password``, ``api key``). MAYBE: names that hold a secret or a word to route by (``x-token: admin``, ``cookie``):
there the value decides. A name whose last word refers to something (``secretName``, ``token_endpoint``,
``PASSWORD_FILE``) holds no secret itself.

``SPELLED`` is made of the same tables: a pattern that is found in every text, and in every way that JSON writes a text,
in which a name stands that says something. What has no match of it needs no reading of names.
"""

from __future__ import annotations

import enum
import functools
import re
from collections.abc import Iterable

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LONGEST = 200

_SECRETS = frozenset(
    (
        "password passwords passwd passphrase passcode pwd secret secrets credential credentials apikey apikeys "
        "apitoken accesstoken authtoken bearertoken refreshtoken sessiontoken idtoken privatekey secretkey accesskey signingkey "
        "encryptionkey hmackey accountkey sharedkey masterkey sshkey clientsecret appsecret dbpassword dbpass "
        "pgpassword mysqlpwd redispass jwt dsn htpasswd keystore truststorepass pfx pkcs12 p12 connectionstring connstr "
        "webhook webhooks sastoken pat otp totp pepper"
    ).split()
)
_TELLING = frozenset({"password", "passwords", "passwd", "passphrase", "secret", "credential", "credentials"})
# What a key must be of to be secret; a ``key`` alone is a name.
_KEYS = frozenset(
    (
        "api access private secret signing sign encryption encrypt decryption hmac auth account shared storage master "
        "license ssh session deploy client webhook service aes rsa crypto subscription ingest write app application "
        "admin root token cookie integration license hec mac"
    ).split()
)
_AUTHORITIES = frozenset(
    {"authorization", "cookie", "cookies", "auth", "token", "tokens", "session", "sid", "pass"}
)
_REFERENCES = frozenset(
    (
        "name names path paths file filename files ref refs selector config configs provider providers type types ttl "
        "timeout size count length header headers enabled source duration expiry algorithm algorithms location mode "
        "namespace kind policy prefix suffix endpoint issuer issuers audience bucket mount volume version uri method "
        "methods param params domain format hash rotation interval lifetime required schema review reviews limit key "
        "id ids status state server hosts host port address"
    ).split()
)
_PAIRS = frozenset(
    {("database", "url"), ("db", "url"), ("redis", "url"), ("webhook", "url"), ("hook", "url"), ("mongo", "url"),
     ("amqp", "url"), ("connection", "string"), ("conn", "str"), ("database", "uri"), ("mongodb", "uri"),
     ("broker", "url"), ("slack", "url"), ("access", "id"), ("sas", "token"), ("sentry", "dsn")}
)  # fmt: skip


_STORES = (".p12", ".pfx", ".jks")


def _spelled() -> str:
    def one_of(words: Iterable[str]) -> str:
        return f"(?:{'|'.join(sorted(words))})"

    between = (
        r'(?:[^a-z0-9"\\]|\\+u[0-9a-f]{4}|\\+[^u])*'  # two words of a name: a quote in a text has a backslash
    )
    end = r"[_.-]*(?:[^a-z0-9_.-]|$)"  # behind the last word
    pairs = one_of(f"{one}{between}{other}" for one, other in _PAIRS)
    keys = f"{one_of(_KEYS)}{between}keys?|access{between}key{between}id"
    stores = one_of(map(re.escape, _STORES))
    words = sorted(_REFERENCES - {"key"})
    reference = rf'(?-i:{one_of(_TELLING)}(?:[_-]{one_of(words)}|{one_of(map(str.capitalize, words))}))\\*"'
    last = f"(?:{one_of(_SECRETS | _AUTHORITIES)}|{pairs}|{keys}|{stores}){end}"
    return f"({reference})|{one_of(_TELLING)}|x{between}auth|{last}"


# For RE2, in Latin-1 and whatever the case. The one group is a name that says nothing in spite of its words.
SPELLED = _spelled()


class Says(enum.Enum):
    """What a name says about its value."""

    NOTHING = 0
    MAYBE = 1
    SURE = 2


@functools.lru_cache(maxsize=50_000)
def words(name: str) -> tuple[str, ...]:
    if len(name) > _LONGEST:  # no name, a text: its beginning and its end are read
        name = f"{name[: _LONGEST // 2]} {name[-_LONGEST // 2 :]}"
    return tuple(word.lower() for word in _WORD.findall(name))


@functools.lru_cache(maxsize=50_000)
def says(name: str) -> Says:
    """What a name says about its value."""
    spelled = words(name)
    if not spelled:
        return Says.NOTHING
    if name.lower().endswith(_STORES):
        return Says.SURE
    last, before = spelled[-1], spelled[-2] if len(spelled) > 1 else ""
    if spelled[-3:] == ("access", "key", "id") or (before, last) in _PAIRS or last in _SECRETS:
        return Says.SURE
    if last in ("key", "keys") and before:
        return Says.SURE if before in _KEYS else Says.NOTHING
    if last in _REFERENCES:
        return Says.NOTHING
    if last in ("pass", "token", "tokens", "auth") and before and name.isupper():
        return Says.SURE  # a variable: DB_PASS, API_TOKEN
    if last in _AUTHORITIES:
        return Says.MAYBE
    if last == "url" and not _TELLING.isdisjoint(spelled):
        return Says.NOTHING
    if not _TELLING.isdisjoint(spelled) or spelled[:2] == ("x", "auth"):
        return Says.MAYBE
    return Says.NOTHING


# What a request is routed by, and what refers to something else: no secret looks like this.
_PLAIN = re.compile(
    r"[A-Za-z][a-z]{0,11}:?|[A-Z][A-Z_]{1,24}|\d{1,6}|v\d{1,3}|(?:\d+\.)?\d+(?:s|ms|m|h)|%.*|\$[{(].*|\{\{.*|/.*|"
    r"\.\*|\.\+|\*|(?i:bearer|basic) ?|\[re.*|https?://[^?@]*|-",
    re.DOTALL,
)


def is_plain(text: str) -> bool:
    """Whether a value is a word to route by or a reference, not something generated."""
    return _PLAIN.fullmatch(text.strip()) is not None
