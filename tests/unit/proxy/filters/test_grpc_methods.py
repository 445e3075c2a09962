"""The methods of a descriptor set, as protobuf itself writes one, and which of them a path means."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import descriptor_pb2 as pb

from meshctl.proxy.filters.http.grpc_methods import Methods, binding, fields, read


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def text(number: int, value: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(value)) + value


WIRE = [  # bytes, the fields
    (b"", []), (b"\x08\x01", [(1, 1)]), (b"\x08\xac\x02", [(1, 300)]), (b"\x12\x02ab\x18\x05", [(2, b"ab"), (3, 5)]), (b"\x0d1234\x10\x02", [(2, 2)]), (b"\x0912345678\x10\x02", [(2, 2)]),
    (b"\x0b\x10\x02", []), (b"\x10\x02\x0c", [(2, 2)]), (b"\x12\x00", [(2, b"")]),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "found"), WIRE)
def test_the_wire_format(raw: bytes, found: list[Any]) -> None:
    assert list(fields(raw)) == found


VERBS = {"get": 2, "put": 3, "post": 4, "delete": 5, "patch": 6}


def rule(verb: str, template: str, body: str = "", *more: bytes) -> bytes:
    own = (
        text(VERBS[verb], template.encode())
        if verb in VERBS
        else text(8, text(1, verb.encode()) + text(2, template.encode()))
    )
    return own + (text(7, body.encode()) if body else b"") + b"".join(text(11, one) for one in more)


def method(name: str, *rules: bytes) -> pb.MethodDescriptorProto:
    made = pb.MethodDescriptorProto(name=name, input_type=".shop.Order", output_type=".shop.Order")
    for one in rules:
        made.options.MergeFromString(text(72295728, one))
    return made


def a_field(name: str, kind: int, type_name: str = "", json: str = "") -> pb.FieldDescriptorProto:
    return pb.FieldDescriptorProto(name=name, number=1, type=kind, type_name=type_name, json_name=json)  # type: ignore[arg-type]


ITEM = pb.DescriptorProto(name="Item", field=[a_field("amount", 5)])
ORDER = pb.DescriptorProto(
    name="Order",
    field=[a_field("order_id", 9, json="orderId"), a_field("item", 11, ".shop.Order.Item")],
    nested_type=[ITEM],
)
SERVICE = pb.ServiceDescriptorProto(name="Orders", method=[
    method("Get", rule("get", "/orders/{order_id}", "", rule("get", "/o/{order_id=a/*}"))), method("All", rule("get", "/orders/**")), method("New", rule("get", "/orders/new")),
    method("Put", rule("put", "/orders/{order_id}", "*")), method("Move", rule("post", "/orders/{order_id}:move", "item")), method("Drop", rule("delete", "/orders/{order_id}")),
    method("Patch", rule("patch", "/orders/{order_id}")), method("Look", rule("HEAD", "/orders")), method("Bare"),
])  # fmt: skip
SET = pb.FileDescriptorSet(file=[
    pb.FileDescriptorProto(name="shop.proto", package="shop", message_type=[ORDER], service=[SERVICE, pb.ServiceDescriptorProto(name="Other", method=[method("X", rule("get", "/x"))])]),
    pb.FileDescriptorProto(name="bare.proto", message_type=[pb.DescriptorProto(name="Plain")], service=[pb.ServiceDescriptorProto(name="Bare", method=[method("Y", rule("get", "/y"))])]),
])  # fmt: skip


def methods(*services: str, auto: bool = False) -> Methods:
    return read(SET.SerializeToString(), list(services) or ["shop.Orders", "Bare"], auto)


FOUND = [  # a request, the method it means, its variables
    ("GET", "/orders/7", "Get", {"order_id": "7"}), ("GET", "/orders/new", "New", {}), ("GET", "/orders/7/items", "All", {}), ("GET", "/orders/a%20b", "Get", {"order_id": "a b"}), ("GET", "/o/a/7", "Get", {"order_id": "a/7"}),
    ("PUT", "/orders/7", "Put", {"order_id": "7"}), ("POST", "/orders/7:move", "Move", {"order_id": "7"}), ("DELETE", "/orders/7", "Drop", {"order_id": "7"}), ("PATCH", "/orders/7", "Patch", {"order_id": "7"}),
    ("HEAD", "/orders", "Look", {}), ("GET", "/orders", None, None), ("GET", "/o/b/7", None, None), ("GET", "/x", None, None), ("POST", "/orders/7", None, None), ("POST", "/shop.Orders/Bare", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("verb", "path", "name", "variables"), FOUND)
def test_the_method_of_a_request(
    verb: str, path: str, name: str | None, variables: dict[str, str] | None
) -> None:
    found = methods().find(verb, path)
    if name is None:
        assert found is None
        return
    assert found is not None
    assert (found[0].path, found[2]) == (f"/shop.Orders/{name}", variables)
    assert found[0].input_type == "shop.Order"


def test_a_method_without_a_rule_may_be_mapped_by_its_name() -> None:
    found = methods(auto=True).find("POST", "/shop.Orders/Bare")
    assert found is not None and (found[0].path, found[1].body) == ("/shop.Orders/Bare", "*")
    assert methods(auto=True).find("POST", "/shop.Orders/Get") is None


def test_bodies_and_services_without_a_package() -> None:
    moved, put, got = (
        methods().find(*asked)
        for asked in (("POST", "/orders/7:move"), ("PUT", "/orders/7"), ("GET", "/orders/7"))
    )
    assert moved and put and got and [one[1].body for one in (moved, put, got)] == ["item", "*", ""]
    plain = methods().find("GET", "/y")
    assert plain is not None and plain[0].path == "/Bare/Y"
    assert methods("shop.Other").find("GET", "/x") is not None
    assert methods("shop.Other").find("GET", "/orders/7") is None


FIELDS = [
    ("order_id", 9),
    ("orderId", 9),
    ("item", 11),
    ("item.amount", 5),
    ("item.none", None),
    ("order_id.x", None),
    ("none", None),
]


@pytest.mark.parametrize(("path", "kind"), FIELDS)
def test_the_type_of_a_field(path: str, kind: int | None) -> None:
    assert methods().field_type("shop.Order", path) == kind
    assert methods().field_type("Nothing", path) is None


@pytest.mark.parametrize(("template", "rank"), [
    ("/a/b", (0, 0)), ("/a/*", (0, 1)), ("/**", (2,)), ("/a/{x}", (0, 1)), ("/{x=a/*}/b", (0, 1, 0)), ("/{x=**}:go", (2,)), ("/a:go", (0,)),
])  # fmt: skip
def test_a_literal_goes_before_a_segment_before_the_rest(template: str, rank: tuple[int, ...]) -> None:
    assert binding("GET", template, "").rank == rank
