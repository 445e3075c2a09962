"""Where an Envoy's configuration comes from: files, an admin address, pods of a cluster.

A command says what it wants (``Needs``) and where from (``Origin``); ``open_snapshots`` answers with one
``ProxySnapshot`` per proxy. Only the module of the source that is used is imported: offline use never
touches a kubeconfig or a network.
"""

from __future__ import annotations

from collections.abc import Iterable

from meshctl.errors import UsageError
from meshctl.sources.interface import Needs, Origin, Progress, ProxySnapshot

__all__ = ["Needs", "Origin", "Progress", "ProxySnapshot", "open_snapshots"]


def open_snapshots(origin: Origin, needs: Needs, progress: Progress) -> Iterable[ProxySnapshot]:
    """The snapshots of every proxy that ``origin`` names, each holding at least what ``needs`` asks for
    as far as its source has it; saved ones are read one after another. Raises UsageError when nothing or too much is named."""
    if origin.files:
        from meshctl.sources.file import open_files

        return open_files(origin, needs, progress)
    if origin.admin:
        from meshctl.sources.admin import open_admin

        return [open_admin(origin, needs, progress)]
    if not origin.pods and not origin.selector and not origin.all_namespaces:
        raise UsageError(
            "no proxy is named",
            "A pod, a file (-f) or an admin address (--admin) is needed.",
            "Name one: POD, deploy/NAME, -f config_dump.json or --admin http://localhost:15000.",
        )
    origin.check()
    from meshctl.sources.live import open_pods

    return open_pods(origin, needs, progress)
