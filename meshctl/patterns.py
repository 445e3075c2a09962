"""Regular expressions that are compiled when they are first asked.

A run asks few of those that its modules state: reading an iptables listing takes twenty, and a dump alone needs none. Compiling takes
0.1 to 0.7 ms each, with those of a trace 14 of 160 ms. So what a module states is ``expression(…)``, which is a ``re.Pattern`` for whoever
uses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from re import compile as expression
else:
    import re

    _PARTS = (
        "search", "match", "fullmatch", "finditer", "findall", "split", "sub", "subn", "pattern", "flags", "groups", "groupindex",
    )  # fmt: skip

    class expression:
        """A pattern that compiles itself with the first question, and has the answers at hand from then on."""

        def __init__(self, pattern: str | bytes, flags: int = 0) -> None:
            self._stated = pattern, flags

        def __getattr__(self, name: str) -> Any:
            if name not in _PARTS:
                raise AttributeError(name)
            compiled = re.compile(*self._stated)
            for part in _PARTS:
                setattr(self, part, getattr(compiled, part))
            return getattr(compiled, name)


__all__ = ["expression"]
