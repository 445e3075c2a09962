"""Messages of cel.expr; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message


class CheckedExpr(Message):
    __slots__ = ()
    TYPE = "cel.expr.CheckedExpr"
    reference_map: dict[str, Reference]
    type_map: dict[str, Type]
    source_info: SourceInfo | None
    expr_version: str
    expr: Expr | None
    SPEC = """\
reference_map %One cel_expr:Reference
type_map %One cel_expr:Type
source_info One cel_expr:SourceInfo
expr_version Text
expr One cel_expr:Expr"""


class Constant(Message):
    __slots__ = ()
    TYPE = "cel.expr.Constant"
    null_value: typing.Literal["NULL_VALUE"]
    bool_value: bool
    int64_value: int
    uint64_value: int
    double_value: float
    string_value: str
    bytes_value: bytes
    duration_value: float | None
    timestamp_value: typing.Any
    constant_kind: (
        typing.Literal[
            "null_value",
            "bool_value",
            "int64_value",
            "uint64_value",
            "double_value",
            "string_value",
            "bytes_value",
            "duration_value",
            "timestamp_value",
        ]
        | None
    )
    SPEC = """\
null_value Choice NULL_VALUE=0
bool_value Flag
int64_value Int
uint64_value Int
double_value Number
string_value Text
bytes_value Bytes
duration_value Seconds
timestamp_value AnyValue
constant_kind OneOf null_value bool_value int64_value uint64_value double_value string_value bytes_value duration_value timestamp_value"""


class Decl(Message):
    __slots__ = ()
    TYPE = "cel.expr.Decl"

    class FunctionDecl(Message):
        __slots__ = ()
        TYPE = "cel.expr.Decl.FunctionDecl"

        class Overload(Message):
            __slots__ = ()
            TYPE = "cel.expr.Decl.FunctionDecl.Overload"
            overload_id: str
            params: tuple[Type, ...]
            type_params: tuple[str, ...]
            result_type: Type | None
            is_instance_function: bool
            doc: str
            SPEC = """\
overload_id Text
params *One cel_expr:Type
type_params *Text
result_type One cel_expr:Type
is_instance_function Flag
doc Text"""

        overloads: tuple[Decl.FunctionDecl.Overload, ...]
        doc: str
        SPEC = """\
overloads *One cel_expr:Decl.FunctionDecl.Overload
doc Text"""

    class IdentDecl(Message):
        __slots__ = ()
        TYPE = "cel.expr.Decl.IdentDecl"
        type: Type | None
        value: Constant | None
        doc: str
        SPEC = """\
type One cel_expr:Type
value One cel_expr:Constant
doc Text"""

    name: str
    ident: Decl.IdentDecl | None
    function: Decl.FunctionDecl | None
    decl_kind: typing.Literal["ident", "function"] | None
    SPEC = """\
name Text
ident One cel_expr:Decl.IdentDecl
function One cel_expr:Decl.FunctionDecl
decl_kind OneOf ident function"""


class Expr(Message):
    __slots__ = ()
    TYPE = "cel.expr.Expr"

    class Call(Message):
        __slots__ = ()
        TYPE = "cel.expr.Expr.Call"
        target: Expr | None
        function: str
        args: tuple[Expr, ...]
        SPEC = """\
target One cel_expr:Expr
function Text
args *One cel_expr:Expr"""

    class Comprehension(Message):
        __slots__ = ()
        TYPE = "cel.expr.Expr.Comprehension"
        iter_var: str
        iter_var2: str
        iter_range: Expr | None
        accu_var: str
        accu_init: Expr | None
        loop_condition: Expr | None
        loop_step: Expr | None
        result: Expr | None
        SPEC = """\
iter_var Text
iter_var2 Text
iter_range One cel_expr:Expr
accu_var Text
accu_init One cel_expr:Expr
loop_condition One cel_expr:Expr
loop_step One cel_expr:Expr
result One cel_expr:Expr"""

    class CreateList(Message):
        __slots__ = ()
        TYPE = "cel.expr.Expr.CreateList"
        elements: tuple[Expr, ...]
        optional_indices: tuple[int, ...]
        SPEC = """\
elements *One cel_expr:Expr
optional_indices *Int"""

    class CreateStruct(Message):
        __slots__ = ()
        TYPE = "cel.expr.Expr.CreateStruct"

        class Entry(Message):
            __slots__ = ()
            TYPE = "cel.expr.Expr.CreateStruct.Entry"
            id: int
            field_key: str
            map_key: Expr | None
            value: Expr | None
            optional_entry: bool
            key_kind: typing.Literal["field_key", "map_key"] | None
            SPEC = """\
id Int
field_key Text
map_key One cel_expr:Expr
value One cel_expr:Expr
optional_entry Flag
key_kind OneOf field_key map_key"""

        message_name: str
        entries: tuple[Expr.CreateStruct.Entry, ...]
        SPEC = """\
message_name Text
entries *One cel_expr:Expr.CreateStruct.Entry"""

    class Ident(Message):
        __slots__ = ()
        TYPE = "cel.expr.Expr.Ident"
        name: str
        SPEC = """\
name Text"""

    class Select(Message):
        __slots__ = ()
        TYPE = "cel.expr.Expr.Select"
        operand: Expr | None
        field: str
        test_only: bool
        SPEC = """\
operand One cel_expr:Expr
field Text
test_only Flag"""

    id: int
    const_expr: Constant | None
    ident_expr: Expr.Ident | None
    select_expr: Expr.Select | None
    call_expr: Expr.Call | None
    list_expr: Expr.CreateList | None
    struct_expr: Expr.CreateStruct | None
    comprehension_expr: Expr.Comprehension | None
    expr_kind: (
        typing.Literal[
            "const_expr",
            "ident_expr",
            "select_expr",
            "call_expr",
            "list_expr",
            "struct_expr",
            "comprehension_expr",
        ]
        | None
    )
    SPEC = """\
