"""``proxy-config rootca-compare``: whether two proxies trust a common root certificate."""

import sys
from typing import Annotated

import typer

from meshctl.commands.outputs import write
from meshctl.commands.proxy_config import options
from meshctl.commands.proxy_config.run import label, open_proxies
from meshctl.commands.proxy_config.source import Source
from meshctl.errors import EXIT_FAILURE, EXIT_OK, UsageError
from meshctl.plain import visible
from meshctl.sources import Needs, ProxySnapshot
from meshctl.sources.interface import Globals
from meshctl.views import secrets

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

_HELP = """Tell whether two proxies trust a common root: without one, mutual TLS between them cannot work.

\b
  # two pods
  meshctl pc rootca-compare test-pod.test nginx-7c79c4bf97-7985c.test
\b
  # two saved dumps
  meshctl pc rootca-compare -f client.json -f server.json
"""


@app.command(help=_HELP)
def rootca_compare(
    ctx: typer.Context,
    pod: options.Pods = None,
    file: options.Files = None,
    admin_port: options.AdminPort = "15000",
    output: Annotated[str, typer.Option("--output", "-o", hidden=True)] = "short",
) -> int:
    pods, files = tuple(pod or ()), tuple(file or ())
    if output != "short":
        raise UsageError("rootca-compare prints one sentence", "", "Leave -o out.")
    proxies = _two(ctx.obj or Globals(), pods, files, admin_port)
    first, second = (secrets.root_authorities(proxy.snapshot) for proxy in proxies)
    names = visible(" and ".join(f"[{label(proxy) or proxy.snapshot.origin}]" for proxy in proxies))
    if first & second:
        write(
            f"Both {names} have the identical ROOTCA,"
            " theoretically the connectivity between them is available\n"
        )
        return EXIT_OK
    sys.stderr.write(
        f"Error: Both {names} have the non identical ROOTCA,"
        " theoretically the connectivity between them is unavailable\n"
    )
    return EXIT_FAILURE


def _two(globals_: Globals, pods: tuple[str, ...], files: tuple[str, ...], port: str) -> list[ProxySnapshot]:
    """The two proxies: two pods, two pods of one bundle, or two files."""
    needs = Needs(frozenset({secrets.KIND}))
    if len(files) == 2 and not pods:
        single = [Source((), (name,), None, port, None, False, False) for name in files]
        return [open_proxies(globals_, source, needs)[0] for source in single]
    if len(pods) == 2 and pods[0] == pods[1]:  # as istioctl: it has what it has
        return open_proxies(globals_, Source(pods[:1], files, None, port, None, False, False), needs) * 2
    if len(pods) == 2 and len(files) <= 1:
        found = open_proxies(globals_, Source(pods, files, None, port, None, False, False), needs)
        if len(found) == 2:
            return found
    raise UsageError(
        "rootca-compare requires 2 pods or 2 files",
        "",
        "meshctl proxy-config rootca-compare POD1 POD2, or -f FILE1 -f FILE2",
    )
