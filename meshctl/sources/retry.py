"""Whether a request that failed is worth sending again, and when: client-go's rules (rest/with_retry.go), bounded in time.

A server that says Retry-After is obeyed, up to ten times. One that fails without saying when (500, 502, 503, 504,
429), or drops the connection, is asked three times more. All of that within the time a request may take.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

_PASSING = frozenset({429, 500, 502, 503, 504})
_WAITS = (0.1, 0.3, 0.9)
_TOLD_AT_MOST = 10
_FOREVER = 3600.0
_SHORTEST = 0.1


class Patience:
    """The tries of one request. Only what changes nothing on the server may be tried again."""

    def __init__(self, seconds: float | None) -> None:
        self._bounded = bool(seconds)
        self._deadline = time.monotonic() + (seconds or _FOREVER)
        self._waits = iter(_WAITS)
        self._told = 0
        self._refused = False

    @property
    def left(self) -> float | None:
        """How long the next try may take; None: for ever."""
        return max(_SHORTEST, self._deadline - time.monotonic()) if self._bounded else None

    def after_refusal(self) -> bool:
        """Whether another credential is worth a try: one is, not more."""
        first, self._refused = not self._refused, True
        return first

    def after_answer(self, status: int, headers: Iterable[tuple[bytes, bytes]] = ()) -> bool:
        """Whether to try again after an HTTP answer; has waited when it returns."""
        if status not in _PASSING:
            return False
        told = _retry_after(headers)
        if told is None:
            return self.after_break()
        self._told += 1
        return self._told <= _TOLD_AT_MOST and self._wait(told)

    def after_break(self) -> bool:
        """Whether to try again after a connection that broke; has waited when it returns."""
        seconds = next(self._waits, None)
        return seconds is not None and self._wait(seconds)

    def _wait(self, seconds: float) -> bool:
        if time.monotonic() + seconds >= self._deadline:
            return False
        time.sleep(seconds)
        return True


def _retry_after(headers: Iterable[tuple[bytes, bytes]]) -> float | None:
    """Seconds that a server asks to wait; None where it does not say."""
    value = next((v for k, v in headers if k.lower() == b"retry-after"), b"").strip()
    return float(value) if value.isdigit() else None
