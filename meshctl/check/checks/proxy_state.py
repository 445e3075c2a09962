"""The state of a proxy: what Envoy refused, what it waits for, what it does not know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from meshctl.check.check import Check, Hits
from meshctl.check.finding import Hit, Severity
from meshctl.check.places import chains, managers
from meshctl.check.subject import Need, Subject
from meshctl.envoy.documents import DocumentKind
from meshctl.envoy.sections import SectionKind
from meshctl.envoy.snapshot import Resource, Snapshot, State
from meshctl.plain import list_at, listed, object_at, objects_at
from meshctl.proxy.filters.http_table import HTTP_FILTERS
from meshctl.proxy.filters.network_table import NETWORK_FILTERS
from meshctl.proxy.listen.listeners import filter_of

_WORDS = {
    SectionKind.LISTENERS: "listener",
    SectionKind.CLUSTERS: "cluster",
    SectionKind.ROUTES: "route table",
    SectionKind.SECRETS: "secret",
    SectionKind.ENDPOINTS: "endpoints of",
    SectionKind.ECDS: "extension configuration",
    SectionKind.SCOPED_ROUTES: "scoped routes",
}
_ROUTER = "envoy.extensions.filters.http.router.v3.Router"
_IN_FORCE = (State.ACTIVE, State.STATIC)


def _snapshot(subject: Subject) -> Snapshot:
    assert subject.snapshot is not None
    return subject.snapshot


def _in_force(snapshot: Snapshot, kind: SectionKind) -> set[str]:
    return {resource.name for resource in snapshot.resources(kind, *_IN_FORCE) if resource.raw is not None}


def rejected(subject: Subject) -> Hits:
    """Updates that Envoy refused."""
    snapshot = _snapshot(subject)
    for kind, word in _WORDS.items():
        active = _in_force(snapshot, kind)
        for resource in snapshot.resources(kind, State.ERROR):
            assert resource.rejection is not None
            details = " ".join(resource.rejection.details.split())
            former = (
                "the form before stays in force" if resource.name in active else "it is not in force at all"
            )
            name = f"{word} {resource.name}" if resource.name else word
            evidence = (
                resource.path,
                *([f"at {at}"] if (at := resource.rejection.last_update_attempt) else []),
            )
            yield Hit(name, f"Envoy refused its update, {former}: {details}", evidence)


def warming(subject: Subject) -> Hits:
    """Listeners and clusters that Envoy has and does not use yet."""
    snapshot = _snapshot(subject)
    for kind in (SectionKind.LISTENERS, SectionKind.CLUSTERS):
        active = _in_force(snapshot, kind)
        for resource in snapshot.resources(kind, State.WARMING):
            name = f"{_WORDS[kind]} {resource.name}"
            waits = _waits_for(subject, resource)
            lacks = f"; it waits for {waits}" if waits else ""
            if resource.name in active:
                said = f"an update of it is still warming, the form before is in force{lacks}"
                yield Hit(name, said, (resource.path,), severity=Severity.INFO)
            else:
                yield Hit(name, f"it is still warming and not in force{lacks}", (resource.path,))


def _waits_for(subject: Subject, resource: Resource) -> str:
    """What a warming resource has not received: its endpoints, its route table, its secrets."""
    snapshot, lacks = _snapshot(subject), []
    if resource.section is SectionKind.CLUSTERS and resource.value.get("type") == "EDS":
        service = str(object_at(resource.value, "eds_cluster_config").get("service_name") or resource.name)
        if not any(r.name == service for r in snapshot.resources(SectionKind.ENDPOINTS)):
            lacks.append(f"the endpoints of {service} (EDS)")
    if resource.section is SectionKind.LISTENERS:
        known = _in_force(snapshot, SectionKind.ROUTES)
        lacks += [
            f"route table {name} (RDS)"
            for name in _wanted(resource.value, "route_config_name")
            if name not in known
        ]
    present = _in_force(snapshot, SectionKind.SECRETS) - set(_uninitialized(snapshot))
    lacks += [f"secret {name} (SDS)" for name in secrets_of(resource.value) if name not in present]
    return ", ".join(dict.fromkeys(lacks))


def _wanted(value: object, key: str) -> Iterator[str]:
    """Every text that stands under a key."""
    if isinstance(value, dict):
        if isinstance(value.get(key), str):
            yield value[key]
        for inner in value.values():
            yield from _wanted(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _wanted(inner, key)


_SDS_KEYS = frozenset(
    {
        "tls_certificate_sds_secret_configs",
        "validation_context_sds_secret_config",
        "session_ticket_keys_sds_secret_config",
    }
)


def secrets_of(value: object) -> Iterator[str]:
    """The secrets that a listener's or cluster's TLS contexts name."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in _SDS_KEYS:
                for one in inner if isinstance(inner, list) else [inner]:
                    if isinstance(one, dict) and one.get("name"):
                        yield str(one["name"])
            else:
                yield from secrets_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from secrets_of(inner)


