"""Messages of envoy.extensions.filters.http.credential_injector.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class CredentialInjector(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.credential_injector.v3.CredentialInjector"
    overwrite: bool
    allow_request_without_credential: bool
    credential: config_core_v3.TypedExtensionConfig | None
    SPEC = """\
overwrite Flag
allow_request_without_credential Flag
credential One config_core_v3:TypedExtensionConfig"""
