"""RFC 3986 path normalisation as Envoy's ``normalize_path`` does it.

Envoy hands the path to googleurl's canonicaliser: unreserved characters are decoded, other escapes kept as they
are, unsafe characters escaped, dot segments removed, backslashes turned into slashes; ``%00`` is refused.
Follows source/common/http/path_utility.cc and googleurl url/url_canon_path.cc.
"""

from __future__ import annotations

from meshctl.patterns import expression

_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ESCAPED = frozenset(' "#<>?`{}^|')
_HEX = frozenset("0123456789abcdefABCDEF")
# A path that is normalised as it comes, as nearly all are: nothing to decode or to escape, no dot begins a segment.
_CANONICAL = expression(r"(?:/(?!\.)[A-Za-z0-9\-._~!$&'()*+,;=:@]*)+")


def canonical_path(target: str) -> str | None:
    """The normalised request target (query untouched); None when it is refused."""
    path, mark, query = target.partition("?")
    if _CANONICAL.fullmatch(path):
        return target
    units = _units(path)
    if units is None:
        return None
    return _remove_dots(units) + mark + query


def _units(path: str) -> list[str] | None:
    """The path as canonical units: one character or one kept escape each."""
    units: list[str] = []
    index = 0
    while index < len(path):
        char = path[index]
        code = path[index + 1 : index + 3]
        if char == "%" and len(code) == 2 and set(code) <= _HEX:
            plain = chr(int(code, 16))
            if plain == "\0":
                return None
            units.append(plain if plain in _UNRESERVED else char + code)
            index += 3
            continue
        if char == "\\":
            units.append("/")
        elif char == "\0":
            return None
        elif char in _ESCAPED or char < " " or char >= "\x7f":
            units += [f"%{byte:02X}" for byte in char.encode("utf-8", "surrogateescape")]
        else:
            units.append(char)
        index += 1
    return units


def _remove_dots(units: list[str]) -> str:
    segments: list[str] = []
    text = "".join(units)
    parts = text.split("/")
    last = len(parts) - 1
    for position, part in enumerate(parts[1:] if text.startswith("/") else parts, 1):
        if part == ".":
            if position == last:
                segments.append("")
        elif part == "..":
            if segments:
                segments.pop()
            if position == last:
                segments.append("")
        else:
            segments.append(part)
    return "/" + "/".join(segments)
