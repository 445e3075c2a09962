"""``proxy-config ecds``: filters fetched apart from their listeners."""

from meshctl.commands.proxy_config.run import show
from meshctl.commands.proxy_config.source import Source, view
from meshctl.sources import Needs
from meshctl.sources.interface import Globals
from meshctl.views.ecds import KIND, VIEW

_HELP = """Show the filters that a proxy fetches apart from their listeners (WasmPlugins, mostly).

\b
  # of a pod
  meshctl -n test proxy-config ecds test-pod
\b
  # from a saved dump, in full
  meshctl pc ecds -f config_dump.json -o yaml
"""


def run(globals_: Globals, source: Source, output: str) -> int:
    return show(globals_, source, output, VIEW, None, Needs(frozenset({KIND})))


COMMAND = view("ecds", _HELP, run)
