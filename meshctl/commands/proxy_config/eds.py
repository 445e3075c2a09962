"""``proxy-config eds``: endpoints as the control plane gave them."""

from meshctl.commands.proxy_config.run import show
from meshctl.commands.proxy_config.source import PORT, Source, go_integer, text, view
from meshctl.sources import Needs
from meshctl.sources.interface import Globals
from meshctl.views.eds import KIND, VIEW
from meshctl.views.endpoint_filter import EndpointFilter

_HELP = """Show the endpoints that the control plane gave to a proxy.

\b
  # the endpoints of one cluster of a pod
  meshctl -n test proxy-config eds test-pod \\
      --cluster "outbound|80||nginx.test.svc.cluster.local"
\b
  # from a dump saved with /config_dump?include_eds
  meshctl pc eds -f config_dump.json --address 10.244.0.73:80 -o json
"""


def run(
    globals_: Globals, source: Source, output: str, address: str, port: str, cluster: str, status: str
) -> int:
    wanted = EndpointFilter(address, go_integer(port), cluster, status)
    return show(globals_, source, output, VIEW, wanted, Needs(frozenset({KIND})))


ADDRESS = text("address", "--address", "Only this ip:port.")
CLUSTER = text("cluster", "--cluster", "Only this cluster's.", "endpoint_clusters")
STATUS = text("status", "--status", "Only with this health.", "statuses")

COMMAND = view("eds", _HELP, run, ADDRESS, PORT, CLUSTER, STATUS)
