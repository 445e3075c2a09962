"""``meshctl check``: what is wrong with a pod, a namespace, a mesh; live or from what was saved."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Annotated

import msgspec
import typer

from meshctl.check import Report, Severity, Survey
from meshctl.commands import outputs, subjects
from meshctl.commands.globals import Globals
from meshctl.commands.proxy_config import complete
from meshctl.commands.proxy_config.run import tell
from meshctl.envoy.notes import Notes
from meshctl.errors import EXIT_FAILURE, EXIT_OK, InputError, UsageError
from meshctl.plain import objects_at
from meshctl.render.interface import Content, Document, Offers, Outputs

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

OUTPUTS = Outputs(
    (Content.TEXT, Content.SHORT, Content.DOCUMENT, Content.FINDINGS),
    "text",
    without=("jsonpath=", "custom-columns="),
)

_HELP = """Find what is wrong, each finding proved from what was given.

\b
  # one pod; all pods of a namespace; of the cluster
  meshctl check productpage-v1-7f6 -n bookinfo
  meshctl check -n bookinfo
  meshctl check -A
\b
  # from dumps, folders, snapshots; no cluster is touched
  meshctl check -f config_dump.json -f clusters.json
  meshctl check -f snapshot.tar.gz
\b
  # in CI: fail on warnings, but only on what is new
  meshctl check -A -o json > baseline.json
  meshctl check -A --baseline baseline.json --fail-on warning -o junit
\b
Every code has a page in docs/checks/. A check that cannot decide from what
was given says what it needs. Exit code 1 when there is a finding of level
error (or of the level of --fail-on), else 0.
"""

_LEVELS = {level.value: level for level in Severity}
_IGNORE_HELP = "Leave out CODE, or CODE:OBJECT (with * and ?; an object's name or a pod's); may be repeated."


@app.command(name="check", help=_HELP)
def check(
    ctx: typer.Context,
    pod: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[POD]...",
            help="[type/]name[.namespace]; without one, all pods of the namespace.",
            autocompletion=complete.pods,
            show_default=False,
        ),
    ] = None,
    files: Annotated[
        list[str] | None,
        typer.Option(
            "--file", "-f", metavar="FILE", help="Saved dump, folder, archive or snapshot; may be repeated."
        ),
    ] = None,
    everywhere: Annotated[
        bool, typer.Option("--all-namespaces", "-A", help="Pods of all namespaces.", show_default=False)
    ] = False,
    output: Annotated[str, outputs.option(OUTPUTS)] = "text",
    fail_on: Annotated[
        str,
        typer.Option("--fail-on", metavar="LEVEL", help="Exit 1 from this level on: error, warning or info."),
    ] = "error",
    baseline: Annotated[
        str | None,
        typer.Option(
            "--baseline", metavar="FILE", help="A report of -o json: only what it does not have is shown."
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option("--ignore", metavar="CODE[:OBJECT]", help=_IGNORE_HELP)
    ] = None,
    ignore_file: Annotated[
        str | None,
        typer.Option("--ignore-file", metavar="FILE", help="The same, one a line; # begins a comment."),
    ] = None,
) -> int:
    form = OUTPUTS.parse(output)
    if fail_on not in _LEVELS:
        raise UsageError(f"--fail-on {fail_on!r} is not known", "", f"Use {', '.join(_LEVELS)}.")
    if pod and everywhere:
        raise UsageError("both a pod and --all-namespaces are given", "", "Name pods, or say all of them.")
    patterns = [*(ignore or ()), *_lines(ignore_file)]
    before = _baseline(baseline)
    notes = Notes()
    with _surveyed(ctx.obj or Globals(), tuple(pod or ()), tuple(files or ()), everywhere, notes) as (
        report,
        failures,
    ):
        report = report.without(patterns)
        report = report if before is None else report.new_since(before)
        outputs.show_form(form, _offers(report))
        tell(notes.lines())
        return EXIT_FAILURE if failures or _fails(report, _LEVELS[fail_on]) else EXIT_OK


@contextlib.contextmanager
def _surveyed(
    options: Globals, pods: tuple[str, ...], files: tuple[str, ...], everywhere: bool, notes: Notes
) -> Iterator[tuple[Report, int]]:
    """The report over the pods that are meant, and how many of them could not be asked."""
    with subjects.opened(options, pods, files, everywhere, notes) as (world, found, progress):
        survey = Survey(world)
        for subject in found:
            survey.add(subject)
        yield survey.report(), progress.failures


def _offers(report: Report) -> Offers:
    from meshctl.render import check_out, check_text

    def document() -> Document:
        value = check_out.document(report)
        return Document(value, items=value["findings"], kind="check")

    return {
        Content.TEXT: lambda: check_text.text(report),
        Content.SHORT: lambda: check_text.short(report),
        Content.DOCUMENT: document,
        Content.FINDINGS: lambda: report,
    }


def _fails(report: Report, level: Severity) -> bool:
    levels = list(Severity)  # the worst first
    return any(levels.index(finding.severity) <= levels.index(level) for finding in report.findings)


def _lines(path: str | None) -> list[str]:
    """The patterns of an ignore file."""
    if path is None:
        return []
    from meshctl.sources.file import read_text

    lines = (line.partition("#")[0].strip() for line in read_text(path).splitlines())
    return [line for line in lines if line]


def _baseline(path: str | None) -> list[tuple[str, str, str]] | None:
    """What a former report has, by what makes findings the same."""
    if path is None:
        return None
    from meshctl.sources.file import read_bytes

    try:
        value = msgspec.json.decode(read_bytes(path))
    except msgspec.DecodeError as error:
        raise InputError(f"{path} is no report of `meshctl check -o json`: {error}") from error
    if not isinstance(value, dict) or "findings" not in value:
        raise InputError(f"{path} is no report of `meshctl check -o json`", "It has no `findings`.")
    return [
        (str(one.get("code")), str(one.get("object")), str(one.get("message")))
        for one in objects_at(value, "findings")
    ]
