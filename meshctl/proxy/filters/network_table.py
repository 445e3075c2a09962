"""The network filters that are known, by the full name of their type; each with its contract.

Those that end a chain and are not evaluated (``_PROTOCOLS``) are undetermined by name: what they do with the
connection, only they know. Anything else that is not here may do everything.
"""

from __future__ import annotations

from meshctl.proxy.contract import EVERYTHING, Contract
from meshctl.proxy.filters.network import connections, http_manager, rbac, tcp_proxy
from meshctl.proxy.filters.network_scene import Evaluator

_NETWORK = "envoy.extensions.filters.network."
_MODULES = (connections, http_manager, rbac, tcp_proxy)

_OBSERVERS = {
    f"{_NETWORK}mongo_proxy.v3.MongoProxy": "counts, may delay",
    f"{_NETWORK}zookeeper_proxy.v3.ZooKeeperProxy": "counts",
    f"{_NETWORK}mysql_proxy.v3.MySQLProxy": "counts",
    f"{_NETWORK}postgres_proxy.v3alpha.PostgresProxy": "counts",
    f"{_NETWORK}kafka_broker.v3.KafkaBroker": "counts",
    f"{_NETWORK}tcp_bandwidth_limit.v3.TcpBandwidthLimit": "delays",
    f"{_NETWORK}geoip.v3.Geoip": "tells of the client for the log",
    "envoy.tcp.metadataexchange.config.MetadataExchange": "Istio: tells peers apart for telemetry",
    "io.istio.network.authn.Config": "Istio: keeps the caller's identity, which RBAC reads",
    "stats.PluginConfig": "Istio: counts",
}
_PROTOCOLS = frozenset(
    f"{_NETWORK}{name}"
    for name in (
        "dubbo_proxy.v3.DubboProxy",
        "generic_proxy.v3.GenericProxy",
        "redis_proxy.v3.RedisProxy",
        "rocketmq_proxy.v3.RocketmqProxy",
        "thrift_proxy.v3.ThriftProxy",
        "reverse_tunnel.v3.ReverseTunnel",
    )
)
UNKNOWN: Contract[Evaluator] = Contract(None, EVERYTHING, "the type is not known")


def _table() -> dict[str, Contract[Evaluator]]:
    found: dict[str, Contract[Evaluator]] = {}
    for module in _MODULES:
        found.update(module.CONTRACTS)
    for name, why in _OBSERVERS.items():
        found[name] = Contract(None, frozenset(), why)
    for name in _PROTOCOLS:
        found[name] = Contract(None, EVERYTHING, "speaks a protocol of its own and ends the chain")
    return found


NETWORK_FILTERS = _table()


def contract(type_name: str) -> Contract[Evaluator]:
    return NETWORK_FILTERS.get(type_name, UNKNOWN)


def ends_chain(type_name: str) -> bool:
    """Whether a filter that is not evaluated is known to be the last of its chain."""
    return type_name in _PROTOCOLS
