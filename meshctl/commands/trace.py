"""``meshctl trace``: follow one request from the capture rule to the application, or many from a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from meshctl.commands import outputs, terminal
from meshctl.errors import UsageError
from meshctl.render.interface import Content, Outputs

if TYPE_CHECKING:
    from meshctl.commands.trace_inputs import Inputs
    from meshctl.commands.trace_one import Question
    from meshctl.trace.report import Reading

_HELP = """Follow one request from the application through iptables, Envoy and the peer, with the reason at every step.

\b
  # Why does this request go where it goes?
  meshctl -n test trace test-pod http://nginx.test/
\b
  # The same with all the candidates that were rejected
  meshctl -n test trace test-pod http://reviews:9080/ -H 'end-user: jason' --explain
\b
  # From a snapshot or a folder of pods; no cluster is touched
  meshctl trace test-pod http://nginx.test/ --dir examples/story
\b
  # From single files: the pod, and the peer it talks to
  meshctl trace -f test-pod.json --rules test-pod.rules --peer nginx.json --peer-rules nginx.rules http://nginx.test/
\b
  # What would have to change for it to reach this cluster, route or pod?
  meshctl trace test-pod http://reviews:9080/ --dir saved --why-not 'outbound|9080|v2|reviews'
\b
  # Many requests, as a test in CI (docs/trace-json.md)
  meshctl trace --dir saved --requests requests.jsonl
