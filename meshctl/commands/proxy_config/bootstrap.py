"""``proxy-config bootstrap``: how the proxy was started."""

from meshctl.commands.proxy_config.run import show
from meshctl.commands.proxy_config.source import OUTPUT, Source, view
from meshctl.sources import Needs
from meshctl.sources.interface import Globals
from meshctl.values import replace
from meshctl.views.bootstrap import KIND, VIEW

_HELP = """Show how a proxy was started, and its versions.

\b
  # the whole bootstrap of a pod; only the versions
  meshctl -n test proxy-config bootstrap test-pod
  meshctl -n test pc bootstrap test-pod -o short
\b
  # from a saved dump
  meshctl pc bootstrap -f config_dump.json -o yaml
"""


def run(globals_: Globals, source: Source, output: str) -> int:
    return show(globals_, source, output, VIEW, None, Needs(frozenset({KIND})))


COMMAND = view("bootstrap", _HELP, run, output=replace(OUTPUT, default="json"))
