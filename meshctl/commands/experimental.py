"""``meshctl x``: istioctl's experimental commands under the name that people type; here they have no other status."""

from __future__ import annotations

import typer

from meshctl.commands.lazy import Entry, group

COMMANDS: dict[str, Entry] = {
    "authz": Entry("meshctl.commands.authz", "What decides who may call a pod."),
    "describe": Entry("meshctl.commands.describe", "What acts on a pod or a service.", ("des",)),
    "envoy-stats": Entry("meshctl.commands.envoy_stats", "The counters of a proxy.", ("es",)),
    "injector": Entry("meshctl.commands.injector", "Each namespace's injector and its pods' sidecars."),
    "internal-debug": Entry("meshctl.commands.internal_debug", "A debug page of istiod."),
    "proxy-status": Entry(
        "meshctl.commands.proxy_status", "Whether each proxy has what istiod sent it.", ("ps",)
    ),
    "check-inject": Entry("meshctl.commands.check_inject", "Whether a pod is or will be injected, and why."),
    "version": Entry("meshctl.commands.version", "The versions of meshctl, of the mesh, and of a proxy."),
}

app = typer.Typer(
    cls=group(COMMANDS), rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False
)


@app.callback(
    invoke_without_command=True, help="istioctl's experimental commands; they work without `x`, too."
)
def experimental(ctx: typer.Context) -> None:
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())
