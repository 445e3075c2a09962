"""``proxy-status POD``: what an Envoy has against what istiod would send it now, by meaning.

Theory of operation. Both are config dumps; of each type the dynamic resources are compared by name, in canonical form
(the schema's defaults dropped, one notation of durations), without versions and times. istioctl compares the printed
text, and istiod orders what it keeps in Go's maps anew for every answer: query parameters of a route's match, for one.
So lists whose order means nothing are compared as sets (``_SETS``), and an Envoy's copy that means the same is shown in
istiod's order: what is left in the diff is a difference. Endpoints are compared by what they say of each host, since
Envoy prints the state of its hosts and not what it was sent; secrets by their certificates, never by a key.

istioctl's part follows istio/istioctl/pkg/writer/compare (clusters, listeners, routes).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from meshctl.envoy.schema.convert import StructList
from meshctl.envoy.schema.names import Convert
from meshctl.envoy.snapshot import Resource, SectionKind, Snapshot, State
from meshctl.errors import MissingDataError
from meshctl.plain import Json, object_at, objects_at

_TYPE = "type.googleapis.com/envoy.admin.v3."


class Comparison(msgspec.Struct, frozen=True):
    """One type of both sides, in the form of a dump; equal ones are the same value.

    missing: why a side has nothing to compare ("" where it has); then ``differs`` is None where nothing can be said.
    """

    title: str
    differs: bool | None
    istiod: Any
    envoy: Any
    missing: str = ""
    names: tuple[str, ...] = ()  # of the resources that differ
    updated: str = ""


class _Type(msgspec.Struct, frozen=True):
    """What a type is called, its section, and how a resource stands in the list of the dump."""

    title: str
    section: SectionKind
    array: str
    entry: Callable[[Any], Json]


_TYPES = (
    _Type("Clusters", SectionKind.CLUSTERS, "dynamicActiveClusters", lambda body: {"cluster": body}),
    _Type(
        "Listeners",
        SectionKind.LISTENERS,
        "dynamicListeners",
        lambda body: {"activeState": {"listener": body}},
    ),
    _Type("Routes", SectionKind.ROUTES, "dynamicRouteConfigs", lambda body: {"routeConfig": body}),
)
_EXTENSIONS = _Type(
    "Extension Configurations", SectionKind.ECDS, "ecdsFilters", lambda body: {"ecdsFilter": body}
)


def compare(istiod: Snapshot, envoy: Snapshot, convert: Convert) -> list[Comparison]:
    """Clusters, listeners and routes, which istioctl compares; then extensions, endpoints and secrets."""
    return [
        *(_compare(one, istiod, envoy, convert) for one in _TYPES),
        _extensions(istiod, envoy, convert),
        _endpoints(istiod, envoy),
        _secrets(istiod, envoy),
    ]


def require_routes(envoy: Snapshot) -> None:
    """Raises MissingDataError, as istioctl fails, where a dump has no routes at all."""
    if envoy.section(SectionKind.ROUTES) is None:
        raise MissingDataError(
            f"config dump has no configuration type {_TYPE}{SectionKind.ROUTES.value}",
            f"{envoy.origin} is not the whole answer.",
            "Save it with `curl localhost:15000/config_dump?include_eds` inside the pod.",
        )


def _compare(one: _Type, istiod: Snapshot, envoy: Snapshot, convert: Convert) -> Comparison:
    theirs, ours = _bodies(one, istiod, convert), _bodies(one, envoy, convert)
    if theirs is None or ours is None:
        why = f"config dump has no configuration type {_TYPE}{one.section.value}"
        a, b = (why if found is None else _dump(one, found) for found in (theirs, ours))
        if ours is None and one.section is SectionKind.ROUTES:
            return Comparison(one.title, None, a, b, why)
        return Comparison(one.title, theirs is not ours, a, b, updated=_updated(one, envoy))
    aligned = {name: _aligned(theirs.get(name), body) for name, body in ours.items()}
    rejected = _rejections(one, envoy, convert)
    differing = {n for n in theirs.keys() | aligned.keys() if theirs.get(n) != aligned.get(n)}
    names = sorted(differing | rejected.keys())
    return Comparison(
        one.title,
        bool(names),
        _dump(one, theirs),
        _dump(one, aligned, rejected),
        names=tuple(names),
        updated=_updated(one, envoy),
    )


def _rejections(one: _Type, envoy: Snapshot, convert: Convert) -> dict[str, Json]:
    """The updates that Envoy refused of resources that it has, as they stand beside what is in force."""
    if one.section is not SectionKind.LISTENERS:
        return {}
    active = {r.name for r in envoy.resources(one.section, State.ACTIVE)}
    found = {}
    for resource in envoy.resources(one.section, State.ERROR):
        why = resource.rejection
        if why is None or resource.listed_name not in active:
            continue
        parts = {
            "failedConfiguration": _canonical(resource, convert) if resource.raw else None,
            "lastUpdateAttempt": why.last_update_attempt,
            "details": why.details,
            "versionInfo": why.version_info,
        }
        found[resource.name] = {key: part for key, part in parts.items() if part}
    return found


def _updated(one: _Type, envoy: Snapshot) -> str:
    """When the newest of the routes came; istioctl says that of routes only."""
    if one.section is not SectionKind.ROUTES:
        return ""
    return max((r.last_updated for r in envoy.resources(one.section, State.ACTIVE)), default="")


def _bodies(one: _Type, snapshot: Snapshot, convert: Convert) -> dict[str, Any] | None:
    """The dynamic resources in force, by name; None where the dump has no such section."""
    if snapshot.section(one.section) is None:
        return None
    found = [r for r in snapshot.resources(one.section, State.ACTIVE) if r.raw is not None]
    return {r.name: _canonical(r, convert) for r in sorted(found, key=lambda r: r.name)}


def _canonical(resource: Resource, convert: Convert) -> Any:
    body = resource.value
    found = convert("google.protobuf.Any", body) if "@type" in body else body
    hosts = found.get("virtualHosts")
    if isinstance(hosts, list):  # which host is meant is decided by domains, so their order says nothing
        found["virtualHosts"] = sorted(hosts, key=_name)
    return found


def _name(item: Any) -> str:
    return str(item.get("name") or "") if isinstance(item, dict) else ""


def _dump(one: _Type, bodies: dict[str, Any], rejected: dict[str, Json] | None = None) -> Json:
    refused = rejected or {}
    entries = [
        {**one.entry(body), **({"errorState": refused[name]} if name in refused else {})}
        for name, body in bodies.items()
    ]
    return {one.array: entries} if entries else {}


# Lists whose order says nothing, by their key and, where the key alone is no sign, the key that they stand under.
_SETS: dict[str, str] = {
    "queryParameters": "match",
    "headers": "match",
    "domains": "",
    "matchSubjectAltNames": "",
    "matchTypedSubjectAltNames": "",
}


def _aligned(pattern: Any, value: Any, key: str = "", under: str = "") -> Any:
    """A value with its unordered lists in the order of the other side's."""
    if isinstance(value, dict) and isinstance(pattern, dict):
        value = _with_defaults_of(pattern, value)
        found = {name: _aligned(pattern.get(name), item, name, key) for name, item in value.items()}
        if found != pattern:
            return found if value.__class__ is dict else value.__class__(found)
        return pattern
    if value.__class__ in (list, StructList) and pattern.__class__ is value.__class__:
        if len(value) != len(pattern):
            return value
        if _SETS.get(key, key) in ("", under) and _same_set(pattern, value):
            return pattern
        return value.__class__(_aligned(*pair, key, under) for pair in zip(pattern, value, strict=True))
    return value


