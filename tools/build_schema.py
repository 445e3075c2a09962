"""Build meshctl/envoy/schema/envoy.binpb: Envoy's whole API as one FileDescriptorSet, plus the supplement.

The source of the schema is the development dependency envoy-data-plane, whose dataclasses carry every
field's number, type, oneof and declaration order. What it lacks (TypedStruct, some xDS matchers, Istio's own
filters) stands as .proto files in meshctl/envoy/schema/supplement and is compiled by protoc (grpcio-tools).

    python tools/build_schema.py            write the file
    python tools/build_schema.py --check    exit 1 when the committed file is out of date
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import graphlib
import importlib
import pathlib
import pkgutil
import sys
import tempfile
from typing import Any

from google.protobuf import descriptor_pb2 as pb

SCHEMA = pathlib.Path(__file__).resolve().parents[1] / "meshctl" / "envoy" / "schema"
TARGET = SCHEMA / "envoy.binpb"
SUPPLEMENT = SCHEMA / "supplement"
SENSITIVE = SUPPLEMENT / "sensitive.txt"
WELL_KNOWN = ("any", "duration", "empty", "field_mask", "struct", "timestamp", "wrappers")
# Option messages of the API's own build; no dump ever holds one.
SKIPPED_PACKAGES = ("google.protobuf", "validate", "udpa.annotations", "xds.annotations")


class EnvoyDataPlane:
    """Reads the dataclasses of envoy-data-plane back into descriptors, one file a package."""

    def __init__(self) -> None:
        package = importlib.import_module("envoy_data_plane")
        for module in pkgutil.walk_packages(package.__path__, "envoy_data_plane."):
            importlib.import_module(module.name)
        pool = importlib.import_module("envoy_data_plane.message_pool").default_message_pool
        self.full_name: dict[type, str] = {cls: url.split("/", 1)[1] for url, cls in pool.url_to_type.items()}
        self.flat_to_full = {(self.package(cls), cls.__name__): name for cls, name in self.full_name.items()}
        self.messages: dict[str, tuple[str, pb.DescriptorProto]] = {}
        self.enums: dict[str, tuple[str, pb.EnumDescriptorProto]] = {}
        self.uses: dict[str, set[str]] = collections.defaultdict(set)

    @staticmethod
    def package(cls: type) -> str:
        """The proto package; a Python keyword in it carries an underscore in the module's name."""
        return cls.__module__.removeprefix("envoy_data_plane.").replace(".from_", ".from")

    def enum_name(self, enum: Any) -> str:
        """The full name of an enum, whose class name is flattened (``Cluster.LbPolicy`` is ``ClusterLbPolicy``)."""
        package, flat = self.package(enum), enum.__name__
        for cut in range(len(flat) - 1, 0, -1):
            owner = self.flat_to_full.get((package, flat[:cut]))
            if owner and flat[cut].isupper():
                return f"{owner}.{flat[cut:]}"
        return f"{package}.{flat}"

    def add_enum(self, enum: Any) -> str:
        name = self.enum_name(enum)
        if name in self.enums:
            return name
        descriptor = pb.EnumDescriptorProto(name=name.rsplit(".", 1)[1])
        renamed = enum.betterproto_value_to_renamed_proto_names()
        values = sorted(((renamed.get(m.value, m.name), m.value) for m in enum), key=lambda v: v[1] != 0)
        for value_name, number in values:
            descriptor.value.add(name=value_name, number=number)
        for alias, member in enum.__members__.items():
            if alias != member.name:
                descriptor.value.add(name=alias, number=member.value)
                descriptor.options.allow_alias = True
        self.enums[name] = (self.package(enum), descriptor)
        return name

    def set_type(self, field: pb.FieldDescriptorProto, meta: Any, cls: Any, package: str) -> None:
        kind = "message" if meta.proto_type == "map" else meta.proto_type
        field.type = getattr(pb.FieldDescriptorProto, f"TYPE_{kind.upper()}")
        if meta.proto_type == "message":
            target = meta.unwrap() if meta.unwrap else cls
            field.type_name = "." + self.full_name[target]
            self.uses[package].add(self.package(target))
        elif meta.proto_type == "enum":
            field.type_name = "." + self.add_enum(cls)
            self.uses[package].add(self.package(cls))

    def add_message(self, cls: Any, name: str) -> None:
        package = self.package(cls)
        descriptor = pb.DescriptorProto(name=name.rsplit(".", 1)[1])
        oneofs: dict[str, int] = {}
        types = cls._betterproto.cls_by_field
        for data_field in dataclasses.fields(cls):
            meta = data_field.metadata["betterproto"]
            field_name = data_field.name.removesuffix("_")
            field = descriptor.field.add(name=field_name, number=meta.number)
            many = meta.repeated or meta.proto_type == "map"
            field.label = field.LABEL_REPEATED if many else field.LABEL_OPTIONAL
            if meta.proto_type == "map":
                self.add_map_entry(descriptor, field, meta, types, data_field.name, name, package)
                continue
            self.set_type(field, meta, types[data_field.name], package)
            if meta.group:
                if meta.group not in oneofs:
                    oneofs[meta.group] = len(descriptor.oneof_decl)
                    descriptor.oneof_decl.add(name=meta.group)
                field.oneof_index = oneofs[meta.group]
            elif meta.optional and meta.proto_type != "message":
                field.proto3_optional = True
        for field in descriptor.field:  # synthetic oneofs stand after the real ones
            if field.proto3_optional:
                field.oneof_index = len(descriptor.oneof_decl)
                descriptor.oneof_decl.add(name="_" + field.name)
        self.messages[name] = (package, descriptor)

    def add_map_entry(
        self,
        descriptor: pb.DescriptorProto,
        field: pb.FieldDescriptorProto,
        meta: Any,
        types: dict[str, Any],
        key: str,
        owner: str,
        package: str,
    ) -> None:
        entry_name = "".join(part[:1].upper() + part[1:] for part in field.name.split("_")) + "Entry"
        entry = descriptor.nested_type.add(name=entry_name)
        entry.options.map_entry = True
        key_field = entry.field.add(name="key", number=1, label=pb.FieldDescriptorProto.LABEL_OPTIONAL)
        key_field.type = getattr(pb.FieldDescriptorProto, f"TYPE_{meta.map_meta[0].proto_type.upper()}")
        value = entry.field.add(name="value", number=2, label=pb.FieldDescriptorProto.LABEL_OPTIONAL)
        self.set_type(value, meta.map_meta[1], types[key + ".value"], package)
        field.type = pb.FieldDescriptorProto.TYPE_MESSAGE
        field.type_name = f".{owner}.{entry_name}"

    def files(self) -> list[pb.FileDescriptorProto]:
        """The files in dependency order; packages of the Envoy API never depend on each other in a circle."""
        for cls, name in self.full_name.items():
            if not self.package(cls).startswith(SKIPPED_PACKAGES):
                self.add_message(cls, name)
        packages = {p for p, _ in self.messages.values()} | {p for p, _ in self.enums.values()}
        graph = {p: {q for q in self.uses[p] if q != p} for p in packages}
        order = graphlib.TopologicalSorter({p: sorted(graph[p]) for p in sorted(graph)}).static_order()
        return [self.file(p, graph[p]) for p in order if not p.startswith(SKIPPED_PACKAGES)]

    def file(self, package: str, uses: set[str]) -> pb.FileDescriptorProto:
        file = pb.FileDescriptorProto(name=f"edp/{package}.proto", package=package, syntax="proto3")
        file.dependency.extend(f"edp/{q}.proto" for q in sorted(uses) if q != "google.protobuf")
        if "google.protobuf" in uses:
            file.dependency.extend(f"google/protobuf/{name}.proto" for name in WELL_KNOWN)
        placed: dict[str, pb.DescriptorProto] = {}
        own = sorted(
            (n for n, (p, _) in self.messages.items() if p == package), key=lambda n: (n.count("."), n)
        )
        for name in own:
            owner = name.rsplit(".", 1)[0]
            siblings = file.message_type if owner == package else placed[owner].nested_type
            placed[name] = siblings.add()
            placed[name].CopyFrom(self.messages[name][1])
        for name, (enum_package, descriptor) in sorted(self.enums.items()):
            if enum_package == package:
                owner = name.rsplit(".", 1)[0]
                (file.enum_type if owner == package else placed[owner].enum_type).add().CopyFrom(descriptor)
        return file


