"""What secrets look like wherever they stand: keys, tokens, credentials in a text.

The shapes of cloud and service tokens are those their issuers publish. The texts are strangers', so the patterns run on RE2: linear in the text. A pattern replaces its group
``secret`` where it has one, else the whole match; assignments (``name=value``, ``--name value``) are read for the name,
and ``meshctl.share.names`` says whether it is telling.
"""

from __future__ import annotations

import base64
import binascii
import functools
import re
from collections.abc import Iterator
from typing import Any

from meshctl.share.names import SPELLED, Says, is_plain, says

MARK = "[removed by meshctl]"
# What Envoy itself writes for a field it blanks, plain and as base64 of a bytes field.
MARKS = frozenset({"[redacted]", "W3JlZGFjdGVkXQ==", MARK})

_SHAPES = (
    ("private key", r"private key",
     r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?:[\s\S]*?-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|[\s\S]*$)"),
    ("JWT", r"eyj[a-z0-9_-]{8}",
     r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*"),
    ("bearer or basic credentials", r"(?:bearer|basic|token|digest|apikey) ",
     r"(?i)\b(?:bearer|basic|token|digest|apikey) +(?P<secret>[A-Za-z0-9+/=_.~-]{8,})"),
    ("cloud key", r"(?:akia|asia|abia|acca)[a-z0-9]{16}|aiza[a-z0-9_-]{35}|ya29\.|gocspx-",
     r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b|\bAIza[A-Za-z0-9_-]{35}|\bya29\.[A-Za-z0-9_-]{20,}|\bGOCSPX-[A-Za-z0-9_-]{20,}"),
    ("access token",
     r"gh[pousr]_[a-z0-9]{30}|github_pat_|gl(?:pat|rt|dt|ptt|cbt|ft|soat)-|glsa_|xox[abeoprs]-|xapp-|(?:sk|rk|pk|whsec)_(?:live|test)_|whsec_|sk-[a-z0-9_-]{20}|sg\.[a-z0-9_-]{16}|npm_[a-z0-9]{30}|pypi-|dop_v1_|dckr_pat_|hv[sb]\.[a-z0-9_-]{20}|dapi[a-f0-9]{32}|shp(?:at|ca|pa|ss)_|lin_api_|nrak-|sq0(?:atp|csp)-|key-[a-f0-9]{32}|sk[a-f0-9]{32}|hf_[a-z0-9]{30}|atatt3|age-secret-key-|eaa[a-z0-9]{40}",
     r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{20,}|gl(?:rt|dt|ptt|cbt|ft|soat)-[A-Za-z0-9_-]{20,}|xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}|(?:sk|rk|pk|whsec)_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{16,}|sk-(?:proj-|ant-|svcacct-)?[A-Za-z0-9_-]{20,}|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{16,}|dop_v1_[a-f0-9]{30,}|dckr_pat_[A-Za-z0-9_-]{20,}|hv[sb]\.[A-Za-z0-9_-]{20,}|dapi[a-f0-9]{32}|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}|lin_api_[A-Za-z0-9]{30,}|NRAK-[A-Z0-9]{20,}|sq0(?:atp|csp)-[A-Za-z0-9_-]{20,}|key-[a-f0-9]{32}|SK[a-f0-9]{32}|hf_[A-Za-z0-9]{30,}|glsa_[A-Za-z0-9_]{30,}|ATATT3[A-Za-z0-9_=-]{20,}|AGE-SECRET-KEY-1[A-Z0-9]{40,}|EAA[A-Za-z0-9]{40,})"),
    ("access token", r"[0-9]{8}:aa[a-z0-9_-]{33}",
     r"\b\d{8,10}:AA[A-Za-z0-9_-]{33}"),
    ("webhook", r"hooks\.slack\.com|discord(?:app)?\.com|webhook\.office\.com|hooks\.zapier\.com",
     r"https://(?:hooks\.slack\.com/(?:services|workflows|triggers)|discord(?:app)?\.com/api/webhooks|[a-z0-9.-]*webhook\.office\.com/webhookb2|hooks\.zapier\.com/hooks)/(?P<secret>[A-Za-z0-9_/@.-]+)"),
    ("password in a URL", r'[^"]@',
     r"[a-z][a-z0-9+.-]{1,20}://(?P<secret>[^/\s:@\"']*:[^/\s@\"']+)@"),
    ("hash of a password", r":(?:\$(?:apr1|2[abxy]|1|5|6|y|argon2i?d?)\$|\{sha)",
     r"(?:^|[\s\"',;:])(?P<secret>[^\s:\"',;]{1,64}:(?:\$(?:apr1|2[abxy]|1|5|6|y|argon2i?d?)\$[^\s\"',;]+|\{SHA(?:256|512)?\}[A-Za-z0-9+/=]+))"),
    ("credentials of curl", r"-(?:u|-user|-proxy-user)[ =]",
     r"(?:^|\s)(?:-u|--user|--proxy-user)[ =]+[\"']?(?P<secret>[^\s:\"']+:[^\s\"']+)"),
    ("signature in a URL", r"(?:sig|signature|security-token)=",
     r"[?&;](?:sig|signature|X-Amz-Signature|X-Amz-Security-Token|X-Goog-Signature)=(?P<secret>[A-Za-z0-9%+/=_-]{8,})"),
)  # fmt: skip
_NAMED = re.compile(
    r"(?<![A-Za-z0-9_.])(?P<name>[A-Za-z_][A-Za-z0-9_.-]{0,100})\\*[\"']?\]?(?:\s*(?::=|=>|[=:,])\s*|\s+)(?:\\*[\"'])?"
)
_VALUE = re.compile(r"[^\s\"',;&)}\]\\]{3,}")
# One of these stands in every text that is not clean, and in every way that JSON writes it, unless letters are written as escapes. The
# last two are the letters that RE2 takes for a k and an s whatever the case.
TELLS = "|".join((SPELLED, *(tell for _, tell, _ in _SHAPES), "ls0tls1crudjti", r"\xe2\x84\xaa", r"\xc5\xbf"))


