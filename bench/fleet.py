"""A synthetic fleet: recorded resources scaled to a mesh of services, given to as many proxies as wanted, with plants.

A sidecar's recorded dump is scaled (``big_dump``) to the services of a mesh; every proxy of a mesh has the same services,
its own inbound listener, certificate and identity. Planted, one in so many: a certificate that ends soon, a replica with
another route (drift), a refused listener, an open debug port, an excluded port, an old version. ``PLANTS`` tells which.

    python -m bench.fleet FOLDER --proxies 200 --services 40 --mesh prod
"""

from __future__ import annotations

import argparse
import base64
import datetime
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from typing import Any

from bench import big_dump
from bench.measure import Row, peak_mib

Json = dict[str, Any]
REPLICAS = 5
SOON, DRIFTED, REFUSED, OPEN, EXCLUDED, OLD = 41, 53, 67, 71, 13, 14  # one proxy (or workload) in so many


def certificate(name: str, days: float, key: Any, now: datetime.datetime, serial: int) -> bytes:
    """A workload certificate as PEM, valid for so many days."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    identity = x509.UniformResourceIdentifier(
        f"spiffe://cluster.local/ns/{name.partition('.')[2]}/sa/default"
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "cluster.local")]))
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([identity]), critical=True)
        .sign(key, None)
    )
    return made.public_bytes(serialization.Encoding.PEM)


class Fleet:
    """A mesh with so many services; ``dump(n)`` is what its n-th proxy answers."""

    def __init__(
        self,
        services: int,
        mesh: str = "prod",
        version: str = "1.31.0",
        now: datetime.datetime | None = None,
    ) -> None:
        from cryptography.hazmat.primitives.asymmetric import ed25519

        self.mesh, self.version = mesh, version
        self.now = (now or datetime.datetime.now(datetime.UTC)).replace(microsecond=0, tzinfo=datetime.UTC)
        self._key = ed25519.Ed25519PrivateKey.generate()
        document = big_dump.config_dump(services)
        sections = {s["@type"].rsplit(".", 1)[-1]: s for s in document["configs"]}
        self._bootstrap = sections["BootstrapConfigDump"]
        self._secrets = sections["SecretsConfigDump"]
        self._routes = sections["RoutesConfigDump"]
        self._listeners = sections["ListenersConfigDump"]
        rest = [
            s
            for s in document["configs"]
            if s not in (self._bootstrap, self._secrets, self._routes, self._listeners)
        ]
        self._text = {id(s): json.dumps(s, indent=1) for s in (*rest, self._routes, self._listeners)}
        self._rest = rest
        drifted = json.loads(json.dumps(self._routes))
        route = next(
            r for c in drifted["dynamic_route_configs"] for h in c["route_config"]["virtual_hosts"] for r in h["routes"]
            if "route" in r and "cluster" in r["route"] and "dynamic" not in r
        )  # fmt: skip
        route["route"]["timeout"] = "3s"
        self._drifted = json.dumps(drifted, indent=1)
        self._refused = self._with_refusal()
        self._open = self._with_debug_port()

    def _with_refusal(self) -> str:
        value = json.loads(json.dumps(self._listeners))
        entry = value["dynamic_listeners"][-1]
        entry["error_state"] = {
            "failed_configuration": entry["active_state"]["listener"],
            "last_update_attempt": self.now.isoformat().replace("+00:00", "Z"),
            "details": "duplicate listener address: planted",
        }
        return json.dumps(value, indent=1)

    def _with_debug_port(self) -> str:
        value = json.loads(json.dumps(self._listeners))
        entry = json.loads(json.dumps(value["dynamic_listeners"][0]))
        listener = entry["active_state"]["listener"]
        entry["name"] = listener["name"] = "0.0.0.0_5005"
        listener["address"] = {"socket_address": {"address": "0.0.0.0", "port_value": 5005}}
        listener.pop("bind_to_port", None)
        listener.pop("additional_addresses", None)
        value["dynamic_listeners"].append(entry)
        return json.dumps(value, indent=1)

    def name(self, number: int) -> tuple[str, str]:
        """(pod, workload) of the n-th proxy; REPLICAS pods are one workload."""
        workload = f"app{number // REPLICAS}-v1"
        return f"{workload}-7c79c4bf97-{number % REPLICAS:05d}", workload

    def address(self, number: int) -> str:
        return f"10.{100 + number // 62500 % 100}.{number // 250 % 250}.{number % 250 + 1}"

    def namespace(self, number: int) -> str:
        return f"team{number // REPLICAS % 20}"

    def plants(self, number: int) -> tuple[str, ...]:
        """What is planted in the n-th proxy."""
        every = {"soon": SOON, "drift": DRIFTED, "refused": REFUSED, "open": OPEN}
        found = [word for word, step in every.items() if number % step == step - 1]
        if number // REPLICAS % EXCLUDED == EXCLUDED - 1:
            found.append("excluded")
        if number // REPLICAS % OLD == OLD - 1:
            found.append("old")
        return tuple(found)

    def dump(self, number: int) -> bytes:
        """The n-th proxy's config_dump."""
        planted = self.plants(number)
        routes = self._drifted if "drift" in planted else self._text[id(self._routes)]
        listeners = self._text[id(self._listeners)]
        listeners = self._refused if "refused" in planted else self._open if "open" in planted else listeners
        own = [
            json.dumps(self._own_bootstrap(number), indent=1),
            json.dumps(self._own_secrets(number), indent=1),
        ]
        parts = [own[0], *(self._text[id(s)] for s in self._rest), listeners, routes, own[1]]
        return ('{\n "configs": [\n' + ",\n".join(parts) + "\n ]\n}\n").encode()

    def _own_bootstrap(self, number: int) -> Json:
        pod, workload = self.name(number)
        namespace = self.namespace(number)
        value: Json = json.loads(json.dumps(self._bootstrap))
        node = value["bootstrap"]["node"]
        node["id"] = f"sidecar~{self.address(number)}~{pod}.{namespace}~{namespace}.svc.cluster.local"
        node["metadata"] |= {
            "NAME": pod, "NAMESPACE": namespace, "WORKLOAD_NAME": workload, "INSTANCE_IPS": self.address(number),
            "LABELS": {"app": workload.removesuffix("-v1"), "version": "v1"}, "MESH_ID": self.mesh,
            "ISTIO_VERSION": "1.28.3" if "old" in self.plants(number) else self.version,
            "OWNER": f"kubernetes://apis/apps/v1/namespaces/{namespace}/deployments/{workload}",
        }  # fmt: skip
        return value

    def _own_secrets(self, number: int) -> Json:
        value: Json = json.loads(json.dumps(self._secrets))
        days = 2.0 if "soon" in self.plants(number) else 30.0 + number % 60
        pod, _ = self.name(number)
        pem = certificate(f"{pod}.{self.namespace(number)}", days, self._key, self.now, 2**120 + number)
        for entry in value["dynamic_active_secrets"]:
            if "tls_certificate" in entry["secret"]:
                chain = entry["secret"]["tls_certificate"]["certificate_chain"]
                chain["inline_bytes"] = base64.b64encode(pem).decode()
        return value

    def rules(self, number: int) -> str:
        """The pod's iptables rules, Istio's defaults; port 5432 is excluded for some workloads."""
        excluded = (
            "-A ISTIO_OUTPUT -p tcp -m tcp --dport 5432 -j RETURN\n"
            if "excluded" in self.plants(number)
            else ""
        )
        return _RULES.replace("EXCLUDED\n", excluded)

    def write(self, folder: pathlib.Path, numbers: Iterable[int]) -> int:
        """A folder of pods, as a bug report lays them out; the bytes of the dumps."""
        size = 0
        for number in numbers:
            place = folder / "proxies" / self.namespace(number) / self.name(number)[0]
            place.mkdir(parents=True, exist_ok=True)
            data = self.dump(number)
            size += len(data)
            (place / "config_dump.json").write_bytes(data)
            (place / "iptables-save.txt").write_text(self.rules(number))
        return size


