"""What authorization policies make of a pod: everything denied, rules that never match, tokens that nobody can verify.

Read from the RBAC and JWT filters that istiod made of them, so only what is in force counts.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

import msgspec

from meshctl.check.check import Check, Hits
from meshctl.check.finding import Hit, Severity
from meshctl.check.places import chains, managers
from meshctl.check.subject import Subject
from meshctl.envoy.anys import unpack
from meshctl.plain import Json, object_at, objects_at
from meshctl.proxy.listen.listeners import Chain, Listener
from meshctl.proxy.proxy import Proxy
from meshctl.values import Struct
from meshctl.views.policies import NAME, NOTHING, filters_of

_JWT = "envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication"


def inbound(proxy: Proxy) -> Iterator[tuple[Listener, Chain]]:
    """The chains that end at the pod itself: inbound ones, and those of a gateway's sockets."""
    for listener in proxy.listeners.all:
        if listener.direction != "OUTBOUND" or listener.bound:
            for chain in chains(listener):
                if not listener.hands_over:
                    yield listener, chain


def policy_name(key: str) -> str:
    """``ns[foo]-policy[bar]-rule[0]`` as ``AuthorizationPolicy foo/bar rule 1``."""
    found = NAME.search(key)
    if not found:
        return key
    number = int(found[3]) + 1 if found[3].isdigit() else found[3]
    return f"AuthorizationPolicy {found[1]}/{found[2]} rule {number}"


def enforced_rules(config: Json) -> tuple[str, Json] | None:
    """The action and policies that a filter enforces; None where it enforces none."""
    rules = config.get("rules")
    if not isinstance(rules, dict):
        return None
    return str(rules.get("action") or "ALLOW"), object_at(rules, "policies")


def _always(policy: Json) -> bool:
    """Whether a policy of RBAC matches every request."""
    permissions, principals = objects_at(policy, "permissions"), objects_at(policy, "principals")
    whole = any(map(_any, permissions)) and any(map(_any, principals))
    return whole and not policy.get("condition") and not policy.get("checked_condition")


def _any(rule: Json) -> bool:
    if rule.get("any") is True:
        return True
    return any(
        isinstance(group, dict) and bool(objects_at(group, key)) and combine(map(_any, objects_at(group, key)))
        for name, key, combine in (("and_rules", "rules", all), ("or_rules", "rules", any), ("and_ids", "ids", all), ("or_ids", "ids", any))
        for group in [rule.get(name)]
    )  # fmt: skip


def _never(policy: Json) -> bool:
    """Whether a policy of RBAC matches no request: istiod writes a policy without rules as one that is not anything."""
    return any(
        bool(objects_at(policy, name)) and all(_is_not_any(one, negation) for one in objects_at(policy, name))
        for name, negation in (("permissions", "not_rule"), ("principals", "not_id"))
    )


def _is_not_any(rule: Json, negation: str) -> bool:
    inner = rule.get(negation)
    return isinstance(inner, dict) and _any(inner)


class _Denial(Struct, frozen=True):
    """A chain that lets nothing through, and by which policy (key: its name in RBAC, of a DENY policy)."""

    listener: Listener
    chain: Chain
    by: str
    key: str

    @property
    def place(self) -> str:
        return f"listener {self.listener.name} > chain {self.chain.label}"


def _denials(proxy: Proxy) -> Iterator[_Denial]:
    for listener, chain in inbound(proxy):
        for config in filters_of(chain.message):
            enforced = enforced_rules(config)
            if enforced is None:
                continue
            action, found = enforced
            policies = {key: one for key, one in found.items() if isinstance(one, dict)}
            if action == "ALLOW" and all(map(_never, policies.values())):
                names = ", ".join(dict.fromkeys(_short(key) for key in policies if key != NOTHING))
                if not policies or names:
                    yield _Denial(
                        listener,
                        chain,
                        f"{names or 'an ALLOW policy'} allows nothing, and no other policy allows anything",
                        "",
                    )
            for key, policy in policies.items() if action == "DENY" else ():
                if _always(policy):
                    yield _Denial(listener, chain, f"{policy_name(key)} denies everything", key)


def _short(key: str) -> str:
    found = NAME.search(key)
    return f"AuthorizationPolicy {found[1]}/{found[2]}" if found else key


def _conditional_over_http(proxy: Proxy) -> set[str]:
    """Policies that match some requests only, in filters that see requests."""
    return {
        key
        for manager in managers(proxy)
        for config in filters_of(manager.chain.message)
        for key, policy in (enforced_rules(config) or ("", {}))[1].items()
        if isinstance(policy, dict) and not _always(policy)
    }


