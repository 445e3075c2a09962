"""``proxy-config listener``: where the proxy listens."""

from meshctl.commands.declared import Kind, Option
from meshctl.commands.proxy_config.run import show
from meshctl.commands.proxy_config.source import VERBOSE, Source, go_integer, number, text, view
from meshctl.sources import Needs
from meshctl.sources.interface import Globals
from meshctl.views.listeners import KIND, VIEW, ListenerFilter

_HELP = """Show the listeners of a proxy, and where each filter chain leads.

\b
  # who gets the traffic to 10.102.168.134:80?
  meshctl -n test proxy-config listener test-pod --address 10.102.168.134 \\
      --port 80
\b
  # from a saved dump: every criterion in evaluation order, warming and
  # rejected listeners too
  meshctl pc listener -f config_dump.json --port 15006 -o wide
"""


def run(
    globals_: Globals,
    source: Source,
    output: str,
    address: str,
    port: str,
    type_: str,
    verbose: bool,
    waypoint: bool,
) -> int:
    wanted = ListenerFilter(address, go_integer(port), type_, verbose)
    needs = Needs(frozenset({KIND}))
    if waypoint:
        from meshctl.views.waypoint import VIEW as WAYPOINT_VIEW

        return show(globals_, source, "short", WAYPOINT_VIEW, wanted, needs)
    return show(globals_, source, output, VIEW, wanted, needs)


COMMAND = view(
    "listener",
    _HELP,
    run,
    text("address", "--address", "Only this address.", "listener_addresses"),
    number("port", "--port", "Only this port.", "listener_ports"),
    text("type_", "--type", "Only HTTP, TCP or HTTP+TCP.", "listener_types"),
    VERBOSE,
    Option(
        "waypoint",
        ("--waypoint",),
        "The matcher tree's way to each chain.",
        Kind.SWITCH,
        False,
        hidden=True,
    ),
)
