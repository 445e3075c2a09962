"""Messages of xds.type.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message
from meshctl.plain import Json

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import cel_expr, google_api_expr_v1alpha1


class CelExpression(Message):
    __slots__ = ()
    TYPE = "xds.type.v3.CelExpression"
    parsed_expr: google_api_expr_v1alpha1.ParsedExpr | None
    checked_expr: google_api_expr_v1alpha1.CheckedExpr | None
    cel_expr_parsed: cel_expr.ParsedExpr | None
    cel_expr_checked: cel_expr.CheckedExpr | None
    cel_expr_string: str
    expr_specifier: typing.Literal["parsed_expr", "checked_expr"] | None
    SPEC = """\
parsed_expr One google_api_expr_v1alpha1:ParsedExpr
checked_expr One google_api_expr_v1alpha1:CheckedExpr
cel_expr_parsed One cel_expr:ParsedExpr
cel_expr_checked One cel_expr:CheckedExpr
cel_expr_string Text
expr_specifier OneOf parsed_expr checked_expr"""


class CelExtractString(Message):
    __slots__ = ()
    TYPE = "xds.type.v3.CelExtractString"
    expr_extract: CelExpression | None
    default_value: str | None
    SPEC = """\
expr_extract One xds_type_v3:CelExpression
default_value OptionalText"""


class DoubleRange(Message):
    __slots__ = ()
    TYPE = "xds.type.v3.DoubleRange"
    start: float
    end: float
    SPEC = """\
start Number
end Number"""


class Int32Range(Message):
    __slots__ = ()
    TYPE = "xds.type.v3.Int32Range"
    start: int
    end: int
    SPEC = """\
start Int
end Int"""


class Int64Range(Message):
    __slots__ = ()
    TYPE = "xds.type.v3.Int64Range"
    start: int
    end: int
    SPEC = """\
start Int
end Int"""


class TypedStruct(Message):
    __slots__ = ()
    TYPE = "xds.type.v3.TypedStruct"
    type_url: str
    value: Json
    SPEC = """\
type_url Text
value Plain"""
