"""The rules in a pod of the ambient mesh: what leaves or enters it goes to the node's ztunnel, which listens inside of
the pod's network.

istio-cni makes them (istio/cni/pkg/iptables/iptables.go); they differ from version to version in details, but not in who
takes a connection: outbound TCP port 15001, inbound TCP 15006, HBONE 15008, DNS 15053. ztunnel's own packets carry mark
0x539. What they are in one pod is assumed, not observed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from meshctl.coverage import Basis
from meshctl.netfilter.model import RuleSet
from meshctl.netfilter.packet import Family
from meshctl.netfilter.read.source import parse_rules
from meshctl.netfilter.read.unseen import observed
from meshctl.values import replace

_ANNOTATION = "ambient.istio.io/redirection"

# Loopback, and the address that the kubelet's probes are given.
_ADDRESSES = {
    Family.V4: ("127.0.0.1/32", "169.254.7.127"),
    Family.V6: ("::1/128", "fd16:9254:7127:1337:ffff:ffff:ffff:ffff"),
}
_RULES = """\
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:ISTIO_OUTPUT - [0:0]
:ISTIO_PRERT - [0:0]
-A PREROUTING -j ISTIO_PRERT
-A OUTPUT -j ISTIO_OUTPUT
-A ISTIO_OUTPUT -d {probes} -p tcp -m tcp -j ACCEPT
-A ISTIO_OUTPUT ! -o lo -p udp -m mark ! --mark 0x539/0xfff -m udp --dport 53 -j REDIRECT --to-ports 15053
-A ISTIO_OUTPUT ! -d {loopback} -p tcp -m tcp --dport 53 -m mark ! --mark 0x539/0xfff -j REDIRECT --to-ports 15053
-A ISTIO_OUTPUT -p tcp -m mark --mark 0x111/0xfff -j ACCEPT
-A ISTIO_OUTPUT ! -d {loopback} -o lo -j ACCEPT
-A ISTIO_OUTPUT ! -d {loopback} -p tcp -m mark ! --mark 0x539/0xfff -j REDIRECT --to-ports 15001
-A ISTIO_PRERT -s {probes} -p tcp -m tcp -j ACCEPT
-A ISTIO_PRERT ! -d {loopback} -p tcp -m tcp ! --dport 15008 -m mark ! --mark 0x539/0xfff -j REDIRECT --to-ports 15006
COMMIT
"""


def is_ambient(manifest: Mapping[str, Any]) -> bool:
    """Whether istio-cni has redirected a running pod to its node's ztunnel: it says so in an annotation."""
    annotations = (manifest.get("metadata") or {}).get("annotations") or {}
    return str(annotations.get(_ANNOTATION) or "") == "enabled"


def ambient_rules(name: str) -> RuleSet:
    """The rules that istio-cni makes by default."""
    families = [
        parse_rules(_RULES.format(loopback=loopback, probes=probes), name=name, family=family)
        for family, (loopback, probes) in _ADDRESSES.items()
    ]
    return replace(observed(*families), origin=Basis.ASSUMED, source="istio-cni's rules of an ambient pod")
