"""Messages of envoy.extensions.common.aws.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class AssumeRoleCredentialProvider(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.common.aws.v3.AssumeRoleCredentialProvider"
    role_arn: str
    role_session_name: str
    external_id: str
    session_duration: float | None
    credential_provider: AwsCredentialProvider | None
    SPEC = """\
role_arn Text
role_session_name Text
external_id Text
session_duration Seconds
credential_provider One extensions_common_aws_v3:AwsCredentialProvider"""


class AssumeRoleWithWebIdentityCredentialProvider(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.common.aws.v3.AssumeRoleWithWebIdentityCredentialProvider"
    web_identity_token_data_source: config_core_v3.DataSource | None
    role_arn: str
    role_session_name: str
    SPEC = """\
web_identity_token_data_source One config_core_v3:DataSource
role_arn Text
role_session_name Text"""


class AwsCredentialProvider(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.common.aws.v3.AwsCredentialProvider"
    assume_role_with_web_identity_provider: AssumeRoleWithWebIdentityCredentialProvider | None
    inline_credential: InlineCredentialProvider | None
    credentials_file_provider: CredentialsFileCredentialProvider | None
    custom_credential_provider_chain: bool
    iam_roles_anywhere_credential_provider: IAMRolesAnywhereCredentialProvider | None
    config_credential_provider: ConfigCredentialProvider | None
    container_credential_provider: ContainerCredentialProvider | None
    environment_credential_provider: EnvironmentCredentialProvider | None
    instance_profile_credential_provider: InstanceProfileCredentialProvider | None
    assume_role_credential_provider: AssumeRoleCredentialProvider | None
    SPEC = """\
assume_role_with_web_identity_provider One extensions_common_aws_v3:AssumeRoleWithWebIdentityCredentialProvider
inline_credential One extensions_common_aws_v3:InlineCredentialProvider
credentials_file_provider One extensions_common_aws_v3:CredentialsFileCredentialProvider
custom_credential_provider_chain Flag
iam_roles_anywhere_credential_provider One extensions_common_aws_v3:IAMRolesAnywhereCredentialProvider
config_credential_provider One extensions_common_aws_v3:ConfigCredentialProvider
container_credential_provider One extensions_common_aws_v3:ContainerCredentialProvider
environment_credential_provider One extensions_common_aws_v3:EnvironmentCredentialProvider
instance_profile_credential_provider One extensions_common_aws_v3:InstanceProfileCredentialProvider
assume_role_credential_provider One extensions_common_aws_v3:AssumeRoleCredentialProvider"""


class ConfigCredentialProvider(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.common.aws.v3.ConfigCredentialProvider"


class ContainerCredentialProvider(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.common.aws.v3.ContainerCredentialProvider"


class CredentialsFileCredentialProvider(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.common.aws.v3.CredentialsFileCredentialProvider"
    credentials_data_source: config_core_v3.DataSource | None
    profile: str
    SPEC = """\
credentials_data_source One config_core_v3:DataSource
profile Text"""


class EnvironmentCredentialProvider(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.common.aws.v3.EnvironmentCredentialProvider"


class IAMRolesAnywhereCredentialProvider(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.common.aws.v3.IAMRolesAnywhereCredentialProvider"
    role_arn: str
    certificate: config_core_v3.DataSource | None
    certificate_chain: config_core_v3.DataSource | None
    private_key: config_core_v3.DataSource | None
    trust_anchor_arn: str
    profile_arn: str
    role_session_name: str
    session_duration: float | None
    SPEC = """\
role_arn Text
certificate One config_core_v3:DataSource
certificate_chain One config_core_v3:DataSource
private_key One config_core_v3:DataSource
trust_anchor_arn Text
profile_arn Text
role_session_name Text
session_duration Seconds"""


class InlineCredentialProvider(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.common.aws.v3.InlineCredentialProvider"
    access_key_id: str
    secret_access_key: str
    session_token: str
    SPEC = """\
access_key_id Text
secret_access_key Text
session_token Text"""


class InstanceProfileCredentialProvider(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.common.aws.v3.InstanceProfileCredentialProvider"
