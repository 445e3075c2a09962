"""Build meshctl/envoy/api: the typed read model, one module a proto package, from envoy.binpb.

The descriptor set says which messages, fields and enum values there are; ``LEGACY`` adds the spellings that older
Envoys printed and newer schemas no longer have, so that dumps of old proxies are read and not passed over.

    python tools/build_api.py            write the modules
    python tools/build_api.py --check    exit 1 when a committed module is out of date
"""

from __future__ import annotations

import argparse
import collections
import pathlib
import re
import subprocess
import sys
from collections.abc import Iterator

from google.protobuf import descriptor_pb2 as pb

from meshctl.envoy.message import attribute, module_name

ROOT = pathlib.Path(__file__).resolve().parents[1]
SCHEMA = ROOT / "meshctl" / "envoy" / "schema" / "envoy.binpb"
TARGET = ROOT / "meshctl" / "envoy" / "api"

# Packages whose messages the trace may read: configuration, not discovery services, admin answers or the v2 API.
WANTED = re.compile(
    r"envoy\.(config|extensions|type)\..*v3(alpha)?$|envoy\.(config\.cluster\.redis|tcp\.metadataexchange\.config)$"
    r"|xds\..*|udpa\.type\.v1|io\.istio\..*|istio\..*|stats|cel\.expr|google\.api\.expr\.v1alpha1"
)

# Fields that Envoy had, under the full name of today's message: name, type, message type, the oneof they were in.
_STRING, _MESSAGE, _ADDRESSES = pb.FieldDescriptorProto.TYPE_STRING, pb.FieldDescriptorProto.TYPE_MESSAGE, -1
_STRUCT = ".google.protobuf.Struct"
LEGACY: dict[str, list[tuple[str, int, str, str]]] = {
    "envoy.config.route.v3.RouteMatch": [("regex", _STRING, "", "path_specifier")],
    "envoy.config.route.v3.HeaderMatcher": [("regex_match", _STRING, "", "header_match_specifier")],
    "envoy.config.route.v3.QueryParameterMatcher": [
        ("value", _STRING, "", ""),
        ("regex", _MESSAGE, ".google.protobuf.BoolValue", ""),
    ],
    "envoy.config.route.v3.RouteAction": [
        ("host_rewrite", _STRING, "", "host_rewrite_specifier"),
        ("auto_host_rewrite_header", _STRING, "", "host_rewrite_specifier"),
    ],
    "envoy.config.route.v3.VirtualCluster": [("pattern", _STRING, "", ""), ("method", _STRING, "", "")],
    "envoy.type.matcher.v3.StringMatcher": [("regex", _STRING, "", "match_pattern")],
    "envoy.config.listener.v3.Filter": [("config", _MESSAGE, _STRUCT, "config_type")],
    "envoy.config.listener.v3.ListenerFilter": [("config", _MESSAGE, _STRUCT, "config_type")],
    "envoy.config.listener.v3.FilterChain": [
        ("tls_context", _MESSAGE, ".envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext", "")
    ],
    "envoy.config.core.v3.TransportSocket": [("config", _MESSAGE, _STRUCT, "config_type")],
    "envoy.config.cluster.v3.Cluster": [
        ("tls_context", _MESSAGE, ".envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", ""),
        ("hosts", _ADDRESSES, ".envoy.config.core.v3.Address", ""),
    ],
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter": [
        ("config", _MESSAGE, _STRUCT, "config_type")
    ],
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager": [
        ("idle_timeout", _MESSAGE, ".google.protobuf.Duration", "")
    ],
}

WRAPPERS = {
    "StringValue": "OptionalText", "BytesValue": "OptionalText", "BoolValue": "OptionalFlag",
    "UInt32Value": "OptionalInt", "Int32Value": "OptionalInt", "UInt64Value": "OptionalInt", "Int64Value": "OptionalInt",
    "DoubleValue": "OptionalNumber", "FloatValue": "OptionalNumber",
    "Duration": "Seconds", "Struct": "Plain", "Any": "PackedField",
    "Value": "AnyValue", "ListValue": "AnyValue", "Timestamp": "AnyValue", "Empty": "AnyValue", "FieldMask": "AnyValue",
}  # fmt: skip
SCALARS = {
    pb.FieldDescriptorProto.TYPE_STRING: "Text", pb.FieldDescriptorProto.TYPE_BYTES: "Bytes",
    pb.FieldDescriptorProto.TYPE_BOOL: "Flag",
    pb.FieldDescriptorProto.TYPE_DOUBLE: "Number", pb.FieldDescriptorProto.TYPE_FLOAT: "Number",
}  # fmt: skip
# What a repeated or mapped item of each kind is, for the annotation.
ITEMS = {
    "Text": "str", "Bytes": "bytes", "Flag": "bool", "Int": "int", "Number": "float", "OptionalText": "str",
    "OptionalFlag": "bool", "OptionalInt": "int", "OptionalNumber": "float", "Seconds": "float",
    "Plain": "Json", "AnyValue": "typing.Any", "PackedField": "Packed",
}  # fmt: skip