def supplement(api: list[pb.FileDescriptorProto]) -> list[pb.FileDescriptorProto]:
    """Compile the supplement. protoc sees the API's files as stubs (names without fields): it needs no more."""
    from grpc_tools import protoc

    by_name = {file.name: file for file in api}
    sources = sorted(SUPPLEMENT.glob("*.proto"))
    with tempfile.TemporaryDirectory() as folder:
        stubs = pathlib.Path(folder)
        for source in sources:
            for line in source.read_text().splitlines():
                name = line.removeprefix('import "').removesuffix('";')
                if line.startswith('import "edp/'):
                    (stubs / name).parent.mkdir(exist_ok=True)
                    (stubs / name).write_text(stub(by_name[name]))
        out = stubs / "out.binpb"
        include = pathlib.Path(protoc.__file__).parent / "_proto"
        status = protoc.main(
            ["protoc", f"-I{SUPPLEMENT}", f"-I{stubs}", f"-I{include}", f"-o{out}", *map(str, sources)]
        )
        if status:
            sys.exit("protoc refused the supplement")
        compiled = pb.FileDescriptorSet.FromString(out.read_bytes()).file
    for file in compiled:
        for message in file.message_type:
            clear_json_names(message)
        if "google/protobuf" not in file.name:
            file.name = f"supplement/{file.name}"
            dependencies = [
                d if d.startswith(("edp/", "google/")) else f"supplement/{d}" for d in file.dependency
            ]
            del file.dependency[:]
            file.dependency.extend(dependencies)
    return order_files(list(compiled))


