"""``proxy-config all``: every table below each other, or the dump itself."""

from dataclasses import dataclass
from typing import Annotated, Any

import typer

from meshctl.commands import outputs
from meshctl.commands.outputs import write
from meshctl.commands.proxy_config import complete, options
from meshctl.commands.proxy_config.clock import now
from meshctl.commands.proxy_config.run import label, many, open_proxies, warn
from meshctl.envoy.secrets import may_hold_secrets, redact
from meshctl.envoy.snapshot import Snapshot
from meshctl.errors import EXIT_FAILURE, EXIT_OK, MeshctlError, MissingDataError
from meshctl.render.interface import Content, Document, Form, Outputs
from meshctl.sources import Needs, ProxySnapshot
from meshctl.sources.interface import ALL_SECTIONS
from meshctl.views import bootstrap, clusters, eds, listeners, routes, secrets
from meshctl.views.endpoint_filter import EndpointFilter
from meshctl.views.view import Layout, View

_OUTPUTS = Outputs((Content.SHORT, Content.WIDE, Content.DOCUMENT), "short", without=("jsonl",))

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

_HELP = """\
Show every table of a proxy below each other; as json or yaml, the dump as Envoy wrote it.

\b
  # all of a pod
  meshctl -n test proxy-config all test-pod
\b
  # save a dump for later, with endpoints; private keys never leave it
  meshctl -n test pc all test-pod -o json > config_dump.json
"""


@dataclass(frozen=True, slots=True)
class Part:
    """One table: its title with --with-headers, its view and that view's filter."""

    title: str
    view: View[Any]
    wanted: Any


@app.command(help=_HELP)
@options.with_source
def everything(
    ctx: typer.Context,
    source: options.Source,
    output: Annotated[str, outputs.option(_OUTPUTS)] = "short",
    fqdn: Annotated[
        str, options.text("--fqdn", help="Clusters whose name holds this.", completion=complete.hosts)
    ] = "",
    direction: Annotated[
        str,
        options.text("--direction", help="Clusters whose name holds this.", completion=complete.directions),
    ] = "",
    subset: Annotated[
        str, options.text("--subset", help="Clusters whose name holds this.", completion=complete.subsets)
    ] = "",
    port: Annotated[
        str, options.number("--port", help="Only clusters, listeners and endpoints of this port.")
    ] = "0",
    address: Annotated[str, options.text("--address", help="Only listeners of this address.")] = "",
    type_: Annotated[
        str,
        options.text("--type", help="Only listeners of this type.", completion=complete.listener_types),
    ] = "",
    name: Annotated[
        str, options.text("--name", help="Only the route table of this name.", completion=complete.routes)
    ] = "",
    verbose: options.Verbose = True,
    with_headers: Annotated[
        bool, typer.Option("--with-headers", help="A title before each table.", show_default=False)
    ] = False,
) -> int:
    form = _OUTPUTS.parse(output)
    number = options.go_integer(port)
    parts = (
        Part("BOOTSTRAP", bootstrap.VIEW, None),
        Part("CLUSTER", clusters.VIEW, clusters.ClusterFilter(fqdn, direction, subset, number)),
        Part("LISTENER", listeners.VIEW, listeners.ListenerFilter(address, number, type_, verbose)),
        Part("ROUTE", routes.VIEW, routes.RouteFilter(name, verbose)),
        Part("SECRET", secrets.VIEW, secrets.SecretFilter(now())),
        Part("ENDPOINTS", eds.VIEW, EndpointFilter(address, number)),
    )
    proxies, failures = open_proxies(ctx, source, Needs(ALL_SECTIONS))
    missing: list[MeshctlError] = []
    if form.content is Content.DOCUMENT:
        _dump(proxies, form, many(source))
    else:
        missing = _tables(proxies, parts, form, many(source), with_headers)
    warn(proxies, [line for p in proxies for part in parts for line in _unseen(part, p.snapshot, form)])
    if missing:
        raise _summed_up(missing)
    return EXIT_FAILURE if failures else EXIT_OK


def _unseen(part: Part, snapshot: Snapshot, form: Form) -> list[str]:
    return part.view.unseen(snapshot) if form.content is Content.SHORT else []


def _tables(
    proxies: list[ProxySnapshot], parts: tuple[Part, ...], form: Form, several: bool, headers: bool
) -> list[MeshctlError]:
    """Every table that the dump can answer; those it cannot are the errors returned."""
    from meshctl.render.table import render

    missing: list[MeshctlError] = []
    blocks = []
    for proxy in proxies:
        if several:
            blocks.append(f"{label(proxy)}:\n")
        for part in parts:
            try:
                part.view.check(proxy.snapshot)
            except MissingDataError as error:
                if part.view is not eds.VIEW:
                    missing.append(error)
                    continue
                proxy.snapshot.notes.add_input(
                    f"{error.what}: the last table is empty; save the dump with /config_dump?include_eds"
                )
            make = part.view.wide if form.content is Content.WIDE else part.view.labelled
            title = f"------ {part.title} INFO ------\n\n" if headers else ""
            blocks.append(title + render(make(proxy.snapshot, part.wanted)))
    write("\n".join(blocks))
    return missing


def _summed_up(missing: list[MeshctlError]) -> MeshctlError:
    """One message for all that is missing."""
    if len(missing) == 1:
        return missing[0]
    others = [error.what.partition(" has no ")[2] or error.what for error in missing[1:]]
    return MissingDataError(
        f"{missing[0].what}, nor {', nor '.join(others)}", missing[0].cause, missing[0].hint
    )


def _dump(proxies: list[ProxySnapshot], form: Form, several: bool) -> None:
    """The dumps as Envoy wrote them, without secrets that it did not redact itself."""
    for proxy in proxies:
        if proxy.raw_config_dump is None:
            raise MissingDataError(
                f"{proxy.snapshot.origin} has no config_dump",
                "",
                "Save it with `curl localhost:15000/config_dump?include_eds` inside the pod.",
            )
    if form.name == "json" and not several:
        for proxy in proxies:
            write(_clean(proxy))
            write("\n")
        return
    import msgspec

    values = {label(p): msgspec.json.decode(_clean(p)) for p in proxies}
    value = values if several else next(iter(values.values()), {})
    write(form.render(Document(value, Layout.PROTOJSON)))


def _clean(proxy: ProxySnapshot) -> bytes | memoryview:
    """A dump's own bytes, not copied; rewritten only where a secret had to be taken out."""
    raw: bytes | memoryview = proxy.raw_config_dump or b""
    if may_hold_secrets(raw):
        import msgspec

        value, count = redact(msgspec.json.decode(raw))
        if count:
            proxy.snapshot.notes.add_input(
                f"{count} private values of {proxy.snapshot.origin} are shown as [redacted]"
            )
            raw = msgspec.json.format(msgspec.json.encode(value), indent=1)
    return raw
