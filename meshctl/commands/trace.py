"""``meshctl trace``: follow one request from the capture rule to the application, or many from a file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from meshctl.commands import outputs, terminal
from meshctl.commands.proxy_config import complete
from meshctl.errors import UsageError
from meshctl.render.interface import Content, Outputs
from meshctl.values import replace

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
  meshctl trace test-pod http://reviews:9080/ -H 'end-user: jason' --explain
\b
  # From a snapshot or a folder of pods; no cluster is touched
  meshctl trace test-pod http://nginx.test/ --dir examples/story
\b
  # From single files: the pod, and the peer it talks to
  meshctl trace -f test-pod.json --rules test-pod.rules --peer nginx.json \\
      --peer-rules nginx.rules http://nginx.test/
\b
  # A curl command line as it is
  meshctl trace test-pod -- curl -sv -H 'x-user: ann' http://nginx.test/
\b
  # What would have to change for it to reach this cluster, route or pod?
  meshctl trace test-pod http://reviews:9080/ \\
      --why-not 'outbound|9080|v2|reviews'
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
    list[str] | None,
    typer.Argument(
        metavar="[POD] URL",
        help="The pod to start in, and the URL; or POD -- curl …",
        autocompletion=complete.words,
    ),
]
Method = Annotated[
    str, typer.Option("--request", "-X", metavar="METHOD", help="Request method.", rich_help_panel="Request")
]
Header = Annotated[
    list[str] | None,
    typer.Option("--header", "-H", metavar="LINE", help="Header, 'name: value'.", rich_help_panel="Request"),
]
Data = Annotated[
    list[str] | None,
    typer.Option(
        "--data", "-d", metavar="TEXT", help="As curl: a body; the method is POST.", rich_help_panel="Request"
    ),
]
Head = Annotated[
    bool, typer.Option("--head", "-I", help="As curl: the method is HEAD.", rich_help_panel="Request")
]
Cookie = Annotated[
    str,
    typer.Option(
        "--cookie", "-b", metavar="N=V", help="As curl: the Cookie header.", rich_help_panel="Request"
    ),
]
Agent = Annotated[
    str,
    typer.Option(
        "--user-agent",
        "-A",
        metavar="NAME",
        help="As curl: the User-Agent header.",
        rich_help_panel="Request",
    ),
]
User = Annotated[
    str,
    typer.Option(
        "--user", "-u", metavar="U:P", help="As curl: basic authorization.", rich_help_panel="Request"
    ),
]
# what curl's users type by habit: it changes nothing of the way
Location = Annotated[bool, typer.Option("--location", "-L", hidden=True)]
Insecure = Annotated[bool, typer.Option("--insecure", "-k", hidden=True)]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", hidden=True)]
Silent = Annotated[bool, typer.Option("--silent", "-s", hidden=True)]
To = Annotated[
    str | None,
    typer.Option(
        "--to", metavar="IP[:PORT]", help="Dial this address instead.", rich_help_panel="Where it goes"
    ),
]
Resolve = Annotated[
    list[str] | None,
    typer.Option(
        "--resolve",
        metavar="HOST:PORT:IP",
        help="As curl: the address of a name.",
        rich_help_panel="Where it goes",
    ),
]
Http11 = Annotated[bool, typer.Option("--http1.1", help="HTTP/1.1 (the default).", rich_help_panel="Request")]
Http10 = Annotated[bool, typer.Option("--http1.0", help="HTTP/1.0.", rich_help_panel="Request")]
Http2 = Annotated[
    bool, typer.Option("--http2", help="HTTP/2 (prior knowledge without TLS).", rich_help_panel="Request")
]
Tcp = Annotated[bool, typer.Option("--tcp", help="Plain bytes instead of HTTP.", rich_help_panel="Request")]
TlsFlag = Annotated[
    bool, typer.Option("--tls", help="The application speaks TLS itself.", rich_help_panel="Request")
]
Sni = Annotated[
    str,
    typer.Option("--sni", metavar="NAME", help="SNI of the application's TLS.", rich_help_panel="Request"),
]
Alpn = Annotated[
    str,
    typer.Option("--alpn", metavar="P,…", help="ALPN of the application's TLS.", rich_help_panel="Request"),
]
Sender = Annotated[
    str,
    typer.Option(
        "--from",
        metavar="app|envoy|UID|IP",
        help="Who sends: the application, Envoy's user, a uid, or a client outside.",
        rich_help_panel="Where it goes",
    ),
]
CertSan = Annotated[
    str,
    typer.Option(
        "--cert-san", metavar="URI", help="Identity in the caller's certificate.", rich_help_panel="Request"
    ),
]
Files = Annotated[
    list[str] | None,
    typer.Option(
        "--file",
        "-f",
        metavar="FILE",
        help="Dump of the pod (config_dump, /clusters), or a folder, archive, snapshot.",
        rich_help_panel="What is given",
    ),
]
Rules = Annotated[
    list[str] | None,
    typer.Option(
        "--rules", metavar="FILE", help="Capture rules of the pod.", rich_help_panel="What is given"
    ),
]
Peers = Annotated[
    list[str] | None,
    typer.Option(
        "--peer", metavar="FILE", help="Dump of a peer pod; repeatable.", rich_help_panel="What is given"
    ),
]
PeerRules = Annotated[
    list[str] | None,
    typer.Option(
        "--peer-rules",
        metavar="FILE",
        help="Capture rules of the peer before.",
        rich_help_panel="What is given",
    ),
]
Dir = Annotated[
    str | None,
    typer.Option(
        "--dir",
        metavar="DIR",
        help="Folder or snapshot with one folder a pod.",
        rich_help_panel="What is given",
    ),
]
Requests = Annotated[
    str | None,
    typer.Option(
        "--requests",
        metavar="FILE",
        help="Requests as JSON lines, `-` for stdin; or a test file of router_check_tool.",
        rich_help_panel="What is given",
    ),
]
At = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="envoy",
        help="Begin at the proxy, without capture rules.",
        rich_help_panel="Where it goes",
    ),
]
WhyNot = Annotated[
    str | None,
    typer.Option(
        "--why-not",
        metavar="NAME",
        help="Why it does not reach this cluster, route or pod.",
        autocompletion=complete.reached,
        rich_help_panel="The answer",
    ),
]
Require = Annotated[
    str,
    typer.Option(
        "--require",
        metavar="all|likeliest",
        help="Which outcomes make the verdict: all of them, or the likeliest.",
        rich_help_panel="The answer",
    ),
]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict", help="What is assumed counts as undetermined (exit 3).", rich_help_panel="The answer"
    ),
]
MinProbability = Annotated[
    float,
    typer.Option(
        "--min-probability",
        metavar="PERCENT",
        min=0.0,
        max=100.0,
        help="Endpoints chosen less often are not followed, nor their pods asked.",
        rich_help_panel="The answer",
    ),
]
Explain = Annotated[
    bool,
    typer.Option(
        "--explain", help="List at each step what was rejected, and why.", rich_help_panel="The answer"
    ),
]
OUTPUTS = Outputs(
    (Content.TEXT, Content.SHORT, Content.DOCUMENT, Content.DIAGRAM, Content.PICTURE),
    "text",
    without=(
        "csv",
        "jsonl",
    ),
)
WHY_NOT_OUTPUTS = Outputs((Content.TEXT, Content.DOCUMENT), "text")
Output = Annotated[str, outputs.option(OUTPUTS, more="jsonl, text, json, yaml, junit or tap for --requests")]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet",
        "-q",
        help="Print no answer, only what did not pass; the exit code says the rest.",
        rich_help_panel="The answer",
    ),
]


@app.command(help=_HELP)
def trace(
    ctx: typer.Context,
    words: Words = None,
    method: Method = "",
    header: Header = None,
    data: Data = None,
    head: Head = False,
    cookie: Cookie = "",
    agent: Agent = "",
    user: User = "",
    location: Location = False,
    insecure: Insecure = False,
    verbose: Verbose = False,
    silent: Silent = False,
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
    min_probability: MinProbability = 0.0,
    quiet: Quiet = False,
    output: Output = "",
) -> None:
    from meshctl.commands.trace_inputs import Inputs
    from meshctl.commands.trace_one import Question
    from meshctl.trace import curl
    from meshctl.trace.report import READINGS, Reading

    if at not in (None, "envoy"):
        raise UsageError(f"--at {at!r} is not known", "", "The only place is --at envoy.")
    if require not in READINGS:
        raise UsageError(f"--require {require!r} is not known", "", f"Use {' or '.join(READINGS)}.")
    reading = Reading(require, strict)
    if sum((http11, http10, http2)) > 1:
        raise UsageError("--http1.0, --http1.1 and --http2 exclude each other")
    given, asked = list(words or ()), curl.Curl()
    at_curl = next((i for i, word in enumerate(given[:2]) if word.rpartition("/")[2] == "curl"), None)
    if at_curl is not None and len(given) > at_curl + 1:
        asked = curl.read(given[at_curl + 1 :])
        given = [*given[:at_curl], asked.url] if asked.url else given[:at_curl]
    pod = given.pop(0) if len(given) == 2 else None
    if requests is not None:
        if len(given) > 1 or (given and pod):
            raise UsageError("--requests takes no URL")
        pod = given[0] if given else pod
    elif len(given) != 1:
        raise UsageError("a URL is needed", "", "Run `meshctl trace POD URL`, or give --requests FILE.")
    elif pod is None and not files and "://" not in given[0]:
        raise UsageError(
            "the URL is missing",
            f"{given[0]!r} is taken for the pod.",
            f"Run `meshctl trace {given[0]} http://HOST/`.",
        )
    with Inputs(
        ctx.obj,
        pod,
        tuple(files or ()),
        tuple(rules or ()),
        tuple(peers or ()),
        tuple(peer_rules or ()),
        directory,
        min_probability / 100,
    ) as inputs:
        if requests is not None:
            _batch(inputs, requests, reading, output, at_envoy=at == "envoy", quiet=quiet)
        protocols = tuple(p for p in alpn.split(",") if p)
        said = [f"--http{v}" for v, on in (("1.0", http10), ("2", http2)) if on]
        said += [word for word, on in (("-I", head), ("-L", location)) if on]
        for word, value in (("-X", method), ("-b", cookie), ("-A", agent), ("-u", user)):
            said += [word, value] if value else []
        for word, values in (("-H", header), ("-d", data), ("--resolve", resolve)):
            said += [part for value in values or () for part in (word, value)]
        asked.url = given[0]
        asked = curl.read(said, asked)
        for note in asked.notes:
            sys.stderr.write(f"Warning: {note}\n")
        wanted = replace(asked.wanted, tls=tls, tcp=tcp, sni=sni, alpn=protocols, cert_san=cert_san)
        question = Question(
            wanted, to or asked.to, tuple(asked.resolves), sender, why_not, reading, at == "envoy"
        )
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
        outputs.show_form(form, offers)
    inputs.warn()
    raise typer.Exit(code)
