"""The command line in this process: arguments and stdin in; exit code, stdout and stderr out."""

from __future__ import annotations

import gzip
import io
import json
import pathlib
import sys
from contextlib import contextmanager
from dataclasses import dataclass

from meshctl import cli

DUMPS = pathlib.Path(__file__).resolve().parent / "fixtures" / "dumps"


@dataclass(frozen=True)
class Outcome:
    """What a run did."""

    rc: int
    out: str
    err: str
    raw: bytes


def dump_path(name: str) -> str:
    """The path of a recorded answer among the fixtures (``gateway.config_dump``)."""
    return str(DUMPS / f"{name}.json.gz")


def dump_bytes(name: str) -> bytes:
    return gzip.decompress(pathlib.Path(dump_path(name)).read_bytes())


def dump_json(name: str) -> dict:
    return json.loads(dump_bytes(name))


@contextmanager
def _streams(stdin: bytes):
    saved = sys.stdin, sys.stdout, sys.stderr
    out, err = io.BytesIO(), io.BytesIO()
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin), "utf-8", newline="")
    sys.stdout = io.TextIOWrapper(out, "utf-8", newline="", write_through=True)
    sys.stderr = io.TextIOWrapper(err, "utf-8", newline="", write_through=True)
    try:
        yield out, err
    finally:
        sys.stdin, sys.stdout, sys.stderr = saved


def run(*argv: str, stdin: bytes = b"") -> Outcome:
    """One command line, as the process's entry point would run it."""
    with _streams(stdin) as (out, err):
        streams = sys.stdout, sys.stderr  # kept alive until their bytes are read
        rc = cli.main(list(argv))
        for stream in streams:
            stream.flush()
        raw = out.getvalue()
        return Outcome(rc, raw.decode("utf-8", "replace"), err.getvalue().decode("utf-8", "replace"), raw)
