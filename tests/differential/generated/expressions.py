"""CEL conditions drawn: attributes of request and connection, every function that needs no ``cel_config``, values of every type, errors among them."""

from __future__ import annotations

from typing import Any

from tests.differential.generated.draw import METHODS, NAMES, NAMESPACES, VALUES, Draw, Json

_STRINGS = (
    "/a",
    "/b",
    "a.com",
    "http",
    "127.0.0.1",
    "10.",
    "203.",
    ":",
    "HTTP/1.1",
    "x=1",
    "",
    *METHODS[:4],
    *VALUES,
)
_OF_REQUEST = ("path", "url_path", "host", "scheme", "method", "referer", "useragent", "id", "query", "protocol", "size", "headers", "nothing")  # fmt: skip
_OF_PEER = ("address", "port", "nothing")
_OF_CONNECTION = ("mtls", "requested_server_name", "uri_san_peer_certificate", "dns_san_peer_certificate", "subject_peer_certificate", "tls_version",
                  "subject_local_certificate", "sha256_peer_certificate_digest", "id", "termination_details", "nothing")  # fmt: skip


def condition(draw: Draw) -> Json:
    """An expression that is a boolean, or would be if its parts were what they should."""
    return _boolean(draw, 3)


def _boolean(draw: Draw, depth: int) -> Json:
    kind = draw.one(("&&", "||", "!", "?", "leaf", "leaf", "leaf") if depth else ("leaf",))
    if kind in ("&&", "||"):
        return call(f"_{kind}_", _boolean(draw, depth - 1), _boolean(draw, depth - 1))
    if kind == "!":
        return call("!_", _boolean(draw, depth - 1))
    if kind == "?":
        return call("_?_:_", *(_boolean(draw, depth - 1) for _ in range(3)))
    return draw.one((_compared, _compared, _tested, _tested, _inside, _present, _value))(draw)


def _compared(draw: Draw) -> Json:
    return call(f"_{draw.one(('==', '==', '!=', '<', '<=', '>', '>='))}_", _value(draw), _value(draw))


def _tested(draw: Draw) -> Json:
    function = draw.one(("startsWith", "endsWith", "contains", "matches"))
    return call(function, constant(draw.one(_STRINGS)), target=_value(draw))


def _inside(draw: Draw) -> Json:
    if draw.maybe():
        return call("@in", constant(draw.one((*NAMES, "host", ":path"))), select(name("request"), "headers"))
    return call("@in", _value(draw), {"list_expr": {"elements": draw.several(lambda: _constant(draw), 0, 3)}})


def _present(draw: Draw) -> Json:
    """``has(…)``."""
    found = _attribute(draw)
    return {"select_expr": {**found["select_expr"], "test_only": True}} if "select_expr" in found else found


def _value(draw: Draw) -> Json:
    kind = draw.one(("attribute",) * 5 + ("constant", "size", "int"))
    if kind == "attribute":
        return _attribute(draw)
    if kind == "constant":
        return _constant(draw)
    return call(kind, _attribute(draw))


def _attribute(draw: Draw) -> Json:
    kind = draw.one(
        (
            "request",
            "request",
            "request",
            "header",
            "header",
            "source",
            "destination",
            "connection",
            "metadata",
        )
    )
    if kind == "header":
        return call(
            "_[_]",
            select(name("request"), "headers"),
            constant(draw.one((*NAMES, *NAMES, "host", ":path", "X-A"))),
        )
    if kind == "metadata":
        space = call("_[_]", select(name("metadata"), "filter_metadata"), constant(draw.one(NAMESPACES)))
        return call("_[_]", space, constant(draw.one(("k", "j"))))
    fields = {"request": _OF_REQUEST, "connection": _OF_CONNECTION}.get(kind, _OF_PEER)
    return select(name(kind), draw.one(fields))


def _constant(draw: Draw) -> Json:
    return constant(draw.one((*_STRINGS, *_STRINGS, 0, 1, 80, 1.5, True, False)))


# ---- the parts of google.api.expr.v1alpha1.Expr ----


def name(text: str) -> Json:
    return {"ident_expr": {"name": text}}


def select(operand: Json, field: str) -> Json:
    return {"select_expr": {"operand": operand, "field": field}}


def call(function: str, *args: Json, target: Json | None = None) -> Json:
    found: Json = {"function": function, "args": list(args)}
    return {"call_expr": found if target is None else {"target": target, **found}}


def constant(value: Any) -> Json:
    kind = {bool: "bool_value", int: "int64_value", float: "double_value"}.get(type(value), "string_value")
    return {"const_expr": {kind: str(value) if kind == "int64_value" else value}}
