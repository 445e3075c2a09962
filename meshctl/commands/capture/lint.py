"""``meshctl capture lint``: what is wrong with the rules, the worst first."""

from __future__ import annotations

import pathlib
import sys
from typing import Annotated

import typer

from meshctl.commands import outputs
from meshctl.commands.capture import options
from meshctl.errors import EXIT_FAILURE, EXIT_OK, InputError
from meshctl.plain import visible
from meshctl.render.interface import Content, Document
from meshctl.sources.capture import Captured

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command(
    help="""Check a pod's capture rules.

\b
  meshctl -n test capture lint test-pod
  meshctl capture lint -f iptables-save.txt --envoy config_dump.json
  meshctl capture lint --pod deployment.yaml
\b
Looks for rules that can never match, Istio's rules in two backends at once,
loops, ports that differ from Envoy's, missing IPv6 rules, foreign rules
before Istio's, exclusions and annotations without effect. Of a pod, live or
of a snapshot, ports are compared with those of its own Envoy.
Exit code 1 when there is a finding of level error.
"""
)
def lint(
    ctx: typer.Context,
    pod: options.PodArgument = None,
    files: options.Files = None,
    manifest: options.Manifest = None,
    pod_ip: options.PodIp = None,
    envoy: Annotated[
        str | None,
        typer.Option("--envoy", metavar="FILE", help="The proxy's /config_dump, to compare ports with."),
    ] = None,
    output: Annotated[str, outputs.option(options.LISTED)] = "short",
) -> int:
    from meshctl.netfilter.lint import Severity, Subject
    from meshctl.netfilter.lint import lint as check
    from meshctl.render import capture_lint

    options.LISTED.parse(output)
    captured = options.open_rules(ctx, pod, files, manifest, pod_ip, with_dump=envoy is None)
    dump, origin = _dump(captured, envoy)
    facts = None
    if dump is not None:
        from meshctl.commands.capture.envoy import facts_of

        facts = facts_of(dump, origin)
    findings = check(Subject(captured.rules, captured.pod, facts), captured.manifest)
    offers = {
        Content.SHORT: lambda: capture_lint.text(findings, captured.name, wide=False),
        Content.WIDE: lambda: capture_lint.text(findings, captured.name, wide=True),
        Content.DOCUMENT: lambda: Document(
            capture_lint.document(findings, captured.name), indent=4, kind="lint"
        ),
    }
    outputs.show(options.LISTED, output, offers)
    return EXIT_FAILURE if any(finding.severity is Severity.ERROR for finding in findings) else EXIT_OK


def _dump(captured: Captured, path: str | None) -> tuple[bytes | None, str]:
    """The configuration dump that was given, or the pod's own, live or saved."""
    if path is not None:
        try:
            return pathlib.Path(path).read_bytes(), path
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    if captured.dump_failed is not None:
        # The rules can be checked without it, and a pod whose Envoy does not answer is where lint is needed.
        sys.stderr.write(
            f"Warning: ports are not compared with Envoy's: {visible(captured.dump_failed.what)}\n"
        )
    return captured.dump, f"{captured.name}/config_dump.json"
