"""URI templates of path_match_policy and path_rewrite_policy: parsed to a regex, matched, rewritten.

``*`` takes one or more characters of a segment, ``**`` the rest of the path (also nothing), ``{name}`` is a
named ``*``, ``{name=pattern}`` names a pattern. Characters outside the RFC 3986 set never match a wildcard.
Follows source/extensions/path/uri_template_lib/uri_template_internal.cc.
"""

from __future__ import annotations

import functools
import re

from meshctl.match.string_match import compiled_regex
from meshctl.patterns import expression
from meshctl.values import Struct

# Unreserved, percent-encoded and sub-delims characters as Envoy lists them for one segment and for a rest.
_SEGMENT = r"[a-zA-Z0-9-._~%!$&'()+,;:@=]+"
_REST = r"[a-zA-Z0-9-._~%!$&'()+,;:@=/]*"
_TOKEN = expression(r"\{([^{}=]+)(?:=([^{}]*))?\}|\*\*|\*|[^{}*]+")


class Template(Struct, frozen=True):
    """A compiled template: the regex of a whole path and the variables in the order of its groups."""

    source: str
    regex: str
    names: tuple[str, ...]

    def variables(self, path: str) -> dict[str, str] | None:
        """The variables bound by a path without its query; None when it does not match."""
        compiled = compiled_regex(self.regex)
        found = compiled.fullmatch(path) if compiled is not None else None
        if found is None:
            return None
        return {name: found.group(index + 1) or "" for index, name in enumerate(self.names)}


def _pattern(text: str) -> str:
    parts = {"*": _SEGMENT, "**": _REST}
    return "".join(parts.get(piece) or re.escape(piece) for piece in re.findall(r"\*\*|\*|[^*]+", text))


@functools.cache
def parse(template: str) -> Template:
    """The compiled form of a path template."""
    out: list[str] = []
    names: list[str] = []
    for token in _TOKEN.finditer(template):
        name, inner = token[1], token[2]
        if name is None:
            out.append(_pattern(token[0]))
        else:
            names.append(name)
            out.append(f"({_pattern('*' if inner is None else inner)})")
    return Template(template, "".join(out), tuple(names))


def rewrite(template: str, variables: dict[str, str]) -> str:
    """A rewrite template with its variables filled in."""
    return re.sub(r"\{([^{}]+)\}", lambda found: variables.get(found[1], ""), template)
