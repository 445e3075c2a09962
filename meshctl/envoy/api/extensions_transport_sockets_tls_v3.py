"""Messages of envoy.extensions.transport_sockets.tls.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message, Packed

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, type_matcher_v3


class CertificateProviderPluginInstance(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.tls.v3.CertificateProviderPluginInstance"
    instance_name: str
    certificate_name: str
    SPEC = """\
instance_name Text
certificate_name Text"""


class CertificateValidationContext(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext"

    class SystemRootCerts(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext.SystemRootCerts"

    trusted_ca: config_core_v3.DataSource | None
    ca_certificate_provider_instance: CertificateProviderPluginInstance | None
    system_root_certs: CertificateValidationContext.SystemRootCerts | None
    watched_directory: config_core_v3.WatchedDirectory | None
    verify_certificate_spki: tuple[str, ...]
    verify_certificate_hash: tuple[str, ...]
    match_typed_subject_alt_names: tuple[SubjectAltNameMatcher, ...]
    match_subject_alt_names: tuple[type_matcher_v3.StringMatcher, ...]
    require_signed_certificate_timestamp: bool | None
    crl: config_core_v3.DataSource | None
    allow_expired_certificate: bool
    trust_chain_verification: typing.Literal["VERIFY_TRUST_CHAIN", "ACCEPT_UNTRUSTED"]
    custom_validator_config: config_core_v3.TypedExtensionConfig | None
    only_verify_leaf_cert_crl: bool
    max_verify_depth: int | None
    suppress_client_ca_list: bool
    SPEC = """\
trusted_ca One config_core_v3:DataSource
ca_certificate_provider_instance One extensions_transport_sockets_tls_v3:CertificateProviderPluginInstance
system_root_certs One extensions_transport_sockets_tls_v3:CertificateValidationContext.SystemRootCerts
watched_directory One config_core_v3:WatchedDirectory
verify_certificate_spki *Text
verify_certificate_hash *Text
match_typed_subject_alt_names *One extensions_transport_sockets_tls_v3:SubjectAltNameMatcher
match_subject_alt_names *One type_matcher_v3:StringMatcher
require_signed_certificate_timestamp OptionalFlag
crl One config_core_v3:DataSource
allow_expired_certificate Flag
trust_chain_verification Choice VERIFY_TRUST_CHAIN=0 ACCEPT_UNTRUSTED=1
custom_validator_config One config_core_v3:TypedExtensionConfig
only_verify_leaf_cert_crl Flag
max_verify_depth OptionalInt
suppress_client_ca_list Flag"""


class CommonTlsContext(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.tls.v3.CommonTlsContext"

    class CertificateProvider(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.transport_sockets.tls.v3.CommonTlsContext.CertificateProvider"
        name: str
        typed_config: config_core_v3.TypedExtensionConfig | None
        config: typing.Literal["typed_config"] | None
        SPEC = """\
name Text
typed_config One config_core_v3:TypedExtensionConfig
config OneOf typed_config"""

    class CertificateProviderInstance(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.transport_sockets.tls.v3.CommonTlsContext.CertificateProviderInstance"
        instance_name: str
        certificate_name: str
        SPEC = """\
instance_name Text
certificate_name Text"""

    class CombinedCertificateValidationContext(Message):
        __slots__ = ()
        TYPE = (
            "envoy.extensions.transport_sockets.tls.v3.CommonTlsContext.CombinedCertificateValidationContext"
        )
        default_validation_context: CertificateValidationContext | None
        validation_context_sds_secret_config: SdsSecretConfig | None
        validation_context_certificate_provider: CommonTlsContext.CertificateProvider | None
        validation_context_certificate_provider_instance: CommonTlsContext.CertificateProviderInstance | None
        SPEC = """\
default_validation_context One extensions_transport_sockets_tls_v3:CertificateValidationContext
validation_context_sds_secret_config One extensions_transport_sockets_tls_v3:SdsSecretConfig
validation_context_certificate_provider One extensions_transport_sockets_tls_v3:CommonTlsContext.CertificateProvider
validation_context_certificate_provider_instance One extensions_transport_sockets_tls_v3:CommonTlsContext.CertificateProviderInstance"""

    tls_params: TlsParameters | None
    tls_certificates: tuple[TlsCertificate, ...]
    tls_certificate_sds_secret_configs: tuple[SdsSecretConfig, ...]
    tls_certificate_provider_instance: CertificateProviderPluginInstance | None
    custom_tls_certificate_selector: config_core_v3.TypedExtensionConfig | None
    tls_certificate_certificate_provider: CommonTlsContext.CertificateProvider | None
    tls_certificate_certificate_provider_instance: CommonTlsContext.CertificateProviderInstance | None
    validation_context: CertificateValidationContext | None
    validation_context_sds_secret_config: SdsSecretConfig | None
    combined_validation_context: CommonTlsContext.CombinedCertificateValidationContext | None
    validation_context_certificate_provider: CommonTlsContext.CertificateProvider | None
    validation_context_certificate_provider_instance: CommonTlsContext.CertificateProviderInstance | None
    alpn_protocols: tuple[str, ...]
    custom_handshaker: config_core_v3.TypedExtensionConfig | None
    key_log: TlsKeyLog | None
    validation_context_type: (
        typing.Literal[
            "validation_context",
            "validation_context_sds_secret_config",
            "combined_validation_context",
            "validation_context_certificate_provider",
            "validation_context_certificate_provider_instance",
        ]
        | None
    )
    SPEC = """\
