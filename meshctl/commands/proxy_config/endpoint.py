"""``proxy-config endpoint``: the hosts of each cluster."""

from meshctl.commands.proxy_config.eds import CLUSTER, STATUS
from meshctl.commands.proxy_config.run import show
from meshctl.commands.proxy_config.source import PORT, Source, go_integer, text, view
from meshctl.envoy.documents import DocumentKind
from meshctl.sources import Needs
from meshctl.sources.interface import Globals
from meshctl.views.endpoint_filter import EndpointFilter
from meshctl.views.endpoints import VIEW

_HELP = """Show the hosts that each cluster of a proxy uses, and their health.

\b
  # the hosts of one cluster
  meshctl -n test proxy-config endpoint test-pod \\
      --cluster "outbound|80||nginx.test.svc.cluster.local"
\b
  # from a saved answer of Envoy: health from every source, locality,
  # priority, weight
  meshctl pc endpoint -f clusters.json --status unhealthy -o wide
"""


def run(
    globals_: Globals, source: Source, output: str, address: str, port: str, cluster: str, status: str
) -> int:
    wanted = EndpointFilter(address, go_integer(port), cluster, status)
    needs = Needs(documents=frozenset({DocumentKind.CLUSTERS}))
    return show(globals_, source, output, VIEW, wanted, needs)


ADDRESS = text("address", "--address", "Only this address, without its port.")

COMMAND = view("endpoint", _HELP, run, ADDRESS, PORT, CLUSTER, STATUS)
