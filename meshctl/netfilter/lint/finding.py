"""What a check finds: how bad, where, why, and what to do about it."""

from __future__ import annotations

from enum import StrEnum

from meshctl.netfilter.model import Chain, Rule, Table
from meshctl.values import Struct


class Severity(StrEnum):
    """error: traffic goes wrong. warning: it probably is not what was meant. info: worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Place(Struct, frozen=True):
    """A rule, by where it stands."""

    family: str
    table: str
    chain: str
    number: int
    text: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.table} {self.chain} rule {self.number}"


class Finding(Struct, frozen=True):
    """One finding. ``code`` names the check and stays the same between releases."""

    code: str
    severity: Severity
    what: str
    why: str
    advice: str
    place: Place | None = None
    by: tuple[Place, ...] = ()


def place_of(table: Table, chain: Chain, number: int, rule: Rule) -> Place:
    """The place of a rule."""
    return Place(table.family, table.name, chain.name, number, rule.text, rule.line)


ISTIO_PREFIXES = ("ISTIO_", "istio-")


def is_istio(name: str) -> bool:
    """Whether Istio makes chains (or tables) of that name."""
    return name.startswith(ISTIO_PREFIXES)
