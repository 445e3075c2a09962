"""The ports that a pod's proxy accepts connections on, and what guards each: its TLS and its rules, in the order they are asked.

Theory of operation. istiod writes one set of filter chains a port into virtualInbound, and one for all other ports. A chain asks
its network filters, then (over HTTP) its HTTP filters: RBAC filters of CUSTOM, DENY, ALLOW and AUDIT policies, JWT. What stands
in the configuration is shown as it stands; whether a caller passes is asked of the proxy itself (``calls``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from meshctl.envoy.message import Undecidable
from meshctl.plain import Json, object_at
from meshctl.proxy.filters import policies
from meshctl.proxy.filters.conditions import any_of, condition
from meshctl.proxy.filters.services import asked_cluster
from meshctl.proxy.listen.handshake import demand
from meshctl.proxy.listen.listeners import Chain, Filter, Listener, filter_of
from meshctl.proxy.proxy import Proxy
from meshctl.values import Struct
from meshctl.views.policies import AUTHORIZER, action_of

_INBOUND = re.compile(r"inbound\|(\d+)\|")
_RBAC = "RBAC"
_MANAGER = "HttpConnectionManager"
_EXT_AUTHZ = "ExtAuthz"
_OWN_PORTS = frozenset({15001, 15006, 15020, 15021, 15053, 15090, 15008})
_PSEUDO = {"header `:method` exact": "method", "header `:authority`": "host"}


class Rule(Struct, frozen=True):
    """One rule of a policy. source, target: who may call, and what, in words with parentheses; when: its CEL condition."""

    policy: str
    name: str
    source: str
    target: str
    when: str = ""


class Guard(Struct, frozen=True):
    """One filter that decides. kind: ALLOW, DENY, LOG (AUDIT), CUSTOM, JWT, AUTHORIZER, MATCHER; over: HTTP or TCP; dry: it only
    tries, and decides nothing."""

    kind: str
    over: str
    rules: tuple[Rule, ...] = ()
    dry: bool = False
    words: str = ""


class Port(Struct, frozen=True):
    """A port: 0 stands for all others. tls: which transports its chains take; guards: in the order they are asked."""

    number: int
    tls: str
    over: tuple[str, ...]
    guards: tuple[Guard, ...]


def ports(proxy: Proxy, listener: Listener) -> list[Port]:
    """The ports of an inbound listener, the one for all others (0) last."""
    named = {chain.criteria.port for chain in listener.chains}
    named |= {int(found[1]) for name in proxy.cluster_names if (found := _INBOUND.match(name))}
    numbers = sorted(number for number in named - _OWN_PORTS if number)
    return [port(listener, number) for number in (*numbers, 0)]


def port(listener: Listener, number: int) -> Port:
    """One port: the chains that name it, else those for any."""
    own = [chain for chain in listener.chains if chain.criteria.port == number]
    own = own or [chain for chain in listener.chains if not chain.criteria.port]
    guards: dict[Guard, None] = {}
    over: dict[str, None] = {}
    for chain in own:
        over["HTTP" if any(f.short == _MANAGER for f in chain.filters) else "TCP"] = None
        guards.update(dict.fromkeys(_guards(chain)))
    return Port(number, _tls(own), tuple(over), tuple(guards))


def _tls(chains: list[Chain]) -> str:
    """What the chains take, in the words of a PeerAuthentication; one that ends TLS without asking for a certificate is TLS."""
    plain = any(chain.tls is None and chain.criteria.transport != "tls" for chain in chains)
    ended = [chain.tls for chain in chains if chain.tls is not None]
    mutual = any(map(demand, ended))
    if mutual:
        return "PERMISSIVE" if plain else "STRICT"
    return "TLS" if ended and not plain else "DISABLE" if not ended else "TLS and plain text"


def _guards(chain: Chain) -> Iterator[Guard]:
    for network in chain.filters:
        if network.short == _RBAC:
            yield from _rbac(network.fields, "TCP")
        elif network.short == _EXT_AUTHZ:
            yield Guard("AUTHORIZER", "TCP", words="the external authorizer")
        elif network.short == _MANAGER:
            for one in network.fields.get("http_filters") or ():
                if isinstance(one, dict):
                    yield from _http(filter_of(one))


def _http(one: Filter) -> Iterator[Guard]:
    if one.short == _RBAC:
        yield from _rbac(one.fields, "HTTP")
    elif one.short == _EXT_AUTHZ:
        yield Guard("AUTHORIZER", "HTTP", words=_authorizer(one.fields))
    elif one.short == "JwtAuthentication":
        yield Guard("JWT", "HTTP", words=_jwt(one.fields))


def _authorizer(fields: Json) -> str:
    return f"asks {asked_cluster(fields) or 'an external authorizer'}" + (
        "; passes where it cannot be asked" if fields.get("failure_mode_allow") else ""
    )


def _jwt(fields: Json) -> str:
    issuers = [
        str(object_at(fields["providers"], name).get("issuer") or name)
        for name in object_at(fields, "providers")
    ]
    return f"a token, where there is one, must be valid; issuers: {', '.join(issuers) or 'none'}"


def _rbac(fields: Json, over: str) -> Iterator[Guard]:
    """The guards of an RBAC filter: shadow rules are CUSTOM (their verdict is the authorizer's cue) or a dry run."""
    prefix = str(fields.get("shadow_rules_stat_prefix") or "")
    shadow = object_at(fields, "shadow_rules")
    if shadow:
        custom = prefix.startswith(AUTHORIZER)
        yield Guard("CUSTOM" if custom else action_of(shadow), over, tuple(_rules(shadow)), dry=not custom)
    if "matcher" in fields:
        yield Guard("MATCHER", over, words="decided by a matcher tree")
    elif "rules" in fields:
        rules = object_at(fields, "rules")
        yield Guard(action_of(rules), over, tuple(_rules(rules)))


def _rules(rules: Json) -> Iterator[Rule]:
    for name, policy in sorted(object_at(rules, "policies").items()):
        if not isinstance(policy, dict):
            continue
        yield Rule(
            policies.istio_policy(name).removeprefix("AuthorizationPolicy ") or name,
            name,
            _words(policy.get("principals")),
            _words(policy.get("permissions")),
            "a CEL condition" if policy.get("condition") or policy.get("checked_condition") else "",
        )


def _words(parts: object) -> str:
    if not isinstance(parts, list):
        return "nothing"
    try:
        text = any_of([condition(part) for part in parts if isinstance(part, dict)]).text
    except Undecidable as unknown:
        return f"cannot be read: {unknown.reason}"
    for header, word in _PSEUDO.items():
        text = text.replace(header, word)
    return text
