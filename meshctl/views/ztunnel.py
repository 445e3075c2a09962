"""ztunnel's configuration: the workloads, services, policies, certificates and connections of an ambient node.

Theory of operation. ztunnel answers ``/config_dump`` with one JSON object whose workloads and services are lists, or,
in older versions, objects by address. Tables follow istio/istioctl/pkg/writer/ztunnel/configdump; where istioctl's
order is that of a Go map, here it is by namespace and name. As JSON, a resource has istioctl's fields in istioctl's
order (``_SHAPES``); what ztunnel says beyond them is named by ``hidden`` and stands in the JSON of ``all``, which is
the answer as it came. A value of another JSON type than ztunnel gives it shows as it is; nothing is left out for it.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from meshctl.errors import InputError
from meshctl.plain import Json, list_at, object_at, objects_at
from meshctl.views.table import Table

SECTIONS = ("workloads", "services", "policies", "certificates", "workloadState")

_WORKLOADS = ("NAMESPACE", "POD NAME", "ADDRESS", "NODE", "WAYPOINT", "PROTOCOL")
_SERVICES = ("NAMESPACE", "SERVICE NAME", "SERVICE VIP", "WAYPOINT", "ENDPOINTS")
_POLICIES = ("NAMESPACE", "POLICY NAME", "ACTION", "SCOPE")
_CERTIFICATES = (
    "CERTIFICATE NAME",
    "TYPE",
    "STATUS",
    "VALID CERT",
    "SERIAL NUMBER",
    "NOT AFTER",
    "NOT BEFORE",
)
_CONNECTIONS = ("WORKLOAD", "DIRECTION", "LOCAL", "REMOTE", "REMOTE TARGET", "PROTOCOL")


class Dump(msgspec.Struct, frozen=True):
    """One ztunnel's answer; ``whole`` is the object as it came."""

    whole: Json

    def section(self, name: str) -> list[Json]:
        """The resources of a section, however the version of ztunnel keeps them."""
        found = self.whole.get(name)
        values = found.values() if isinstance(found, dict) else found if isinstance(found, list) else ()
        return [value for value in values if isinstance(value, dict)]


def read(data: bytes | memoryview, origin: str) -> Dump:
    """A config_dump of a ztunnel; InputError says what else it is."""
    try:
        value = msgspec.json.decode(data)
    except msgspec.DecodeError as error:
        raise InputError(f"{origin} is not JSON: {error}", "", _HOW) from None
    if isinstance(value, dict) and "configs" in value:
        raise InputError(f"{origin} is a config_dump of an Envoy, not of a ztunnel", "", "Use `meshctl pc`.")
    if not isinstance(value, dict) or not value.keys() & set(SECTIONS):
        raise InputError(
            f"{origin} is no config_dump of a ztunnel", f"It has none of {', '.join(SECTIONS)}.", _HOW
        )
    return Dump(value)


_HOW = "Take one: kubectl exec ZTUNNEL -n istio-system -- curl -s localhost:15000/config_dump"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else msgspec.json.encode(value).decode()


def _same(wanted: str, value: Any) -> bool:
    """Go's strings.EqualFold; an empty filter passes everything."""
    return not wanted or _text(value).casefold() == wanted.casefold()


def _ip(address: Any) -> str:
    """The address behind the network's name (``network/10.0.0.1``)."""
    return _text(address).partition("/")[2]


class WorkloadFilter(msgspec.Struct, frozen=True):
    """Names compare without regard to case, as in istioctl."""

    namespace: str = ""
    node: str = ""
    address: str = ""

    def passes(self, workload: Json) -> bool:
        addresses = list_at(workload, "workloadIps")
        return (
            _same(self.namespace, workload.get("namespace"))
            and _same(self.node, workload.get("node"))
            and (not self.address or any(_same(self.address, ip) for ip in addresses))
        )


class ConnectionFilter(msgspec.Struct, frozen=True):
    """direction: inbound or outbound, anything else is both; raw: addresses, not names."""

    namespace: str = ""
    direction: str = ""
    raw: bool = False


