"""Pods as network namespaces: links, routes, cluster IPs, capture rules, and sockets made inside of them.

Each pod has a /32 address and one link to the node's namespace, which routes between pods; cluster IPs are DNAT
rules in the node, as kube-proxy makes them, so that a pod reaches them with and without a sidecar. All of it is in
namespaces of this lab: two labs can have the same addresses.

A thread enters a namespace by setns(2) and takes a user's identity by setfsuid(2) (which is what the rules' owner
match sees); a socket made there stays there, so that no helper process is needed.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
from collections.abc import Iterator, Sequence

from meshctl.netfilter.istio.compute import compute
from meshctl.netfilter.istio.settings import from_arguments
from tests.lab.model import Model, Pod
from tests.lab.place import PREFIX, LabError

_CLONE_NEWNET = 0x40000000
GATEWAY, _NOWHERE, _GATEWAY_MAC = "169.254.1.1", "169.254.1.2", "ee:ee:ee:ee:ee:ee"
_LIBC = ctypes.CDLL(None, use_errno=True)

# The first packet of each connection, in the two hooks that can redirect it.
TRACE_TABLE = """table inet zztrace {
  chain pre { type filter hook prerouting priority -400; tcp flags & (syn | ack) == syn meta nftrace set 1; }
  chain out { type filter hook output priority -400; tcp flags & (syn | ack) == syn meta nftrace set 1; }
}
"""
_EMPTY = "".join(
    f"*{table}\n" + "".join(f":{chain} ACCEPT [0:0]\n" for chain in chains.split()) + "COMMIT\n"
    for table, chains in {
        "raw": "PREROUTING OUTPUT",
        "mangle": "PREROUTING INPUT FORWARD OUTPUT POSTROUTING",
        "nat": "PREROUTING INPUT OUTPUT POSTROUTING",
    }.items()
)


@contextlib.contextmanager
def inside(namespace: str, uid: int = 0) -> Iterator[None]:
    """This thread in a namespace, as a user; sockets made here stay there."""
    with open("/proc/thread-self/ns/net") as home, open(f"/run/netns/{namespace}") as there:
        _setns(there.fileno())
        _LIBC.setfsgid(uid)
        _LIBC.setfsuid(uid)
        try:
            yield
        finally:
            _LIBC.setfsuid(0)
            _LIBC.setfsgid(0)
            _setns(home.fileno())


def _setns(descriptor: int) -> None:
    if _LIBC.setns(descriptor, _CLONE_NEWNET):
        raise LabError(f"a network namespace cannot be entered: {os.strerror(ctypes.get_errno())}")


def run(*argv: str, text: str = "", namespace: str = "") -> str:
    """A program's output, in a namespace. Raises LabError when it fails."""
    command = ["ip", "netns", "exec", namespace, *argv] if namespace else list(argv)
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise LabError(f"{' '.join(argv)}: {done.stderr.strip()[:500]}")
    return done.stdout


def capture_rules(arguments: Sequence[str]) -> str:
    """The iptables rules of a pod, as ``meshctl capture compute`` prints them."""
    return compute(from_arguments(list(arguments))[0]).iptables_v4


