"""Which sections of an Envoy's configuration are known to be whole.

A whole /config_dump prints every section its Envoy has (source/server/admin/config_dump_handler.cc): bootstrap,
clusters, listeners and routes are always among them, endpoints only with ``include_eds``, the others only where
there is something to print. Anything less (one section, ``?resource=``, ``?mask=``, what ``istioctl pc`` printed)
says so in its ``SectionCoverage``; a section that nothing speaks of is missing, not empty.
"""

from __future__ import annotations

import msgspec

from meshctl.coverage import Basis, Gap, Wholeness
from meshctl.envoy.sections import SectionKind

__all__ = ["Basis", "Gap", "SectionCoverage", "Wholeness", "gap_of"]

WHOLE_DUMP = "curl -s localhost:15000/config_dump?include_eds"

# Printed by every whole dump: without one of them, a dump is a part of a dump.
ALWAYS = frozenset({SectionKind.BOOTSTRAP, SectionKind.CLUSTERS, SectionKind.LISTENERS, SectionKind.ROUTES})

WORDS: dict[SectionKind, str] = {
    SectionKind.BOOTSTRAP: "the bootstrap",
    SectionKind.CLUSTERS: "the clusters",
    SectionKind.ECDS: "the extension configurations (ECDS)",
    SectionKind.ENDPOINTS: "the endpoints",
    SectionKind.LISTENERS: "the listeners",
    SectionKind.SCOPED_ROUTES: "the scoped routes",
    SectionKind.ROUTES: "the route tables",
    SectionKind.SECRETS: "the secrets",
}


class SectionCoverage(msgspec.Struct, frozen=True):
    """How whole one section is. ``whole_arrays``: of a section in part, the arrays that are whole all the same
    (``dynamic_listeners`` of an answer to ``?resource=dynamic_listeners``)."""

    wholeness: Wholeness
    why: str = ""
    basis: Basis = Basis.OBSERVED
    whole_arrays: frozenset[str] = frozenset()

    def with_(self, other: SectionCoverage, arrays: frozenset[str]) -> SectionCoverage:
        """Two answers about one section: whole when either is, or when their whole arrays are all there are."""
        if Wholeness.WHOLE in (self.wholeness, other.wholeness):
            return self if self.wholeness is Wholeness.WHOLE else other
        both = self.whole_arrays | other.whole_arrays
        if arrays and arrays <= both:
            return SectionCoverage(Wholeness.WHOLE, basis=self.basis)
        return SectionCoverage(other.wholeness, other.why or self.why, other.basis, both)


WHOLE = SectionCoverage(Wholeness.WHOLE)


def gap_of(kind: SectionKind, coverage: SectionCoverage | None, array: str = "") -> Gap | None:
    """None where absence from the section (or one array of it) can be concluded from."""
    if coverage is None:
        return Gap(f"{WORDS[kind]} of the dump", "this section was not given", WHOLE_DUMP)
    if coverage.wholeness is Wholeness.WHOLE or (array and array in coverage.whole_arrays):
        return None
    what = f"{array} of the dump" if array else f"the rest of {WORDS[kind]}"
    return Gap(what, coverage.why, WHOLE_DUMP)