tls_params One extensions_transport_sockets_tls_v3:TlsParameters
tls_certificates *One extensions_transport_sockets_tls_v3:TlsCertificate
tls_certificate_sds_secret_configs *One extensions_transport_sockets_tls_v3:SdsSecretConfig
tls_certificate_provider_instance One extensions_transport_sockets_tls_v3:CertificateProviderPluginInstance
custom_tls_certificate_selector One config_core_v3:TypedExtensionConfig
tls_certificate_certificate_provider One extensions_transport_sockets_tls_v3:CommonTlsContext.CertificateProvider
tls_certificate_certificate_provider_instance One extensions_transport_sockets_tls_v3:CommonTlsContext.CertificateProviderInstance
validation_context One extensions_transport_sockets_tls_v3:CertificateValidationContext
validation_context_sds_secret_config One extensions_transport_sockets_tls_v3:SdsSecretConfig
combined_validation_context One extensions_transport_sockets_tls_v3:CommonTlsContext.CombinedCertificateValidationContext
validation_context_certificate_provider One extensions_transport_sockets_tls_v3:CommonTlsContext.CertificateProvider
validation_context_certificate_provider_instance One extensions_transport_sockets_tls_v3:CommonTlsContext.CertificateProviderInstance
alpn_protocols *Text
custom_handshaker One config_core_v3:TypedExtensionConfig
key_log One extensions_transport_sockets_tls_v3:TlsKeyLog
validation_context_type OneOf validation_context validation_context_sds_secret_config combined_validation_context validation_context_certificate_provider validation_context_certificate_provider_instance"""


class DownstreamTlsContext(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"
    common_tls_context: CommonTlsContext | None
    require_client_certificate: bool | None
    require_sni: bool | None
    session_ticket_keys: TlsSessionTicketKeys | None
    session_ticket_keys_sds_secret_config: SdsSecretConfig | None
    disable_stateless_session_resumption: bool
    disable_stateful_session_resumption: bool
    session_timeout: float | None
    ocsp_staple_policy: typing.Literal["LENIENT_STAPLING", "STRICT_STAPLING", "MUST_STAPLE"]
    full_scan_certs_on_sni_mismatch: bool | None
    prefer_client_ciphers: bool
    session_ticket_keys_type: (
        typing.Literal[
            "session_ticket_keys",
            "session_ticket_keys_sds_secret_config",
            "disable_stateless_session_resumption",
        ]
        | None
    )
    SPEC = """\
common_tls_context One extensions_transport_sockets_tls_v3:CommonTlsContext
require_client_certificate OptionalFlag
require_sni OptionalFlag
session_ticket_keys One extensions_transport_sockets_tls_v3:TlsSessionTicketKeys
session_ticket_keys_sds_secret_config One extensions_transport_sockets_tls_v3:SdsSecretConfig
disable_stateless_session_resumption Flag
disable_stateful_session_resumption Flag
session_timeout Seconds
ocsp_staple_policy Choice LENIENT_STAPLING=0 STRICT_STAPLING=1 MUST_STAPLE=2
full_scan_certs_on_sni_mismatch OptionalFlag
prefer_client_ciphers Flag
session_ticket_keys_type OneOf session_ticket_keys session_ticket_keys_sds_secret_config disable_stateless_session_resumption"""


class GenericSecret(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.tls.v3.GenericSecret"
    secret: config_core_v3.DataSource | None
    secrets: dict[str, config_core_v3.DataSource]
    SPEC = """\
secret One config_core_v3:DataSource
secrets %One config_core_v3:DataSource"""


class PrivateKeyProvider(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.tls.v3.PrivateKeyProvider"
    provider_name: str
    typed_config: Packed | None
    fallback: bool
    config_type: typing.Literal["typed_config"] | None
    SPEC = """\
provider_name Text
typed_config PackedField
fallback Flag
config_type OneOf typed_config"""


class SPIFFECertValidatorConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig"

    class TrustDomain(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig.TrustDomain"
        name: str
        trust_bundle: config_core_v3.DataSource | None
        workload_trust_domain: str
        SPEC = """\
name Text
trust_bundle One config_core_v3:DataSource
workload_trust_domain Text"""

    trust_domains: tuple[SPIFFECertValidatorConfig.TrustDomain, ...]
    trust_bundles: config_core_v3.DataSource | None
    SPEC = """\
