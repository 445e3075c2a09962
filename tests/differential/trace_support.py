"""Loading the recordings of a real Envoy and comparing them with the trace, field by field."""

from __future__ import annotations

import functools
import json
import pathlib
from collections.abc import Iterator
from typing import Any

from meshctl.envoy import documents, snapshot
from meshctl.envoy.notes import Notes
from meshctl.proxy.proxy import Proxy
from tests.corpus import corpus

Json = dict[str, Any]


def load_proxy(path: pathlib.Path, now: float = 1_764_000_000.0) -> Proxy:
    """A proxy from a dump (plain or gzip)."""
    import gzip

    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    notes = Notes()
    return Proxy(snapshot.load(documents.read(data, path.name, notes), path.name, notes), path.name, now)


@functools.cache
def cached_proxy(path: pathlib.Path) -> Proxy:
    return load_proxy(path)


def dump_path(folder: pathlib.Path, name: str) -> pathlib.Path:
    """The dump a record names, whether it was packed or not."""
    plain = folder / name
    return plain if plain.exists() else folder / f"{name}.gz"


def lines(path: pathlib.Path) -> Iterator[Json]:
    with path.open() as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


def null(value: Any) -> Any:
    """The access log's "-" as None."""
    return None if value in ("-", "") else value


def folders(area: str) -> list[pathlib.Path]:
    """All sets of a recording (dev, and others that may be unpacked beside it)."""
    root = corpus(area)
    return sorted(p for p in root.iterdir() if p.is_dir())