id Int
const_expr One cel_expr:Constant
ident_expr One cel_expr:Expr.Ident
select_expr One cel_expr:Expr.Select
call_expr One cel_expr:Expr.Call
list_expr One cel_expr:Expr.CreateList
struct_expr One cel_expr:Expr.CreateStruct
comprehension_expr One cel_expr:Expr.Comprehension
expr_kind OneOf const_expr ident_expr select_expr call_expr list_expr struct_expr comprehension_expr"""


class ParsedExpr(Message):
    __slots__ = ()
    TYPE = "cel.expr.ParsedExpr"
    expr: Expr | None
    source_info: SourceInfo | None
    SPEC = """\
expr One cel_expr:Expr
source_info One cel_expr:SourceInfo"""


class Reference(Message):
    __slots__ = ()
    TYPE = "cel.expr.Reference"
    name: str
    overload_id: tuple[str, ...]
    value: Constant | None
    SPEC = """\
name Text
overload_id *Text
value One cel_expr:Constant"""


class SourceInfo(Message):
    __slots__ = ()
    TYPE = "cel.expr.SourceInfo"

    class Extension(Message):
        __slots__ = ()
        TYPE = "cel.expr.SourceInfo.Extension"

        class Version(Message):
            __slots__ = ()
            TYPE = "cel.expr.SourceInfo.Extension.Version"
            major: int
            minor: int
            SPEC = """\
major Int
minor Int"""

        id: str
        affected_components: tuple[
            typing.Literal[
                "COMPONENT_UNSPECIFIED", "COMPONENT_PARSER", "COMPONENT_TYPE_CHECKER", "COMPONENT_RUNTIME"
            ],
            ...,
        ]
        version: SourceInfo.Extension.Version | None
        SPEC = """\
id Text
affected_components *Choice COMPONENT_UNSPECIFIED=0 COMPONENT_PARSER=1 COMPONENT_TYPE_CHECKER=2 COMPONENT_RUNTIME=3
version One cel_expr:SourceInfo.Extension.Version"""

    syntax_version: str
    location: str
    line_offsets: tuple[int, ...]
    positions: dict[str, int]
    macro_calls: dict[str, Expr]
    extensions: tuple[SourceInfo.Extension, ...]
    SPEC = """\
syntax_version Text
location Text
line_offsets *Int
positions %Int
macro_calls %One cel_expr:Expr
extensions *One cel_expr:SourceInfo.Extension"""


class Type(Message):
    __slots__ = ()
    TYPE = "cel.expr.Type"

    class AbstractType(Message):
        __slots__ = ()
        TYPE = "cel.expr.Type.AbstractType"
        name: str
        parameter_types: tuple[Type, ...]
        SPEC = """\
name Text
parameter_types *One cel_expr:Type"""

    class FunctionType(Message):
        __slots__ = ()
        TYPE = "cel.expr.Type.FunctionType"
        result_type: Type | None
        arg_types: tuple[Type, ...]
        SPEC = """\
result_type One cel_expr:Type
arg_types *One cel_expr:Type"""

    class ListType(Message):
        __slots__ = ()
        TYPE = "cel.expr.Type.ListType"
        elem_type: Type | None
        SPEC = """\
elem_type One cel_expr:Type"""

    class MapType(Message):
        __slots__ = ()
        TYPE = "cel.expr.Type.MapType"
        key_type: Type | None
        value_type: Type | None
        SPEC = """\
key_type One cel_expr:Type
value_type One cel_expr:Type"""

    dyn: typing.Any
    null: typing.Literal["NULL_VALUE"]
    primitive: typing.Literal[
        "PRIMITIVE_TYPE_UNSPECIFIED", "BOOL", "INT64", "UINT64", "DOUBLE", "STRING", "BYTES"
    ]
    wrapper: typing.Literal[
        "PRIMITIVE_TYPE_UNSPECIFIED", "BOOL", "INT64", "UINT64", "DOUBLE", "STRING", "BYTES"
    ]
    well_known: typing.Literal["WELL_KNOWN_TYPE_UNSPECIFIED", "ANY", "TIMESTAMP", "DURATION"]
    list_type: Type.ListType | None
    map_type: Type.MapType | None
    function: Type.FunctionType | None
    message_type: str
    type_param: str
    type: Type | None
    error: typing.Any
    abstract_type: Type.AbstractType | None
    type_kind: (
        typing.Literal[
            "dyn",
            "null",
            "primitive",
            "wrapper",
            "well_known",
            "list_type",
            "map_type",
            "function",
            "message_type",
            "type_param",
            "type",
            "error",
            "abstract_type",
        ]
        | None
    )
    SPEC = """\
dyn AnyValue
null Choice NULL_VALUE=0
primitive Choice PRIMITIVE_TYPE_UNSPECIFIED=0 BOOL=1 INT64=2 UINT64=3 DOUBLE=4 STRING=5 BYTES=6
wrapper Choice PRIMITIVE_TYPE_UNSPECIFIED=0 BOOL=1 INT64=2 UINT64=3 DOUBLE=4 STRING=5 BYTES=6
well_known Choice WELL_KNOWN_TYPE_UNSPECIFIED=0 ANY=1 TIMESTAMP=2 DURATION=3
list_type One cel_expr:Type.ListType
map_type One cel_expr:Type.MapType
function One cel_expr:Type.FunctionType
message_type Text
type_param Text
type One cel_expr:Type
error AnyValue
abstract_type One cel_expr:Type.AbstractType
type_kind OneOf dyn null primitive wrapper well_known list_type map_type function message_type type_param type error abstract_type"""
