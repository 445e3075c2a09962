"""Messages of envoy.extensions.http.custom_response.redirect_policy.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, config_route_v3


class RedirectPolicy(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.http.custom_response.redirect_policy.v3.RedirectPolicy"
    uri: str
    redirect_action: config_route_v3.RedirectAction | None
    status_code: int | None
    response_headers_to_add: tuple[config_core_v3.HeaderValueOption, ...]
    request_headers_to_add: tuple[config_core_v3.HeaderValueOption, ...]
    modify_request_headers_action: config_core_v3.TypedExtensionConfig | None
    redirect_action_specifier: typing.Literal["uri", "redirect_action"] | None
    SPEC = """\
uri Text
redirect_action One config_route_v3:RedirectAction
status_code OptionalInt
response_headers_to_add *One config_core_v3:HeaderValueOption
request_headers_to_add *One config_core_v3:HeaderValueOption
modify_request_headers_action One config_core_v3:TypedExtensionConfig
redirect_action_specifier OneOf uri redirect_action"""
