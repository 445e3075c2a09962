"""How whole something is that was given, and how that is known: the vocabulary of every negative conclusion.

"Not captured", "no listener", "no such cluster" are conclusions from absence: they hold only where what is
absent would have been seen. A reader therefore hands over, beside the content, how whole it is; whoever is
about to conclude from absence asks for the ``Gap`` there. None: the place is known to be whole, the conclusion
holds. A Gap: what is missing, why, and the command that gets it, ready to be said.

``meshctl.envoy.coverage`` speaks of sections of a dump, ``meshctl.netfilter.model`` of tables and chains.
"""

from __future__ import annotations

import enum

import msgspec


class Wholeness(enum.Enum):
    """How much of something is there."""

    WHOLE = "whole"  # what is not there does not exist
    PARTIAL = "partial"  # some of it is known to be left out
    UNKNOWN = "unknown"  # it may be whole: the form it came in does not tell
    MISSING = "missing"  # none of it is there, which says nothing of what exists


class Basis(enum.StrEnum):
    """How the content is known."""

    OBSERVED = "observed"  # read out of the running thing
    COMPUTED = "computed"  # from settings of this very pod: what should be
    ASSUMED = "assumed"  # from defaults: nothing of this pod says so
    FAILED_RUN = "failed run"  # what somebody tried to set up, and was refused


class Gap(msgspec.Struct, frozen=True):
    """Something that would have to be seen before its absence can be concluded from.

    what: what is missing, as the subject of a sentence ("the dynamic listeners"); why: how come;
    remedy: the command that gets it.
    """

    what: str
    why: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.what}: {self.why}" if self.why else self.what

    @property
    def sentence(self) -> str:
        """What is missing, and how to get it."""
        return f"{self} (to see it: {self.remedy})" if self.remedy else str(self)
