"""A condition that cannot be decided, as a question: what is supposed of it, until both answers were followed.

Theory of operation. A condition that needs what is not known raises Undecidable. Where it is one of several (a route of
many, a rule, a chain) both answers lead on, so it raises ``Open`` with its question; who follows the ways
(``proxy.chance.forked``) asks again, once supposing that it holds and once that it does not. What is supposed goes along
with the request, so that the same question, asked for the same reason, has the same answer further on.
"""

from __future__ import annotations

from collections.abc import Mapping

from meshctl.envoy.message import Undecidable

# What is supposed of open questions, by their keys.
Supposed = Mapping[str, bool]
NOTHING_SUPPOSED: Supposed = {}


class Open(Undecidable):
    """Raised for a question that is open: nothing is supposed of it so far."""

    def __init__(self, question: str, reason: str) -> None:
        super().__init__(reason)
        self.question = question

    @property
    def key(self) -> str:
        return f"{self.question}: {self.reason}"


class TooMany(Undecidable):
    """Raised where more alternatives stand open than are followed: what is left of them is left open."""


def answered(supposed: Supposed, question: str, unknown: Undecidable) -> bool:
    """What is supposed of a condition that cannot be decided. Raises Open where nothing is."""
    asked = unknown if isinstance(unknown, Open) else Open(question, unknown.reason)
    if asked.key not in supposed:
        raise asked
    return supposed[asked.key]