def workloads(dump: Dump, wanted: WorkloadFilter) -> list[Json]:
    """By namespace and name, then node."""
    found = [one for one in dump.section("workloads") if wanted.passes(one)]
    return sorted(
        found,
        key=lambda w: (f"{_text(w.get('namespace'))}.{_text(w.get('name'))}", _text(w.get("node"))),
    )


def workload_table(dump: Dump, wanted: WorkloadFilter) -> Table:
    services = _by_address(dump)
    rows = []
    for one in workloads(dump, wanted):
        addresses = list_at(one, "workloadIps")
        rows.append(
            (
                _text(one.get("namespace")),
                _text(one.get("name")),
                _text(addresses[0]) if addresses else "",
                _text(one.get("node")),
                _waypoint(one, services),
                _text(one.get("protocol")),
            )
        )
    return Table(_WORKLOADS, rows, padding=1)


def _by_address(dump: Dump) -> dict[str, str]:
    """The services' names by address, with the network in front as a waypoint names it, and by namespace/hostname."""
    found: dict[str, str] = {}
    for service in dump.section("services"):
        name = _text(service.get("name"))
        for address in list_at(service, "vips"):
            found[_text(address)] = name
        found[f"{_text(service.get('namespace'))}/{_text(service.get('hostname'))}"] = name
    return found


def _waypoint(resource: Json, services: dict[str, str]) -> str:
    waypoint = resource.get("waypoint")
    if not isinstance(waypoint, dict):
        return "None"
    return services.get(_text(waypoint.get("destination")), "NA")


def services(dump: Dump, namespace: str) -> list[Json]:
    """By namespace, name and host name."""
    found = [one for one in dump.section("services") if _same(namespace, one.get("namespace"))]
    return sorted(found, key=lambda s: tuple(_text(s.get(key)) for key in ("namespace", "name", "hostname")))


def service_table(dump: Dump, namespace: str) -> Table:
    by_address = _by_address(dump)
    healthy = {
        _text(one.get("uid"))
        for one in dump.section("workloads")
        if _text(one.get("status")) in ("", "Healthy")
    }
    rows = []
    for one in services(dump, namespace):
        addresses = list_at(one, "vips")
        endpoints = [e for e in object_at(one, "endpoints").values() if isinstance(e, dict)]
        up = sum(_text(endpoint.get("workloadUid")) in healthy for endpoint in endpoints)
        rows.append(
            (
                _text(one.get("namespace")),
                _text(one.get("name")),
                _ip(addresses[0]) if addresses else "",
                _waypoint(one, by_address),
                f"{up}/{len(endpoints)}",
            )
        )
    return Table(_SERVICES, rows, padding=1)


def policies(dump: Dump, namespace: str) -> list[Json]:
    """By namespace and name."""
    found = [one for one in dump.section("policies") if _same(namespace, one.get("namespace"))]
    return sorted(found, key=lambda p: (_text(p.get("namespace")), _text(p.get("name"))))


def policy_table(dump: Dump, namespace: str) -> Table:
    keys = ("namespace", "name", "action", "scope")
    rows = [tuple(_text(one.get(key)) for key in keys) for one in policies(dump, namespace)]
    return Table(_POLICIES, rows, padding=1)


def certificates(dump: Dump) -> list[Json]:
    """As they came."""
    return dump.section("certificates")


def certificate_table(dump: Dump, now: datetime.datetime) -> Table:
    rows: list[tuple[str, ...]] = []
    for one in certificates(dump):
        name, state = _text(one.get("identity")), _text(one.get("state"))
        state = "Unavailable" if "Unavailable" in state else state
        chain = objects_at(one, "certChain")
        if not chain:
            rows.append((name, "NA", state, "false", "NA", "NA", "NA"))
        for index, part in enumerate(chain):
            kind = "Leaf" if index == 0 else "Root" if index == len(chain) - 1 else "Intermediate"
            after, before = _text(part.get("expirationTime")), _text(part.get("validFrom"))
            valid = "true" if _valid(before, after, now) else "false"
            rows.append(
                (name, kind, state, valid, _serial(part.get("serialNumber")), after or "NA", before or "NA")
            )
    return Table(_CERTIFICATES, rows)


