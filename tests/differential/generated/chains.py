"""A listener and connections to it, drawn: listener filters, filter chains of every criterion, TLS, network filters."""

from __future__ import annotations

import itertools
import pathlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.differential.generated.draw import Draw, Json
from tests.differential.generated.laboratory import access_log
from tests.differential.generated.sketch import MANAGER, ROUTER
from tests.lab.pki import Authority, spiffe

_EXTENSIONS = "type.googleapis.com/envoy.extensions"
_LISTENER, _NETWORK = f"{_EXTENSIONS}.filters.listener", f"{_EXTENSIONS}.filters.network"
_INPUTS = f"{_EXTENSIONS}.matching.common_inputs.network.v3"
_TLS = f"{_EXTENSIONS}.transport_sockets.tls.v3.DownstreamTlsContext"
CLUSTERS = ("t0", "t1", "t2", "a.com", "x.b.com", "many", "empty")
MANAGER_LOG = "manager"
CONNECTION_LOG = {
    "rid": "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%>%DOWNSTREAM_DIRECT_LOCAL_ADDRESS%"
}  # what a line of the log is found by
_SOURCES = ("127.0.0.1", "127.0.0.2", "127.1.0.3")
_TOLD = (("203.0.113.7", 4000, "10.1.2.3", 80), ("10.9.9.9", 5000, "10.1.2.3", 443), ("127.0.0.9", 5000, "10.2.0.1", 8443),
         ("198.51.100.1", 4000, "198.51.100.1", 80))  # fmt: skip
_NAMES = ("a.com", "b.com", "x.b.com", "y.x.b.com", "A.com")
_PROTOCOLS = ("http/1.1", "http/1.0", "h2c", "h2", "istio", "acme")
PEER = spiffe("default", "default")


@dataclass(frozen=True)
class Dialled:
    """A connection: from where to where, its PROXY header, its TLS, its first bytes."""

    src_ip: str
    dst_ip: str
    header: tuple[str, int, str, int] | None
    version: int
    first: str
    sni: str | None
    alpn: tuple[str, ...]
    newest: str | None
    certified: bool  # it has a certificate of the authority


def connection(draw: Draw) -> Dialled:
    first = draw.one(
        ("raw", "http1", "http1", "http1.0", "h2c", "http-odd-method", "none", "tls", "tls", "tls", "tls")
    )
    return Dialled(
        draw.one(_SOURCES),
        draw.one(("127.0.0.1", "127.0.0.5")),
        draw.one(_TOLD) if draw.maybe(0.35) else None,
        draw.one((1, 2)),
        first,
        draw.one((*_NAMES, None)),
        tuple(draw.some(_PROTOCOLS, 0, 3)),
        "TLSv1_2" if draw.maybe(0.2) else None,
        draw.maybe(0.6),
    )  # fmt: skip


