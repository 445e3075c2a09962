"""Messages of envoy.extensions.filters.http.aws_lambda.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import type_matcher_v3


class Config(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.aws_lambda.v3.Config"
    arn: str
    payload_passthrough: bool
    invocation_mode: typing.Literal["SYNCHRONOUS", "ASYNCHRONOUS"]
    host_rewrite: str
    credentials_profile: str
    credentials: Credentials | None
    match_excluded_headers: tuple[type_matcher_v3.StringMatcher, ...]
    match_included_headers: tuple[type_matcher_v3.StringMatcher, ...]
    SPEC = """\
arn Text
payload_passthrough Flag
invocation_mode Choice SYNCHRONOUS=0 ASYNCHRONOUS=1
host_rewrite Text
credentials_profile Text
credentials One extensions_filters_http_aws_lambda_v3:Credentials
match_excluded_headers *One type_matcher_v3:StringMatcher
match_included_headers *One type_matcher_v3:StringMatcher"""


class Credentials(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.aws_lambda.v3.Credentials"
    access_key_id: str
    secret_access_key: str
    session_token: str
    SPEC = """\
access_key_id Text
secret_access_key Text
session_token Text"""


class PerRouteConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.aws_lambda.v3.PerRouteConfig"
    invoke_config: Config | None
    SPEC = """\
invoke_config One extensions_filters_http_aws_lambda_v3:Config"""
