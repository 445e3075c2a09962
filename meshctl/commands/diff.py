"""``meshctl diff``: what differs between two proxies, by name and meaning, and which requests end differently."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from meshctl.commands import outputs
from meshctl.commands.globals import Globals
from meshctl.commands.progress import TerminalProgress
from meshctl.commands.proxy_config import complete
from meshctl.commands.proxy_config.run import tell
from meshctl.diff.resources import Difference, Different, difference
from meshctl.diff.values import Kind
from meshctl.envoy.notes import Notes
from meshctl.errors import EXIT_FAILURE, EXIT_OK, InputError, MeshctlError, UsageError
from meshctl.plain import Json
from meshctl.render.interface import Content, Document, Outputs
from meshctl.values import replace

if TYPE_CHECKING:
    from meshctl.diff.replay import Outcome, Probe
    from meshctl.proxy.proxy import Proxy
    from meshctl.sources.diff_sides import Pair

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

OUTPUTS = Outputs(
    (Content.TEXT, Content.DOCUMENT, Content.DIFFERENCES), "text", without=("jsonpath=", "custom-columns=")
)

_HELP = """Show what differs between two proxies, down to the field.

\b
  # two pods; the replicas of a workload; a proxy and istiod
  meshctl diff reviews-v1-5b5 reviews-v2-5b6 -n bookinfo
  meshctl diff deploy/reviews-v2 -n bookinfo
  meshctl diff productpage-v1-675.bookinfo istiod
\b
  # two dumps, two snapshots, two pods of one snapshot
  meshctl diff before.json after.json
  meshctl diff monday.tar.gz friday.tar.gz
  meshctl diff -f snapshot.tar.gz reviews-v1 reviews-v2
  meshctl diff -f snapshot.tar.gz reviews-v1 istiod
\b
  # which requests end differently: those of a file, or found by itself
  meshctl diff before.json after.json --requests requests.jsonl
  meshctl diff before.json after.json --traffic