def _uninitialized(snapshot: Snapshot) -> list[str]:
    """Secrets that were asked for and have not come."""
    return [
        r.name
        for r in snapshot.resources(SectionKind.SECRETS)
        if r.version_info == "uninitialized" or r.state is State.WARMING
    ]


def missing_secrets(subject: Subject) -> Hits:
    """Secrets that istiod has not sent, with what waits for them."""
    snapshot = _snapshot(subject)
    for name in dict.fromkeys(_uninitialized(snapshot)):
        users = list(_users(snapshot, name))
        said = f"it was asked for and has not come: {f'TLS handshakes of {listed(users, 4)} fail' if users else 'nothing in force uses it'}"
        yield Hit(
            f"secret {name}",
            said,
            _paths(snapshot, name),
            _secret_advice(name),
            None if users else Severity.INFO,
        )


def _users(snapshot: Snapshot, secret: str) -> Iterator[str]:
    for kind in (SectionKind.LISTENERS, SectionKind.CLUSTERS):
        for resource in snapshot.resources(kind, *_IN_FORCE):
            if resource.raw is None or secret.encode() not in bytes(resource.raw):
                continue
            for chain in objects_at(resource.value, "filter_chains") or [resource.value]:
                if secret in secrets_of(chain):
                    names = list_at(object_at(chain, "filter_chain_match"), "server_names")
                    of = f" (SNI {', '.join(map(str, names))})" if names else ""
                    yield f"{_WORDS[kind]} {resource.name}{of}"


def _paths(snapshot: Snapshot, secret: str) -> tuple[str, ...]:
    return tuple(r.path for r in snapshot.resources(SectionKind.SECRETS) if r.name == secret)


def _secret_advice(name: str) -> str:
    if not name.startswith("kubernetes"):
        return "Look into the log of istio-proxy: the agent asks istiod for it."
    plain = name.rpartition("/")[2].removesuffix("-cacert")
    return (
        f"Create the Kubernetes secret {plain} in the namespace of the gateway's pods (type kubernetes.io/tls), "
        "or correct credentialName; the gateway's service account must be allowed to read it."
    )


def not_ready(subject: Subject) -> Hits:
    """An Envoy that says it is not live."""
    info = _snapshot(subject).json(DocumentKind.SERVER_INFO)
    state = str((info or {}).get("state") or "LIVE")
    if state == "DRAINING":
        said = "Envoy is draining: it takes no new connections"
        yield Hit("Envoy", said, ("/server_info: state DRAINING",), severity=Severity.INFO)
    elif state != "LIVE":
        waits = list(_unready(_snapshot(subject)))
        lacks = f"; it waits for {', '.join(waits)}" if waits else ""
        uptime = str((info or {}).get("uptime_current_epoch") or "")
        said = f"Envoy is {state} {f'after {uptime}' if uptime else ''}: it does not take requests yet{lacks}"
        yield Hit("Envoy", " ".join(said.split()).replace(" :", ":"), (f"/server_info: state {state}",))


def _unready(snapshot: Snapshot) -> Iterable[str]:
    """What initialisation waits for: clusters without endpoints first, then what /init_dump lists."""
    for resource in snapshot.resources(SectionKind.CLUSTERS, State.WARMING):
        yield f"the endpoints of cluster {resource.name}"
    for target in objects_at(snapshot.json(DocumentKind.INIT_DUMP), "unready_targets_dumps"):
        yield from (str(name) for name in list_at(target, "target_names"))


def missing_tables(subject: Subject) -> Hits:
    """Connection managers whose route table has not come."""
    proxy = subject.proxy
    assert proxy is not None
    for manager in managers(proxy):
        rds = manager.config.rds
        if rds is not None and proxy.route_table(rds.route_config_name) is None:
            state = proxy.not_in_force(SectionKind.ROUTES, rds.route_config_name) or "is not there"
            said = f"its route table {rds.route_config_name} {state}: every request is answered 404 (NR)"
            yield Hit(manager.name, said, (manager.where,))


def missing_extensions(subject: Subject) -> Hits:
    """HTTP filters from extension discovery whose configuration has not come."""
    proxy = subject.proxy
    assert proxy is not None
    for manager in managers(proxy):
        for index, message in enumerate(manager.config.http_filters):
            discovery = message.raw.get("config_discovery")
            name = str(message.raw.get("name") or "")
            if not isinstance(discovery, dict) or discovery.get("default_config") or name in proxy.ecds:
                continue
            said = f"the configuration of filter {name} has not come (ECDS): every request is answered 500"
            yield Hit(manager.name, said, (f"{manager.where}.typed_config.http_filters[{index}]",))


