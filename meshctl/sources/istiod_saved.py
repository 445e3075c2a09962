"""The istiods of a snapshot: their pages as they were when it was taken."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import msgspec

from meshctl.errors import MissingDataError
from meshctl.plain import object_at
from meshctl.reader.given import Given
from meshctl.sources.istiod import Answer
from meshctl.sources.record import INTENDED_DUMP, INTENDED_ENDPOINTS, ISTIODS

_OF_PROXIES = {"/debug/config_dump": INTENDED_DUMP, "/debug/edsz": INTENDED_ENDPOINTS}
_NOT_THERE = b"404 page not found"


def has_istiods(given: Given) -> bool:
    """Whether what was given holds answers of istiod."""
    return bool(given.objects(ISTIODS))


class SavedIstiods:
    """Answers as ``meshctl.sources.istiod.Istiods``; a page that the snapshot does not have is missing, not empty."""

    def __init__(self, given: Given, revision: str = "") -> None:
        self._given = given
        self._items = [one for one in given.objects(ISTIODS) or [] if revision in ("", one.get("revision"))]
        if not self._items:
            raise MissingDataError(
                f"{given.origin} has no answers of an istiod"
                + (f" of revision {revision}" if revision else ""),
                self._why(),
                "`meshctl snapshot` takes them where the control plane may be asked.",
            )

    def _why(self) -> str:
        index = self._given.index
        return index.cluster_missing.get(ISTIODS, "") if index is not None else ""

    def ask(self, path: str) -> list[Answer]:
        return [self._answer(one, path) for one in self._items]

    def ask_until_known(self, path: str) -> Answer | None:
        found = self._of_proxy(path) if urlsplit(path).path in _OF_PROXIES else None
        if found is not None:
            return found
        return next((one for one in self.ask(path) if one.status == 200), None)

    def _answer(self, item: dict[str, object], path: str) -> Answer:
        name, revision = str(item.get("istiod") or ""), str(item.get("revision") or "")
        pages = object_at(item, "pages")
        if path not in pages:
            return Answer(name, revision, 404, _NOT_THERE)
        value = pages[path]
        body = value.encode() if isinstance(value, str) else msgspec.json.encode(value)
        return Answer(name, revision, 200, body)

    def _of_proxy(self, path: str) -> Answer | None:
        """What would be sent to a proxy, which lies with its pod."""
        parts = urlsplit(path)
        proxy = parse_qs(parts.query).get("proxyID", [""])[0]
        for pod in self._given.pods:
            if f"{pod.name}.{pod.namespace}" == proxy:
                data = pod.read(_OF_PROXIES[parts.path])
                if data is not None:
                    return Answer(str(self._items[0].get("istiod") or ""), "", 200, bytes(data))
        return None
