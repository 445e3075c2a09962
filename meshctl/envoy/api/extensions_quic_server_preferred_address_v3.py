"""Messages of envoy.extensions.quic.server_preferred_address.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class DataSourceServerPreferredAddressConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.quic.server_preferred_address.v3.DataSourceServerPreferredAddressConfig"

    class AddressFamilyConfig(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.quic.server_preferred_address.v3.DataSourceServerPreferredAddressConfig.AddressFamilyConfig"
        address: config_core_v3.DataSource | None
        port: config_core_v3.DataSource | None
        dnat_address: config_core_v3.DataSource | None
        SPEC = """\
address One config_core_v3:DataSource
port One config_core_v3:DataSource
dnat_address One config_core_v3:DataSource"""

    ipv4_config: DataSourceServerPreferredAddressConfig.AddressFamilyConfig | None
    ipv6_config: DataSourceServerPreferredAddressConfig.AddressFamilyConfig | None
    SPEC = """\
ipv4_config One extensions_quic_server_preferred_address_v3:DataSourceServerPreferredAddressConfig.AddressFamilyConfig
ipv6_config One extensions_quic_server_preferred_address_v3:DataSourceServerPreferredAddressConfig.AddressFamilyConfig"""


class FixedServerPreferredAddressConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.quic.server_preferred_address.v3.FixedServerPreferredAddressConfig"

    class AddressFamilyConfig(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.quic.server_preferred_address.v3.FixedServerPreferredAddressConfig.AddressFamilyConfig"
        address: config_core_v3.SocketAddress | None
        dnat_address: config_core_v3.SocketAddress | None
        SPEC = """\
address One config_core_v3:SocketAddress
dnat_address One config_core_v3:SocketAddress"""

    ipv4_address: str
    ipv4_config: FixedServerPreferredAddressConfig.AddressFamilyConfig | None
    ipv6_address: str
    ipv6_config: FixedServerPreferredAddressConfig.AddressFamilyConfig | None
    SPEC = """\
ipv4_address Text
ipv4_config One extensions_quic_server_preferred_address_v3:FixedServerPreferredAddressConfig.AddressFamilyConfig
ipv6_address Text
ipv6_config One extensions_quic_server_preferred_address_v3:FixedServerPreferredAddressConfig.AddressFamilyConfig"""
