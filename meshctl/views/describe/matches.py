"""The conditions and faults of a VirtualService as istioctl words them: Go's text form of the messages.

Follows istio/istioctl/pkg/describe/describe.go (renderMatch, renderStringMatch) and google.golang.org/protobuf's
prototext, which puts two blanks between fields. Headers come in the order of their names; istioctl's is that of a Go map.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from meshctl.plain import Json, object_at

# A message: its fields in the order of their numbers, as JSON and as text name them, and the shape of a message in one.
_Shape = tuple[tuple[str, str, Any], ...]
_PERCENT: _Shape = (("value", "value", None),)
_FAULT: _Shape = (
    (
        "delay",
        "delay",
        (
            ("percent", "percent", None),
            ("fixedDelay", "fixed_delay", "duration"),
            ("exponentialDelay", "exponential_delay", "duration"),
            ("percentage", "percentage", _PERCENT),
        ),
    ),
    (
        "abort",
        "abort",
        (
            ("httpStatus", "http_status", None),
            ("grpcStatus", "grpc_status", None),
            ("http2Error", "http2_error", None),
            ("percentage", "percentage", _PERCENT),
        ),
    ),
)
_TCP: _Shape = (
    ("destinationSubnets", "destination_subnets", None),
    ("port", "port", None),
    ("sourceSubnet", "source_subnet", None),
    ("sourceLabels", "source_labels", "map"),
    ("gateways", "gateways", None),
    ("sourceNamespace", "source_namespace", None),
)


def fault(value: Json) -> str:
    return _text(value, _FAULT)


def tcp_match(value: Json) -> str:
    return _text(value, _TCP)


def matches(found: Sequence[Json]) -> str:
    return ", ".join(map(match, found)) if found else "everything"


def match(value: Json) -> str:
    """``Match: /reviews* when headers are end-user=jason``; what else there is of it is not told."""
    text = "Match: "
    uri = value.get("uri")
    if isinstance(uri, dict):
        text += _string_match(uri) + (" uncased" if value.get("ignoreUriCase") else "")
    headers = object_at(value, "headers")
    if headers:
        conditions = (f"{name}={_string_match(headers[name])}" for name in sorted(headers))
        text += " when headers are " + "; ".join(conditions)
    return text.strip()


def _string_match(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    if "exact" in value:
        return str(value["exact"])
    if "prefix" in value:
        return f"{value['prefix']}*"
    return f"regex:{_quoted(str(value['regex']))}" if "regex" in value else ""


def _text(value: Json, shape: _Shape) -> str:
    parts: list[str] = []
    for key, name, inner in shape:
        item = value.get(key)
        if item is None or item in ("", [], {}):
            continue
        for one in item if isinstance(item, list) else [item]:
            parts += _field(name, one, inner)
    return "  ".join(parts)


def _field(name: str, item: Any, inner: Any) -> list[str]:
    if inner == "map":
        return [f"{name}:{{key:{_quoted(key)}  value:{_quoted(str(item[key]))}}}" for key in sorted(item)]
    if inner == "duration":
        return [f"{name}:{{{_duration(str(item))}}}"]
    if inner is not None and isinstance(item, dict):
        return [f"{name}:{{{_text(item, inner)}}}"]
    return [f"{name}:{_scalar(item)}"]


def _scalar(item: Any) -> str:
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, float):
        return f"{item:.17g}" if float(f"{item:.15g}") != item else f"{item:.15g}"
    return str(item) if isinstance(item, int) else _quoted(str(item))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "us": 1e-6, "ns": 1e-9}


def _duration(text: str) -> str:
    nanos = round(sum(float(n) * _UNITS[u] for n, u in re.findall(r"([0-9.]+)(h|ms|m|us|ns|s)", text)) * 1e9)
    seconds, rest = divmod(nanos, 1_000_000_000)
    return "  ".join([f"seconds:{seconds}"] * bool(seconds) + [f"nanos:{rest}"] * bool(rest))
