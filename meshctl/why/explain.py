"""A line explained on the configuration of the proxy that wrote it: which pod that is, its settings, its trace today."""

from __future__ import annotations

from meshctl.trace.pods import Pod, PodSource
from meshctl.why import replay, settings
from meshctl.why.account import of_entry
from meshctl.why.entries import LogEntry
from meshctl.why.report import Why


def explain(entry: LogEntry, pod: Pod | None, source: PodSource | None) -> Why:
    """A line explained; with pods, on the configuration of the one that wrote it: the named one, else by the line's addresses."""
    account = of_entry(entry)
    if source is None:
        return Why(account, entry, pod)
    candidates = [pod] if pod is not None else replay.pods_of(entry, source)
    if not candidates or candidates[0].proxy is None:
        missing = "no pod with a proxy that was given has the addresses of this line"
        if candidates:
            missing = f"pod {candidates[0].full_name} has no proxy in what was given"
        return Why(account, entry, pod, missing=missing)
    tried = [(one, replay.run(entry, one, source)) for one in candidates]
    best, again = max(tried, key=lambda one: _AGREEMENT[one[1].agrees if one[1] is not None else None])
    assert best.proxy is not None
    scene = settings.Scene(best.proxy, entry, again.hop if again else None, again.route if again else None)
    missing = (
        ""
        if again is not None
        else "the line does not say where the connection went (DOWNSTREAM_LOCAL_ADDRESS)"
    )
    return Why(account, entry, best, again, tuple(settings.facts(scene, account.settings)), missing)


_AGREEMENT = {True: 2, None: 1, False: 0}
