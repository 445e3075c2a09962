"""Whether proxies have what istiod sent them: the page ``/debug/syncz`` read.

Theory of operation. For each proxy istiod keeps, by type of resource, the nonce of the last answer it sent and the nonce
that the proxy last acknowledged. Equal ones are SYNCED; a proxy that rejected the last answer (NACK) has ERROR with
Envoy's text; anything else that was sent is STALE, and a type whose subscription was never answered NOT SENT. Follows
istio pilot/pkg/xds/statusgen.go (debugSyncStatus) and debug.go (SyncStatus). Before Istio 1.23 the page has no
``resources`` but five pairs of fields, which are read instead; those carry no times and no text of a rejection.
"""

from __future__ import annotations

import datetime
import enum
from collections.abc import Iterable

import msgspec

from meshctl.errors import InputError
from meshctl.plain import Json, object_at

_API = "type.googleapis.com/"
CDS, LDS, EDS, RDS, ECDS = "CDS", "LDS", "EDS", "RDS", "ECDS"
SHORT_NAMES: dict[str, str] = {
    f"{_API}envoy.config.cluster.v3.Cluster": CDS,
    f"{_API}envoy.config.listener.v3.Listener": LDS,
    f"{_API}envoy.config.endpoint.v3.ClusterLoadAssignment": EDS,
    f"{_API}envoy.config.route.v3.RouteConfiguration": RDS,
    f"{_API}envoy.config.core.v3.TypedExtensionConfig": ECDS,
    f"{_API}envoy.extensions.transport_sockets.tls.v3.Secret": "SDS",
    f"{_API}istio.networking.nds.v1.NameTable": "NDS",
    f"{_API}istio.mesh.v1alpha1.ProxyConfig": "PCDS",
    f"{_API}istio.workload.Address": "WDS",
    f"{_API}istio.workload.Workload": "WDS",
    f"{_API}istio.security.Authorization": "WADS",
}
# The pairs of fields of older istiods.
_PAIRS = (
    (f"{_API}envoy.config.cluster.v3.Cluster", "cluster"),
    (f"{_API}envoy.config.endpoint.v3.ClusterLoadAssignment", "endpoint"),
    (f"{_API}envoy.config.listener.v3.Listener", "listener"),
    (f"{_API}envoy.config.route.v3.RouteConfiguration", "route"),
    (f"{_API}envoy.config.core.v3.TypedExtensionConfig", "extensionconfig"),
)
_DEBUG = "istio.io/debug"  # the connection of somebody who looks, not of a proxy


class State(enum.Enum):
    """istioctl's words."""

    SYNCED = "SYNCED"
    STALE = "STALE"
    ERROR = "ERROR"
    NOT_SENT = "NOT SENT"


class TypeState(msgspec.Struct, frozen=True):
    """One type of one proxy. sent, acked: nonces, "" for none; at: when it was sent; error: Envoy's rejection."""

    url: str
    sent: str
    acked: str
    at: str
    error: str

    @property
    def name(self) -> str:
        return SHORT_NAMES.get(self.url, self.url)

    @property
    def state(self) -> State:
        if not self.sent:
            return State.NOT_SENT
        if self.error:
            return State.ERROR
        return State.SYNCED if self.sent == self.acked else State.STALE


class ProxyState(msgspec.Struct, frozen=True):
    """A proxy as one istiod knows it; types in order of their URLs."""

    id: str
    cluster: str
    kind: str
    version: str
    istiod: str
    types: tuple[TypeState, ...]

    @property
    def namespace(self) -> str:
        return self.id.rpartition(".")[2]

    @property
    def trouble(self) -> tuple[TypeState, ...]:
        """The types that are not in sync."""
        return tuple(one for one in self.types if one.state is not State.SYNCED)


def read(body: bytes, istiod: str) -> list[ProxyState]:
    """The proxies of one istiod. Raises InputError where the page is none."""
    try:
        page = msgspec.json.decode(body or b"null")
    except msgspec.DecodeError as error:
        raise InputError(f"/debug/syncz of {istiod} is not JSON: {error}", "", "") from None
    if page is None:
        return []
    if not isinstance(page, list):
        raise InputError(f"/debug/syncz of {istiod} is no list of proxies", "", "")
    return [proxy for item in page if isinstance(item, dict) and (proxy := _proxy(item, istiod)) is not None]


def _proxy(item: Json, istiod: str) -> ProxyState | None:
    types = tuple(sorted(_types(item), key=lambda one: one.url))
    if types and all(one.url.startswith(_DEBUG) for one in types):
        return None
    return ProxyState(
        _text(item.get("proxy")),
        _text(item.get("cluster_id")),
        _text(item.get("proxy_type")),
        _text(item.get("istio_version")) or _text(item.get("proxy_version")) + "*",
        istiod,
        tuple(one for one in types if not one.url.startswith(_DEBUG)),
    )


def _types(item: Json) -> Iterable[TypeState]:
    resources = object_at(item, "resources")
    if resources:
        for url in resources:
            one = object_at(resources, url)
            sent, acked, at, error = (
                _text(one.get(key)) for key in ("sent", "acked", "sentTime", "lastError")
            )
            yield TypeState(url, sent, acked, at, error)
        return
    for url, field in _PAIRS:
        sent, acked = _text(item.get(f"{field}_sent")), _text(item.get(f"{field}_acked"))
        if sent or acked:
            yield TypeState(url, sent, acked, "", "")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def age(at: str, now: datetime.datetime) -> str:
    """How long ago, as Kubernetes words it (k8s.io/apimachinery duration.HumanDuration); "" for no time."""
    try:
        then = datetime.datetime.fromisoformat(at)
        return human((now - then).total_seconds())
    except (ValueError, TypeError):  # no time, or one without a zone
        return ""


_MINUTE, _HOUR, _DAY, _YEAR = 60, 3600, 86400, 365 * 86400
# Up to so many seconds: the unit, and the smaller one that is named beside it.
_STEPS = (
    (2 * _MINUTE, 1, 0),
    (10 * _MINUTE, _MINUTE, 1),
    (3 * _HOUR, _MINUTE, 0),
    (8 * _HOUR, _HOUR, _MINUTE),
    (2 * _DAY, _HOUR, 0),
    (8 * _DAY, _DAY, _HOUR),
    (2 * _YEAR, _DAY, 0),
    (8 * _YEAR, _YEAR, _DAY),
)
_LETTERS = {1: "s", _MINUTE: "m", _HOUR: "h", _DAY: "d", _YEAR: "y"}


def human(seconds: float) -> str:
    """A duration in one or two units."""
    whole = max(int(seconds), 0)
    unit, smaller = next(((u, s) for limit, u, s in _STEPS if whole < limit), (_YEAR, 0))
    text = f"{whole // unit}{_LETTERS[unit]}"
    rest = whole % unit // smaller if smaller else 0
    return f"{text}{rest}{_LETTERS[smaller]}" if rest else text
