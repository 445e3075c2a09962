"""iptables' ``-m statistic``: a rule for a share of the packets, at random or every so many (net/netfilter/xt_statistic.c)."""

from __future__ import annotations

import re

from meshctl.netfilter.model import Drawn

_RANDOM = re.compile(r"-m statistic --mode random (! )?--probability (\d*\.?\d+)")
_NTH = re.compile(r"-m statistic --mode nth (! )?--every (\d+)(?: --packet (\d+))?")
_WHOLE = 1 << 31  # the kernel draws 31 bits


def drawn(text: str) -> Drawn | None:
    """The number that a rule draws, by the words of the match; None for any other match."""
    if found := _RANDOM.fullmatch(text):
        part = round(float(found[2]) * _WHOLE)
        return _one_of(text, _WHOLE, (0, part - 1), negate=bool(found[1]))
    if found := _NTH.fullmatch(text):
        packet = int(found[3] or 0)
        return _one_of(text, max(int(found[2]), 1), (packet, packet), negate=bool(found[1]))
    return None


def _one_of(text: str, count: int, values: tuple[int, int], *, negate: bool) -> Drawn:
    return Drawn(text, (0, count - 1), (values,), text, negate=negate, anew=True)
