"""Rows of what is behind a proxy and of what it holds: clusters, endpoints, secrets, policies.

As in ``traffic_rows``: one resource in, (table, row) out.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import msgspec

from meshctl.envoy import certificates, typed
from meshctl.envoy.addresses import Address
from meshctl.envoy.anys import unpack
from meshctl.envoy.certificates import Certificate
from meshctl.envoy.clusters import ClusterHead, enum_name, istio_config
from meshctl.envoy.endpoints import HEALTH_STATUSES, ClusterStatus, HealthFlags, HostStatus, LoadAssignment
from meshctl.envoy.message import Undecidable
from meshctl.envoy.notes import Notes
from meshctl.envoy.secrets import DataSource, Secret, TlsCertificate, ValidationContext
from meshctl.fleet.traffic_rows import Row, Rows, parts, text, uses, whole
from meshctl.plain import Json, list_at, object_at, objects_at
from meshctl.proxy.filters.conditions import any_of, condition
from meshctl.views import clusters_wide, endpoints, subset_key
from meshctl.views.policies import NAME, rules_in


def cluster(value: Json) -> Rows:
    """A cluster, and the clusters that it names itself (an aggregate)."""
    name = str(value.get("name") or "")
    head = typed.read(ClusterHead, msgspec.json.encode(value), Notes(), name)
    host, port, subset = parts(name)
    direction = subset_key.parse(name).direction if host or subset_key.has_key(name) else None
    limits = next(
        (t for t in objects_at(object_at(value, "circuit_breakers"), "thresholds") if not t.get("priority")),
        {},
    )
    tls, sni = _tls(value)
    yield "clusters", (
        name, text(direction), host, port, subset, clusters_wide.type_of(value, head), clusters_wide.policy(value),
        tls, sni, str(value.get("connect_timeout") or "5s"), _limit(limits, "max_connections"),
        _limit(limits, "max_requests"), isinstance(value.get("outlier_detection"), dict), text(istio_config(head.metadata)),
    )  # fmt: skip
    yield from uses({key: item for key, item in value.items() if key != "load_assignment"}, "cluster", name)


def _limit(message: Json, key: str) -> int | None:
    """A limit; Istio's "unlimited" is a very large number and stays one."""
    return whole(message.get(key))


def _tls(value: Json) -> tuple[str, str | None]:
    words, sni = clusters_wide.transport(value)
    found = {"no": "no", "TLS": "simple", "mutual TLS": "mutual"}.get(words)
    return found or ("by endpoint" if "(" in words else words), None if sni == "-" else sni


def inline(value: Json) -> Rows:
    """The endpoints that stand in a cluster itself: for dumps in which no endpoints are listed."""
    return assignment(object_at(value, "load_assignment"), str(value.get("name") or ""))


def assignment(value: Json, cluster_name: str = "") -> Rows:
    """The endpoints of a cluster as the control plane (or the cluster itself) lists them."""
    load = typed.read(LoadAssignment, msgspec.json.encode(value), Notes(), cluster_name)
    name = cluster_name or load.cluster_name
    host, _, subset = parts(name)
    for locality in load.endpoints:
        where = text(str(locality.locality or ""))
        for one in locality.lb_endpoints:
            for address in one.addresses:
                yield "endpoints", (
                    name, host, subset, *_place(address), one.health, None, one.load_balancing_weight,
                    locality.priority, where,
                )  # fmt: skip


def _place(address: Address | None) -> tuple[str, int | None]:
    return endpoints.address_text(address), (address.port or None) if address else None


_FLAGS = (
    ("failed_outlier_check", "outlier detection"),
    ("failed_active_health_check", "a health check failed"),
    ("failed_active_degraded_check", "a health check calls it degraded"),
    ("excluded_via_immediate_hc_fail", "it said that it fails"),
    ("active_hc_timeout", "a health check timed out"),
    ("pending_active_hc", "its first health check is open"),
    ("pending_dynamic_removal", "it is being removed"),
)


def failing(flags: HealthFlags | None) -> str | None:
    """Why an Envoy does not use a host, as /clusters has it."""
    return ", ".join(words for key, words in _FLAGS if flags is not None and getattr(flags, key)) or None


def status(found: ClusterStatus) -> Rows:
    """The hosts of a cluster as /clusters has them."""
    host, _, subset = parts(found.name)
    for one in found.host_statuses:
        yield "endpoints", (
            found.name, host, subset, *_place(one.address), _health(one), failing(one.health_status),
            one.weight or None, one.priority, text(str(one.locality or "")),
        )  # fmt: skip


def _health(one: HostStatus) -> str:
    return one.health_status.health if one.health_status is not None else enum_name(None, HEALTH_STATUSES)


def secret(value: Json, name: str, state: str) -> Iterator[Row]:
    """Rows of ``secrets``: one, or one for each trust domain of a SPIFFE bundle."""
    found = typed.read(Secret, msgspec.json.encode(value), Notes(), name)
    chain = ((found.tls_certificate or TlsCertificate()).certificate_chain or DataSource()).data
    context = found.validation_context or ValidationContext()
    authority = (context.trusted_ca or DataSource()).data
    validator = context.custom_validator_config
    domains = validator.typed_config.trust_domains if validator and validator.typed_config else []
    if chain or authority or not domains:
        yield _secret(name, state, certificates.first(chain or authority), bool(authority and not chain))
        return
    for domain in domains:
        certificate = certificates.first((domain.trust_bundle or DataSource()).data)
        yield _secret(name, state, certificate, True, domain.name)


def _secret(name: str, state: str, certificate: Certificate | None, authority: bool, domain: str = "") -> Row:
    if certificate is None:
        return (name, state, "none", None, None, text(domain), None, None, None)
    return (
        name, state, "authority" if authority else "certificate", text(certificate.subject),
        ",".join(certificate.names) or None, text(domain or certificate.trust_domain), text(certificate.serial),
        _naive(certificate.not_before), _naive(certificate.not_after),
    )  # fmt: skip


def _naive(moment: datetime.datetime) -> datetime.datetime:
    return moment.astimezone(datetime.UTC).replace(tzinfo=None)


def policies(listener: Json) -> Rows:
    """The rules of AuthorizationPolicies in a listener; one that stands in several of its filters counts once."""
    seen: set[Row] = set()
    for action, key, dry, message in rules_in(listener):
        found = NAME.search(key)
        name, rule = (f"{found[2]}.{found[1]}", found[3]) if found else (key, None)
        row = (action, name, rule, _words(message, "principals"), _words(message, "permissions"), dry)
        if row not in seen:
            seen.add(row)
            yield "policies", row


def _words(message: Any, key: str) -> str:
    """Callers or requests of a rule in words."""
    try:
        text = any_of([condition(item) for item in list_at(message, key) if isinstance(item, dict)]).text
        return text.replace("anyone", "anything") if key == "permissions" else text
    except (Undecidable, ValueError, TypeError, KeyError, AttributeError):
        return "? (not understood: see resources.json)"


def ecds(value: Json, name: str) -> Rows:
    """An extension's configuration: what it names, and the policies where it is an RBAC filter."""
    _, fields = unpack(value.get("typed_config"))
    yield from uses(fields, "ecds", name)