@functools.cache
def automaton(pattern: str) -> Any:
    """A pattern over bytes, whatever the case, which google-re2 reads at 300 MB/s where ``re`` reads 30."""
    import re2

    options = re2.Options()
    options.case_sensitive = False
    options.encoding = re2.Options.Encoding.LATIN1
    return re2.compile(pattern.encode("latin-1"), options=options)


def tells(pattern: str, data: bytes) -> Iterator[int]:
    """Where in the bytes something stands that makes a closer look worth while."""
    return (match.start() for match in automaton(pattern).finditer(data) if match.start(1) < 0)


@functools.cache
def compiled(pattern: str | bytes) -> Any:
    """A pattern for strangers' texts."""
    import re2

    return re2.compile(pattern)


@functools.lru_cache(maxsize=100_000)
def clean(text: str) -> str:
    """A text with whatever looks like a secret in it replaced."""
    if (
        len(text) < 6
        or text in MARKS
        or next(tells(TELLS, text.encode(errors="surrogatepass")), None) is None
    ):
        return text
    if is_encoded_key(text):
        return MARK
    for _, _, pattern in _SHAPES:
        text = compiled(pattern).sub(_blank, text)
    return _without_assignments(text)


def look(text: str) -> Iterator[str]:
    """Why a text is not clean, a reason a secret."""
    for reason, _, pattern in _SHAPES:
        for match in compiled(pattern).finditer(text):
            if _blank(match) != match[0]:
                yield reason
    if _without_assignments(text) != text:
        yield "assignment of a secret"


def reason_of(text: str) -> str:
    return next(look(text), "private key in base64")


def _blank(match: Any) -> str:
    groups = match.groupdict()
    secret = groups.get("secret") or ("" if "secret" in groups else match[0])
    if not secret or _is_kept(secret):
        return str(match[0])
    return str(match[0]).replace(secret, MARK)


def _is_kept(secret: str) -> bool:
    return secret in MARKS or MARK in secret or secret.startswith(("[removed", "[redacted", "%", "${", "$("))


def _without_assignments(text: str) -> str:
    """``name=value``, ``name: value``, ``"name", "value"``, ``--name value`` under a telling name.

    A name begins where a word does and is at most 100 characters, and a value is read only behind a telling one and then passed over: linear.
    """
    out: list[str] = []
    start = at = 0
    while (match := _NAMED.search(text, at)) is not None:
        at = match.end("name")
        said = says(match["name"])
        if said is Says.NOTHING or not _is_assignment(text, match):
            continue
        value = _VALUE.match(text, match.end())
        if value is None:
            continue
        at = value.end()
        if not _is_kept(value[0]) and not _is_word(said, text[match.end("name") : match.end()], value[0]):
            out.append(text[start : value.start()] + MARK)
            start = at
    return "".join(out) + text[start:] if out else text


def _is_assignment(text: str, match: re.Match[str]) -> bool:
    """Whether a name is followed by its value: not two words of a sentence, not an image and its tag."""
    blank = text[match.end("name") : match.end()]
    if not blank.strip("\"'\\ \t\n]"):
        return text[max(0, match.start() - 2) : match.start()] == "--"
    return not (text[max(0, match.start() - 1) : match.start()] == "/" and blank.strip() == ":")


def _is_word(said: Says, blank: str, value: str) -> bool:
    """Whether the value is a word to route by, or goes on a sentence about a password."""
    if said is Says.MAYBE:
        return is_plain(value)
    return ("," in blank or re.match(r"\s*:\s", blank) is not None) and value.isalpha() and is_plain(value)


def is_encoded_key(text: str) -> bool:
    """Whether a string is base64 of a PEM private key, as ``inline_bytes`` and Secrets hold them."""
    if not text.startswith("LS0tLS1CRUdJTi"):
        return False
    try:
        return b"PRIVATE KEY" in base64.b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return False
