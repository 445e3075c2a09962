"""``meshctl capture show``: what is captured, in a person's words, then the rules, explained in place."""

from __future__ import annotations

import sys

import typer

from meshctl.commands.capture import options

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
    output: options.Output = "short",
) -> int:
    from meshctl.netfilter.walk.summary import summarise
    from meshctl.render import capture_show

    form = options.checked_form(output)
    captured = options.open_rules(ctx, pod, files, manifest, pod_ip)
    rules = captured.rules
    if form == "mermaid":
        sys.stdout.write(capture_show.mermaid(rules))
        return 0
    summaries = [summarise(rules, family, captured.pod) for family in capture_show.families(rules)]
    if form in ("json", "yaml"):
        options.print_document(capture_show.document(rules, summaries, captured.name), form)
    else:
        sys.stdout.write(capture_show.text(rules, summaries, captured.name, wide=form == "wide"))
    return 0
