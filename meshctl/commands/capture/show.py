"""``meshctl capture show``: what is captured, in a person's words, then the rules, explained in place."""

from __future__ import annotations

from typing import Annotated

import typer

from meshctl.commands import outputs
from meshctl.commands.capture import options
from meshctl.render.interface import Content, Document

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command(
    help="""Say what a pod's rules capture, then show the chains as a tree, each rule explained.

\b
  meshctl -n test capture show test-pod
  kubectl logs test-pod -c istio-init | meshctl capture show -f -
  meshctl capture show -f iptables-save.txt -f ip6tables-save.txt -o wide
  meshctl capture show -f mesh.tar.gz test-pod -o mermaid
"""
)
def show(
    ctx: typer.Context,
    pod: options.PodArgument = None,
    files: options.Files = None,
    manifest: options.Manifest = None,
    pod_ip: options.PodIp = None,
    output: Annotated[str, outputs.option(options.DRAWN)] = "short",
) -> int:
    from meshctl.netfilter.walk.summary import Summary, summarise
    from meshctl.render import capture_show

    options.DRAWN.parse(output)
    captured = options.open_rules(ctx, pod, files, manifest, pod_ip)
    rules = captured.rules

    def summaries() -> list[Summary]:
        return [summarise(rules, family, captured.pod) for family in capture_show.families(rules)]

    offers = {
        Content.SHORT: lambda: capture_show.text(rules, summaries(), captured.name, wide=False),
        Content.WIDE: lambda: capture_show.text(rules, summaries(), captured.name, wide=True),
        Content.DOCUMENT: lambda: Document(
            capture_show.document(rules, summaries(), captured.name), indent=4, kind="capture"
        ),
        Content.DIAGRAM: lambda: capture_show.mermaid(rules),
    }
    outputs.show(options.DRAWN, output, offers)
    return 0