class Chains:
    """The listeners of one Envoy: they share clusters, a log and an authority."""

    def __init__(self, log: pathlib.Path) -> None:
        self.authority = Authority()
        self.server = self.authority.issue(dns=("a.com",))
        self.managers: set[str] = set()  # the chains that have a connection manager
        self._log, self._http_log = access_log(log), access_log(log)
        for written, by in ((self._log, "listener"), (self._http_log, MANAGER_LOG)):
            layout = written["typed_config"]["log_format"]
            layout["json_format"] = {**layout["json_format"], **CONNECTION_LOG, "by": by}

    def listener(self, draw: Draw, name: str, port: int) -> Json:
        chains = self._chains(draw, name)
        found: Json = {
            "name": name,
            "address": {"socket_address": {"address": "0.0.0.0", "port_value": port}},
            "access_log": [self._log],
            "listener_filters": _listener_filters(draw),
            "listener_filters_timeout": "1s",
            **draw.optional(0.5, continue_on_listener_filters_timeout=True),
        }
        if draw.maybe(0.25):
            found |= {"filter_chain_matcher": _tree(draw, [c["name"] for c in chains], 3)}
        else:
            chains = _distinct(chains, port, draw)
        if draw.maybe(0.6):
            found["default_filter_chain"] = self._chain(draw, f"{name}-default")
        return found | {"filter_chains": chains}

    def _chains(self, draw: Draw, name: str) -> list[Json]:
        return [self._chain(draw, f"{name}-{number}") for number in range(draw.randint(1, 5))]

    def _chain(self, draw: Draw, name: str) -> Json:
        found: Json = {"name": name, "filters": self._filters(draw, name)}
        if draw.maybe(0.45):
            found["transport_socket"] = {"name": "tls", "typed_config": self._tls(draw)}
        return found

    def _tls(self, draw: Draw) -> Json:
        common: Json = {
            "tls_certificates": [
                {
                    "certificate_chain": {"inline_string": self.server.certificate},
                    "private_key": {"inline_string": self.server.key},
                }
            ],
            **draw.optional(0.6, alpn_protocols=draw.some(_PROTOCOLS, 1, 3)),
            **draw.optional(0.3, tls_params=draw.one((
                {"tls_minimum_protocol_version": "TLSv1_3"}, {"tls_maximum_protocol_version": "TLSv1_2"},
                {"tls_minimum_protocol_version": "TLSv1_2"}))),
        }  # fmt: skip
        validation: Json = draw.optional(0.8, trusted_ca={"inline_string": self.authority.root})
        if validation and draw.maybe(0.35):  # without an authority Envoy takes no names
            matcher = draw.one(({"exact": PEER}, {"prefix": "spiffe://"}, {"suffix": "other"}))
            validation["match_typed_subject_alt_names"] = [
                {"san_type": draw.one(("URI", "URI", "DNS")), "matcher": matcher}
            ]
        validation |= draw.optional(0.15, trust_chain_verification="ACCEPT_UNTRUSTED")
        if validation and draw.maybe(0.7):
            common["validation_context"] = validation
        found = {"@type": _TLS, "common_tls_context": common}
        return found | draw.optional(0.4, require_client_certificate=True)

    def _filters(self, draw: Draw, name: str) -> list[Json]:
        makers = (_rbac, _rbac, _set_filter_state, _set_filter_state, _sni_cluster, _connection_limit)
        made = [maker(draw) for maker in draw.some(makers, 0, 2)]
        made.append(draw.one((_tcp_proxy, _tcp_proxy, _tcp_proxy, self._manager, self._manager, _ends))(draw))
        if made[-1]["@type"] == MANAGER:
            self.managers.add(name)
        return [{"name": f"{name}-{number}", "typed_config": config} for number, config in enumerate(made)]

    def _manager(self, draw: Draw) -> Json:
        routes: list[Json] = [
            {"name": "direct", "match": {"prefix": "/d"}, "direct_response": {"status": 418}},
            {"name": "on", "match": {"prefix": "/"}, "route": {"cluster": draw.one(CLUSTERS)}},
        ]
        return {
            "@type": MANAGER, "stat_prefix": "m", "access_log": [self._http_log], "http_filters": [{"name": "router", "typed_config": {"@type": ROUTER}}],
            "route_config": {"name": "routes", "virtual_hosts": [{"name": "v", "domains": ["*"], "routes": routes[draw.one((0, 1, 1)):]}]},
            **draw.optional(0.3, codec_type=draw.one(("HTTP1", "HTTP2")), http_protocol_options={"accept_http_10": True}),
        }  # fmt: skip


# ---- listener filters ----


def _listener_filters(draw: Draw) -> list[Json]:
    inspectors = ("tls_inspector.v3.TlsInspector", "http_inspector.v3.HttpInspector")
    made = [{"@type": f"{_LISTENER}.{kind}"} for kind in inspectors if draw.maybe(0.7)]
    if draw.maybe(0.5):
        proxy: Json = {
            "@type": f"{_LISTENER}.proxy_protocol.v3.ProxyProtocol",
            **draw.optional(0.7, allow_requests_without_proxy_protocol=True),
            **draw.optional(0.15, disallowed_versions=[draw.one(("V1", "V2"))]),
        }
        made.insert(draw.one((0, 0, 0, len(made))), proxy)
    return [
        {
            "name": f"l{number}",
            "typed_config": config,
            **draw.optional(0.1, filter_disabled=_predicate(draw, 2)),
        }
        for number, config in enumerate(made)
    ]


def _predicate(draw: Draw, depth: int) -> Json:
    kind = draw.one(("range", "range", "any", "not", "or", "and") if depth else ("range", "any"))
    if kind == "not":
        return {"not_match": _predicate(draw, depth - 1)}
    if kind in ("or", "and"):
        return {f"{kind}_match": {"rules": [_predicate(draw, depth - 1) for _ in range(2)]}}
    if kind == "any":
        return {"any_match": True}
    return {
        "destination_port_range": draw.one(
            ({"start": 80, "end": 81}, {"start": 80, "end": 443}, {"start": 1000, "end": 65000})
        )
    }


# ---- criteria ----