"""

app = typer.Typer(
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Words = Annotated[
    list[str] | None, typer.Argument(metavar="[POD] URL", help="The pod to start in, and the URL.")
]
Method = Annotated[str, typer.Option("--request", "-X", metavar="METHOD", help="Request method.")]
Header = Annotated[
    list[str] | None, typer.Option("--header", "-H", metavar="LINE", help="Header, 'name: value'.")
]
To = Annotated[str | None, typer.Option("--to", metavar="IP[:PORT]", help="Dial this address instead.")]
Resolve = Annotated[
    list[str] | None,
    typer.Option("--resolve", metavar="HOST:PORT:IP", help="As curl: the address of a name."),
]
Http11 = Annotated[bool, typer.Option("--http1.1", help="HTTP/1.1 (the default).")]
Http10 = Annotated[bool, typer.Option("--http1.0", help="HTTP/1.0.")]
Http2 = Annotated[bool, typer.Option("--http2", help="HTTP/2 (prior knowledge without TLS).")]
Tcp = Annotated[bool, typer.Option("--tcp", help="Plain bytes instead of HTTP.")]
TlsFlag = Annotated[bool, typer.Option("--tls", help="The application speaks TLS itself.")]
Sni = Annotated[str, typer.Option("--sni", metavar="NAME", help="SNI of the application's TLS.")]
Alpn = Annotated[str, typer.Option("--alpn", metavar="P,…", help="ALPN of the application's TLS.")]
Sender = Annotated[
    str,
    typer.Option(
        "--from",
        metavar="app|envoy|UID|IP",
        help="Who sends: the application, Envoy's user, a uid, or a client outside.",
    ),
]
CertSan = Annotated[
    str, typer.Option("--cert-san", metavar="URI", help="Identity in the caller's certificate.")
]
Files = Annotated[
    list[str] | None,
    typer.Option(
        "--file",
        "-f",
        metavar="FILE",
        help="Dump of the pod (config_dump, /clusters), or a folder, archive, snapshot.",
    ),
]
Rules = Annotated[list[str] | None, typer.Option("--rules", metavar="FILE", help="Capture rules of the pod.")]
Peers = Annotated[
    list[str] | None, typer.Option("--peer", metavar="FILE", help="Dump of a peer pod; repeatable.")
]
PeerRules = Annotated[
    list[str] | None, typer.Option("--peer-rules", metavar="FILE", help="Capture rules of the peer before.")
]
Dir = Annotated[
    str | None, typer.Option("--dir", metavar="DIR", help="Folder or snapshot with one folder a pod.")
]
Requests = Annotated[
    str | None,
    typer.Option(
        "--requests",
        metavar="FILE",
        help="Requests as JSON lines, `-` for stdin; or a test file of router_check_tool.",
    ),
]
At = Annotated[
    str | None, typer.Option("--at", metavar="envoy", help="Begin at the proxy, without capture rules.")
]
WhyNot = Annotated[
    str | None,
    typer.Option("--why-not", metavar="NAME", help="Why it does not reach this cluster, route or pod."),
]
Require = Annotated[
    str,
    typer.Option(
        "--require",
        metavar="all|likeliest",
        help="Which outcomes make the verdict: all of them, or the likeliest.",
    ),
]
Strict = Annotated[bool, typer.Option("--strict", help="What is assumed counts as undetermined (exit 3).")]
Explain = Annotated[bool, typer.Option("--explain", help="List at each step what was rejected, and why.")]
OUTPUTS = Outputs(
    (Content.TEXT, Content.SHORT, Content.DOCUMENT, Content.DIAGRAM, Content.PICTURE),
    "text",
    without=("jsonl",),
)
WHY_NOT_OUTPUTS = Outputs((Content.TEXT, Content.DOCUMENT), "text")
Output = Annotated[str, outputs.option(OUTPUTS, more="jsonl, text, json, yaml, junit or tap for --requests")]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet", "-q", help="Print no answer, only what did not pass; the exit code says the rest."
    ),
]


@app.command(help=_HELP)
def trace(
    ctx: typer.Context,
    words: Words = None,
    method: Method = "",
    header: Header = None,
    to: To = None,
    resolve: Resolve = None,
    http11: Http11 = False,
    http10: Http10 = False,
    http2: Http2 = False,
    tcp: Tcp = False,
    tls: TlsFlag = False,
    sni: Sni = "",
    alpn: Alpn = "",
    sender: Sender = "app",
    cert_san: CertSan = "",
    files: Files = None,
    rules: Rules = None,
    peers: Peers = None,
    peer_rules: PeerRules = None,
    directory: Dir = None,
    requests: Requests = None,
    at: At = None,
    why_not: WhyNot = None,
    explain: Explain = False,
    require: Require = "all",
    strict: Strict = False,
    quiet: Quiet = False,
    output: Output = "",
) -> None:
    from meshctl.commands.trace_inputs import Inputs
    from meshctl.commands.trace_one import Question
    from meshctl.trace.report import READINGS, Reading
    from meshctl.trace.target import Wanted

    if at not in (None, "envoy"):
        raise UsageError(f"--at {at!r} is not known", "", "The only place is --at envoy.")
    if require not in READINGS:
        raise UsageError(f"--require {require!r} is not known", "", f"Use {' or '.join(READINGS)}.")
    reading = Reading(require, strict)
    if sum((http11, http10, http2)) > 1:
        raise UsageError("--http1.0, --http1.1 and --http2 exclude each other")
    given = list(words or ())
    pod = given.pop(0) if len(given) == 2 else None
    if requests is not None:
        if len(given) > 1 or (given and pod):
            raise UsageError("--requests takes no URL")
        pod = given[0] if given else pod
    elif len(given) != 1:
        raise UsageError("a URL is needed", "", "Run `meshctl trace POD URL`, or give --requests FILE.")
    with Inputs(
        ctx.obj,
        pod,
        tuple(files or ()),
        tuple(rules or ()),
        tuple(peers or ()),
        tuple(peer_rules or ()),
        directory,
    ) as inputs:
        if requests is not None:
            _batch(inputs, requests, reading, output, at_envoy=at == "envoy", quiet=quiet)
        protocols = tuple(p for p in alpn.split(",") if p)
        wanted = Wanted(
            given[0], method.upper(), tuple(header or ()), http2, http10, tls, tcp, sni, protocols, cert_san
        )
        question = Question(wanted, to, tuple(resolve or ()), sender, why_not, reading, at == "envoy")
        _one(inputs, question, output, ctx.obj.colour, explain=explain, quiet=quiet)


def _batch(inputs: Inputs, path: str, reading: Reading, output: str, *, at_envoy: bool, quiet: bool) -> None:
    from meshctl.commands.trace_batch import run

    code = run(inputs, path, reading, output, at_envoy=at_envoy, quiet=quiet)
    inputs.warn()
    raise typer.Exit(code)


def _one(inputs: Inputs, question: Question, output: str, colour: str, *, explain: bool, quiet: bool) -> None:
    from meshctl.commands.trace_one import run

    forms = OUTPUTS if question.why_not is None else WHY_NOT_OUTPUTS
    form = forms.parse(output or "text")
    offers, code = run(
        inputs, question, explain=explain, colour=terminal.colour(colour), width=terminal.width()
    )
    if not quiet:
        outputs.show(forms, form.name, offers)
    inputs.warn()
    raise typer.Exit(code)
