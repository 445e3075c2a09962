"""Two values of configuration compared field by field, with the path of each difference.

Lists are paired by what names their items: a name, a match, an address, a locality. Where the order decides (routes,
filters), items that only changed places are told as moved; where it says nothing (domains, conditions), it does not count.
Items without a name are paired by what they say, the rest by position.
"""

from __future__ import annotations

import difflib
import enum
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from meshctl.envoy.message import Undecidable
from meshctl.match import filter_chains, route_match
from meshctl.match.fraction import Runtime
from meshctl.plain import Json
from meshctl.proxy.upstream.clusters import istio_config
from meshctl.values import Struct, replace


class Kind(enum.Enum):
    """What became of a field or an item, from the first side to the second."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


class Change(Struct, frozen=True):
    """One difference. origin: the Istio resource that the nearest message around it names; "" for none."""

    kind: Kind
    path: str
    before: Any = None
    after: Any = None
    origin: str = ""


# Lists whose order says nothing.
_SETS = frozenset(
    ["domains", "headers", "query_parameters", "cookies", "match_typed_subject_alt_names", "match_subject_alt_names",
     "lb_endpoints", "endpoints", "virtual_hosts", "filter_chains", "transport_socket_matches", "thresholds", "server_names",
     "prefix_ranges", "source_prefix_ranges", "allow_origin_string_match", "subset_selectors"]
)  # fmt: skip


# Lists without an order that stand in what names an item.
_SORTED = frozenset(
    ["headers", "query_parameters", "cookies", "server_names", "application_protocols", "prefix_ranges"]
)


def ordered(value: Any, key: str = "") -> Any:
    """A value whose conditions are in one order, so that they name the same thing alike."""
    if isinstance(value, dict):
        return {name: ordered(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        items = [ordered(inner) for inner in value]
        return sorted(items, key=text_of) if key in _SORTED else items
    return value


def text_of(value: Any) -> str:
    """A value in one line, its keys in order."""
    return msgspec.json.encode(value, order="sorted").decode()


def compare(before: Any, after: Any) -> list[Change]:
    """The differences of two messages."""
    return list(_values(before, after, "", "", ""))


def _origin(value: Any, otherwise: str) -> str:
    return (
        (istio_config(value) or otherwise) if isinstance(value, dict) and "metadata" in value else otherwise
    )


def _values(before: Any, after: Any, path: str, key: str, origin: str) -> Iterator[Change]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _objects(before, after, path, _origin(after, _origin(before, origin)))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _lists(before, after, path, key, origin)
    else:
        yield Change(Kind.CHANGED, path, before, after, origin)


def _objects(before: Json, after: Json, path: str, origin: str) -> Iterator[Change]:
    for key in dict.fromkeys((*before, *after)):
        inner = f"{path}.{key}" if path else key
        if key not in after:
            yield Change(Kind.REMOVED, inner, before[key], None, origin)
        elif key not in before:
            yield Change(Kind.ADDED, inner, None, after[key], origin)
        else:
            yield from _values(before[key], after[key], inner, key, origin)


def _lists(before: Sequence[Any], after: Sequence[Any], path: str, key: str, origin: str) -> Iterator[Change]:
    namer = _namer(before, after)
    if namer is None:
        yield from _unnamed(before, after, path, key, origin)
        return
    left, right = {namer(one): one for one in before}, {namer(one): one for one in after}
    for name, one in left.items():
        if name not in right:
            yield Change(Kind.REMOVED, f"{path}[{name}]", one, None, _origin(one, origin))
    for name, one in right.items():
        if name not in left:
            yield Change(Kind.ADDED, f"{path}[{name}]", None, one, _origin(one, origin))
        else:
            yield from _values(left[name], one, f"{path}[{name}]", key, origin)
    if key not in _SETS:
        common = [name for name in left if name in right], [name for name in right if name in left]
        for name, change in _moved(*common, path):
            yield replace(change, origin=_origin(left[name], origin))


def _moved(before: list[str], after: list[str], path: str) -> Iterator[tuple[str, Change]]:
    """Items that stand elsewhere among those that both sides have."""
    if before == after:
        return
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    kept = {
        name for block in matcher.get_matching_blocks() for name in before[block.a : block.a + block.size]
    }
    for name in before:
        if name not in kept:
            yield name, Change(Kind.MOVED, f"{path}[{name}]", before.index(name) + 1, after.index(name) + 1)


def _unnamed(
    before: Sequence[Any], after: Sequence[Any], path: str, key: str, origin: str
) -> Iterator[Change]:
    left, right = [text_of(one) for one in before], [text_of(one) for one in after]
    if key in _SETS:
        gone, new = Counter(left) - Counter(right), Counter(right) - Counter(left)
        if not gone and not new:
            return
        before = [one for one, text in zip(before, left, strict=True) if gone[text]]
        after = [one for one, text in zip(after, right, strict=True) if new[text]]
        if all(not isinstance(one, dict | list) for one in (*before, *after)):
            yield from (Change(Kind.REMOVED, f"{path}[]", one, None, origin) for one in before)
            yield from (Change(Kind.ADDED, f"{path}[]", None, one, origin) for one in after)
            return
        left, right = [text_of(one) for one in before], [text_of(one) for one in after]
    matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            continue
        shared = min(i2 - i1, j2 - j1)
        for offset in range(shared):
            place = f"{path}[{_place(after[j1 + offset], j1 + offset)}]"
            yield from _values(before[i1 + offset], after[j1 + offset], place, key, origin)
        for index in range(i1 + shared, i2):
            yield Change(
                Kind.REMOVED,
                f"{path}[{_place(before[index], index)}]",
                before[index],
                None,
                _origin(before[index], origin),
            )
        for index in range(j1 + shared, j2):
            yield Change(
                Kind.ADDED,
                f"{path}[{_place(after[index], index)}]",
                None,
                after[index],
                _origin(after[index], origin),
            )


def _place(item: Any, index: int) -> str:
    """An item by its position, and by its name where it has one."""
    name = item.get("name") if isinstance(item, dict) else None
    return f"#{index + 1} {name}" if isinstance(name, str) and name else f"#{index + 1}"


Namer = Callable[[Any], str]


def _namer(before: Sequence[Any], after: Sequence[Any]) -> Namer | None:
    """What tells the items of both lists apart; None where nothing does."""
    items = [*before, *after]
    if not items or not all(isinstance(one, dict) for one in items):
        return None
    for namer in _NAMERS:
        if all(_unique([namer(one) for one in side]) for side in (before, after)):
            return namer
    return None


def _unique(names: list[str]) -> bool:
    return all(names) and len(set(names)) == len(names)


def _by_name(item: Json) -> str:
    name = item.get("name")
    return name if isinstance(name, str) else ""


def _by_chain(item: Json) -> str:
    if "filters" not in item:
        return ""
    text = filter_chains.criteria(item.get("filter_chain_match")).text
    name = item.get("name")
    return f"{name}: {text}" if name else text


def _by_match(item: Json) -> str:
    """A route by what it matches."""
    match = item.get("match")
    if not isinstance(match, dict):
        return ""
    try:
        return route_match.parse(match, Runtime()).text
    except Undecidable:
        return text_of(match)


def _by_address(item: Json) -> str:
    endpoint = item.get("endpoint")
    address = endpoint.get("address") if isinstance(endpoint, dict) else None
    if not isinstance(address, dict):
        return ""
    socket = address.get("socket_address")
    return (
        f"{socket.get('address')}:{socket.get('port_value')}"
        if isinstance(socket, dict)
        else text_of(address)
    )


def _by_locality(item: Json) -> str:
    if "lb_endpoints" not in item and "locality" not in item:
        return ""
    where = item.get("locality")
    place = "/".join(map(str, where.values())) if isinstance(where, dict) else "no locality"
    return f"{place}, priority {item['priority']}" if item.get("priority") else place


def _by_header(item: Json) -> str:
    header = item.get("header")
    return str(header.get("key") or "") if isinstance(header, dict) else ""


def _by_tag(item: Json) -> str:
    return str(item.get("tag") or "")


def _by_priority(item: Json) -> str:
    return (
        str(item.get("priority") or "DEFAULT")
        if item.keys() & {"max_connections", "max_requests", "priority"}
        else ""
    )


_NAMERS: tuple[Namer, ...] = (
    _by_chain,
    _by_match,
    _by_name,
    _by_address,
    _by_locality,
    _by_header,
    _by_tag,
    _by_priority,
)