def _criteria(draw: Draw, port: int) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for chance, name, values in (
        (0.25, "destination_port", (80, 443, 8443, port, port)),
        (0.3, "prefix_ranges", ("127.0.0.0/8", "127.0.0.5/32", "10.0.0.0/8", "10.1.0.0/16", "127.0.0.1/32")),
        (0.2, "direct_source_prefix_ranges", ("127.0.0.0/16", "127.0.0.2/32", "127.1.0.3/32")),
        (0.2, "source_type", ("SAME_IP_OR_LOOPBACK", "EXTERNAL")),
        (0.3, "source_prefix_ranges", ("127.0.0.2/32", "203.0.113.0/24", "10.0.0.0/8", "127.0.0.0/8")),
        (0.15, "source_ports", (4000, 5000)),
        (0.35, "server_names", ("a.com", "*.b.com", "x.b.com", "*.com", "*.x.b.com")),
        (0.35, "transport_protocol", ("raw_buffer", "tls")),
        (0.3, "application_protocols", _PROTOCOLS),
    ):  # fmt: skip
        if draw.maybe(chance):
            several = name.endswith("s") and draw.maybe(0.3)
            found[name] = draw.some(values, 1, 2 if several else 1)
    return found


def _distinct(chains: list[Json], port: int, draw: Draw) -> list[Json]:
    """With criteria; Envoy refuses chains of which two ask for the same."""
    taken: set[tuple[Any, ...]] = set()
    kept = []
    for chain in chains:
        criteria = _criteria(draw, port)
        filled = {n: sorted(set(v), key=str) for n, v in criteria.items()}
        names = sorted(filled)
        combinations = {
            tuple(zip(names, c, strict=True)) for c in itertools.product(*(filled[n] for n in names))
        }
        if combinations & taken:
            continue
        taken |= combinations
        kept.append(
            {**chain, "filter_chain_match": {name: _written(name, values) for name, values in filled.items()}}
        )
    return kept


def _written(name: str, values: list[Any]) -> Any:
    if name.endswith("prefix_ranges"):
        parts = [value.split("/") for value in values]
        return [{"address_prefix": ip, "prefix_len": int(bits)} for ip, bits in parts]
    return values if name.endswith("s") else values[0]


def _tree(draw: Draw, names: list[str], depth: int) -> Json:
    """``filter_chain_matcher``."""

    def action() -> Json:
        name = draw.one((*names, *names, "missing") if draw.maybe(0.2) else names)
        if depth > 1 and draw.maybe(0.5):
            return {"matcher": _tree(draw, names, depth - 1)}
        return {
            "action": {
                "name": "a",
                "typed_config": {"@type": "type.googleapis.com/google.protobuf.StringValue", "value": name},
            }
        }

    def custom(kind: str) -> Json:
        return {"name": kind, "typed_config": {"@type": f"{_INPUTS}.{kind}"}}

    kind, values = draw.one(
        (
            ("DestinationPortInput", ("80", "443")), ("SourcePortInput", ("4000", "5000")), ("ServerNameInput", _NAMES),
            ("TransportProtocolInput", ("tls", "raw_buffer")), ("SourceTypeInput", ("local",)), ("SourceIPInput", ("127.0.0.2", "203.0.113.7")),
            ("DirectSourceIPInput", ("127.0.0.2", "127.0.0.1")), ("DestinationIPInput", ("127.0.0.5", "10.1.2.3")),
            ("ApplicationProtocolInput", ("'h2'", "'http/1.1'", "'istio'")),
        )
    )  # fmt: skip
    found: Json
    if kind in ("SourceIPInput", "DestinationIPInput") and draw.maybe(0.6):
        ranges = [
            {"ranges": [{"address_prefix": ip, "prefix_len": bits}], "on_match": action()}
            for ip, bits in draw.some(
                (("127.0.0.0", 8), ("10.0.0.0", 8), ("127.0.0.2", 32), ("0.0.0.0", 0)), 1, 3
            )
        ]
        config = {"@type": "type.googleapis.com/xds.type.matcher.v3.IPMatcher", "range_matchers": ranges}
        found = {
            "matcher_tree": {"input": custom(kind), "custom_match": {"name": "ip", "typed_config": config}}
        }
    elif draw.maybe(0.5):
        form = draw.one(("exact_match_map", "exact_match_map", "prefix_match_map"))
        found = {
            "matcher_tree": {
                "input": custom(kind),
                form: {"map": {v: action() for v in draw.some(values, 1, 2)}},
            }
        }
    else:
        predicate: Json = {"single_predicate": {"input": custom(kind), "value_match": _string(draw, values)}}
        if draw.maybe(0.3):
            predicate = {"not_matcher": predicate}
        found = {"matcher_list": {"matchers": [{"predicate": predicate, "on_match": action()}]}}
    return found | draw.optional(0.6, on_no_match=action())


def _string(draw: Draw, values: Sequence[str]) -> Json:
    """A condition in the form of xDS, which names the engine of an expression."""
    found = draw.string(values)
    if "safe_regex" in found:
        found["safe_regex"]["google_re2"] = {}
    return found


# ---- network filters ----


