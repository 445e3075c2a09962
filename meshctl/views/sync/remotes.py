"""``remote-clusters``: the clusters whose services each istiod reads (``/debug/clusterz``), and whether it has them all."""

from __future__ import annotations

import msgspec

from meshctl.errors import InputError
from meshctl.views.table import Table

_HEADER = ("NAME", "SECRET", "STATUS", "ISTIOD", "REVISION")
_FIELDS = ("id", "secretName", "syncStatus")


def rows(body: bytes, istiod: str, revision: str) -> list[tuple[str, ...]]:
    """The clusters of one istiod. Raises InputError where the page is none."""
    try:
        page = msgspec.json.decode(body or b"null")
    except msgspec.DecodeError as error:
        raise InputError(f"/debug/clusterz of {istiod} is not JSON: {error}") from None
    if page is not None and not isinstance(page, list):
        raise InputError(f"/debug/clusterz of {istiod} is no list of clusters")
    found = [one for one in page or [] if isinstance(one, dict)]
    return [(*(str(one.get(field) or "") for field in _FIELDS), istiod, revision) for one in found]


def table(found: list[tuple[str, ...]]) -> Table:
    return Table(_HEADER, found)


def document(found: list[tuple[str, ...]]) -> list[dict[str, str]]:
    names = ("name", "secret", "status", "istiod", "revision")
    return [dict(zip(names, row, strict=True)) for row in found]
