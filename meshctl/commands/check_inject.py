"""``meshctl check-inject``: whether a pod is, or will be, injected, and which label decides."""

from __future__ import annotations

import re
import sys
from typing import Annotated

import typer

from meshctl.commands import outputs
from meshctl.commands.proxy_config import complete
from meshctl.errors import EXIT_OK, EXIT_UNDETERMINED, UsageError
from meshctl.plain import visible
from meshctl.render.interface import Content, Document, Outputs
from meshctl.render.table import render
from meshctl.sources import injection as source
from meshctl.sources.interface import Globals
from meshctl.views import injection

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

OUTPUTS = Outputs((Content.TEXT, Content.DOCUMENT), "text", without=("jsonl",))

_HELP = """Say whether a pod is, or will be, injected with a sidecar, and why.

\b
  # a pod of the cluster, or the pods of a deployment
  meshctl check-inject details-v1-fcff6c49c-kqnfk.test
  meshctl check-inject deployment/details-v1 -n test
\b
  # labels, before anything is deployed
  meshctl check-inject -n test -l app=helloworld,version=v1
\b
  # without a cluster, from manifests
  meshctl check-inject -f webhooks.yaml -f namespace.yaml -f pod.yaml
"""


@app.command(name="check-inject", help=_HELP)
def check_inject(
    ctx: typer.Context,
    pod: Annotated[
        str | None,
        typer.Argument(
            metavar="[POD]",
            help="[type/]name[.namespace].",
            show_default=False,
            autocompletion=complete.pods,
        ),
    ] = None,
    file: Annotated[
        list[str] | None,
        typer.Option("--file", "-f", metavar="FILE", help="Manifests instead of a cluster; may be repeated."),
    ] = None,
    labels: Annotated[
        str, typer.Option("--labels", "-l", metavar="LABELS", help="Labels of a pod that is not there yet.")
    ] = "",
    output: Annotated[str, outputs.option(OUTPUTS)] = "text",
) -> int:
    form = OUTPUTS.parse(output)
    if not (pod or labels or file):
        raise UsageError(
            "check-inject requires only [<resource-type>/]<resource-name>[.<namespace>], or specify labels flag"
        )
    options = ctx.obj or Globals()
    wanted = pod_labels(labels) if labels and not pod else None
    if file:
        found = source.from_files(file, options, pod, wanted)
    else:
        found = source.from_cluster(options, pod, wanted)
    outcomes = injection.analyse(found.configurations, found.pod_labels, found.namespace_labels)
    now = injection.running(found.pod, outcomes)
    outputs.present(
        form.render(_text(outcomes) if form.content is Content.TEXT else _document(outcomes, now)), form
    )
    if now and form.content is Content.TEXT:
        sys.stderr.write(visible(f"note: the pod {now}") + "\n")
    return EXIT_UNDETERMINED if any(one.injected is None for one in outcomes) else EXIT_OK


def _text(outcomes: list[injection.Outcome]) -> str:
    if not outcomes:
        return "ERROR: no Istio injection hooks present.\n"
    text = render(injection.table(outcomes))
    if sum(outcome.injected is True for outcome in outcomes) > 1:
        text += "ERROR: multiple webhooks will inject, which can lead to errors\n"
    return text


def _document(outcomes: list[injection.Outcome], now: str) -> Document:
    rows = [
        {"webhook": o.name, "revision": o.revision, "injected": o.injected, "reason": o.reason}
        for o in outcomes
    ]
    return Document({"webhooks": rows, "pod": now or None})


def pod_labels(text: str) -> dict[str, str]:
    """``a=b,c==d``: the labels of a selector; what else a selector may ask says nothing of a pod's labels."""
    if text.count("(") != text.count(")"):
        raise UsageError(
            f"couldn't parse the selector string {text!r}", "", "Write -l name=value,name=value."
        )
    found = {}
    for term in re.split(r",(?![^(]*\))", text):
        key, equals, value = term.partition("=")
        if equals and not key.endswith("!"):
            found[key.strip()] = value.lstrip("=").strip()
        elif term.strip():
            sys.stderr.write(visible(f"warning: {term.strip()} is no label of a pod; it is left out") + "\n")
    return found