\b
Versions, times, the order of maps, defaults, nonces, a pod's own address and
certificate do not count unless --all is given.
"""


@app.command(name="diff", help=_HELP)
def diff(
    ctx: typer.Context,
    sides: Annotated[
        list[str],
        typer.Argument(
            metavar="A [B]",
            help="Two pods, files, folders or snapshots; or one workload with several pods.",
            autocompletion=complete.pods,
            show_default=False,
        ),
    ],
    files: Annotated[
        list[str] | None,
        typer.Option(
            "--file", "-f", metavar="FILE", help="A and B are pods of this folder, archive or snapshot."
        ),
    ] = None,
    requests: Annotated[
        str | None,
        typer.Option("--requests", metavar="FILE", help="Replay these requests on both (JSON lines)."),
    ] = None,
    traffic: Annotated[
        bool,
        typer.Option(
            "--traffic", help="Replay a request for each route and chain of both.", show_default=False
        ),
    ] = False,
    everything: Annotated[
        bool,
        typer.Option("--all", help="Compare literally, bootstraps and certificates too.", show_default=False),
    ] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 1 if they differ.", show_default=False)
    ] = False,
    output: Annotated[str, outputs.option(OUTPUTS)] = "text",
) -> int:
    form = OUTPUTS.parse(output)
    if len(sides) > 2:
        raise UsageError("diff compares two sides", f"{len(sides)} are given.", "Run `meshctl diff A B`.")
    lines = _request_lines(requests)
    notes = Notes()
    found: list[Difference] = []
    with TerminalProgress() as progress, contextlib.ExitStack() as stack:
        for pair in _pairs(sides, tuple(files or ()), ctx.obj or Globals(), progress, notes, stack):
            found.append(_compared(pair, everything, traffic, lines))
        from meshctl.render import diff_out

        offers = {
            Content.TEXT: lambda: diff_out.text(_worth_showing(found)),
            Content.DOCUMENT: lambda: Document(
                diff_out.document(found), items=diff_out.pairs(found), kind="diff"
            ),
            Content.DIFFERENCES: lambda: found,
        }
        outputs.show_form(form, offers)
        tell(notes.lines())
        failed = progress.failures
    return EXIT_FAILURE if failed or (exit_code and any(one.differs for one in found)) else EXIT_OK


def _worth_showing(found: list[Difference]) -> list[Difference]:
    """Of many pairs those that differ or are open; one pair always."""
    return found if len(found) == 1 else [one for one in found if one.differs or one.open] or found[:1]


def _pairs(
    sides: Sequence[str],
    files: tuple[str, ...],
    options: Globals,
    progress: TerminalProgress,
    notes: Notes,
    stack: contextlib.ExitStack,
) -> Iterator[Pair]:
    from meshctl.sources import diff_sides

    cluster = diff_sides.Cluster(options, progress, notes)
    stack.callback(cluster.close)

    def pods(text: str) -> list[diff_sides.Named]:
        if files:
            return diff_sides.in_archive(files, text, notes, options.namespace)
        return (
            diff_sides.of_paths(text, notes, options.namespace)
            if diff_sides.is_path(text)
            else cluster.pods(text)
        )

    if len(sides) == 1:
        return diff_sides.replicas(pods(sides[0]))
    first, second = sides
    if diff_sides.ISTIOD in sides:
        istiod_first = first == diff_sides.ISTIOD
        pod = second if istiod_first else first
        return diff_sides.with_istiod(pod, files, options, progress, istiod_first=istiod_first)
    before, after = pods(first), pods(second)
    return diff_sides.pairs(before[:1] if files else before, after[:1] if files else after, (first, second))


def _compared(pair: Pair, everything: bool, traffic: bool, lines: list[Json]) -> Difference:
    """One pair; a pod that one side lacks is one difference."""
    if pair.before is None or pair.after is None:
        kind = Kind.REMOVED if pair.before is not None else Kind.ADDED
        left, right = (side.name if side is not None else "(nothing)" for side in (pair.before, pair.after))
        return Difference(left, right, (Different("pod", pair.name, kind),))
    found = difference(pair.before, pair.after, everything=everything)
    if not traffic and not lines:
        return found
    from meshctl.proxy.proxy import Proxy

    before, after = (Proxy(side.snapshot, side.name) for side in (pair.before, pair.after))
    return replace(found, outcomes=tuple(_replayed(before, after, traffic, lines)))


def _replayed(before: Proxy, after: Proxy, traffic: bool, lines: list[Json]) -> list[Outcome]:
    from meshctl.diff import replay

    probes: list[Probe] = [probe for line in lines for probe in _probes(before, after, line)]
    if traffic:
        probes += [*replay.witnesses(before), *replay.witnesses(after)]
    outcomes, sent = replay.changed(probes, before, after)
    sys.stderr.write(f"{sent} requests replayed, {len(outcomes)} end differently\n")
    return outcomes


def _probes(before: Proxy, after: Proxy, line: Json) -> Iterator[Probe]:
    """A line of the requests' file as a probe: at the listener of its port, on the first side that has one."""
    from meshctl.diff.replay import Probe
    from meshctl.trace import requests

    for proxy in (before, after):
        asked = requests.at_proxy(proxy, line)
        if asked.listener is not None:
            bound = "" if asked.listener.hands_over else asked.listener.name
            yield Probe(_title(line), "", asked.connection, asked.request, bound)
            return
    yield Probe(_title(line), "no side has a listener of its port", asked.connection, asked.request, "(none)")


def _title(line: Json) -> str:
    said = line.get("request") or line.get("connection") or {}
    name = f"{line['id']}: " if "id" in line else ""
    if "request" in line:
        method, host = said.get("method") or "GET", said.get("authority") or said.get("host") or ""
        return f"{name}{method} http://{host}{said.get('path') or '/'}"
    return f"{name}{said.get('direction') or 'outbound'} to {said.get('dst_ip')}:{said.get('dst_port')}"


def _request_lines(path: str | None) -> list[Json]:
    """The requests of a file; a line with a url becomes the request that a client would send."""
    if path is None:
        return []
    from meshctl.sources.file import read_bytes
    from meshctl.trace import lines

    found = []
    for number, text in enumerate(read_bytes(path).splitlines(), 1):
        if not text.strip():
            continue
        try:
            line = msgspec.json.decode(text)
            if not isinstance(line, dict):
                raise InputError("a line must be a JSON object")
            line = _of_url(line) if "url" in line else line
            lines.check_line(line)
        except (msgspec.DecodeError, MeshctlError) as error:
            said = error.what if isinstance(error, MeshctlError) else str(error)
            raise InputError(f"{path}: line {number}: {said}") from error
        found.append(line)
    if not found:
        raise InputError(f"{path} holds no requests")
    return found


def _of_url(line: Json) -> Json:
    from urllib.parse import urlsplit

    parts = urlsplit(str(line["url"]))
    secure = parts.scheme == "https"
    request: Json = {
        "method": str(line.get("method") or "GET"),
        "authority": parts.netloc,
        "path": (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        "headers": line.get("headers") or [],
        "port": parts.port or (443 if secure else 80),
        "protocol": str(line.get("protocol") or "HTTP/1.1"),
    }
    if secure:
        request["sni"] = parts.hostname or ""
        request["alpn"] = ["http/1.1"]
    return {**({"id": line["id"]} if "id" in line else {}), "request": request}