_RULES = """\
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:ISTIO_INBOUND - [0:0]
:ISTIO_IN_REDIRECT - [0:0]
:ISTIO_OUTPUT - [0:0]
:ISTIO_REDIRECT - [0:0]
-A PREROUTING -p tcp -j ISTIO_INBOUND
-A OUTPUT -p tcp -j ISTIO_OUTPUT
-A ISTIO_INBOUND -p tcp -m tcp --dport 15008 -j RETURN
-A ISTIO_INBOUND -p tcp -m tcp --dport 15090 -j RETURN
-A ISTIO_INBOUND -p tcp -m tcp --dport 15021 -j RETURN
-A ISTIO_INBOUND -p tcp -m tcp --dport 15020 -j RETURN
-A ISTIO_INBOUND -p tcp -j ISTIO_IN_REDIRECT
-A ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15006
EXCLUDED
-A ISTIO_OUTPUT -s 127.0.0.6/32 -o lo -j RETURN
-A ISTIO_OUTPUT ! -d 127.0.0.1/32 -o lo -p tcp -m tcp ! --dport 15008 -m owner --uid-owner 1337 -j ISTIO_IN_REDIRECT
-A ISTIO_OUTPUT -o lo -m owner ! --uid-owner 1337 -j RETURN
-A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN
-A ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN
-A ISTIO_OUTPUT -j ISTIO_REDIRECT
-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001
COMMIT
"""


