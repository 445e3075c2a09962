"""Messages of envoy.type.http.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message


class Cookie(Message):
    __slots__ = ()
    TYPE = "envoy.type.http.v3.Cookie"
    name: str
    ttl: float | None
    path: str
    attributes: tuple[CookieAttribute, ...]
    SPEC = """\
name Text
ttl Seconds
path Text
attributes *One type_http_v3:CookieAttribute"""


class CookieAttribute(Message):
    __slots__ = ()
    TYPE = "envoy.type.http.v3.CookieAttribute"
    name: str
    value: str
    SPEC = """\
name Text
value Text"""


class PathTransformation(Message):
    __slots__ = ()
    TYPE = "envoy.type.http.v3.PathTransformation"

    class Operation(Message):
        __slots__ = ()
        TYPE = "envoy.type.http.v3.PathTransformation.Operation"

        class MergeSlashes(Message):
            __slots__ = ()
            TYPE = "envoy.type.http.v3.PathTransformation.Operation.MergeSlashes"

        class NormalizePathRFC3986(Message):
            __slots__ = ()
            TYPE = "envoy.type.http.v3.PathTransformation.Operation.NormalizePathRFC3986"

        normalize_path_rfc_3986: PathTransformation.Operation.NormalizePathRFC3986 | None
        merge_slashes: PathTransformation.Operation.MergeSlashes | None
        operation_specifier: typing.Literal["normalize_path_rfc_3986", "merge_slashes"] | None
        SPEC = """\
normalize_path_rfc_3986 One type_http_v3:PathTransformation.Operation.NormalizePathRFC3986
merge_slashes One type_http_v3:PathTransformation.Operation.MergeSlashes
operation_specifier OneOf normalize_path_rfc_3986 merge_slashes"""

    operations: tuple[PathTransformation.Operation, ...]
    SPEC = """\
operations *One type_http_v3:PathTransformation.Operation"""