# What a field of a oneof means where it is not set: it is printed where it is, though it says nothing more.
_DEFAULTS = {("type.googleapis.com/envoy.config.cluster.v3.Cluster", "type"): "STATIC"}


def _with_defaults_of(pattern: Json, value: Json) -> Json:
    for (message, field), default in _DEFAULTS.items():
        if value.get("@type") != message or pattern.get(field, default) != value.get(field, default):
            continue
        value = {name: item for name, item in value.items() if name != field or name in pattern}
        if field in pattern:
            value.setdefault(field, default)
    return value


def _same_set(a: Iterable[Any], b: Iterable[Any]) -> bool:
    return sorted(map(_key, a)) == sorted(map(_key, b))


def _key(value: Any) -> bytes:
    return msgspec.json.encode(value, order="sorted")


def _extensions(istiod: Snapshot, envoy: Snapshot, convert: Convert) -> Comparison:
    title = _EXTENSIONS.title
    theirs, ours = (_bodies(_EXTENSIONS, side, convert) or {} for side in (istiod, envoy))
    if not theirs and not ours:
        return Comparison(title, None, {}, {}, "there are none")
    if not theirs:
        return Comparison(title, None, {}, {}, "istiod's answer has none of the proxy's", tuple(sorted(ours)))
    return _compare(_EXTENSIONS, istiod, envoy, convert)


