"""``meshctl why``: a log line, a flag, a detail or a whole log in words: what happened, where, why, and what to look at."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from meshctl.commands import outputs, terminal
from meshctl.commands.proxy_config import complete
from meshctl.commands.trace import Dir, Files, PeerRules, Peers, Rules
from meshctl.errors import InputError, MeshctlError, UsageError
from meshctl.plain import Json, visible
from meshctl.render.interface import Content, Document, Offers, Outputs

if TYPE_CHECKING:
    from meshctl.commands.trace_inputs import Inputs
    from meshctl.trace.pods import Pod
    from meshctl.why.entries import LogEntry
    from meshctl.why.formats import Format
    from meshctl.why.report import Why
    from meshctl.why.tally import Tally

_HELP = """Say why a request ended as the access log says: flags, details, the proxy's settings, and the trace today.

\b
  # A line of a sidecar's access log, in words
  meshctl why '[2026-01-01T00:00:00.000Z] "GET / HTTP/1.1" 503 UF ...'
\b
  # The same on the proxy's own configuration, traced again
  meshctl why -f config_dump.json '[2026-01-01T00:00:00.000Z] "GET / ...'
  meshctl why --dir examples/story '[2026-01-01T00:00:00.000Z] "GET / ...'
\b
  # A response flag, or response code details
  meshctl why UF
  meshctl why 'upstream_reset_before_response_started{connection_termination}'
\b
  # A whole log, grouped by cause, route and upstream
  meshctl why --log istio-proxy.log
  kubectl logs POD -c istio-proxy | meshctl why --log -
\b
  # The log of a pod, live or from a snapshot
  meshctl -n test why test-pod
"""

app = typer.Typer(
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
OUTPUTS = Outputs((Content.TEXT, Content.SHORT, Content.DOCUMENT), "text", without=("csv", "jsonl"))

Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[POD] [LINE|FLAG|DETAILS]",
        help="What to explain; with a POD, on its configuration.",
        autocompletion=complete.pods,
    ),
]
Log = Annotated[
    str | None, typer.Option("--log", metavar="FILE", help="A whole log, `-` for stdin; grouped by cause.")
]
Grep = Annotated[
    str | None,
    typer.Option(
        "--grep", metavar="TEXT", help="Of a log only the lines that hold this text, each explained."
    ),
]
Output = Annotated[str, outputs.option(OUTPUTS)]
_CODE = re.compile(r"[0-9]{1,3}")
_FEW = 20


@app.command(help=_HELP)
def why(
    ctx: typer.Context,
    given: Words = None,
    log: Log = None,
    grep: Grep = None,
    files: Files = None,
    rules: Rules = None,
    peers: Peers = None,
    peer_rules: PeerRules = None,
    directory: Dir = None,
    output: Output = "",
) -> None:
    form = OUTPUTS.parse(output or "text")
    words = [word for word in given or () if word.strip()]
    colour, width = terminal.colour(ctx.obj.colour), terminal.width()
    saved = bool(files or directory)
    asked = _asked(words[-1]) if words and log is None else None
    if len(words) > (2 if log is None else 1) or (not words and log is None):
        raise UsageError(
            "what is to be explained?",
            "",
            "Run `meshctl why LINE`, `why FLAG`, `why POD` or `why --log FILE`.",
        )
    if asked is not None and len(words) == 1 and not saved:
        outputs.show_form(form, _offers([asked], colour=colour, width=width))
        return
    pod = words[0] if len(words) > 1 or (log is not None and words) or (asked is None and words) else None
    if log is not None and not saved and pod is None:
        found = _of_log(_opened(log), None, None, grep)
        outputs.show_form(form, _offers(found, colour=colour, width=width))
        return
    from meshctl.commands.trace_inputs import Inputs

    with Inputs(
        ctx.obj,
        pod,
        tuple(files or ()),
        tuple(rules or ()),
        tuple(peers or ()),
        tuple(peer_rules or ()),
        directory,
    ) as inputs:
        if asked is None:
            lines = _opened(log) if log is not None else inputs.log()
            found = _of_log(lines, inputs, _proxy_of(inputs, pod), grep)
        else:
            found = [_on(inputs, asked, _pod(inputs, pod), words[-1])]
        outputs.show_form(form, _offers(found, colour=colour, width=width))
        inputs.warn()


def _pod(inputs: Inputs, name: str | None) -> Pod | None:
    """The pod that is named, or the only one; None where the line itself must tell."""
    try:
        return inputs.first
    except UsageError:
        if name is not None:
            raise
        return None


def _proxy_of(inputs: Inputs, name: str | None) -> Pod | None:
    """The same for a log, which can be counted without the proxy: what it costs is told."""
    try:
        return _pod(inputs, name)
    except MeshctlError as error:
        sys.stderr.write(
            f"Warning: the proxy could not be asked, the log is read without it: {visible(error.what)}\n"
        )
        return None


def _asked(text: str) -> Why | None:
    """What one word or line asks for, None for the name of a pod."""
    from meshctl.why import account, details, entries, flags
    from meshctl.why.report import Why

    entry = entries.read(text)
    if entry is not None:
        return Why(account.of_entry(entry), entry)
    code, named, rest = "", list[str](), list[str]()
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]  # as trace prints them
    for word in text.split():
        parts = flags.split(word)
        if not rest and _CODE.fullmatch(word):
            code = word
        elif not rest and parts and all(flags.find(part) for part in parts):
            named += [flag.short for part in parts if (flag := flags.find(part)) is not None]
        elif word != "-":
            rest.append(word)
    detail = " ".join(rest)
    known = details.read(detail)
    if rest and (known is None or known.unknown) and (" " not in text.strip() and "{" not in text):
        return None  # a pod's name
    if rest and (known is None or not known.meanings) and not (code or named):
        raise InputError(
            "this is neither an access log line nor a flag or detail that is known",
            "Lines of Istio's default text format, of JSON, and of the formats in a dump (-f) are read.",
            "Quote the whole line, or give -f DUMP for a format of your own.",
        )
    return Why(account.of_words(code, named, detail)) if code or named or rest else None


def _on(inputs: Inputs, asked: Why, pod: Pod | None, text: str) -> Why:
    """The same on the configuration of a proxy, whose own log formats are known then."""
    from meshctl.why import entries
    from meshctl.why.explain import explain

    entry = entries.read(text, _formats(pod)) if asked.entry is not None or pod is not None else None
    entry = entry or asked.entry
    return asked if entry is None else explain(entry, pod, inputs.source)


def _formats(pod: Pod | None) -> tuple[Format, ...]:
    """The access log formats that a proxy's own configuration has."""
    from meshctl.envoy.sections import SectionKind
    from meshctl.why import formats

    if pod is None or pod.proxy is None:
        return ()
    resources = pod.proxy.snapshot.resources(SectionKind.LISTENERS)
    found = (
        one for r in resources for one in formats.configured(r.value, f"the format of listener {r.name}")
    )
    return formats.distinct(found)