class Api:
    """The descriptor set, and how a field of it is written in Python."""

    def __init__(self) -> None:
        files = pb.FileDescriptorSet.FromString(SCHEMA.read_bytes()).file
        self.packages: dict[str, list[pb.DescriptorProto]] = collections.defaultdict(list)
        self.messages: dict[str, tuple[str, str, pb.DescriptorProto]] = {}
        self.enums: dict[str, pb.EnumDescriptorProto] = {}
        for file in files:
            for enum in file.enum_type:
                self.enums[f".{file.package}.{enum.name}"] = enum
            for message in file.message_type:
                self.packages[file.package].append(message)
                self._index(file.package, "", message)

    def _index(self, package: str, outer: str, message: pb.DescriptorProto) -> None:
        local = f"{outer}{message.name}"
        self.messages[f".{package}.{local}"] = (package, local, message)
        for enum in message.enum_type:
            self.enums[f".{package}.{local}.{enum.name}"] = enum
        for nested in message.nested_type:
            self._index(package, f"{local}.", nested)

    def module(self, package: str) -> str:
        """One module's text."""
        self.imports: set[str] = set()
        self.here = package
        body = "\n\n".join(
            self.message(package, "", m, "") for m in sorted(self.packages[package], key=lambda m: m.name)
        )
        used = [name for name in ("Message", "Packed") if re.search(rf"\b{name}\b", body)]
        lines = [
            f'"""Messages of {package}; made by tools/build_api.py, not by hand."""',
            "",
            "from __future__ import annotations",
            "",
        ]
        if self.imports or "typing." in body:
            lines += ["import typing", ""]
        lines += [f"from meshctl.envoy.message import {', '.join(used)}"]
        lines += ["from meshctl.plain import Json", ""] if re.search(r"\bJson\b", body) else [""]
        if self.imports:
            lines += [
                "if typing.TYPE_CHECKING:",
                f"    from meshctl.envoy.api import {', '.join(sorted(self.imports))}",
                "",
            ]
        return "\n".join(lines) + "\n\n" + body + "\n"

    def message(self, package: str, outer: str, message: pb.DescriptorProto, indent: str) -> str:
        local = f"{outer}{message.name}"
        inner = indent + "    "
        lines = [
            f"{indent}class {message.name}(Message):",
            f"{inner}__slots__ = ()",
            f'{inner}TYPE = "{package}.{local}"',
        ]
        for nested in sorted(message.nested_type, key=lambda m: m.name):
            if not nested.options.map_entry:
                lines += ["", self.message(package, f"{local}.", nested, inner), ""]
        fields = list(message.field)
        fields += self.legacy(f"{package}.{local}", message)
        oneofs: dict[int, list[str]] = collections.defaultdict(list)
        spec: list[str] = []
        for field in fields:
            kind, python = self.field(field)
            lines.append(f"{inner}{attribute(field.name)}: {python}")
            spec.append(f"{field.name} {kind}")
            if field.HasField("oneof_index") and not field.proto3_optional:
                oneofs[field.oneof_index].append(field.name)
        taken = {f.name for f in fields}
        for index, members in oneofs.items():
            name = message.oneof_decl[index].name
            name = f"{name}_set" if name in taken else name
            literals = ", ".join(f'"{m}"' for m in members)
            lines.append(f"{inner}{attribute(name)}: typing.Literal[{literals}] | None")
            spec.append(f"{name} OneOf {' '.join(members)}")
        if spec:
            lines += [f'{inner}SPEC = """\\', *spec[:-1], f'{spec[-1]}"""']
        return "\n".join(lines)

    def legacy(self, full_name: str, message: pb.DescriptorProto) -> Iterator[pb.FieldDescriptorProto]:
        """The fields of older Envoys that the schema lacks."""
        oneofs = [oneof.name for oneof in message.oneof_decl]
        for name, kind, type_name, oneof in LEGACY.get(full_name, ()):
            if any(f.name == name for f in message.field):
                continue
            repeated = kind == _ADDRESSES
            field = pb.FieldDescriptorProto(
                name=name,
                type=_MESSAGE if repeated else kind,
                type_name=type_name,
                label=3 if repeated else 1,
            )
            if oneof:
                field.oneof_index = oneofs.index(oneof)
            yield field

    def field(self, field: pb.FieldDescriptorProto) -> tuple[str, str]:
        """A field's line in SPEC (behind its name), and the Python type that reading it gives."""
        map_entry = self._map_entry(field)
        if map_entry is not None:
            kind, item = self.item(map_entry)
            return f"%{kind}", f"dict[str, {item}]"
        kind, item = self.item(field)
        if field.label == pb.FieldDescriptorProto.LABEL_REPEATED:
            return f"*{kind}", f"tuple[{item}, ...]"
        optional = kind.startswith(("One ", "Optional", "Seconds", "PackedField"))
        return kind, f"{item} | None" if optional else item

    def _map_entry(self, field: pb.FieldDescriptorProto) -> pb.FieldDescriptorProto | None:
        found = self.messages.get(field.type_name)
        if found is None or not found[2].options.map_entry:
            return None
        return next(f for f in found[2].field if f.name == "value")

    def item(self, field: pb.FieldDescriptorProto) -> tuple[str, str]:
        """The kind of one value and its argument, and its Python type."""
        if field.type == pb.FieldDescriptorProto.TYPE_ENUM:
            values = self.enums[field.type_name].value
            literals = ", ".join(f'"{v.name}"' for v in values)
            return f"Choice {' '.join(f'{v.name}={v.number}' for v in values)}", f"typing.Literal[{literals}]"
        if field.type != pb.FieldDescriptorProto.TYPE_MESSAGE:
            kind = SCALARS.get(field.type, "Int")
            return kind, ITEMS[kind]
        short = field.type_name.removeprefix(".google.protobuf.")
        if short in WRAPPERS:
            return WRAPPERS[short], ITEMS[WRAPPERS[short]]
        package, local, _ = self.messages[field.type_name]
        if not WANTED.fullmatch(package):
            return "AnyValue", "typing.Any"
        module = module_name(package)
        if package == self.here:
            return f"One {module}:{local}", local
        self.imports.add(module)
        return f"One {module}:{local}", f"{module}.{local}"


