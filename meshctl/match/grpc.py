"""What counts as a gRPC request: one rule for routes, filters and local replies.

``content-type: application/grpc`` or ``application/grpc+…``, in this case and form only (application/grpc-web and
``application/grpc;…`` are none), on a request with a path. Follows source/common/grpc/common.cc
(hasGrpcContentType, isGrpcRequestHeaders).
"""

from __future__ import annotations

from meshctl.match.request_view import Headers

_GRPC = "application/grpc"


def has_grpc_content(headers: Headers) -> bool:
    kind = (headers.get("content-type") or [""])[0]
    return kind == _GRPC or kind.startswith(f"{_GRPC}+")


def is_grpc(headers: Headers) -> bool:
    return ":path" in headers and has_grpc_content(headers)