def _rbac(draw: Draw) -> Json:
    found: Json = {"@type": f"{_NETWORK}.rbac.v3.RBAC", "stat_prefix": "r"}
    policies = {
        f"p{number}": {"permissions": draw.several(lambda: _permission(draw, 2), 1, 2), "principals": draw.several(lambda: _principal(draw, 2), 1, 2)}
        for number in range(draw.randint(1, 2))
    }  # fmt: skip
    return found | {
        draw.one(("rules", "rules", "rules", "shadow_rules")): {
            "action": draw.one(("ALLOW", "DENY", "LOG")),
            "policies": policies,
        }
    }


def _nested(draw: Draw, depth: int, make: Any, end: str) -> Json | None:
    kind = draw.one(("leaf", "leaf", "not", "and", "or") if depth else ("leaf",))
    if kind == "leaf":
        return None
    if kind == "not":
        return {f"not_{end}": make(draw, depth - 1)}
    return {
        f"{kind}_{end}s": {
            ("rules" if end == "rule" else "ids"): draw.several(lambda: make(draw, depth - 1), 1, 2)
        }
    }


def _permission(draw: Draw, depth: int) -> Json:
    return _nested(draw, depth, _permission, "rule") or draw.one(
        (
            {"any": True}, {"destination_ip": _range(draw)}, {"destination_port": draw.one((80, 443))}, {"destination_port_range": {"start": 80, "end": 444}},
            {"requested_server_name": draw.string(_NAMES)},
        )
    )  # fmt: skip


def _principal(draw: Draw, depth: int) -> Json:
    return _nested(draw, depth, _principal, "id") or draw.one(
        (
            {"any": True}, {"direct_remote_ip": _range(draw)}, {"remote_ip": _range(draw)}, {"source_ip": _range(draw)}, {"authenticated": {}},
            {"authenticated": {"principal_name": draw.string((PEER, "a.com"))}},
        )
    )  # fmt: skip


def _range(draw: Draw) -> Json:
    ip, bits = draw.one(
        (("127.0.0.0", 8), ("127.0.0.2", 32), ("10.0.0.0", 8), ("203.0.113.0", 24), ("127.0.0.5", 32))
    )
    return {"address_prefix": ip, "prefix_len": bits}


def _set_filter_state(draw: Draw) -> Json:
    written = draw.several(
        lambda: (draw.one(("on_new_connection", "on_downstream_tls_handshake")), _state(draw)), 1, 2
    )
    found: Json = {"@type": f"{_NETWORK}.set_filter_state.v3.Config"}
    for when, value in written:
        found.setdefault(when, []).append(value)
    return found


def _state(draw: Draw) -> Json:
    key = draw.one(("envoy.tcp_proxy.cluster", "envoy.tcp_proxy.cluster", "fs.one"))
    text = draw.one(
        ("t1", "nowhere", "%REQUESTED_SERVER_NAME%", "%DOWNSTREAM_LOCAL_PORT%", "%DOWNSTREAM_PEER_URI_SAN%")
    )
    form: Json = {"text_format_source": {"inline_string": text}, **draw.optional(0.3, omit_empty_values=True)}
    named = {"factory_key": "envoy.string"} if key == "fs.one" else {}
    return {"object_key": key, **named, "format_string": form, **draw.optional(0.4, skip_if_empty=True)}


def _sni_cluster(draw: Draw) -> Json:
    return {"@type": f"{_NETWORK}.sni_cluster.v3.SniCluster"}


def _connection_limit(draw: Draw) -> Json:
    return {"@type": f"{_NETWORK}.connection_limit.v3.ConnectionLimit", "stat_prefix": "c", "max_connections": draw.one((1000,)),
            **draw.optional(0.3, runtime_enabled={"default_value": False, "runtime_key": "k"})}  # fmt: skip


def _tcp_proxy(draw: Draw) -> Json:
    found: Json = {"@type": f"{_NETWORK}.tcp_proxy.v3.TcpProxy", "stat_prefix": "t"}
    if draw.maybe(0.35):
        mode = draw.one(("ON_DOWNSTREAM_DATA", "ON_DOWNSTREAM_TLS_HANDSHAKE"))
        found |= {"upstream_connect_mode": mode, "max_early_data_bytes": 1024}
    if draw.maybe(0.25):
        parts = [{"name": name, "weight": draw.one((1, 10))} for name in draw.sample(CLUSTERS, 2)]
        return found | {"weighted_clusters": {"clusters": parts}}
    return found | {"cluster": draw.one((*CLUSTERS, *CLUSTERS, "nowhere"))}


def _ends(draw: Draw) -> Json:
    return draw.one(
        (
            {"@type": f"{_NETWORK}.echo.v3.Echo"},
            {"@type": f"{_NETWORK}.direct_response.v3.Config", "response": {"inline_string": "hello"}},
        )
    )
