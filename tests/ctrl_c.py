"""Children that can be interrupted whoever started the tests: an ignored SIGINT (``make test &``) is inherited."""

from __future__ import annotations

import signal


def heard() -> None:
    """A ``preexec_fn``: the child hears Ctrl-C again."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
