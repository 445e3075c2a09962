"""``meshctl snapshot [take] POD…``: one file with the evidence, safe to share."""

from __future__ import annotations

import pathlib
import sys
import threading
from typing import Annotated, Any

import typer

from meshctl.commands.proxy_config import complete
from meshctl.errors import EXIT_FAILURE, EXIT_INTERRUPTED, EXIT_OK, MeshctlError, UsageError
from meshctl.plain import LAST_PORT, visible
from meshctl.sources.interface import DEFAULT_ADMIN_PORT, Globals, Origin

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


class LineReporter:
    """Plain lines on stderr, one a pod: what a log or a pipe gets."""

    def __init__(self) -> None:
        self.failures: list[str] = []
        self.pods = 0
        self.size = 0
        self._lock = threading.Lock()
        self._total = 0

    def total(self, pods: int) -> None:
        self._total = pods

    def done(self, pod: str, size: int) -> None:
        with self._lock:
            self.pods += 1
            self.size += size
            self._show(f"{pod}: {size:,} bytes" if size else f"{pod}: there already")

    def failed(self, pod: str, error: MeshctlError) -> None:
        with self._lock:
            self.failures.append(pod)
            self._show(f"{pod}: failed: {' '.join(error.lines()).removeprefix('Error: ')}")

    def bytes_read(self, count: int) -> None:
        pass

    def _show(self, text: str) -> None:
        finished = self.pods + len(self.failures)
        sys.stderr.write(f"[{finished}/{self._total}] {visible(text)}\n")
        sys.stderr.flush()

    def close(self) -> None:
        pass


class BarReporter(LineReporter):
    """A progress bar with pods, bytes and failures: what a terminal gets."""

    def __init__(self) -> None:
        super().__init__()
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn

        from meshctl.commands.progress import bar

        self._received = 0
        self._bar: Any = bar(
            TextColumn("pods"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[received]:,.1f} MB"),
            TextColumn("{task.fields[failed]} failed"),
            TimeElapsedColumn(),
            transient=False,
        )
        self._task = self._bar.add_task("", total=None, received=0.0, failed=0)
        self._bar.start()

    def total(self, pods: int) -> None:
        self._bar.update(self._task, total=pods)

    def bytes_read(self, count: int) -> None:
        with self._lock:
            self._received += count
            self._bar.update(self._task, received=self._received / 1e6)

    def _show(self, text: str) -> None:
        self._bar.update(self._task, completed=self.pods + len(self.failures), failed=len(self.failures))
        if "failed:" in text:
            self._bar.console.print(visible(text), markup=False, highlight=False)

    def close(self) -> None:
        self._bar.stop()


@app.command(
    help="""Take a snapshot. Secrets are removed and listed; nothing is overwritten without --force.

\b
  # every pod of a namespace, into a folder
  meshctl -n test snapshot -o test-namespace
\b
  # what an interrupted run had not reached yet
  meshctl -n test snapshot -o test-namespace --resume
"""
)
def take(
    ctx: typer.Context,
    pods: Annotated[
        list[str] | None,
        typer.Argument(metavar="[POD]...", help="[type/]name[.namespace]", autocompletion=complete.pods),
    ] = None,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="mesh.tar.gz, or a folder.")
    ] = "mesh.tar.gz",
    selector: Annotated[str | None, typer.Option("--selector", "-l", help="Pods by label.")] = None,
    all_namespaces: Annotated[
        bool, typer.Option("--all-namespaces", "-A", help="Pods of every namespace.")
    ] = False,
    around: Annotated[
        str | None,
        typer.Option("--around", metavar="POD", help="A pod, the pods it can reach, and gateways."),
    ] = None,
    anonymize: Annotated[
        bool, typer.Option("--anonymize", help="Replace names and addresses by pseudonyms.")
    ] = False,
    anonymize_paths: Annotated[
        bool, typer.Option("--anonymize-paths", help="The paths of requests, too (with --anonymize).")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Complete an interrupted snapshot.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing snapshot.")] = False,
    at_once: Annotated[
        int, typer.Option("--at-once", min=1, max=64, help="Pods asked at the same time.")
    ] = 6,
    admin_port: Annotated[
        int, typer.Option("--proxy-admin-port", min=1, max=LAST_PORT, help="Envoy's admin port.")
    ] = DEFAULT_ADMIN_PORT,
) -> int:
    from meshctl.sources.live import cluster_of
    from meshctl.sources.snapshot_format import Writer
    from meshctl.sources.snapshot_share import anonymize as rename
    from meshctl.sources.snapshot_share import scan
    from meshctl.sources.snapshot_take import Plan, take

    options: Globals = ctx.obj or Globals()
    anonymize = anonymize or anonymize_paths
    if not output:
        raise UsageError("-o names no file")
    if not (pods or selector or all_namespaces or around or options.namespace):
        raise UsageError(
            "no pods are named",
            "",
            "Name pods, -l LABEL, --around POD, -n NAMESPACE (all its pods) or -A (all pods).",
        )
    origin = Origin(
        pods=tuple(pods or ()),
        selector=selector,
        all_namespaces=all_namespaces,
        all_pods=True,
        admin_port=admin_port,
        globals=options,
    )
    cluster = cluster_of(options)
    writer = Writer(pathlib.Path(output), force=force, resume=resume)
    reporter = BarReporter() if sys.stderr.isatty() else LineReporter()
    try:
        if not writer.index.anonymized:  # else everything was taken, and a run stopped after it was renamed
            take(
                cluster,
                Plan(origin, around, at_once, anonymize, anonymize_paths),
                writer,
                reporter,
                sys.argv[1:],
            )
        scan(writer, rename(writer, paths=anonymize_paths) if anonymize else None)
        writer.finish()
    except KeyboardInterrupt:
        reporter.close()
        sys.stderr.write(
            f"Interrupted: {reporter.pods} pods are in {writer.work}, which can be read as it is.\n"
            "Complete it with the same command and --resume.\n"
        )
        return EXIT_INTERRUPTED
    finally:
        reporter.close()
        cluster.close()
    return _summary(writer, reporter, output)


def _summary(writer: Any, reporter: LineReporter, output: str) -> int:
    removed = writer.index.removed
    sys.stderr.write(f"{output}: {reporter.pods} pods")
    sys.stderr.write(
        f", {len(removed)} secrets removed (meshctl snapshot show {output} lists them)\n" if removed else "\n"
    )
    if reporter.failures:
        sys.stderr.write(
            f"{len(reporter.failures)} pods failed: {visible(', '.join(reporter.failures[:10]))}\n"
        )
        return EXIT_FAILURE
    return EXIT_OK