def order_files(files: list[pb.FileDescriptorProto]) -> list[pb.FileDescriptorProto]:
    """The supplement's files so that each stands after those it imports."""
    by_name = {file.name: file for file in files}
    graph = {
        name: sorted(d for d in file.dependency if d in by_name) for name, file in sorted(by_name.items())
    }
    return [by_name[name] for name in graphlib.TopologicalSorter(graph).static_order()]


def clear_json_names(message: pb.DescriptorProto) -> None:
    """protobuf derives them by the same rule; leaving them out keeps the file small."""
    for field in message.field:
        field.ClearField("json_name")
    for nested in message.nested_type:
        clear_json_names(nested)


def stub(file: pb.FileDescriptorProto) -> str:
    def message(descriptor: pb.DescriptorProto) -> str:
        return f"message {descriptor.name} {{ {' '.join(map(message, descriptor.nested_type))} }}"

    return f'syntax = "proto3";\npackage {file.package};\n' + "\n".join(map(message, file.message_type))


def mark_sensitive(files: list[pb.FileDescriptorProto]) -> None:
    """Set ``debug_redact`` on every field that the API annotates as sensitive; all of them must be there."""
    wanted = {line for line in SENSITIVE.read_text().splitlines() if not line.startswith("#")}

    def walk(prefix: str, message: pb.DescriptorProto) -> None:
        for field in message.field:
            if f"{prefix}.{message.name}.{field.name}" in wanted:
                wanted.remove(f"{prefix}.{message.name}.{field.name}")
                field.options.debug_redact = True
        for nested in message.nested_type:
            walk(f"{prefix}.{message.name}", nested)

    for file in files:
        for message in file.message_type:
            walk(file.package, message)
    if wanted:
        sys.exit(f"sensitive fields that the schema lacks: {', '.join(sorted(wanted))}")


def build() -> bytes:
    """The whole set, serialised deterministically: the same dependencies give the same bytes."""
    result = pb.FileDescriptorSet()
    for name in WELL_KNOWN:
        module = importlib.import_module(f"google.protobuf.{name}_pb2")
        known = result.file.add()
        module.DESCRIPTOR.CopyToProto(known)
        known.ClearField("options")
    api = EnvoyDataPlane().files()
    result.file.extend(api)
    result.file.extend(supplement(api))
    mark_sensitive(list(result.file))
    return result.SerializeToString(deterministic=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the descriptor set of Envoy's API.")
    parser.add_argument(
        "--check", action="store_true", help="compare with the committed file instead of writing"
    )
    data = build()
    if parser.parse_args().check:
        sys.exit(0 if TARGET.read_bytes() == data else f"{TARGET.name} is out of date: run `make schema`")
    TARGET.write_bytes(data)
    print(f"wrote {TARGET.relative_to(SCHEMA.parents[2])}: {len(data):,} bytes")


if __name__ == "__main__":
    main()
