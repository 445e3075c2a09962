"""Messages of envoy.config.rbac.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import (
        config_core_v3,
        config_route_v3,
        google_api_expr_v1alpha1,
        type_matcher_v3,
        type_v3,
    )


class Action(Message):
    __slots__ = ()
    TYPE = "envoy.config.rbac.v3.Action"
    name: str
    action: typing.Literal["ALLOW", "DENY", "LOG"]
    SPEC = """\
name Text
action Choice ALLOW=0 DENY=1 LOG=2"""


class Permission(Message):
    __slots__ = ()
    TYPE = "envoy.config.rbac.v3.Permission"

    class Set(Message):
        __slots__ = ()
        TYPE = "envoy.config.rbac.v3.Permission.Set"
        rules: tuple[Permission, ...]
        SPEC = """\
rules *One config_rbac_v3:Permission"""

    and_rules: Permission.Set | None
    or_rules: Permission.Set | None
    any: bool
    header: config_route_v3.HeaderMatcher | None
    url_path: type_matcher_v3.PathMatcher | None
    destination_ip: config_core_v3.CidrRange | None
    destination_port: int
    destination_port_range: type_v3.Int32Range | None
    metadata: type_matcher_v3.MetadataMatcher | None
    not_rule: Permission | None
    requested_server_name: type_matcher_v3.StringMatcher | None
    matcher: config_core_v3.TypedExtensionConfig | None
    uri_template: config_core_v3.TypedExtensionConfig | None
    sourced_metadata: SourcedMetadata | None
    rule: (
        typing.Literal[
            "and_rules",
            "or_rules",
            "any",
            "header",
            "url_path",
            "destination_ip",
            "destination_port",
            "destination_port_range",
            "metadata",
            "not_rule",
            "requested_server_name",
            "matcher",
            "uri_template",
            "sourced_metadata",
        ]
        | None
    )
    SPEC = """\
and_rules One config_rbac_v3:Permission.Set
or_rules One config_rbac_v3:Permission.Set
any Flag
header One config_route_v3:HeaderMatcher
url_path One type_matcher_v3:PathMatcher
destination_ip One config_core_v3:CidrRange
destination_port Int
destination_port_range One type_v3:Int32Range
metadata One type_matcher_v3:MetadataMatcher
not_rule One config_rbac_v3:Permission
requested_server_name One type_matcher_v3:StringMatcher
matcher One config_core_v3:TypedExtensionConfig
uri_template One config_core_v3:TypedExtensionConfig
sourced_metadata One config_rbac_v3:SourcedMetadata
rule OneOf and_rules or_rules any header url_path destination_ip destination_port destination_port_range metadata not_rule requested_server_name matcher uri_template sourced_metadata"""


class Policy(Message):
    __slots__ = ()
    TYPE = "envoy.config.rbac.v3.Policy"
    permissions: tuple[Permission, ...]
    principals: tuple[Principal, ...]
    condition: google_api_expr_v1alpha1.Expr | None
    checked_condition: google_api_expr_v1alpha1.CheckedExpr | None
    cel_config: config_core_v3.CelExpressionConfig | None
    SPEC = """\
permissions *One config_rbac_v3:Permission
principals *One config_rbac_v3:Principal
condition One google_api_expr_v1alpha1:Expr
checked_condition One google_api_expr_v1alpha1:CheckedExpr
cel_config One config_core_v3:CelExpressionConfig"""


class Principal(Message):
    __slots__ = ()
    TYPE = "envoy.config.rbac.v3.Principal"

    class Authenticated(Message):
        __slots__ = ()
        TYPE = "envoy.config.rbac.v3.Principal.Authenticated"
        principal_name: type_matcher_v3.StringMatcher | None
        SPEC = """\
principal_name One type_matcher_v3:StringMatcher"""

    class Set(Message):
        __slots__ = ()
        TYPE = "envoy.config.rbac.v3.Principal.Set"
        ids: tuple[Principal, ...]
        SPEC = """\