def denying_everything(subject: Subject) -> Hits:
    """Ports, or all of a pod, that nobody may call."""
    proxy = subject.proxy
    assert proxy is not None
    partly = _conditional_over_http(proxy)
    found = [one for one in _denials(proxy) if one.key not in partly]
    whole = {id(chain) for listener, chain in inbound(proxy) if of_application(chain)}
    denied = {id(one.chain) for one in found if of_application(one.chain)}
    if whole and whole <= denied:
        said = "; ".join(dict.fromkeys(one.by for one in found))
        places = tuple(dict.fromkeys(one.place for one in found))
        more = (f"and {len(places) - 4} more chains",) if len(places) > 4 else ()
        yield Hit(
            "authorization",
            f"nobody may call this pod: {said} (403, RBAC: access denied)",
            (*places[:4], *more),
        )
        return
    for port in dict.fromkeys(one.chain.criteria.port for one in found if of_application(one.chain)):
        here = [one for one in found if one.chain.criteria.port == port]
        said = "; ".join(dict.fromkeys(one.by for one in here))
        yield Hit(
            f"port {port}",
            f"nobody may call this port: {said}",
            tuple(dict.fromkeys(one.place for one in here)),
        )


def of_application(chain: Chain) -> bool:
    """Whether a chain takes connections to a port of the application."""
    return bool(chain.criteria.port) and chain.criteria.port not in _OWN_PORTS


def _at(listener: Listener, chain: Chain) -> str:
    return f"listener {listener.name} > chain {chain.label}"


def http_on_tcp(subject: Subject) -> Hits:
    """HTTP attributes in policies that apply to a TCP port of the application."""
    proxy = subject.proxy
    assert proxy is not None
    by_chain = {id(manager.chain) for manager in managers(proxy)}
    partly = _conditional_over_http(proxy)
    denied: dict[str, list[_Denial]] = {}
    for one in _denials(proxy):
        if one.key in partly and id(one.chain) not in by_chain and of_application(one.chain):
            denied.setdefault(one.key, []).append(one)
    for key, places in denied.items():
        ports = ", ".join(map(str, sorted({one.chain.criteria.port for one in places})))
        said = f"it denies every TCP connection to port {ports}: its HTTP attributes (paths, methods, headers, JWT) do not count there"
        yield Hit(policy_name(key), said, tuple(dict.fromkeys(one.place for one in places)))
    for listener, chain in inbound(proxy):
        if id(chain) in by_chain or not of_application(chain):
            continue
        for config in filters_of(chain.message):
            enforced = enforced_rules(config)
            if enforced is None or enforced[0] != "ALLOW" or NOTHING not in enforced[1]:
                continue
            others = list(dict.fromkeys(policy_name(key) for key in enforced[1] if key != NOTHING))
            allowed = (
                f"only {', '.join(others[:3])} allow anything there" if others else "nothing is allowed there"
            )
            said = f"a rule with HTTP attributes (paths, methods, headers, JWT) matches nothing on TCP port {chain.criteria.port}: {allowed}"
            yield Hit(f"port {chain.criteria.port}", said, (_at(listener, chain), chain.where))


_OWN_PORTS = frozenset({15001, 15006, 15008, 15020, 15021, 15090})
_IDENTITY = re.compile(r'"(?:authenticated|principal_name)"|source\.principal|filter_state|peer_principal')


def identities_on_plain(subject: Subject) -> Hits:
    """DENY rules for everybody but some identities, on ports that take plain text as well."""
    proxy = subject.proxy
    assert proxy is not None
    listener = next((one for one in proxy.listeners.all if one.name == "virtualInbound"), None)
    if listener is None or listener.tree is not None:
        return
    told: dict[str, list[int]] = {}
    for chain in listener.chains:
        port = chain.criteria.port
        if not of_application(chain) or chain.tls is not None or chain.criteria.transport == "tls":
            continue
        for config in filters_of(chain.message):
            enforced = enforced_rules(config)
            for key, policy in enforced[1].items() if enforced is not None and enforced[0] == "ALLOW" else ():
                if isinstance(policy, dict) and _asks_identity(policy):
                    told.setdefault(policy_name(key), []).append(port)
    for name, ports in told.items():
        shown = ", ".join(map(str, sorted(set(ports))))
        said = f"it asks for an identity, and port {shown} also takes plain text, which has none: such callers are denied"
        yield Hit(name, said, (f"listener {listener.name}",))


