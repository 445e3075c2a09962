"""TLS between sidecars: contexts with certificates over SDS, and the ALPN by which sidecars know each other."""

from __future__ import annotations

from typing import Any

from tests.lab.istio.common import ADS, TRANSPORT, http_filter
from tests.lab.pki import TRUST_DOMAIN

Json = dict[str, Any]

HTTP_ALPN = ["istio-http/1.0", "istio-http/1.1", "istio-h2"]
TCP_ALPN = ["istio-peer-exchange", "istio"]

# Vanilla Envoy has no istio.alpn. This does the same for HTTP/1.1, which is what the lab speaks; the recorded
# snapshots have the original back in its place (``as_istio``).
ALPN_FILTER = http_filter(
    "set_filter_state",
    "set_filter_state.v3.Config",
    on_request_headers=[
        {
            "object_key": "envoy.network.application_protocols",
            "format_string": {"text_format_source": {"inline_string": "istio-http/1.1,istio,http/1.1"}},
            "shared_with_upstream": "ONCE",
        }
    ],
)
ISTIO_ALPN: Json = {
    "name": "istio.alpn",
    "typed_config": {
        "@type": "type.googleapis.com/istio.envoy.config.filter.http.alpn.v2alpha1.FilterConfig",
        "alpn_override": [
            {"alpn_override": ["istio-http/1.0", "istio", "http/1.0"]},
            {"upstream_protocol": "HTTP11", "alpn_override": ["istio-http/1.1", "istio", "http/1.1"]},
            {"upstream_protocol": "HTTP2", "alpn_override": ["istio-h2", "istio", "h2"]},
        ],
    },
}


def as_istio(value: Any) -> Any:
    """A dump with istio.alpn where the lab has its stand-in."""
    if isinstance(value, dict):
        if value.get("name") == ALPN_FILTER["name"] and "typed_config" in value:
            return ISTIO_ALPN
        return {key: as_istio(item) for key, item in value.items()}
    return [as_istio(item) for item in value] if isinstance(value, list) else value


def _common(alpn: list[str], names: list[Json]) -> Json:
    return {
        "tls_params": {
            "tls_minimum_protocol_version": "TLSv1_2",
            "tls_maximum_protocol_version": "TLSv1_3",
        },
        "alpn_protocols": alpn,
        "tls_certificate_sds_secret_configs": [{"name": "default", "sds_config": ADS}],
        "combined_validation_context": {
            "default_validation_context": {"match_subject_alt_names": names},
            "validation_context_sds_secret_config": {"name": "ROOTCA", "sds_config": ADS},
        },
    }


def server(alpn: list[str]) -> Json:
    """What an inbound filter chain terminates mutual TLS with."""
    names = [{"prefix": f"spiffe://{TRUST_DOMAIN}/"}]
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": TRANSPORT + "tls.v3.DownstreamTlsContext",
            "common_tls_context": _common(alpn, names),
            "require_client_certificate": True,
        },
    }


def client(sni: str, identities: list[str]) -> list[Json]:
    """The transport sockets of an outbound cluster: mutual TLS to endpoints with a sidecar, else plain."""
    mutual = {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": TRANSPORT + "tls.v3.UpstreamTlsContext",
            "common_tls_context": _common(TCP_ALPN, [{"exact": identity} for identity in identities]),
            "sni": sni,
        },
    }
    plain = {
        "name": "envoy.transport_sockets.raw_buffer",
        "typed_config": {"@type": TRANSPORT + "raw_buffer.v3.RawBuffer"},
    }
    return [
        {"name": "tlsMode-istio", "match": {"tlsMode": "istio"}, "transport_socket": mutual},
        {"name": "tlsMode-disabled", "match": {}, "transport_socket": plain},
    ]


def secrets(certificate: str, key: str, root: str) -> list[Json]:
    """The SDS resources of a workload."""
    return [
        {
            "name": "default",
            "tls_certificate": {
                "certificate_chain": {"inline_string": certificate},
                "private_key": {"inline_string": key},
            },
        },
        {"name": "ROOTCA", "validation_context": {"trusted_ca": {"inline_string": root}}},
    ]