ids *One config_rbac_v3:Principal"""

    and_ids: Principal.Set | None
    or_ids: Principal.Set | None
    any: bool
    authenticated: Principal.Authenticated | None
    source_ip: config_core_v3.CidrRange | None
    direct_remote_ip: config_core_v3.CidrRange | None
    remote_ip: config_core_v3.CidrRange | None
    header: config_route_v3.HeaderMatcher | None
    url_path: type_matcher_v3.PathMatcher | None
    metadata: type_matcher_v3.MetadataMatcher | None
    filter_state: type_matcher_v3.FilterStateMatcher | None
    not_id: Principal | None
    sourced_metadata: SourcedMetadata | None
    custom: config_core_v3.TypedExtensionConfig | None
    identifier: (
        typing.Literal[
            "and_ids",
            "or_ids",
            "any",
            "authenticated",
            "source_ip",
            "direct_remote_ip",
            "remote_ip",
            "header",
            "url_path",
            "metadata",
            "filter_state",
            "not_id",
            "sourced_metadata",
            "custom",
        ]
        | None
    )
    SPEC = """\
and_ids One config_rbac_v3:Principal.Set
or_ids One config_rbac_v3:Principal.Set
any Flag
authenticated One config_rbac_v3:Principal.Authenticated
source_ip One config_core_v3:CidrRange
direct_remote_ip One config_core_v3:CidrRange
remote_ip One config_core_v3:CidrRange
header One config_route_v3:HeaderMatcher
url_path One type_matcher_v3:PathMatcher
metadata One type_matcher_v3:MetadataMatcher
filter_state One type_matcher_v3:FilterStateMatcher
not_id One config_rbac_v3:Principal
sourced_metadata One config_rbac_v3:SourcedMetadata
custom One config_core_v3:TypedExtensionConfig
identifier OneOf and_ids or_ids any authenticated source_ip direct_remote_ip remote_ip header url_path metadata filter_state not_id sourced_metadata custom"""


class RBAC(Message):
    __slots__ = ()
    TYPE = "envoy.config.rbac.v3.RBAC"

    class AuditLoggingOptions(Message):
        __slots__ = ()
        TYPE = "envoy.config.rbac.v3.RBAC.AuditLoggingOptions"

        class AuditLoggerConfig(Message):
            __slots__ = ()
            TYPE = "envoy.config.rbac.v3.RBAC.AuditLoggingOptions.AuditLoggerConfig"
            audit_logger: config_core_v3.TypedExtensionConfig | None
            is_optional: bool
            SPEC = """\
audit_logger One config_core_v3:TypedExtensionConfig
is_optional Flag"""

        audit_condition: typing.Literal["NONE", "ON_DENY", "ON_ALLOW", "ON_DENY_AND_ALLOW"]
        logger_configs: tuple[RBAC.AuditLoggingOptions.AuditLoggerConfig, ...]
        SPEC = """\
audit_condition Choice NONE=0 ON_DENY=1 ON_ALLOW=2 ON_DENY_AND_ALLOW=3
logger_configs *One config_rbac_v3:RBAC.AuditLoggingOptions.AuditLoggerConfig"""

    action: typing.Literal["ALLOW", "DENY", "LOG"]
    policies: dict[str, Policy]
    audit_logging_options: RBAC.AuditLoggingOptions | None
    SPEC = """\
action Choice ALLOW=0 DENY=1 LOG=2
policies %One config_rbac_v3:Policy
audit_logging_options One config_rbac_v3:RBAC.AuditLoggingOptions"""


class SourcedMetadata(Message):
    __slots__ = ()
    TYPE = "envoy.config.rbac.v3.SourcedMetadata"
    metadata_matcher: type_matcher_v3.MetadataMatcher | None
    metadata_source: typing.Literal["DYNAMIC", "ROUTE"]
    SPEC = """\
metadata_matcher One type_matcher_v3:MetadataMatcher
metadata_source Choice DYNAMIC=0 ROUTE=1"""
