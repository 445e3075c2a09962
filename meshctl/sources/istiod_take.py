"""What a snapshot keeps of the control plane: each istiod's pages, and what it would send to the pods of the snapshot.

The pages are one more list of the cluster (``cluster/istiods.json``); what istiod would send to a pod's proxy lies with the
pod. A control plane that may not be asked is entered as missing, and costs nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from meshctl.errors import MeshctlError
from meshctl.plain import Json
from meshctl.sources.interface import Globals, Silent
from meshctl.sources.istiod import SYNCZ, VERSION, Answer, LiveIstiods, of_cluster
from meshctl.sources.kube import KubeCluster
from meshctl.sources.record import INTENDED_DUMP, INTENDED_ENDPOINTS
from meshctl.views.sync.syncz import read

PAGES = (SYNCZ, "/debug/clusterz", "/debug/mesh", VERSION)
# Each costs istiod the making of a proxy's whole configuration.
AT_MOST = 200


class ControlPlane:
    """The istiods of the cluster that a snapshot is taken of."""

    def __init__(self, cluster: KubeCluster, options: Globals) -> None:
        self.missing = ""
        self.asked = True  # for what it would send to single proxies
        self._istiods: LiveIstiods | None = None
        self._known: dict[str, str] = {}  # proxy -> its istiod
        try:
            self._istiods = of_cluster(cluster, options, Silent())
        except MeshctlError as error:
            self.missing = error.what

    def pages(self, paths: Sequence[str] = PAGES) -> list[Json] | None:
        """The pages of each istiod; None where none could be asked."""
        if self._istiods is None:
            return None
        found: dict[str, Json] = {}
        try:
            for path in paths:
                for answer in self._istiods.ask(path):
                    one = found.setdefault(
                        answer.istiod, {"istiod": answer.istiod, "revision": answer.revision, "pages": {}}
                    )
                    if answer.status == 200:
                        one["pages"][path] = _value(answer)
                        if path == SYNCZ:
                            self._known |= {
                                proxy.id: answer.istiod for proxy in read(answer.body, answer.istiod)
                            }
        except MeshctlError as error:
            self.missing, self._istiods = error.what, None
            return None
        return list(found.values())

    def intended(self, name: str, namespace: str) -> dict[str, bytes] | str:
        """What istiod would send to a pod's proxy, by file; or why that is not known."""
        proxy = f"{name}.{namespace}"
        istiod = self._known.get(proxy)
        if self._istiods is None or not self.asked:
            return self.missing
        if istiod is None:
            return "no istiod has it connected"
        found: dict[str, bytes] = {}
        why = ""
        for file, page in ((INTENDED_DUMP, "config_dump"), (INTENDED_ENDPOINTS, "edsz")):
            try:
                answer = self._istiods.ask_one(istiod, f"/debug/{page}?proxyID={quote(proxy)}")
            except MeshctlError as error:
                why = error.what
                continue
            if answer.status == 200:
                found[file] = answer.body
            else:
                why = f"istiod {istiod} answered {answer.status} to {page}"
        return found or why


def _value(answer: Answer) -> Any:
    """A page as JSON, or as text where it is none."""
    try:
        return msgspec.json.decode(answer.body)
    except msgspec.DecodeError:
        return answer.body.decode("utf-8", "replace")