class Network:
    """The namespaces of a lab."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.node = f"{PREFIX}{name}-node"

    def namespace(self, pod: str) -> str:
        return f"{PREFIX}{self.name}-{pod}"

    def make(self, pods: Sequence[Pod]) -> None:
        """Namespaces, links and routes; the rules come with ``load``."""
        run("ip", "-batch", "-", text="".join(f"netns add {n}\n" for n in self._names(pods)))
        run("ip", "-n", self.node, "-batch", "-", text="".join(self._node_links(pods)))
        for pod in pods:
            namespace = self.namespace(pod.name)
            run("ip", "-n", namespace, "-batch", "-", text=_pod_link(pod))
            # As Kubernetes has it: an application need not be root to listen on port 80.
            run("sysctl", "-qw", "net.ipv4.ip_unprivileged_port_start=0", namespace=namespace)
        run("sysctl", "-qw", "net.ipv4.ip_forward=1", namespace=self.node)

    def _names(self, pods: Sequence[Pod]) -> list[str]:
        return [self.node, *(self.namespace(pod.name) for pod in pods)]

    def _node_links(self, pods: Sequence[Pod]) -> Iterator[str]:
        yield "link set lo up\n"
        yield f"addr add {GATEWAY}/32 dev lo\n"
        # Everything else is routed, to nowhere: what is not for a pod is lost, not refused.
        yield "link add outside type veth peer name nowhere\n"
        yield "link set outside up\n"
        yield "link set nowhere up\n"
        yield f"neigh replace {_NOWHERE} lladdr {_GATEWAY_MAC} dev outside nud permanent\n"
        yield f"route add default via {_NOWHERE} dev outside onlink\n"
        for pod in pods:
            link = _link(pods, pod)
            theirs = self.namespace(pod.name)
            own = "02:" + ":".join(f"{int(part):02x}" for part in ("0", *pod.ip.split(".")))
            yield f"link add {link} address {_GATEWAY_MAC} type veth peer name eth0 address {own} netns {theirs}\n"
            yield f"link set {link} up\n"
            yield f"route add {pod.ip}/32 dev {link}\n"
            yield f"neigh replace {pod.ip} lladdr {own} dev {link} nud permanent\n"

    def serve_vips(self, model: Model) -> None:
        """Cluster IPs as kube-proxy does it: one endpoint at random, or a refusal where there is none."""
        nat, refused = [], []
        for service in model.services:
            ips = [e.ip for e in model.behind(service)]
            for port in service.ports:
                match = f"-d {service.vip}/32 -p tcp -m tcp --dport {port.number}"
                if not ips:
                    refused.append(f"-A FORWARD {match} -j REJECT --reject-with tcp-reset")
                for index, ip in enumerate(ips):
                    left = len(ips) - index
                    chance = f"-m statistic --mode random --probability {1 / left:.10f} " if left > 1 else ""
                    nat.append(f"-A PREROUTING {match} {chance}-j DNAT --to-destination {ip}:{port.target}")
        # A pod that reaches itself through a cluster IP must not see its own address as the peer's.
        hairpin = [
            f"-A POSTROUTING -s {pod.ip}/32 -d {pod.ip}/32 -j SNAT --to-source {GATEWAY}"
            for pod in model.pods
        ]
        chains = [":PREROUTING ACCEPT [0:0]", ":POSTROUTING ACCEPT [0:0]"]
        lines = ["*nat", *chains, *nat, *hairpin, "COMMIT"]
        lines += ["*filter", ":FORWARD ACCEPT [0:0]", *refused, "COMMIT", ""]
        run("iptables-nft-restore", text="\n".join(lines), namespace=self.node)

    def load(self, pod: str, rules: str) -> None:
        """Put capture rules into a pod in place of those it has; "" leaves it without."""
        namespace = self.namespace(pod)
        run("nft", "flush", "ruleset", namespace=namespace)
        run("iptables-nft-restore", text=rules or _EMPTY, namespace=namespace)
        run("nft", "-f", "-", text=TRACE_TABLE, namespace=namespace)

    def saved(self, pod: str, *, counters: bool = False) -> str:
        """A pod's rules as iptables-save prints them."""
        options = ["-c"] if counters else []
        return run("iptables-nft-save", *options, namespace=self.namespace(pod))


def _link(pods: Sequence[Pod], pod: Pod) -> str:
    return f"pod{list(pods).index(pod)}"


def _pod_link(pod: Pod) -> str:
    return (
        "link set lo up\n"
        f"addr add {pod.ip}/32 dev eth0\n"
        "link set eth0 up\n"
        f"route add {GATEWAY} dev eth0 scope link\n"
        f"route add default via {GATEWAY} dev eth0 src {pod.ip}\n"
        f"neigh replace {GATEWAY} lladdr {_GATEWAY_MAC} dev eth0 nud permanent\n"
    )
