"""What ``meshctl trace`` says beside what happened, field by field."""

from __future__ import annotations

import re
from typing import Any

Json = dict[str, Any]

FIELDS = (
    "pod", "direction", "listener", "filter_chain", "virtual_host", "route_name", "cluster", "upstream_host",
    "code", "flags", "details", "original_dst", "downstream_tls",
)  # fmt: skip


def hooks(capture: list[Json]) -> list[tuple[str, str, list[Any]]]:
    """(hook, destination, rules) of each hook a packet passed; those where no rule matched are seen by both."""
    return [(hook["hook"], hook["dst"], [list(rule) for rule in hook["rules"]]) for hook in capture]


def _plain(value: Any) -> Any:
    """Details without OpenSSL's words, which depend on what a server that speaks no TLS answers."""
    return re.sub(r"TLS_error.*}", "TLS_error}", value) if isinstance(value, str) else value


def differences(outcome: Json, seen: Json) -> list[str]:
    """Where an outcome of the trace is not what was observed."""
    found = _of_capture("client capture", outcome["client_capture"], seen["client_capture"])
    if outcome["code"] != seen["code"]:
        found.append(f"code {outcome['code']!r}, observed {seen['code']!r} {seen['error'] or ''}")
    if len(outcome["hops"]) != len(seen["hops"]):
        found.append(f"{len(outcome['hops'])} hops, observed {len(seen['hops'])}")
    for index, (hop, real) in enumerate(zip(outcome["hops"], seen["hops"], strict=False)):
        where = f"hop {index} ({real['pod']} {real['direction']})"
        for field in FIELDS:
            if _plain(hop[field]) != _plain(real[field]):
                found.append(f"{where} {field}: {hop[field]!r}, observed {real[field]!r}")
        if index:
            found += _of_capture(f"{where} capture", hop["capture"], real["capture"])
        if real["upstream_capture"]:
            found += _of_capture(
                f"{where} upstream capture", hop["upstream_capture"] or [], real["upstream_capture"]
            )
    return found


def _of_capture(what: str, said: list[Json], real: list[Json]) -> list[str]:
    return [] if hooks(said) == hooks(real) else [f"{what}: {hooks(said)}, observed {hooks(real)}"]


def closest(outcomes: list[Json], seen: Json) -> list[str]:
    """The differences to the outcome that comes closest; none when one of them is what happened."""
    return min((differences(outcome, seen) for outcome in outcomes), key=len)