def _valid(before: str, after: str, now: datetime.datetime) -> bool:
    try:
        start, end = (datetime.datetime.fromisoformat(text) for text in (before, after))
        return start < now < end
    except (ValueError, TypeError):  # no time, or one without a zone
        return False


def _serial(value: Any) -> str:
    """In hexadecimal, as certificates print it; what is no number as it stands."""
    text = _text(value)
    return f"{int(text):x}" if text.isascii() and text.isdigit() and len(text) < 60 else text


def connections(dump: Dump, wanted: ConnectionFilter) -> list[Json]:
    """The workloads with connections, by namespace and name."""
    found = [
        one
        for one in dump.section("workloadState")
        if not wanted.namespace or object_at(one, "info").get("namespace") == wanted.namespace
    ]
    return sorted(
        found,
        key=lambda w: (_text(object_at(w, "info").get("namespace")), _text(object_at(w, "info").get("name"))),
    )


def connection_table(dump: Dump, wanted: ConnectionFilter) -> Table:
    names = {} if wanted.raw else _names(dump)
    rows: list[tuple[str, ...]] = []
    for one in connections(dump, wanted):
        info, held = object_at(one, "info"), object_at(one, "connections")
        workload = f"{_text(info.get('name'))}.{_text(info.get('namespace'))}"
        for direction, local, remote in (
            ("inbound", "actualDst", "src"),
            ("outbound", "src", "actualDst"),
        ):
            if wanted.direction in ("inbound", "outbound") and wanted.direction != direction:
                continue
            for connection in objects_at(held, direction):
                ends = [_named(connection.get(key), names) for key in (local, remote, "originalDst")]
                rows.append((workload, direction.title(), *ends, _text(connection.get("protocol"))))
    return Table(_CONNECTIONS, rows, padding=1)


def _names(dump: Dump) -> dict[str, str]:
    """What an address is: a service's host name, else a workload."""
    found = {}
    for one in dump.section("workloads"):
        for address in list_at(one, "workloadIps"):
            found[_text(address)] = f"{_text(one.get('name'))}.{_text(one.get('namespace'))}"
    for one in dump.section("services"):
        for address in list_at(one, "vips"):
            found[_ip(address)] = _text(one.get("hostname"))
    return found


def _named(address: Any, names: dict[str, str]) -> str:
    text = _text(address)
    ip, colon, port = text.rpartition(":")
    name = names.get(ip.strip("[]"))
    return f"{name}{colon}{port}" if name is not None else text


# ---- istioctl's JSON ----

# A field: its name, its value where ztunnel has none, and the shape of what it holds. Without a default it is left out.
_ABSENT = object()
_Shape = tuple[tuple[str, Any, Any], ...]
_GATEWAY: _Shape = (("destination", "", None),)
_LOCALITY: _Shape = (("region", _ABSENT, None), ("zone", _ABSENT, None), ("subzone", _ABSENT, None))
_TUNNEL: _Shape = (("protocol", "", None), ("port", _ABSENT, None))
_BALANCER: _Shape = (("mode", "", None), ("routingPreferences", None, None), ("healthPolicy", "", None))
_ENDPOINT: _Shape = (
    ("workloadUid", "", None),
    ("service", "", None),
    ("address", _ABSENT, None),
    ("port", None, None),
)
_LINK: _Shape = (
    ("src", "", None),
    ("originalDst", "", None),
    ("actualDst", "", None),
    ("protocol", "", None),
)
_CERTIFICATE: _Shape = tuple(
    (key, "", None) for key in ("pem", "serialNumber", "validFrom", "expirationTime")
)
_SHAPES: dict[str, _Shape] = {
    "workloads": (
        ("uid", "", None),
        ("workloadIps", None, None),
        ("waypoint", _ABSENT, _GATEWAY),
        ("networkGateway", _ABSENT, _GATEWAY),
        *((key, "", None) for key in ("protocol", "name", "namespace", "serviceAccount", "workloadName")),
        *((key, "", None) for key in ("workloadType", "canonicalName", "canonicalRevision", "clusterId")),
        ("trustDomain", _ABSENT, None),
        ("locality", {}, _LOCALITY),
        ("node", "", None),
        ("network", _ABSENT, None),
        ("status", "", None),
        ("hostname", "", None),
        ("capacity", 0, None),
        ("applicationTunnel", {"protocol": ""}, _TUNNEL),
        ("authorizationPolicies", _ABSENT, None),
    ),
    "services": (
        ("name", "", None),
        ("namespace", "", None),
        ("hostname", "", None),
        ("vips", None, None),
        ("ports", None, None),
        ("loadBalancer", _ABSENT, _BALANCER),
        ("waypoint", _ABSENT, _GATEWAY),
        ("endpoints", None, {"": _ENDPOINT}),
        ("subjectAltNames", _ABSENT, None),
        ("ipFamilies", "", None),
    ),
    "policies": (
        *((key, "", None) for key in ("name", "namespace", "scope", "action")),
        ("rules", None, None),
    ),
    "certificates": (
        ("identity", "", None),
        ("state", "", None),
        (
            "certChain",
            None,
            [_CERTIFICATE],
        ),
        ("rootCerts", None, [_CERTIFICATE]),
    ),
    "workloadState": (
        ("state", _ABSENT, None),
        (
            "connections",
            {"inbound": None, "outbound": None},
            (("inbound", None, [_LINK]), ("outbound", None, [_LINK])),
        ),
        (
            "info",
            {},
            tuple((key, "", None) for key in ("name", "namespace", "trustDomain", "serviceAccount")),
        ),
    ),
}


