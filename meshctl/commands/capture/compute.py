"""``meshctl capture compute``: the rules Istio makes for given settings, in Istio's order and wording."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from meshctl.commands import outputs
from meshctl.commands.capture import options
from meshctl.errors import InputError, UsageError
from meshctl.netfilter.istio.compute import ComputedRules, compute
from meshctl.netfilter.istio.settings import (
    CaptureSettings,
    from_arguments,
    from_environment,
    from_pod,
    pod_of,
)
from meshctl.plain import visible
from meshctl.render.interface import Content, Document, Outputs
from meshctl.sources.capture import read_manifest
from meshctl.sources.file import read_text

# What the injection template gives istio-init where nothing is changed (manifests/charts/istio-control).
CHART_DEFAULTS = ("-p", "15001", "-z", "15006", "-u", "1337", "-m", "REDIRECT", "-i", "*", "-x", "",
                  "-b", "*", "-d", "15090,15021,15020")  # fmt: skip

_OUTPUTS = Outputs((Content.SHORT, Content.DOCUMENT), "short", without=("csv", "yaml", "jsonl"))

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    help="""Print the capture rules Istio makes, as input of iptables-restore or of nft -f.

\b
  # as Istio's charts have it
  meshctl capture compute
\b
  # with the flags of istio-iptables, after --
  meshctl capture compute -- -p 15001 -z 15006 -u 1337 -m REDIRECT -i '*' \\
      -x "" -b '*' -d 15090,15021,15020
\b
  # with istio-init's environment names
  meshctl capture compute --env settings.json --backend nft
\b
  # for a pod: its istio-init's arguments, or its annotations with istio-cni's
  # defaults
  meshctl capture compute --pod deployment.yaml
""",
)
def compute_rules(
    ctx: typer.Context,
    env: Annotated[
        str | None,
        typer.Option("--env", metavar="FILE", help="JSON object with istio-init's environment names."),
    ] = None,
    manifest: options.Manifest = None,
    backend: Annotated[
        str | None,
        typer.Option("--backend", metavar="NAME", help="iptables or nft (default: as the settings say)."),
    ] = None,
    ipv6: Annotated[bool | None, typer.Option("--ipv6/--no-ipv6", help="Whether the pod has IPv6.")] = None,
    output: Annotated[str, outputs.option(_OUTPUTS)] = "short",
) -> int:
    from meshctl.values import replace

    _OUTPUTS.parse(output)
    settings, unknown = _settings(env, manifest, ctx.args)
    for name in unknown:
        sys.stderr.write(f"Warning: {visible(name)} is no setting of istio-iptables\n")
    if ipv6 is not None:
        settings = replace(settings, ipv6=ipv6)
    if backend not in (None, "iptables", "nft"):
        raise UsageError(f"unknown backend {backend!r}", "", "Use iptables or nft.")
    chosen = backend or ("nft" if settings.native_nftables else "iptables")
    rules = compute(settings)
    offers = {
        Content.SHORT: lambda: _script(rules, chosen),
        Content.DOCUMENT: lambda: Document(_document(rules), indent=4, kind="rules"),
    }
    outputs.show(_OUTPUTS, output, offers)
    return 0


def _settings(
    env: str | None, manifest: str | None, arguments: list[str]
) -> tuple[CaptureSettings, list[str]]:
    given = [name for name, value in (("--env", env), ("--pod", manifest), ("flags", arguments)) if value]
    if len(given) > 1:
        raise UsageError(f"settings are given twice: {' and '.join(given)}")
    if env is not None:
        return from_environment(_environment(env))
    if manifest is not None:
        found = from_pod(pod_of(read_manifest(manifest)) or {})
        return found.settings, list(found.unknown)
    if not arguments:
        sys.stderr.write(
            f"Note: no settings are given; these are the rules of Istio's charts: {shlex.join(CHART_DEFAULTS)}\n"
        )
        return from_arguments(CHART_DEFAULTS)
    return from_arguments(arguments)


def _environment(path: str) -> Mapping[str, Any]:
    try:
        values = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise InputError(f"{path} is no JSON: {error}") from error
    if isinstance(values, dict) and isinstance(values.get("config"), dict):
        values = values["config"]
    if not isinstance(values, dict):
        raise InputError(f"{path} is no JSON object", "", 'Write {"PROXY_PORT": "15001", …}.')
    return values


def _script(rules: ComputedRules, backend: str) -> str:
    return rules.nft if backend == "nft" else rules.iptables_v4 + rules.iptables_v6


def _document(rules: ComputedRules) -> dict[str, Any]:
    return {"iptables": rules.iptables_v4, "ip6tables": rules.iptables_v6, "nft": rules.nft}
