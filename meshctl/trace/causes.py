"""Why a way ends, in the words of those who wrote the configuration: the mesh's setting, and what there is instead.

A cause is read off what the proxy that ended the way holds: the subsets of the host, the virtual hosts of the table, the
chains of the port. Where that does not tell, the reason that the proxy itself would log stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from meshctl.envoy.cluster_names import ClusterName, subsets_beside
from meshctl.patterns import expression
from meshctl.plain import listed
from meshctl.proxy.listen.listeners import Chain
from meshctl.proxy.model import Disposition
from meshctl.trace import met
from meshctl.trace.ways import Hop, Way

_CLUSTER = expression(r"cluster ([a-z]+)\|([0-9]+)\|([^|]+)\|(\S+) does not exist")
_TABLE = expression(r"no virtual host of route configuration (\S+) has domain (\S*)")
_FEW = 6


def cause(way: Way) -> str:
    """The cause of an end that is no delivery; else, and where nothing more is known, the answer's own reason."""
    found = ""
    if way.hops:
        hop = way.hops[-1]
        asked = _CAUSES.get(way.answer.disposition)
        found = _registry_only(hop) or (asked(way, hop) if asked is not None else "")
    return found or way.answer.reason


def _listed(names: Iterable[str]) -> str:
    return listed(list(dict.fromkeys(names)), _FEW)


def _registry_only(hop: Hop) -> str:
    """Istio's names for what leads nowhere (pilot/pkg/networking/util: BlackHole)."""
    passage = hop.passage
    if passage.cluster != "BlackHoleCluster" and passage.virtual_host != "block_all":
        return ""
    return f"REGISTRY_ONLY: no service and no ServiceEntry that {hop.pod.name} knows has this host and port"


def _missing_cluster(way: Way, hop: Hop) -> str:
    """The subsets of the host on this port, for a subset that is asked for and missing."""
    found = _CLUSTER.match(way.answer.reason)
    if found is None or hop.pod.proxy is None:
        return ""
    wanted = ClusterName(*found.groups())
    known = subsets_beside(wanted, hop.pod.proxy.cluster_names)
    words = f"subset {wanted.subset} of {wanted.host} does not exist"
    there = _listed(known) if known else f"no subsets on port {wanted.port}"
    return f"{words}: it has {there}"


def _missing_host(way: Way, hop: Hop) -> str:
    """The domains of the table that knows no host of this name."""
    found = _TABLE.match(way.answer.reason)
    table = met.table(hop)
    if found is None or table is None:
        return ""
    domains = [host.name.rpartition(":")[0] or host.name for host in table.hosts]
    there = f"those of {found[1]} are {_listed(domains)}" if domains else f"{found[1]} has none"
    return f"no virtual host takes {found[2] or 'a request without a host'}: {there}"


def _no_chain(way: Way, hop: Hop) -> str:
    """What the chains of the port accept, for the criterion at which the choice ended."""
    proxy = hop.pod.proxy
    listener = proxy.listeners.by_name.get(hop.passage.listener or "") if proxy is not None else None
    port = hop.original_dst.rpartition(":")[2]
    if listener is None or not port.isdigit():
        return ""
    chains = [chain for chain in listener.chains if not chain.criteria.unread]
    if len(chains) < len(listener.chains):
        return ""
    own = [chain for chain in chains if chain.criteria.port == int(port)]
    own = own or [chain for chain in chains if not chain.criteria.port]
    place = f"port {port} of {hop.pod.name}"
    if "ends at transport protocol" in way.answer.reason and {c.criteria.transport for c in own} == {"tls"}:
        if all(map(_asks_certificate, own)):
            return f"{place} accepts mutual TLS only (STRICT), and this is plain text"
        return f"{place} accepts TLS only, and this is plain text"
    names = [name for chain in own for name in chain.criteria.server_names]
    if "ends at SNI" in way.answer.reason and names:
        return f"{place} serves the SNIs {_listed(names)}"
    return ""


def _asks_certificate(chain: Chain) -> bool:
    socket = chain.message.get("transport_socket")
    typed = socket.get("typed_config") if isinstance(socket, dict) else None
    return isinstance(typed, dict) and typed.get("require_client_certificate") is True


_CAUSES: dict[Disposition, Callable[[Way, Hop], str]] = {
    Disposition.NO_CLUSTER: _missing_cluster,
    Disposition.NO_ROUTE: _missing_host,
    Disposition.NO_FILTER_CHAIN: _no_chain,
}
