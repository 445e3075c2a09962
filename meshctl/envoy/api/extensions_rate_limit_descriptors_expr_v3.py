"""Messages of envoy.extensions.rate_limit_descriptors.expr.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import google_api_expr_v1alpha1


class Descriptor(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.rate_limit_descriptors.expr.v3.Descriptor"
    descriptor_key: str
    skip_if_error: bool
    text: str
    parsed: google_api_expr_v1alpha1.Expr | None
    expr_specifier: typing.Literal["text", "parsed"] | None
    SPEC = """\
descriptor_key Text
skip_if_error Flag
text Text
parsed One google_api_expr_v1alpha1:Expr
expr_specifier OneOf text parsed"""