def shaped(section: str, resources: Iterable[Json]) -> list[Any]:
    """Resources with istioctl's fields in istioctl's order."""
    shape = _SHAPES[section]
    return [_shaped(resource, shape) for resource in resources]


def _shaped(value: Any, shape: Any) -> Any:
    if shape is None:
        return _sorted(value)
    if isinstance(shape, list):
        return [_shaped(item, shape[0]) for item in value] if isinstance(value, list) else value
    if isinstance(shape, dict):
        return (
            {key: _shaped(value[key], shape[""]) for key in sorted(value)}
            if isinstance(value, dict)
            else value
        )
    if not isinstance(value, dict):
        return value
    result = {}
    for name, default, inner in shape:
        found = value.get(name)
        if found is None or (default is _ABSENT and found in ("", [], {})):
            if default is not _ABSENT:
                result[name] = default
            continue
        result[name] = _shaped(found, inner)
    return result


def _sorted(value: Any) -> Any:
    """Go's maps print their keys in order."""
    return {key: value[key] for key in sorted(value)} if isinstance(value, dict) else value


def hidden(section: str, resources: Iterable[Json]) -> list[str]:
    """What ztunnel says of resources and istioctl's JSON leaves out: one sentence, or none."""
    found: dict[str, int] = {}

    def look(value: Any, shape: Any, path: str) -> None:
        if isinstance(shape, list) and isinstance(value, list):
            for item in value:
                look(item, shape[0], path)
        elif isinstance(shape, dict) and isinstance(value, dict):
            for item in value.values():
                look(item, shape[""], path)
        elif isinstance(shape, tuple) and isinstance(value, dict):
            known = {name: inner for name, _, inner in shape}
            for key, item in value.items():
                if key not in known:
                    found[path + key] = found.get(path + key, 0) + 1
                elif known[key] is not None:
                    look(item, known[key], f"{path}{key}.")

    for resource in resources:
        look(resource, _SHAPES[section], "")
    if not found:
        return []
    names = ", ".join(f"{name} ({count})" for name, count in found.items())
    return [
        f"fields of {section} that istioctl's JSON does not have are left out: {names}; `ztunnel-config all -o json` has them"
    ]


class Part(msgspec.Struct, frozen=True):
    """A section of ``all``: its title and its table."""

    title: str
    table: Callable[[Dump, datetime.datetime], Table]


PARTS = (
    Part("WORKLOAD", lambda dump, _: workload_table(dump, WorkloadFilter())),
    Part("SERVICE", lambda dump, _: service_table(dump, "")),
    Part("POLICY", lambda dump, _: policy_table(dump, "")),
    Part("SECRET", certificate_table),
    Part("CONNECTIONS", lambda dump, _: connection_table(dump, ConnectionFilter())),
)
