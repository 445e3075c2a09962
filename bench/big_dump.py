"""Large dumps by scaling a recorded one: its own clusters, listeners, routes and endpoints, many times renamed.

A mesh of thousands of services looks to a proxy like a mesh of ten, a thousand times: the same shapes with
other names, addresses and ports. So the resources of a recorded sidecar are copied with a number worked into
their names, and written with one blank of indentation as Envoy writes them.
"""

from __future__ import annotations

import gzip
import json
import pathlib
import re
import sys
from typing import Any

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "tests" / "fixtures" / "dumps"
Json = dict[str, Any]

_ARRAYS = {
    "ClustersConfigDump": "dynamic_active_clusters",
    "EndpointsConfigDump": "dynamic_endpoint_configs",
    "ListenersConfigDump": "dynamic_listeners",
}
_HOST = re.compile(r"([a-z0-9-]+)\.([a-z0-9-]+)\.svc\.cluster\.local")
_ADDRESS = re.compile(r'"10\.(\d+)\.(\d+)\.(\d+)(["_])')


def fixture(name: str) -> Json:
    """A recorded answer from the fixtures."""
    value: Json = json.loads(gzip.decompress((FIXTURES / f"{name}.json.gz").read_bytes()))
    return value


def renamed(value: Any, number: int) -> Any:
    """A copy of a resource with ``number`` in its service names and addresses."""
    text = json.dumps(value)
    text = _HOST.sub(rf"\1-{number}.\2.svc.cluster.local", text)
    high, low = divmod(number, 250)
    text = _ADDRESS.sub(lambda m: f'"10.{(int(m[1]) + high) % 250}.{low}.{m[3]}{m[4]}', text)
    return json.loads(text)


def config_dump(copies: int, name: str = "bookinfo-productpage.config_dump") -> Json:
    """The recorded dump with its dynamic resources ``copies`` times over."""
    dump = fixture(name)
    for section in dump["configs"]:
        kind = section["@type"].rsplit(".", 1)[-1]
        if kind in _ARRAYS:
            key = _ARRAYS[kind]
            own = section.get(key, [])
            section[key] = own + [renamed(item, n) for n in range(1, copies) for item in own]
        elif kind == "RoutesConfigDump":
            for item in section.get("dynamic_route_configs", []):
                hosts = item["route_config"].get("virtual_hosts", [])
                item["route_config"]["virtual_hosts"] = hosts + [
                    renamed(host, n) for n in range(1, copies) for host in hosts
                ]
    return dump


def clusters(copies: int, name: str = "bookinfo-productpage.clusters") -> Json:
    """The recorded /clusters answer, as often."""
    answer = fixture(name)
    own = answer["cluster_statuses"]
    answer["cluster_statuses"] = own + [renamed(item, n) for n in range(1, copies) for item in own]
    return answer


def write(folder: pathlib.Path, megabytes: float) -> tuple[pathlib.Path, pathlib.Path]:
    """A config_dump and a /clusters answer of about ``megabytes`` each."""
    one = len(_encoded(config_dump(1)))
    ten = len(_encoded(config_dump(11)))
    copies = max(1, round((megabytes * 1e6 - one) / ((ten - one) / 10)))
    of_hosts = max(1, round(megabytes * 1e6 / len(_encoded(clusters(1)))))
    dump, hosts = folder / "config_dump.json", folder / "clusters.json"
    dump.write_bytes(_encoded(config_dump(copies)))
    hosts.write_bytes(_encoded(clusters(of_hosts)))
    return dump, hosts


def _encoded(value: Json) -> bytes:
    return json.dumps(value, indent=1).encode()


def encoded_fixture(name: str) -> bytes:
    """A recorded answer's own bytes."""
    return gzip.decompress((FIXTURES / f"{name}.json.gz").read_bytes())


if __name__ == "__main__":
    write(pathlib.Path(sys.argv[1]), float(sys.argv[2]))