trust_domains *One extensions_transport_sockets_tls_v3:SPIFFECertValidatorConfig.TrustDomain
trust_bundles One config_core_v3:DataSource"""


class SdsSecretConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig"
    name: str
    sds_config: config_core_v3.ConfigSource | None
    SPEC = """\
name Text
sds_config One config_core_v3:ConfigSource"""


class Secret(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.tls.v3.Secret"
    name: str
    tls_certificate: TlsCertificate | None
    session_ticket_keys: TlsSessionTicketKeys | None
    validation_context: CertificateValidationContext | None
    generic_secret: GenericSecret | None
    type: (
        typing.Literal["tls_certificate", "session_ticket_keys", "validation_context", "generic_secret"]
        | None
    )
    SPEC = """\
name Text
tls_certificate One extensions_transport_sockets_tls_v3:TlsCertificate
session_ticket_keys One extensions_transport_sockets_tls_v3:TlsSessionTicketKeys
validation_context One extensions_transport_sockets_tls_v3:CertificateValidationContext
generic_secret One extensions_transport_sockets_tls_v3:GenericSecret
type OneOf tls_certificate session_ticket_keys validation_context generic_secret"""


class SubjectAltNameMatcher(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher"
    san_type: typing.Literal["SAN_TYPE_UNSPECIFIED", "EMAIL", "DNS", "URI", "IP_ADDRESS", "OTHER_NAME"]
    matcher: type_matcher_v3.StringMatcher | None
    oid: str
    SPEC = """\
san_type Choice SAN_TYPE_UNSPECIFIED=0 EMAIL=1 DNS=2 URI=3 IP_ADDRESS=4 OTHER_NAME=5
matcher One type_matcher_v3:StringMatcher
oid Text"""


class TlsCertificate(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.tls.v3.TlsCertificate"
    certificate_chain: config_core_v3.DataSource | None
    private_key: config_core_v3.DataSource | None
    pkcs12: config_core_v3.DataSource | None
    watched_directory: config_core_v3.WatchedDirectory | None
    private_key_provider: PrivateKeyProvider | None
    password: config_core_v3.DataSource | None
    ocsp_staple: config_core_v3.DataSource | None
    signed_certificate_timestamp: tuple[config_core_v3.DataSource, ...]
    SPEC = """\
certificate_chain One config_core_v3:DataSource
private_key One config_core_v3:DataSource
pkcs12 One config_core_v3:DataSource
watched_directory One config_core_v3:WatchedDirectory
private_key_provider One extensions_transport_sockets_tls_v3:PrivateKeyProvider
password One config_core_v3:DataSource
ocsp_staple One config_core_v3:DataSource
signed_certificate_timestamp *One config_core_v3:DataSource"""


class TlsKeyLog(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.tls.v3.TlsKeyLog"
    path: str
    local_address_range: tuple[config_core_v3.CidrRange, ...]
    remote_address_range: tuple[config_core_v3.CidrRange, ...]
    SPEC = """\
path Text
local_address_range *One config_core_v3:CidrRange
remote_address_range *One config_core_v3:CidrRange"""


class TlsParameters(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.tls.v3.TlsParameters"
    tls_minimum_protocol_version: typing.Literal["TLS_AUTO", "TLSv1_0", "TLSv1_1", "TLSv1_2", "TLSv1_3"]
    tls_maximum_protocol_version: typing.Literal["TLS_AUTO", "TLSv1_0", "TLSv1_1", "TLSv1_2", "TLSv1_3"]
    cipher_suites: tuple[str, ...]
    ecdh_curves: tuple[str, ...]
    signature_algorithms: tuple[str, ...]
    compliance_policies: tuple[typing.Literal["FIPS_202205", "CNSA2_202603", "CNSA1_202603"], ...]
    SPEC = """\
tls_minimum_protocol_version Choice TLS_AUTO=0 TLSv1_0=1 TLSv1_1=2 TLSv1_2=3 TLSv1_3=4
tls_maximum_protocol_version Choice TLS_AUTO=0 TLSv1_0=1 TLSv1_1=2 TLSv1_2=3 TLSv1_3=4
cipher_suites *Text
ecdh_curves *Text
signature_algorithms *Text
compliance_policies *Choice FIPS_202205=0 CNSA2_202603=1 CNSA1_202603=2"""


class TlsSessionTicketKeys(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.tls.v3.TlsSessionTicketKeys"
    keys: tuple[config_core_v3.DataSource, ...]
    SPEC = """\
keys *One config_core_v3:DataSource"""


class UpstreamTlsContext(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"
    common_tls_context: CommonTlsContext | None
    sni: str
    auto_host_sni: bool
    auto_sni_san_validation: bool
    allow_renegotiation: bool
    max_session_keys: int | None
    enforce_rsa_key_usage: bool | None
    SPEC = """\
common_tls_context One extensions_transport_sockets_tls_v3:CommonTlsContext
sni Text
auto_host_sni Flag
auto_sni_san_validation Flag
allow_renegotiation Flag
max_session_keys OptionalInt
enforce_rsa_key_usage OptionalFlag"""