def unknown_extensions(subject: Subject) -> Hits:
    """Filters that meshctl knows nothing of."""
    proxy = subject.proxy
    assert proxy is not None
    found: dict[tuple[str, str], list[str]] = {}
    for manager in managers(proxy):
        for message in manager.config.http_filters:
            one = filter_of(message.raw)
            if one.type_name not in HTTP_FILTERS and one.type_name not in ("", _ROUTER):
                found.setdefault(("HTTP filter", one.type_name), []).append(manager.name)
    for listener in proxy.listeners.all:
        for chain in chains(listener):
            for one in chain.filters:
                if one.type_name and one.type_name not in NETWORK_FILTERS:
                    found.setdefault(("network filter", one.type_name), []).append(
                        f"listener {listener.name}"
                    )
    for (word, type_name), places in found.items():
        said = (
            f"meshctl does not know what it does; it may change or answer any request at {len(places)} places"
        )
        yield Hit(f"{word} {type_name}", said, tuple(dict.fromkeys(places))[:5])


def absent_resources(subject: Subject) -> Hits:
    """Resources that Envoy asked for and the control plane does not have."""
    snapshot = _snapshot(subject)
    for kind, word in _WORDS.items():
        for resource in snapshot.resources(kind):
            if resource.client_status in ("DOES_NOT_EXIST", "TIMEOUT") and resource.raw is None:
                said = {
                    "DOES_NOT_EXIST": "the control plane says that it does not exist",
                    "TIMEOUT": "the control plane has not sent it in time",
                }[resource.client_status]
                yield Hit(f"{word} {resource.name}", f"{said}: {resource.client_status}", (resource.path,))


CHECKS = (
    Check(
        "resource-rejected",
        Severity.ERROR,
        "A listener, cluster, route table or other resource whose update Envoy refused",
        "Envoy answered the control plane NACK and keeps the form before, or none. Since all of one type come together, other "
        "changes of the same push may hang, too.",
        "Read Envoy's reason; it usually leads to an EnvoyFilter, a gateway server or a Wasm plugin.",
        rejected,
        proved="The dump's error_state holds Envoy's own words.",
    ),
    Check(
        "resource-warming",
        Severity.ERROR,
        "A listener or cluster that Envoy has received and does not use",
        "It waits for endpoints, a route table or a secret. A warming cluster is missing for routing (503 NC), a warming "
        "listener takes no connection.",
        "Find out why istiod does not send what is missing: `istioctl proxy-status`, the log of istiod.",
        warming,
        proved="warming_state and dynamic_warming_clusters of the dump; what they wait for is what they name and the dump lacks.",
    ),
    Check(
        "secret-missing",
        Severity.ERROR,
        "A secret that a TLS context asks for and that has not come",
        "Until it comes, handshakes of the chains and clusters that use it fail.",
        "Create the secret, or correct its name.",
        missing_secrets,
        proved="The dump lists it as warming or uninitialized.",
    ),
    Check(
        "proxy-not-ready",
        Severity.ERROR,
        "An Envoy that has not finished starting",
        "It listens to nothing but its static listeners; the pod is not ready.",
        "See what it waits for; usually istiod cannot be reached, or does not answer for one cluster.",
        not_ready,
        proved="The state in /server_info.",
    ),
    Check(
        "route-table-missing",
        Severity.ERROR,
        "A connection manager whose route table is not there",
        "Requests are answered 404 with the flag NR.",
        "Check why istiod does not send the table: the log of istiod, `istioctl proxy-status`.",
        missing_tables,
        (Need.ENVOY, Need.ROUTES),
    ),
    Check(
        "extension-config-missing",
        Severity.ERROR,
        "A filter whose configuration comes by extension discovery, and has not come",
        "Without a default configuration Envoy answers 500 until it comes.",
        "Check the WasmPlugin or EnvoyFilter that makes it, and whether the module can be fetched.",
        missing_extensions,
        (Need.ENVOY, Need.LISTENERS),
    ),
    Check(
        "resource-absent",
        Severity.WARNING,
        "A resource that Envoy asked for and the control plane does not have",
        "What refers to it stays without it.",
        "Find out what still refers to it.",
        absent_resources,
    ),
    Check(
        "extension-unknown",
        Severity.INFO,
        "A filter that meshctl does not know",
        "What it does to requests is not known: traces through it are undetermined where it matters.",
        "Nothing, if the filter is your own.",
        unknown_extensions,
    ),
)