def build() -> dict[str, str]:
    """Every module's text by file name, formatted."""
    api = Api()
    modules = {
        "__init__.py": '"""Envoy\'s API as typed read models; made by tools/build_api.py from the schema."""\n'
    }
    modules["sensitive.py"] = _format(sensitive_fields())
    for package in sorted(p for p in api.packages if WANTED.fullmatch(p)):
        modules[f"{module_name(package)}.py"] = _format(api.module(package))
    return modules


def sensitive_fields() -> str:
    """The module that names the fields marked as sensitive, and what stands in each."""
    found: dict[str, str] = {}
    owners: dict[str, set[str]] = collections.defaultdict(set)
    marked: list[tuple[str, pb.FieldDescriptorProto, pb.DescriptorProto]] = []

    def walk(prefix: str, message: pb.DescriptorProto) -> None:
        name = f"{prefix}.{message.name}"
        for field in message.field:
            owners[field.type_name].add(field.name)
            if field.options.debug_redact:
                marked.append((name, field, message))
        for nested in message.nested_type:
            walk(name, nested)

    for file in pb.FileDescriptorSet.FromString(SCHEMA.read_bytes()).file:
        for message in file.message_type:
            walk(f".{file.package}", message)
    for owner, field, message in marked:
        if field.type_name == ".google.protobuf.Any":  # any type: known by the field that holds its owner
            found.update(dict.fromkeys(owners[owner], "MESSAGE"))
            continue
        entry = next((n for n in message.nested_type if field.type_name.endswith(f".{n.name}")), None)
        kind = entry.field[1].type_name if entry else field.type_name
        source = kind == ".envoy.config.core.v3.DataSource"
        found[field.name] = "SOURCE" if source else "MESSAGE" if kind or entry else "STRING"
    lines = "".join(f"{name!r}: {kind},\n" for name, kind in sorted(found.items()))
    return (
        '"""The fields that Envoy\'s API marks ``(udpa.annotations.sensitive)``; made by tools/build_api.py.\n\n'
        "STRING: the secret itself. SOURCE: a DataSource, a list or a map of them. MESSAGE: every string below it.\n"
        f'"""\n\nSTRING, SOURCE, MESSAGE = "string", "source", "message"\n\nFIELDS = {{\n{lines}}}\n'
    )


def _format(text: str) -> str:
    # In one process a module costs 30 ms to format; the modules are independent of each other.
    run = subprocess.run(
        [str(pathlib.Path(sys.executable).parent / "ruff"), "format", "--stdin-filename", "x.py", "-"],
        input=text, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return run.stdout


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    modules = build()
    stale = [
        n for n, text in modules.items() if not (TARGET / n).exists() or (TARGET / n).read_text() != text
    ]
    extra = [p.name for p in TARGET.glob("*.py") if p.name not in modules]
    if check:
        if stale or extra:
            print(f"out of date: {', '.join(sorted([*stale, *extra]))}; run make schema", file=sys.stderr)
        return bool(stale or extra)
    TARGET.mkdir(exist_ok=True)
    for name in stale:
        (TARGET / name).write_text(modules[name])
    for name in extra:
        (TARGET / name).unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