PROXIES = 300
SERVICES = 12  # copies of the recorded mesh: dumps of 3.5 MB
_QUESTIONS = (("drift",), ("certificates",), ("unused-clusters",), ("routes-to", "reviews", "--subset", "v1"))


def rows(proxies: int = PROXIES, services: int = SERVICES, *, spark: bool = True) -> list[Row]:
    """The figures of one run: indexing against `pc all -o json` of the same pods, questions, the size of the data set."""
    with tempfile.TemporaryDirectory() as text:
        folder = pathlib.Path(text)
        size = Fleet(services).write(folder / "pods", range(proxies))
        pods, megabytes = str(folder / "pods"), size / 1e6
        peer, memory = _timed("pc", "all", "-A", "-f", pods, "-o", "json")
        found = [Row(f"pc all -A -o json, {proxies} proxies, {megabytes:,.0f} MB", peer, memory, 1.0)]
        for workers in (1, 2):
            seconds, memory = _timed(*_index(pods, folder / f"set{workers}"), "--workers", str(workers))
            found.append(
                Row(f"fleet index, {workers} worker(s) (target 2.0 of one)", seconds, memory, seconds / peer)
            )
        seconds, memory = _timed(*_index(pods, folder / "set1"), "--workers", "1")
        found.append(Row("the same again: nothing to do", seconds, memory, seconds / peer))
        for cores in (1, 2) if spark and importlib.util.find_spec("pyspark") else ():
            place = folder / f"spark{cores}"
            seconds, memory = _timed(*_index(pods, place), "--engine", "spark", "--master", f"local[{cores}]")
            found.append(Row(f"fleet index --engine spark, local[{cores}]", seconds, memory, seconds / peer))
        for question in _QUESTIONS:
            seconds, memory = _timed("fleet", "ask", *question, "--from", str(folder / "set1"), "-o", "csv")
            found.append(Row(f"fleet ask {' '.join(question)}", seconds, memory, seconds / peer))
        kept = sum(path.stat().st_size for path in (folder / "set1").rglob("*") if path.is_file())
        found.append(Row("the data set, MB (ratio: of the dumps; target 0.03)", 0.0, kept / 1e6, kept / size))
        return found


def _index(pods: str, place: pathlib.Path) -> list[str]:
    return ["fleet", "index", pods, "--mesh", "prod", "--date", "2026-11-27", "--to", str(place), "-q"]


def _timed(*words: str) -> tuple[float, float]:
    """Seconds and peak memory (of the largest process) of one run."""
    environment = {**os.environ, "SPARK_LOCAL_IP": "127.0.0.1"}
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "meshctl", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment,
    ) as process:
        assert process.stderr is not None
        said = process.stderr.read()
        memory = peak_mib(process)
    if process.returncode:
        raise RuntimeError(said.decode())
    return time.perf_counter() - began, memory


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--proxies", type=int, default=200)
    parser.add_argument("--services", type=int, default=40)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--mesh", default="prod")
    parser.add_argument("--version", default="1.31.0")
    asked = parser.parse_args()
    fleet = Fleet(asked.services, asked.mesh, asked.version)
    size = fleet.write(asked.folder, range(asked.first, asked.first + asked.proxies))
    print(f"{asked.proxies} proxies, {size / 1e6:,.0f} MB of dumps")
    return 0


if __name__ == "__main__":
    sys.exit(main())
