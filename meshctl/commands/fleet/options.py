"""What the commands of the fleet share: where the data set is, the engine, and the packages that they need."""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer

from meshctl.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from meshctl.fleet.views import Chosen


class Asked(Protocol):
    """A data set that an engine has opened."""

    def ask(self, sql: str, parameters: Mapping[str, Any] | None = None) -> pa.Table:
        """The answer to one statement."""


ENGINES = ("local", "spark")

From = Annotated[
    str,
    typer.Option(
        "--from", metavar="PLACE", envvar="MESHCTL_FLEET", help="The data set: a folder, s3://… or gs://… ."
    ),
]
Engine = Annotated[
    str,
    typer.Option(
        "--engine",
        metavar="NAME",
        help="local, or spark.",
        autocompletion=lambda incomplete: [e for e in ENGINES if e.startswith(incomplete)],
    ),
]
Master = Annotated[
    str | None,
    typer.Option("--master", metavar="URL", help="Spark's master: spark://HOST:7077, k8s://…, local[*]."),
]
_PACKAGES = {"local": ("fleet", ("pyarrow", "duckdb")), "spark": ("spark", ("pyarrow", "pyspark"))}


def require(engine: str) -> None:
    """Raise unless the engine is known and its packages are there."""
    if engine not in _PACKAGES:
        raise UsageError(f"--engine {engine!r} is not known", "", f"Use {' or '.join(_PACKAGES)}.")
    extra, packages = _PACKAGES[engine]
    missing = [package for package in packages if importlib.util.find_spec(package) is None]
    if missing:
        raise UsageError(
            f"the fleet needs {' and '.join(missing)}",
            "It is an extra of meshctl.",
            f"pip install 'meshctl[{extra}]'",
        )


def place(text: str) -> str:
    """Where the data set is; raises where it was not said."""
    if not text:
        raise UsageError("which data set?", "", "Name it with --from, or in MESHCTL_FLEET.")
    return text


Date = Annotated[
    str | None,
    typer.Option("--date", metavar="DATE", help="Rows of this date; `latest`: of each mesh's newest; `all`."),
]
Mesh = Annotated[
    str, typer.Option("--mesh", metavar="NAME", help="Rows of this mesh; of all where not given.")
]


@contextlib.contextmanager
def asked(engine: str, where: str, chosen: Chosen, master: str | None) -> Iterator[Asked]:
    """The data set at a place, ready to be asked by an engine."""
    from meshctl.fleet.store import Store

    require(engine)
    if master and engine != "spark":
        raise UsageError("--master is Spark's", "", "Pass --engine spark too.")
    store = Store(place(where))
    if engine == "spark":
        from meshctl.fleet.spark_sql import opened

        with opened(store, chosen, master) as spark:
            yield spark
        return
    from meshctl.fleet.duck import Duck

    yield Duck(store, chosen)