def _asks_identity(policy: Json) -> bool:
    """Whether every way to match a policy needs the caller's certificate."""
    principals = objects_at(policy, "principals")
    return bool(principals) and all(
        _IDENTITY.search(msgspec.json.encode(one).decode()) is not None
        and '"not_id"' not in msgspec.json.encode(one).decode()
        for one in principals
    )


def issuers_without_keys(subject: Subject) -> Hits:
    """JWT providers whose keys are not there."""
    proxy = subject.proxy
    assert proxy is not None
    seen: dict[tuple[str, str], str] = {}
    for manager in managers(proxy):
        for message in manager.config.http_filters:
            type_name, fields = unpack(message.raw.get("typed_config"))
            if type_name != _JWT:
                continue
            for name, provider in object_at(fields, "providers").items():
                reason = _keyless(proxy, provider) if isinstance(provider, dict) else ""
                if reason:
                    seen.setdefault((f"{provider.get('issuer') or name}", reason), manager.name)
    for (issuer, reason), place in seen.items():
        yield Hit(f"JWT issuer {issuer}", f"no token of it can be verified: {reason}", (place,))


def _keyless(proxy: Proxy, provider: Json) -> str:
    """Why a provider has no keys; "" where it has some, or fetches them itself."""
    remote = object_at(provider, "remote_jwks")
    if remote:
        cluster = str(object_at(remote, "http_uri").get("cluster") or "")
        if cluster and proxy.cluster(cluster) is None and proxy.unseen_cluster(cluster) is None:
            return f"its keys are fetched through cluster {cluster}, which does not exist"
        return ""
    local = object_at(provider, "local_jwks")
    text = local.get("inline_string")
    if not isinstance(text, str):
        return "" if local else "it has neither local_jwks nor remote_jwks"
    try:
        keys = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return "its key set is no JSON"
    found = objects_at(keys, "keys") if isinstance(keys, dict) else []
    if not found:
        return "its key set holds no key"
    unfetched = [_unfetched(one) for one in found]
    return (
        f"istiod could not fetch its keys from {unfetched[0]}, and sent one that fits no token"
        if all(unfetched)
        else ""
    )


# What istiod sends where it cannot fetch the keys: a modulus that spells the URL (pilot/pkg/model/jwks_resolver.go).
_UNFETCHED = b"Error-IstiodFailedToFetchJwksUri-"


def _unfetched(key: Json) -> str:
    """The URL that istiod could not fetch; "" for a key that is one."""
    modulus = str(key.get("n") or "")
    try:
        spelt = base64.urlsafe_b64decode(modulus + "=" * (-len(modulus) % 4))
    except (binascii.Error, ValueError):
        return ""
    return spelt.removeprefix(_UNFETCHED).decode("utf-8", "replace") if spelt.startswith(_UNFETCHED) else ""


CHECKS = (
    Check(
        "policy-denies-all",
        Severity.WARNING,
        "A pod that no request may reach",
        "An ALLOW policy without rules, or a DENY policy that matches everything, is answered with 403 whoever calls.",
        "If it is the default-deny of a namespace, add an ALLOW policy for those who may call; else correct its rules.",
        denying_everything,
        proved="The RBAC filter has action ALLOW and no policy, or action DENY and a policy whose permissions and principals are any.",
    ),
    Check(
        "policy-http-on-tcp",
        Severity.WARNING,
        "HTTP attributes in a policy that applies to a TCP port",
        "On a TCP port there are no paths, methods, headers or tokens: an ALLOW rule matches nothing there, and a DENY rule "
        "matches everything.",
        "Limit the rule to HTTP ports (to.operation.ports), and give the TCP port a rule of its own.",
        http_on_tcp,
        proved="istiod marks such an ALLOW rule in the TCP chain as one that matches nothing; a DENY rule stands there without "
        "conditions, while the same rule has some in the HTTP chains.",
    ),
    Check(
        "policy-identity-plain",
        Severity.INFO,
        "Rules that ask for an identity on ports that take plain text too",
        "A caller without a sidecar has no identity: it is denied, though PERMISSIVE lets it connect.",
        "Intended while a mesh is migrated; else make the PeerAuthentication STRICT.",
        identities_on_plain,
    ),
    Check(
        "jwt-keys-missing",
        Severity.ERROR,
        "A JWT issuer without keys",
        "No token of the issuer verifies: 401 (Jwt verification fails, or Jwks remote fetch is failed).",
        "Check jwksUri (istiod must reach it) or jwks of the RequestAuthentication.",
        issuers_without_keys,
    ),
)
