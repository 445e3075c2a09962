"""Messages of envoy.extensions.filters.http.aws_request_signing.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_common_aws_v3, type_matcher_v3


class AwsRequestSigning(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.aws_request_signing.v3.AwsRequestSigning"

    class QueryString(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.aws_request_signing.v3.AwsRequestSigning.QueryString"
        expiration_time: float | None
        SPEC = """\
expiration_time Seconds"""

    service_name: str
    region: str
    host_rewrite: str
    use_unsigned_payload: bool
    match_excluded_headers: tuple[type_matcher_v3.StringMatcher, ...]
    signing_algorithm: typing.Literal["AWS_SIGV4", "AWS_SIGV4A"]
    query_string: AwsRequestSigning.QueryString | None
    credential_provider: extensions_common_aws_v3.AwsCredentialProvider | None
    match_included_headers: tuple[type_matcher_v3.StringMatcher, ...]
    SPEC = """\
service_name Text
region Text
host_rewrite Text
use_unsigned_payload Flag
match_excluded_headers *One type_matcher_v3:StringMatcher
signing_algorithm Choice AWS_SIGV4=0 AWS_SIGV4A=1
query_string One extensions_filters_http_aws_request_signing_v3:AwsRequestSigning.QueryString
credential_provider One extensions_common_aws_v3:AwsCredentialProvider
match_included_headers *One type_matcher_v3:StringMatcher"""


class AwsRequestSigningPerRoute(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.aws_request_signing.v3.AwsRequestSigningPerRoute"
    aws_request_signing: AwsRequestSigning | None
    stat_prefix: str
    SPEC = """\
aws_request_signing One extensions_filters_http_aws_request_signing_v3:AwsRequestSigning
stat_prefix Text"""
