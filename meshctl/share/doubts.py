"""What looks like a secret and was kept: strings more random than a name, for a person to look at.

Nothing is removed by entropy: a hash of a configuration, a nonce or a pod's suffix is as random as a password. So it is a
list to read, and places where such strings are known to stand (versions, checksums, certificates) are left out.
"""

from __future__ import annotations

import collections
import math
import re
from collections.abc import Iterator
from typing import Any

import msgspec

_RANDOM = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/=_-]{20,200}(?![A-Za-z0-9+/=_-])")
_LEAST_ENTROPY = 4.0  # bits a character; hex has 4 at most, words of English about 3.5
_KNOWN = re.compile(
    r"(?i)(sha|hash|digest|checksum|version|nonce|uid|certificate|_ca$|trust|inline_bytes|chain|serial|@type|image|filename|cert|name$|n$|x$|y$)"
)


def kept(data: bytes) -> Iterator[tuple[str, str]]:
    """The place and the beginning of each string of a JSON file that may be a secret."""
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return
    yield from _walk(document, "", "")


def _walk(value: Any, path: str, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _walk(item, f"{path}.{name}" if path else name, name)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk(item, f"{path}[{index}]", key)
    elif isinstance(value, str) and not _KNOWN.search(key):
        for match in _RANDOM.finditer(value):
            if _is_random(match[0]):
                yield path, f"{match[0][:6]}…"


def _is_random(text: str) -> bool:
    counts = collections.Counter(text)
    bits = -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())
    kinds = sum(any(test(c) for c in text) for test in (str.isupper, str.islower, str.isdigit))
    return kinds == 3 and bits >= _LEAST_ENTROPY
