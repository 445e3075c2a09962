"""``proxy-config listener --waypoint``: by which matches the matcher tree of a listener reaches each chain.

Follows PrintRemoteListenerSummary in istio/istioctl/pkg/writer/envoy/configdump/listener.go, where it reads a
``filter_chain_matcher``: maps of exact and prefix matches, and IP ranges. Other matchers, on which istioctl
panics, are shown by their type.
"""

from __future__ import annotations

import functools

import msgspec

from meshctl.envoy import typed
from meshctl.envoy.anys import unpack
from meshctl.envoy.listeners import NOTHING, ListenerHead
from meshctl.envoy.snapshot import Snapshot
from meshctl.plain import Json
from meshctl.views import listeners, states
from meshctl.views.listeners import KIND, ListenerFilter, SelectedListener
from meshctl.views.table import Table
from meshctl.views.view import View

_IP_MATCHER = "xds.type.matcher.v3.IPMatcher"


class _Matched(ListenerHead):
    filter_chain_matcher: msgspec.Raw = NOTHING


def _compare(left: SelectedListener, right: SelectedListener) -> int:
    a, b = left.head, right.head
    if a.internal_listener is not None and b.internal_listener is not None:
        return (a.name > b.name) - (a.name < b.name)
    first, second = (
        (head.port, listeners.addresses(head)[0], listeners.listener_type(head)) for head in (a, b)
    )
    return (first > second) - (first < second)


def short(snapshot: Snapshot, wanted: ListenerFilter) -> Table:
    found = [
        SelectedListener(r, typed.read(_Matched, r.raw, snapshot.notes, r.path))
        for r in states.in_force(snapshot, KIND)
    ]
    rows: list[tuple[str, ...]] = []
    for item in sorted(found, key=functools.cmp_to_key(_compare)):
        rows.extend(_rows(item, snapshot))
    return Table(("LISTENER", "CHAIN", "MATCH", "DESTINATION"), rows, padding=1)


def _rows(item: SelectedListener, snapshot: Snapshot) -> list[tuple[str, ...]]:
    head = item.head
    assert isinstance(head, _Matched)
    chains = head.chains
    name = f"envoy://{head.name}"
    if head.internal_listener is not None and len(chains) == 1 and chains[0].name == name:
        name = "internal"
    matcher = msgspec.json.decode(head.filter_chain_matcher)
    rows: list[tuple[str, ...]] = []
    for chain in chains:
        destination = listeners.chain_destination(chain, snapshot.notes, item.resource.path)
        if not matcher:
            matches = [listeners.chain_match(chain.filter_chain_match)]
        else:
            matches = paths(chain.name, matcher)
        rows.extend((name, chain.name, match, destination) for match in matches)
    return rows


def paths(chain: str, matcher: Json) -> list[str]:
    """The ways through a listener's matcher that end at a chain."""
    otherwise = matcher.get("on_no_match") or {}
    if _action(otherwise) == chain:
        return ["UNMATCHED"]
    if "matcher" in otherwise:
        return _walk(chain, otherwise["matcher"]) or ["NONE"]
    return _walk(chain, matcher) or ["NONE"]


def _action(on_match: Json) -> str | None:
    action = on_match.get("action")
    return action.get("name") or "" if isinstance(action, dict) else None


def _walk(chain: str, matcher: Json) -> list[str]:
    otherwise = matcher.get("on_no_match") or {}
    if _action(otherwise) == chain:
        return ["ANY"]
    if "matcher" in otherwise:
        return _walk(chain, otherwise["matcher"]) or ["NONE"]
    tree = matcher.get("matcher_tree") or {}
    name = (tree.get("input") or {}).get("name") or ""
    opaque = _opaque(tree)
    if opaque:
        return [f"{name} by {opaque}, which is not evaluated here"]
    found = []
    for sign, value, on_match in _branches(tree):
        if _action(on_match) == chain:
            found.append(f"{name}{sign}{value}")
        elif "matcher" in on_match:
            found.extend(f"{name}{sign}{value} -> {deeper}" for deeper in _walk(chain, on_match["matcher"]))
    return found


def _opaque(tree: Json) -> str:
    """The type of a node's matcher when it is one that cannot be written as branches; "" otherwise."""
    kind, _ = unpack((tree.get("custom_match") or {}).get("typed_config"))
    return "" if kind == _IP_MATCHER else kind


def _branches(tree: Json) -> list[tuple[str, str, Json]]:
    """The branches of one node: sign, value, what follows."""
    for key, sign in (("exact_match_map", "="), ("prefix_match_map", "^")):
        if key in tree:
            return [(sign, value, then) for value, then in ((tree[key] or {}).get("map") or {}).items()]
    _, body = unpack((tree.get("custom_match") or {}).get("typed_config"))
    return [
        ("=", _range(cidr), matcher.get("on_match") or {})
        for matcher in body.get("range_matchers") or []
        for cidr in matcher.get("ranges") or []
    ]


def _range(cidr: Json) -> str:
    address, length = cidr.get("address_prefix") or "", cidr.get("prefix_len") or 0
    return str(address) if length in (32, 128) else f"{address}/{length}"


VIEW: View[ListenerFilter] = View(
    listeners.check,
    short,
    short,
    short,
    listeners.values,
    listeners.names,
    lambda s: states.unseen(s, KIND, "listener"),
)
