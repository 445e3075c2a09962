"""``proxy-config cluster``: upstreams."""

from meshctl.commands.proxy_config.run import show
from meshctl.commands.proxy_config.source import PORT, Source, go_integer, text, view
from meshctl.sources import Needs
from meshctl.sources.interface import Globals
from meshctl.views.clusters import KIND, VIEW, ClusterFilter

_HELP = """Show the clusters (upstreams) of a proxy.

\b
  # all clusters of a pod; one in full
  meshctl -n test proxy-config cluster test-pod
  meshctl -n test pc c test-pod \\
      --fqdn "outbound|80||nginx.test.svc.cluster.local" -o yaml
\b
  # from a saved dump: circuit breakers, TLS and load balancing of one service
  meshctl pc cluster -f config_dump.json \\
      --fqdn reviews.default.svc.cluster.local -o wide
"""


def run(
    globals_: Globals, source: Source, output: str, fqdn: str, direction: str, subset: str, port: str
) -> int:
    wanted = ClusterFilter(fqdn, direction, subset, go_integer(port))
    return show(globals_, source, output, VIEW, wanted, Needs(frozenset({KIND})))


FQDN = text("fqdn", "--fqdn", "Clusters whose name holds this.", "hosts")
DIRECTION = text("direction", "--direction", "Clusters whose name holds this.", "directions")
SUBSET = text("subset", "--subset", "Clusters whose name holds this.", "subsets")

COMMAND = view("cluster", _HELP, run, FQDN, DIRECTION, SUBSET, PORT)