# ---- endpoints ----


def _endpoints(istiod: Snapshot, envoy: Snapshot) -> Comparison:
    title = "Endpoints"
    theirs, ours = (_hosts(side) for side in (istiod, envoy))
    if not ours or not theirs:
        whose = "the proxy's dump" if not ours else "istiod's answer"
        more = " (config_dump?include_eds prints them)" if not ours else ""
        return Comparison(title, None, {}, {}, f"{whose} has none{more}")
    known = {name: hosts for name, hosts in ours.items() if name in theirs or hosts}
    wanted = {name: hosts for name, hosts in theirs.items() if name in known or hosts}
    names = sorted(n for n in known.keys() | wanted.keys() if known.get(n) != wanted.get(n))
    return Comparison(title, bool(names), _sorted(wanted), _sorted(known), names=tuple(names))


def _sorted(found: dict[str, Any]) -> Json:
    return {name: found[name] for name in sorted(found)}


def _hosts(snapshot: Snapshot) -> dict[str, list[str]]:
    """The endpoints of each cluster that has them from istiod, a line each."""
    states = (State.ACTIVE,)
    return {
        r.name: sorted(_host_lines(r.value))
        for r in snapshot.resources(SectionKind.ENDPOINTS, *states)
        if r.raw
    }


def _host_lines(assignment: Json) -> Iterable[str]:
    for group in objects_at(assignment, "endpoints"):
        locality = object_at(group, "locality")
        place = "/".join(str(locality.get(part) or "") for part in ("region", "zone", "sub_zone")).rstrip("/")
        priority = group.get("priority") or 0
        for host in objects_at(group, "lb_endpoints"):
            tls = object_at(
                object_at(object_at(host, "metadata"), "filter_metadata"), "envoy.transport_socket_match"
            )
            words = (
                _address(object_at(object_at(host, "endpoint"), "address")),
                {"UNKNOWN": "HEALTHY"}.get(
                    str(host.get("health_status") or "HEALTHY"), host.get("health_status")
                )
                or "HEALTHY",
                f"weight {host.get('load_balancing_weight') or 1}",
                f"priority {priority}" if priority else "",
                place,
                f"tlsMode {tls['tlsMode']}" if tls.get("tlsMode") else "",
            )
            yield " ".join(str(word) for word in words if word)


def _address(address: Json) -> str:
    socket = object_at(address, "socket_address")
    if socket:
        host = str(socket.get("address") or "")
        return (
            f"[{host}]:{socket.get('port_value', 0)}"
            if ":" in host
            else f"{host}:{socket.get('port_value', 0)}"
        )
    pipe, internal = object_at(address, "pipe"), object_at(address, "envoy_internal_address")
    return str(pipe.get("path") or internal.get("server_listener_name") or "?") + (
        f"/{internal['endpoint_id']}" if internal.get("endpoint_id") else ""
    )


# ---- secrets ----


def _secrets(istiod: Snapshot, envoy: Snapshot) -> Comparison:
    title = "Secrets"
    theirs, ours = (_certificates(side) for side in (istiod, envoy))
    if not theirs:
        return Comparison(title, None, {}, {}, "istiod sends none: the proxy's agent has them signed")
    ours = {name: body for name, body in ours.items() if name in theirs}
    names = sorted(n for n in theirs if theirs[n] != ours.get(n))
    return Comparison(title, bool(names), _sorted(theirs), _sorted(ours), names=tuple(names))


def _certificates(snapshot: Snapshot) -> dict[str, Json]:
    """What of each secret is public."""
    found = {}
    for one in snapshot.resources(SectionKind.SECRETS, State.ACTIVE):
        chain = object_at(object_at(one.value, "tls_certificate"), "certificate_chain")
        trusted = object_at(object_at(one.value, "validation_context"), "trusted_ca")
        texts = {"certificateChain": _bytes_of(chain), "trustedCa": _bytes_of(trusted)}
        found[one.name] = {key: text for key, text in texts.items() if text}
    return found


def _bytes_of(source: Json) -> str:
    import base64

    inline = source.get("inline_string")
    if isinstance(inline, str):
        return base64.b64encode(inline.encode()).decode()
    return str(source.get("inline_bytes") or source.get("filename") or "")
