"""The network filters of a chain, in order, until one ends it.

Theory of operation. Each filter is found by the full name of its type (``network_table``): it passes the connection
on, closes it, names the cluster, or ends the chain (tcp_proxy, the HTTP connection manager). One that is not
evaluated and stands last, or is known to end chains, is undetermined by its name; in the middle it leaves open
whether the connection goes on, and behind it nothing that it may set is known.
Follows source/common/network/filter_manager_impl.cc.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from meshctl.envoy.message import Undecidable
from meshctl.match.request_view import Part
from meshctl.proxy.chance import open_ways
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters.network_scene import NetworkScene, Way
from meshctl.proxy.filters.network_table import contract, ends_chain
from meshctl.proxy.filters.readable import problem
from meshctl.proxy.filters.unknown import label
from meshctl.proxy.filters.well_known import network_type
from meshctl.proxy.listen.listeners import HTTP_MANAGER, ISTIO_OBSERVERS, Filter
from meshctl.proxy.model import Disposition, Passage, Stage, Step, Verdict
from meshctl.values import replace

__all__ = ["NetworkScene", "run"]

_WASM = "envoy.extensions.filters.network.wasm.v3.Wasm"


def run(entry: Entry, scene: NetworkScene) -> Iterator[Passage]:
    """The passages through the chain."""
    chain = scene.chain

    def build() -> list[Filter]:
        return [replace(f, type_name=network_type(f.name, f.type_name)) for f in chain.filters]

    filters = scene.proxy.compile_once(chain.message, "network filters", build)
    return _from(entry, scene, filters, 0)


def _from(entry: Entry, scene: NetworkScene, filters: list[Filter], position: int) -> Iterator[Passage]:
    for index in range(position, len(filters)):
        last = index == len(filters) - 1
        try:
            ways = list(_ways(entry, scene, filters[index], last))
        except Undecidable as unknown:
            if scene.failed is not None:
                yield entry.end(scene.failed)
                return
            entry.unknown(unknown.reason)
            yield entry.end(Verdict(Disposition.UNDETERMINED, reason=unknown.reason))
            return
        if len(ways) == 1 and ways[0].ended is None:
            entry, scene = ways[0].entry, ways[0].scene
            continue
        for way in ways:
            if way.ended is not None:
                yield way.ended
            else:
                yield from _from(way.entry, way.scene, filters, index + 1)
        return
    yield entry.end(Verdict(Disposition.DROPPED, 0, None, None, "the chain has no filter that ends it"))


def _ways(entry: Entry, scene: NetworkScene, network_filter: Filter, last: bool) -> Iterable[Way]:
    """The ways through one filter by its contract."""
    known = contract(network_filter.type_name)
    watches = network_filter.name in ISTIO_OBSERVERS and network_filter.type_name in ("", _WASM)
    wrong = _misread(scene, network_filter)
    if known.evaluate is not None and wrong:
        raise Undecidable(f"network filter {label(network_filter)}: {wrong}")
    if known.evaluate is not None:
        return known.evaluate(entry, scene, network_filter)
    if known.observes or watches:
        return (Way(entry, scene),)
    if scene.failed is not None:  # whatever it does with the connection, the client gets no further
        return (Way(entry, scene, entry.end(scene.failed)),)
    if last or ends_chain(network_filter.type_name):
        return (_unknown_end(entry, scene, network_filter),)
    return _unknown(entry, scene, network_filter)


def _misread(scene: NetworkScene, network_filter: Filter) -> str:
    """What of its settings has a wrong type; the connection manager reads its own where it needs them."""
    fields, kind = network_filter.fields, network_filter.type_name
    if not fields or kind == HTTP_MANAGER:
        return ""
    found: str = scene.proxy.compile_once(fields, "readable", lambda: problem(fields, kind))
    return found


def _unknown_end(entry: Entry, scene: NetworkScene, network_filter: Filter) -> Way:
    name = label(network_filter)
    reason = f"network filter {name} ends the chain: what it does with the connection is not known"
    entry.unknown(reason)
    entry.step(lambda: Step(Stage.NETWORK_FILTER, f"{name}: not known", "it ends the chain"))
    return Way(entry, scene, entry.end(Verdict(Disposition.UNDETERMINED, reason=reason)))


def _unknown(entry: Entry, scene: NetworkScene, network_filter: Filter) -> Iterator[Way]:
    name = label(network_filter)
    reason = f"network filter {name}: its effect is not known; it may close the connection"
    on, closed = open_ways(entry, 2, reason)
    on.step(lambda: Step(Stage.NETWORK_FILTER, f"{name}: not known", "it may let the connection pass"))
    opaque = {Part.METADATA: f"filter {name}", Part.FILTER_STATE: f"filter {name}", **scene.opaque}
    yield Way(on, replace(scene, opaque=opaque))
    end = Verdict(Disposition.UNDETERMINED, reason=f"network filter {name} may close the connection")
    yield Way(closed, scene, closed.end(end))
