"""Subset load balancing: which hosts a request's metadata_match leaves.

Theory of operation. The keys of metadata_match must be those of a selector (with allow_redundant_keys: include
them, the largest selector counts); then the hosts whose envoy.lb metadata has the values are the subset, in type and
value. Without such a subset the selector's fallback applies, else the cluster's. A list in the metadata stands for
each of its values with list_as_any. metadata_fallback_policy FALLBACK_LIST tries several metadata in turn.
Follows source/extensions/load_balancing_policies/subset/subset_lb.cc.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from meshctl.envoy.api.config_cluster_v3 import Cluster
from meshctl.envoy.api.config_core_v3 import Metadata
from meshctl.envoy.api.extensions_load_balancing_policies_subset_v3 import Subset
from meshctl.proxy.upstream.endpoints import Distribution, Given, Policy, distribute, shares_of
from meshctl.proxy.upstream.hash_policy import RANDOM, HashKey
from meshctl.proxy.upstream.hosts import Host
from meshctl.values import Struct, replace

Json = dict[str, Any]

_FALLBACK_LIST = "fallback_list"


def wanted(*matches: Metadata | None) -> tuple[tuple[str, Any], ...]:
    """What metadata_match asks for: of a route or a listener, and of its weighted cluster, the latter winning."""
    keys: dict[str, Any] = {}
    for match in matches:
        if match is not None:
            keys.update(match.filter_metadata.get("envoy.lb") or {})
    return tuple(sorted(keys.items())) if keys else ()


class Selector(Struct, frozen=True):
    """One selector: its keys, its own fallback, whether a subset is one host."""

    keys: frozenset[str]
    fallback: str = "NOT_DEFINED"
    kept: tuple[str, ...] = ()
    single_host: bool = False


class Subsets(Struct, frozen=True):
    """A subset configuration."""

    selectors: tuple[Selector, ...] = ()
    fallback: str = "NO_FALLBACK"
    default_subset: tuple[tuple[str, Any], ...] = ()
    list_as_any: bool = False
    panic_mode_any: bool = False
    redundant_keys: bool = False
    fallback_list: bool = False
    locality_weight_aware: bool = False

    def takes_any(self, wanted: bool) -> bool:
        """Whether every host may be chosen, whatever its metadata are."""
        return not wanted and self.fallback == "ANY_ENDPOINT"

    def selector(self, keys: frozenset[str]) -> Selector | None:
        """The selector of these keys."""
        exact = next((s for s in self.selectors if s.keys == keys), None)
        if exact is not None or not self.redundant_keys:
            return exact
        fitting = [s for s in self.selectors if s.keys <= keys]
        return max(fitting, key=lambda s: len(s.keys)) if fitting else None


def subsets_of(message: Subset | Cluster.LbSubsetConfig | None) -> Subsets | None:
    """A subset configuration, also of the load balancing extension; None without selectors (then it is ignored)."""
    if message is None or not message.subset_selectors:
        return None
    selectors: list[Selector] = []
    for selector in message.subset_selectors:
        keys = sorted(set(selector.keys))
        # Envoy keeps selectors as a trie of their sorted keys and loses the fallback of one whose place is there already.
        lost = any(sorted(earlier.keys)[: len(keys)] == keys for earlier in selectors)
        fallback = "NOT_DEFINED" if lost else selector.fallback_policy
        kept, alone = selector.fallback_keys_subset, selector.single_host_per_subset
        selectors.append(Selector(frozenset(keys), fallback, kept, alone))
    return Subsets(
        tuple(selectors),
        message.fallback_policy,
        tuple(sorted(message.default_subset.items())),
        message.list_as_any,
        message.panic_mode_any,
        Subset(message.raw).allow_redundant_keys,  # a cluster's own setting lacks it
        message.metadata_fallback_policy == "FALLBACK_LIST",
        message.locality_weight_aware,
    )


class _Question(Struct, frozen=True):
    """The hosts, the configuration, the policy and the key of one choice."""

    hosts: Sequence[Host]
    subsets: Subsets
    policy: Policy
    key: HashKey
    given: Given | None

    def over(self, members: Sequence[Host], text: str) -> Distribution:
        policy = self.policy
        if not self.subsets.locality_weight_aware:
            policy = replace(policy, locality_weighted=False)
        return replace(distribute(members, policy, self.key, self.given), subset=text)


def select(
    hosts: Sequence[Host],
    subsets: Subsets,
    wanted: Json,
    policy: Policy,
    key: HashKey = RANDOM,
    given: Given | None = None,
) -> Distribution:
    """The shares under subset load balancing."""
    question = _Question(hosts, subsets, policy, key, given)
    if any(not host.shown for host in hosts) and not subsets.takes_any(bool(wanted)):
        reason = "the metadata of the endpoints, which subsets go by, was not shown"
        return replace(question.over(hosts, ""), undetermined=reason, doubt=reason)
    tries = wanted.get(_FALLBACK_LIST) if subsets.fallback_list else None
    if not isinstance(tries, list) or not tries:
        return _chosen(question, wanted)
    rest = {name: value for name, value in wanted.items() if name != _FALLBACK_LIST}
    found = Distribution((), "no metadata of the fallback list has a host", missing=1.0)
    for more in tries:
        found = _chosen(question, {**rest, **more} if isinstance(more, dict) else rest)
        if found.shares:
            return found
    return found


def _chosen(question: _Question, wanted: Json) -> Distribution:
    text = ", ".join(f"{key}={value}" for key, value in sorted(wanted.items()))
    selector = question.subsets.selector(frozenset(wanted)) if wanted else None
    if selector is not None:
        asked = {key: wanted[key] for key in selector.keys}
        members = _members(question, asked)
        if members:
            told = f"subset {text}"
            return _alone(members, told) if selector.single_host else question.over(members, told)
    return _fallen_back(question, wanted, selector, text)


def _alone(members: Sequence[Host], text: str) -> Distribution:
    """single_host_per_subset: the first host of the first priority, whatever its health and its locality's weight. Which locality
    came first is not in a dump, which sorts them."""
    first = min(host.priority for host in members)
    leaders: dict[str, Host] = {}
    for host in members:
        if host.priority == first:
            leaders.setdefault(host.locality, host)
    found = list(leaders.values())
    unknown = "which locality's host came first, of a subset that has a single one (single_host_per_subset)"
    return replace(shares_of([(one, 1 / len(found)) for one in found], False, found, unknown), subset=text)


def _members(question: _Question, wanted: Json) -> list[Host]:
    def holds(host: Host, key: str, value: Any) -> bool:
        have = host.lb_metadata(key)
        if question.subsets.list_as_any and isinstance(have, list):
            return any(_same(item, value) for item in have)
        return _same(have, value)

    return [host for host in question.hosts if all(holds(host, k, v) for k, v in wanted.items())]


def _same(left: Any, right: Any) -> bool:
    """Equal in type and value: true is not 1."""
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return left is not None and bool(left == right)


def _fallen_back(question: _Question, wanted: Json, selector: Selector | None, text: str) -> Distribution:
    why = f"no subset {text}" if text else "no subset is asked for"
    if selector is not None and selector.fallback != "NOT_DEFINED":
        if selector.fallback == "KEYS_SUBSET":
            return _chosen(question, {k: v for k, v in wanted.items() if k in selector.kept})
        return _fallback(question, selector.fallback, why)
    found = _fallback(question, question.subsets.fallback, why)
    # Panic is for a fallback of the cluster's that finds no host: without a fallback, or by a selector's own, there is none.
    if not found.shares and question.subsets.panic_mode_any and question.subsets.fallback != "NO_FALLBACK":
        return question.over(question.hosts, f"{why}: panic, any endpoint")
    return found


def _fallback(question: _Question, fallback: str, why: str) -> Distribution:
    if fallback == "ANY_ENDPOINT":
        return question.over(question.hosts, f"{why}: any endpoint")
    if fallback == "DEFAULT_SUBSET":
        members = _members(question, dict(question.subsets.default_subset))
        if members:
            return question.over(members, f"{why}: the default subset")
        return Distribution((), f"{why}, and the default subset is empty", missing=1.0)
    return Distribution((), f"{why}, and there is no fallback", missing=1.0)
