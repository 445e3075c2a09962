"""What became of a request: the kernel's trace of its first packets, the access logs, what the client got.

The answer has the field names of the recordings and of ``meshctl trace -o json`` (docs/trace-json.md), so that both
are compared field by field (``compare``). A connection is followed by addresses: the client's, then what each
proxy says it used towards the next one.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Collection
from typing import Any

from tests.lab.network import GATEWAY, inside, run
from tests.lab.reach import Reach
from tests.lab.traffic import Answer, Request, send
from tests.live.netfilter_agent import open_trace, read_trace
from tests.live.netfilter_lab import traced

Json = dict[str, Any]

# Logs are flushed every 20 ms. Lines that are expected are waited for longer.
_AT_LEAST, _AT_MOST = 0.08, 2.0


class Observer:
    """Sends requests in a lab and gathers what happened; a context manager."""

    def __init__(self, lab: Reach) -> None:
        self.lab = lab
        self._traces = {}
        self._offsets: dict[str, int] = {}
        self._lines: dict[str, list[Json]] = {}
        self._numbers: dict[str, dict[tuple[str, str, str, int], int]] = {}
        for pod in lab.model.pods:
            with inside(lab.network.namespace(pod.name)):
                self._traces[pod.name] = open_trace()
            if pod.sidecar:
                self._offsets[pod.name] = lab.access_log(pod.name)[1]
        self.rules_changed()

    def __enter__(self) -> Observer:
        return self

    def __exit__(self, *_: object) -> None:
        for trace in self._traces.values():
            trace.close()

    def rules_changed(self) -> None:
        """The kernel's names of rules anew: to be called after rules were loaded."""
        for pod in self.lab.model.pods:
            self._numbers[pod.name] = _numbers(self.lab.network.namespace(pod.name))

    def request(self, request: Request, expected: Collection[int] | None = None) -> Json:
        """Send a request and say what became of it; ``expected`` are numbers of hops after which to wait no more."""
        for trace in self._traces.values():
            read_trace(trace, 0)
        self._lines = {pod: [] for pod in self._offsets}
        self._read()
        self._lines = {pod: [] for pod in self._offsets}
        answer = send(self.lab, request)
        hops = self._hops(request, answer, expected)
        syns = {pod: traced(read_trace(trace, 0), self._numbers[pod]) for pod, trace in self._traces.items()}
        return {
            "id": request.id,
            "code": answer.code,
            "error": answer.error,
            "body": answer.body,
            "client_local": answer.local,
            "client_capture": _sent(
                _hooks(syns[request.pod], answer.local), self.lab.model.pod(request.pod).ip
            ),
            "hops": [_hop(pod, self.lab.model.pod(pod).ip, line, syns[pod]) for pod, line in hops],
        }

    # ---- access logs ----

    def _read(self) -> None:
        for pod, offset in self._offsets.items():
            lines, self._offsets[pod] = self.lab.access_log(pod, offset)
            self._lines[pod] += lines

    def _hops(
        self, request: Request, answer: Answer, expected: Collection[int] | None
    ) -> list[tuple[str, Json]]:
        """The log lines of a request in order, as soon as they say where it ended."""
        began = time.monotonic()
        while True:
            self._read()
            chain = self._chain(request, answer)
            passed = time.monotonic() - began
            enough = expected is not None and len(chain) in expected and passed > _AT_LEAST
            if self._ended(chain) or enough or passed > _AT_MOST:
                return chain
            time.sleep(0.01)

    def _chain(self, request: Request, answer: Answer) -> list[tuple[str, Json]]:
        found: list[tuple[str, Json]] = []
        address = answer.local
        left = [(pod, line) for pod, lines in self._lines.items() for line in lines]
        while address:
            # The node puts its own address in place of a pod's that reaches itself through a cluster IP.
            aliases = (address, f"{GATEWAY}:{address.rpartition(':')[2]}")
            following = next(((p, li) for p, li in left if li["ddr"] in aliases), None)
            if following is None and not found:
                # The kernel may have given a redirected connection another port; the id tells, too.
                following = next(
                    ((p, li) for p, li in left if p == request.pod and li["id"] == request.id), None
                )
            if following is None:
                break
            left.remove(following)
            found.append(following)
            address = following[1]["up_local"]
        return found

    def _ended(self, chain: list[tuple[str, Json]]) -> bool:
        """Whether nothing more can come: the last line is inbound, or leads to no proxy."""
        if not chain:
            return False
        line = chain[-1][1]
        if line["direction"] == "inbound":
            return True
        address = (line["up_host"] or "").rpartition(":")[0]
        if any(service.vip == address for service in self.lab.model.services):
            return False
        pod = self.lab.model.pod_at(address)
        return line["up_host"] is not None and (pod is None or not pod.sidecar)


def _numbers(namespace: str) -> dict[tuple[str, str, str, int], int]:
    """(family, table, chain, handle) to the number of the rule in its chain."""
    listed = json.loads(run("nft", "-j", "-a", "list", "ruleset", namespace=namespace))
    count: dict[tuple[str, str, str], int] = {}
    found: dict[tuple[str, str, str, int], int] = {}
    for item in listed["nftables"]:
        if rule := item.get("rule"):
            place = (rule["family"], rule["table"], rule["chain"])
            count[place] = count.get(place, 0) + 1
            found[(*place, rule["handle"])] = count[place]
    return found


def _port(address: str | None) -> int:
    with contextlib.suppress(ValueError):
        return int((address or "").rpartition(":")[2])
    return 0


def _hooks(syns: dict[int, list[Any]], address: str | None) -> list[Json]:
    """The hooks of the first packet from an address, in this pod."""
    return [
        {
            "hook": hook.hook,
            "dst": f"{hook.destination[0]}:{hook.destination[1]}" if hook.destination else None,
            "rules": [list(rule) for rule in hook.path],
        }
        for hook in syns.get(_port(address), [])
    ]


def _sent(hooks: list[Json], own: str) -> list[Json]:
    """The hooks of a packet that was sent here, without those where it came back from the node."""

    def stays(address: str) -> bool:
        return address.startswith(("127.", f"{own}:"))

    return [
        hook
        for index, hook in enumerate(hooks)
        if index == 0 or stays(hooks[0]["dst"]) or hook["dst"].startswith("127.")
    ]


def _null(value: Any) -> Any:
    return None if value in ("-", "") else value


def _hop(pod: str, own: str, line: Json, syns: dict[int, list[Any]]) -> Json:
    capture = _hooks(syns, line["ddr"])
    if line["ddr"].startswith(f"{GATEWAY}:"):
        capture = capture[len(_sent(capture, own)) :]
    return {
        "pod": pod,
        "direction": line["direction"],
        "listener": line["listener"],
        "filter_chain": _null(line["fc"]),
        "virtual_host": _null(line["vhost"]),
        "route_name": _null(line["route"]),
        "cluster": _null(line["cluster_raw"]),
        "upstream_host": _null(line["up_host"]),
        "code": line["code"],
        "flags": _null(line["flags"]),
        "details": _null(line["details"]),
        "original_dst": _null(line["dl"]),
        "downstream_tls": bool(line["tls"]),
        "peer": _null(line["peer"]),
        "capture": capture,
        "upstream_capture": _sent(_hooks(syns, line["up_local"]), own),
    }
