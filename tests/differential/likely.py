"""Whether what was observed is as likely as the trace told, over all records of a comparison.

One record shows one way of several: that it is among them says little, when the trace may tell it as one in a million.
So each record's surprise (minus the logarithm of the probability told for what was observed) is added up, beside what
the told probabilities themselves let expect: their entropy, with its variance. A sum that lies more than four standard
deviations above the expected one is a trace that told the probabilities wrongly.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
_SIGMAS = 4.0


@dataclass
class Surprise:
    """The sums over the records seen so far."""

    records: int = 0  # of which chance decided
    found: float = 0.0
    expected: float = 0.0
    variance: float = 0.0

    def see(self, outcomes: list[Json], differences: Callable[[Json], list[str]], host: str | None) -> None:
        """One record: the outcomes told, in what one differs from what was observed, and the upstream host observed."""
        if any(outcome["probability"] is None for outcome in outcomes):
            return  # told as open, by name: no probability to hold it to
        told = [
            (outcome["probability"] * share, not differences(outcome) and host in (None, address))
            for outcome in outcomes
            for address, share in (outcome.get("upstream_hosts") or {host: 1.0}).items()
        ]
        assert not told or abs(sum(chance for chance, _ in told) - 1.0) < 1e-4, told
        chances = [chance for chance, _ in told if chance > 0]
        if len(chances) < 2 or not any(fitting for _, fitting in told):
            return  # nothing is left to chance; or nothing fits, which is the comparison's own to tell
        seen = sum(chance for chance, fitting in told if fitting)
        entropy = -sum(c * math.log(c) for c in chances)
        self.records += 1
        self.found -= math.log(max(seen, 1e-12))
        self.expected += entropy
        self.variance += sum(c * math.log(c) ** 2 for c in chances) - entropy**2

    @property
    def too_large(self) -> bool:
        return self.found > self.expected + _SIGMAS * math.sqrt(self.variance) + 1e-6

    def __str__(self) -> str:
        return f"{self.records} records: {self.found:.1f}, expected {self.expected:.1f} +- {math.sqrt(self.variance):.1f}"
