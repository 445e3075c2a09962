"""``meshctl fleet index SOURCE… --to PLACE``: tables of everything that the one reader can read."""

from __future__ import annotations

import contextlib
import os
import pathlib
import sys
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from meshctl.commands.fleet import options
from meshctl.errors import EXIT_FAILURE, EXIT_INTERRUPTED, EXIT_OK, UsageError
from meshctl.plain import visible

if TYPE_CHECKING:
    from meshctl.fleet.local import Outcome

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
_MOST_TOLD = 10


class Told:
    """What came of the units, for the last lines."""

    def __init__(self, quiet: bool) -> None:
        self.proxies = self.units = self.known = self.bytes_read = 0
        self.errors: list[str] = []
        self._quiet = quiet

    def done(self, outcome: Outcome) -> None:
        self.units += 1
        self.known += outcome.known
        self.proxies += outcome.proxies
        self.bytes_read += outcome.bytes_read
        for member, what in outcome.errors:
            line = f"{outcome.title}: {member}: {what}" if member and member not in what else what
            self.errors.append(line)
            if len(self.errors) <= _MOST_TOLD:
                sys.stderr.write(f"Warning: {visible(' '.join(line.split()))}\n")
        if not self._quiet and not outcome.known:
            size = f"{outcome.bytes_read / 1e6:,.0f} MB"
            sys.stderr.write(f"{visible(outcome.title)}: {outcome.proxies} proxies, {size}\n")

    def summary(self, to: str) -> int:
        """The last line, and the exit code."""
        known = f", {self.known} parts were there already" if self.known else ""
        sys.stderr.write(
            f"{visible(to)}: {self.proxies} proxies, {self.bytes_read / 1e6:,.0f} MB of dumps{known}\n"
        )
        if not self.errors:
            return EXIT_OK
        sys.stderr.write(f"{len(self.errors)} things could not be read: they are in the table errors\n")
        return EXIT_FAILURE


@app.command(
    help="""Make tables of snapshots, bug reports, must-gathers, folders and dumps; what is there already is passed over.

\b
  # every archive of a folder, under the day that each was made
  meshctl fleet index night --mesh prod --to fleet
\b
  # a live mesh
  meshctl fleet index --live -A --mesh prod --to s3://bucket/fleet
"""
)
def index(
    ctx: typer.Context,
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Files, folders, archives.")
    ] = None,
    to: Annotated[
        str,
        typer.Option("--to", metavar="PLACE", envvar="MESHCTL_FLEET", help="A folder, s3://… or gs://… ."),
    ] = "",
    mesh: Annotated[str, typer.Option("--mesh", metavar="NAME", help="What the mesh is called.")] = "mesh",
    date: Annotated[
        str | None,
        typer.Option("--date", metavar="DATE", help="The day; when each source was made where not given."),
    ] = None,
    live: Annotated[bool, typer.Option("--live", help="Ask the pods of the cluster.")] = False,
    all_namespaces: Annotated[
        bool, typer.Option("--all-namespaces", "-A", help="With --live: every namespace.")
    ] = False,
    selector: Annotated[
        str | None, typer.Option("--selector", "-l", help="With --live: pods by label.")
    ] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Make the table findings too: `meshctl check` of every pod (slow)."),
    ] = False,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, max=256, help="Processes; as many as there are cores.")
    ] = None,
    engine: options.Engine = "local",
    master: options.Master = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Only what went wrong, and the last line.")
    ] = False,
) -> int:
    options.require(engine)
    if master and engine != "spark":
        raise UsageError("--master is Spark's", "", "Pass --engine spark too.")
    if not to:
        raise UsageError("where to?", "", "Name the data set with --to, or in MESHCTL_FLEET.")
    if not sources and not live:
        raise UsageError("nothing to index", "", "Name files, folders or archives, or pass --live.")
    if sources and live:
        raise UsageError("both sources and --live are given", "", "Index them one after the other.")
    if not mesh or (date is not None and not date):
        raise UsageError("--mesh and --date must not be empty")
    told = Told(quiet)
    try:
        with _sources(ctx, sources or [], live, all_namespaces, selector) as paths:
            _run(paths, to, mesh, date, workers, engine, master, told, check)
    except KeyboardInterrupt:
        sys.stderr.write(f"Interrupted: {told.proxies} proxies were entered in {visible(to)}, whole.\n")
        sys.stderr.write("The same command goes on where it stopped.\n")
        return EXIT_INTERRUPTED
    return told.summary(to)


def _run(
    paths: list[str],
    to: str,
    mesh: str,
    date: str | None,
    workers: int | None,
    engine: str,
    master: str | None,
    told: Told,
    check: bool,
) -> None:
    import datetime

    from meshctl.fleet.units import units

    day = date or datetime.datetime.now(datetime.UTC).date().isoformat()
    if engine == "spark":
        from meshctl.fleet import spark_index

        spark_index.index(paths, to, mesh, date, master, told.done, check=check)
        return
    from meshctl.fleet import local

    local.index(units(paths, mesh, date), to, mesh, day, workers or _cores(), told.done, check=check)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def _sources(
    ctx: typer.Context, sources: list[str], live: bool, all_namespaces: bool, selector: str | None
) -> Iterator[list[str]]:
    """The paths to read; of a live mesh, a snapshot that is taken now and goes when it is read."""
    if not live:
        yield sources
        return
    from meshctl.commands.snapshot.take import BarReporter, LineReporter
    from meshctl.sources.interface import Globals, Origin
    from meshctl.sources.live import cluster_of
    from meshctl.sources.snapshot_format import Writer
    from meshctl.sources.snapshot_take import Plan, take

    globals_: Globals = ctx.obj or Globals()
    if not (all_namespaces or selector or globals_.namespace):
        raise UsageError("no pods are named", "", "Pass -A (all pods), -n NAMESPACE or -l LABEL.")
    origin = Origin(selector=selector, all_namespaces=all_namespaces, all_pods=True, globals=globals_)
    with (
        tempfile.TemporaryDirectory(prefix="meshctl-fleet-") as folder,
        contextlib.closing(cluster_of(globals_)) as cluster,
    ):
        writer = Writer(pathlib.Path(folder) / "live", force=False, resume=False)
        reporter = BarReporter() if sys.stderr.isatty() else LineReporter()
        try:
            take(cluster, Plan(origin), writer, reporter, ["fleet", "index", "--live"])
        finally:
            reporter.close()
        writer.finish()
        yield [str(writer.target)]
