"""A name that nobody in the mesh carries and that belongs to somebody outside: an address stands in for it.

``trace POD https://api.github.com/`` asks by which rule the request leaves. What DNS would answer is not in the data, and
what decides is seldom the address: a port's wildcard listener, an SNI, a host's routes, the catch-all. So an address that
is documented to belong to nobody (RFC 5737) is dialled; this is assumed, and said. Not so where the address does decide
(a rule or a listener names public ones): then it must be given. Nor may it hide a misspelt service: ``wbe.shop`` is no name
outside. A name counts as one where a cluster of the proxy has it as its host, or where it ends as public names do and
services do not.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from meshctl.envoy.cluster_names import parts_of
from meshctl.netfilter.model import AnyOf, Criterion, Dispatch, Field, RuleSet
from meshctl.netfilter.packet import Family
from meshctl.proxy.proxy import Proxy
from meshctl.trace.pods import Pod

STAND_IN = "192.0.2.1"

# With one dot a name may be service.namespace: only endings that are no namespace's name.
_PUBLIC = frozenset({"com", "org", "net", "edu", "gov", "mil", "info", "biz"})
# Countries have two letters; so have stages.
_STAGES = frozenset({"qa", "ci", "db", "io", "ai"})


def is_outside(name: str, pod: Pod) -> bool:
    """Whether a name that has no address in the mesh belongs to a host outside."""
    labels = name.lower().rstrip(".").split(".")
    if len(labels) < 2 or "svc" in labels:
        return False
    hosts = {parts.host for parts in map(parts_of, pod.proxy.cluster_names if pod.proxy else ()) if parts}
    if labels[-1] in _PUBLIC or name.lower() in hosts:
        return True
    return len(labels) > 2 and len(labels[-1]) == 2 and labels[-1].isalpha() and labels[-1] not in _STAGES


def assumption(name: str, port: int) -> str:
    """What is assumed where the stand-in is dialled."""
    return f"that {name} is outside of the mesh ({STAND_IN} stands in for its address; give it with --to IP:{port})"


def decided_by(pod: Pod, port: int) -> str:
    """What makes the way depend on which public address is dialled, in words; "" for nothing."""
    ruled = next(_public_ranges(pod.rules), None) if pod.rules is not None else None
    if ruled is not None:
        return f"a capture rule asks for {ruled}"
    listening = next(_public_listeners(pod.proxy, port), None) if pod.proxy is not None else None
    return f"listener {listening} is for public addresses" if listening else ""


def _public_ranges(rules: RuleSet) -> Iterator[str]:
    for table in rules.tables:
        for chain in table.chains:
            for rule in chain.rules:
                yield from (one.text for one in _criteria(rule.steps) if _asks_for_public(one))


def _criteria(steps: tuple[object, ...]) -> Iterator[Criterion]:
    for step in steps:
        match step:
            case Criterion():
                yield step
            case AnyOf(groups=groups):
                for group in groups:
                    yield from group
            case Dispatch(cases=cases):
                for criteria, _ in cases:
                    yield from (one for one in criteria if isinstance(one, Criterion))


def _asks_for_public(criterion: Criterion) -> bool:
    if criterion.field is not Field.DST or criterion.family is Family.V6:
        return False
    return any(high < 1 << 32 and (_global(low) or _global(high)) for low, high in criterion.ranges)


def _global(number: int) -> bool:
    return ipaddress.IPv4Address(number).is_global


def _public_listeners(proxy: Proxy, port: int) -> Iterator[str]:
    for listener in proxy.listeners.all:
        mine = [ip for ip, own, _ in listener.addresses if own == port]
        ranges = [
            one.address_prefix
            for chain in (listener.chains if mine else ())
            if chain.config.filter_chain_match is not None
            for one in chain.config.filter_chain_match.prefix_ranges
        ]
        if any(_is_global(ip) for ip in [*mine, *ranges]):
            yield listener.name


def _is_global(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_global
    except ValueError:
        return False  # a name or a socket's path
