"""Pseudonyms for the paths of requests that keep how paths relate.

Theory of operation. A path is renamed segment by segment, each always by the same pseudonym (a keyed hash), so what was under
``/shop/cart`` stays under it, and a rewrite leads where its route expects it. Of a regular expression only whole segments of
letters, digits, ``_`` and ``-`` are renamed. Kept are the platform's own paths (health checks, statistics), files of the system, and
what a template or an expression is made of. A prefix that ends in the middle of a segment (``/api`` for ``/apiv2``) loses that relation.
"""

from __future__ import annotations

import hashlib
import hmac
import re

# Where files lie in a proxy's configuration: certificates, sockets, logs.
_FILES = ("/dev/", "/etc/", "/var/", "/proc/", "/sys/", "/usr/", "/tmp/", "/run/", "/home/", "/opt/", "/lib")
_PLATFORM = frozenset(
    "healthz health ready readyz livez live startupz stats prometheus metrics app-health app quitquitquit config_dump clusters "
    "logging debug grpc.health.v1.Health Check Watch".split()
)
_SEGMENT = re.compile(r"(?<=/)[A-Za-z0-9_-]{2,}(?=/|$|\?|\$|\(|\[|\\)")
_PLAIN = re.compile(r"[^/?#*{}]+")
_EXPRESSION = re.compile(r"[\\^$|()\[\]+*]|\.\*|\{\d")


class PathPseudonyms:
    """One mapping from segments to pseudonyms."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def text(self, path: str) -> str:
        """A path, or an expression for paths, with its segments renamed."""
        if path.startswith(_FILES):
            return path
        if _EXPRESSION.search(path):
            return _SEGMENT.sub(lambda match: self._segment(match[0]), path)
        whole, mark, query = path.partition("?")
        return _PLAIN.sub(lambda match: self._segment(match[0]), whole) + mark + query

    def _segment(self, segment: str) -> str:
        if segment in _PLATFORM or segment.isdigit():
            return segment
        return "p" + hmac.digest(self._key, b"path:" + segment.encode(), hashlib.sha256).hex()[:6]
