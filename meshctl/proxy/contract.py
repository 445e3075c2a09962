"""What a filter may do to a request or a connection, declared as data.

Theory of operation. A filter that is evaluated says what it may do (``may``) and where in Envoy's source its rule
stands (``source``). One that is not evaluated has no ``evaluate``: what it may do becomes unknown from there on,
and if it may end the request that stays an open outcome. One that only observes has an empty ``may``, and
``source`` is the reason. A type that no table knows may do everything (``UNKNOWN``).
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Generic, TypeVar

from meshctl.values import Struct

Evaluate = TypeVar("Evaluate")


class Effect(enum.Enum):
    """One thing that a filter may do."""

    ENDS = "ends the request"
    CODE = "changes the code of the answer"
    HEADERS = "changes headers"
    PATH = "changes the path"
    ROUTE = "has the route chosen again"
    HOST = "chooses the upstream host or cluster"
    METADATA = "writes dynamic metadata"
    FILTER_STATE = "writes filter state"
    IDENTITY = "changes who the caller is"
    BODY = "changes the body"
    TIMING = "delays"
    SHARE = "changes how hosts share the load"


class Contract(Struct, Generic[Evaluate], frozen=True):
    """What is known of a filter type."""

    evaluate: Evaluate | None
    may: frozenset[Effect]
    source: str
    idle: Callable[..., bool] | None = None  # whether its settings on a route let every request pass as it is

    @property
    def observes(self) -> bool:
        """Whether it does nothing that a later stage or the answer depends on."""
        return self.evaluate is None and not self.may


EVERYTHING = frozenset(Effect)
# What changes an answer only through a condition that asks for it: the condition is open then, and names it.
TOLD_WHERE_ASKED = frozenset({Effect.HEADERS, Effect.METADATA, Effect.FILTER_STATE, Effect.TIMING})


def effects(*names: Effect) -> frozenset[Effect]:
    return frozenset(names)