def _of_log(
    lines: Iterable[bytes], inputs: Inputs | None, pod: Pod | None, grep: str | None
) -> list[Why] | Tally:
    """A log: grouped, or (--grep) the lines that hold a text, each explained."""
    from meshctl.why import account, entries, tally
    from meshctl.why.explain import explain
    from meshctl.why.report import Why

    known = _formats(pod)
    if grep is None:
        return tally.tally(lines, known)
    found: list[LogEntry] = []
    wanted = grep.encode()
    for line in lines:
        if wanted in line and (entry := entries.read(line.decode("utf-8", "replace"), known)) is not None:
            found.append(entry)
    if not found:
        raise InputError(f"no access log entry holds {grep!r}", "", "Leave out --grep to see what there is.")
    if len(found) > _FEW:
        sys.stderr.write(f"Warning: {len(found)} entries hold {grep!r}; the first {_FEW} are explained\n")
    if inputs is None:
        return [Why(account.of_entry(entry), entry) for entry in found[:_FEW]]
    return [explain(entry, pod, inputs.source) for entry in found[:_FEW]]


def _opened(path: str) -> Iterator[bytes]:
    """The lines of a log as they stream: a file, packed or not, or stdin."""
    from meshctl.sources.lines import open_lines

    return open_lines(path)


def _offers(found: list[Why] | Tally, *, colour: bool, width: int | None) -> Offers:
    from meshctl.render import why_text

    if isinstance(found, list):
        from meshctl.why.report import document

        documents = [document(one) for one in found] if len(found) != 1 else None
        return {
            Content.TEXT: lambda: "\n".join(
                why_text.render(one, colour=colour, width=width) for one in found
            ),
            Content.SHORT: lambda: "".join(why_text.short(one) for one in found),
            Content.DOCUMENT: lambda: Document(
                documents if documents is not None else document(found[0]), kind="why"
            ),
        }
    return {
        Content.TEXT: lambda: why_text.tally(found, colour=colour, width=width),
        Content.SHORT: lambda: why_text.tally(found, colour=colour, width=width),
        Content.DOCUMENT: lambda: Document(_tally_document(found), kind="log"),
    }


def _tally_document(found: Tally) -> Json:
    from meshctl.why.report import SCHEMA

    return {
        "schema": SCHEMA,
        "lines": found.lines,
        "other_lines": found.other,
        "groups": [
            {
                "count": group.count.number,
                "first": group.count.first or None,
                "last": group.count.last or None,
                "failed": group.account.failed,
                "headline": group.account.headline,
                "stage": group.account.stage.value if group.account.stage is not None else None,
                "answered_by": group.account.answered_by,
                "fields": group.fields,
                "causes": list(group.account.causes),
            }
            for group in (*found.failed, *found.well)
        ],
    }
