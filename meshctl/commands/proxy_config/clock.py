"""The time at which certificates are judged: now, or MESHCTL_NOW for output that can be reproduced."""

from __future__ import annotations

import datetime
import os

from meshctl.errors import UsageError


def now() -> datetime.datetime:
    text = os.environ.get("MESHCTL_NOW")
    if not text:
        return datetime.datetime.now(datetime.UTC)
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"MESHCTL_NOW is no time: {text!r}", "", "Write it as 2026-11-23T12:00:00Z or unset it."
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
