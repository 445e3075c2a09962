"""``proxy-config route``: route tables."""

from meshctl.commands.proxy_config.run import show
from meshctl.commands.proxy_config.source import VERBOSE, Source, text, view
from meshctl.sources import Needs
from meshctl.sources.interface import Globals
from meshctl.views.routes import KIND, VIEW, RouteFilter

_HELP = """Show the route tables of a proxy: virtual hosts, matches, virtual services.

\b
  # the routes for port 80 of a pod
  meshctl -n test proxy-config route test-pod --name 80
\b
  # from a saved dump: headers, weights, redirects, rewrites, timeouts
  meshctl pc route -f config_dump.json --name 9080 -o wide
"""


def run(globals_: Globals, source: Source, output: str, name: str, verbose: bool) -> int:
    return show(globals_, source, output, VIEW, RouteFilter(name, verbose), Needs(frozenset({KIND})))


NAME = text("name", "--name", "Only the route table of this name.", "routes")

COMMAND = view("route", _HELP, run, NAME, VERBOSE)
