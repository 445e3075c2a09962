"""``proxy-config secret``: certificates and trust bundles."""

from meshctl.commands.proxy_config.clock import now
from meshctl.commands.proxy_config.run import show
from meshctl.commands.proxy_config.source import Source, view
from meshctl.sources import Needs
from meshctl.sources.interface import Globals
from meshctl.views.secrets import KIND, VIEW, SecretFilter

_HELP = """Show the certificates and trust bundles of a proxy. Private keys are never shown.

\b
  # is the pod's certificate valid?
  meshctl -n test proxy-config secret test-pod
\b
  # from a saved dump: how long it is still valid, whose it is
  meshctl pc secret -f config_dump.json -o wide
"""


def run(globals_: Globals, source: Source, output: str) -> int:
    return show(globals_, source, output, VIEW, SecretFilter(now()), Needs(frozenset({KIND})))


COMMAND = view("secret", _HELP, run)
