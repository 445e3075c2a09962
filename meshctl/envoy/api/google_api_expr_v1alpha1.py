"""Messages of google.api.expr.v1alpha1; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message


class CheckedExpr(Message):
    __slots__ = ()
    TYPE = "google.api.expr.v1alpha1.CheckedExpr"
    reference_map: dict[str, Reference]
    type_map: dict[str, Type]
    source_info: SourceInfo | None
    expr_version: str
    expr: Expr | None
    SPEC = """\
reference_map %One google_api_expr_v1alpha1:Reference
type_map %One google_api_expr_v1alpha1:Type
source_info One google_api_expr_v1alpha1:SourceInfo
expr_version Text
expr One google_api_expr_v1alpha1:Expr"""


class Constant(Message):
    __slots__ = ()
    TYPE = "google.api.expr.v1alpha1.Constant"
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
    TYPE = "google.api.expr.v1alpha1.Decl"

    class FunctionDecl(Message):
        __slots__ = ()
        TYPE = "google.api.expr.v1alpha1.Decl.FunctionDecl"

        class Overload(Message):
            __slots__ = ()
            TYPE = "google.api.expr.v1alpha1.Decl.FunctionDecl.Overload"
            overload_id: str
            params: tuple[Type, ...]
            type_params: tuple[str, ...]
            result_type: Type | None
            is_instance_function: bool
            doc: str
            SPEC = """\
overload_id Text
params *One google_api_expr_v1alpha1:Type
type_params *Text
result_type One google_api_expr_v1alpha1:Type
is_instance_function Flag
doc Text"""

        overloads: tuple[Decl.FunctionDecl.Overload, ...]
        doc: str
        SPEC = """\
overloads *One google_api_expr_v1alpha1:Decl.FunctionDecl.Overload
doc Text"""

    class IdentDecl(Message):
        __slots__ = ()
        TYPE = "google.api.expr.v1alpha1.Decl.IdentDecl"
        type: Type | None
        value: Constant | None
        doc: str
        SPEC = """\
type One google_api_expr_v1alpha1:Type
value One google_api_expr_v1alpha1:Constant
doc Text"""

    name: str
    ident: Decl.IdentDecl | None
    function: Decl.FunctionDecl | None
    decl_kind: typing.Literal["ident", "function"] | None
    SPEC = """\
name Text
ident One google_api_expr_v1alpha1:Decl.IdentDecl
function One google_api_expr_v1alpha1:Decl.FunctionDecl
decl_kind OneOf ident function"""


class Expr(Message):
    __slots__ = ()
    TYPE = "google.api.expr.v1alpha1.Expr"

    class Call(Message):
        __slots__ = ()
        TYPE = "google.api.expr.v1alpha1.Expr.Call"
        target: Expr | None
        function: str
        args: tuple[Expr, ...]
        SPEC = """\
target One google_api_expr_v1alpha1:Expr
function Text
args *One google_api_expr_v1alpha1:Expr"""

    class Comprehension(Message):
        __slots__ = ()
        TYPE = "google.api.expr.v1alpha1.Expr.Comprehension"
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
iter_range One google_api_expr_v1alpha1:Expr
accu_var Text
accu_init One google_api_expr_v1alpha1:Expr
loop_condition One google_api_expr_v1alpha1:Expr
loop_step One google_api_expr_v1alpha1:Expr
result One google_api_expr_v1alpha1:Expr"""

    class CreateList(Message):
        __slots__ = ()
        TYPE = "google.api.expr.v1alpha1.Expr.CreateList"
        elements: tuple[Expr, ...]
        optional_indices: tuple[int, ...]
        SPEC = """\
elements *One google_api_expr_v1alpha1:Expr
optional_indices *Int"""

    class CreateStruct(Message):
        __slots__ = ()
        TYPE = "google.api.expr.v1alpha1.Expr.CreateStruct"

        class Entry(Message):
            __slots__ = ()
            TYPE = "google.api.expr.v1alpha1.Expr.CreateStruct.Entry"
            id: int
            field_key: str
            map_key: Expr | None
            value: Expr | None
            optional_entry: bool
            key_kind: typing.Literal["field_key", "map_key"] | None
            SPEC = """\
id Int
field_key Text
map_key One google_api_expr_v1alpha1:Expr
value One google_api_expr_v1alpha1:Expr
optional_entry Flag
key_kind OneOf field_key map_key"""

        message_name: str
        entries: tuple[Expr.CreateStruct.Entry, ...]
        SPEC = """\
message_name Text
entries *One google_api_expr_v1alpha1:Expr.CreateStruct.Entry"""

    class Ident(Message):
        __slots__ = ()
        TYPE = "google.api.expr.v1alpha1.Expr.Ident"
        name: str
        SPEC = """\
name Text"""

    class Select(Message):
        __slots__ = ()
        TYPE = "google.api.expr.v1alpha1.Expr.Select"
        operand: Expr | None
        field: str
        test_only: bool
        SPEC = """\
operand One google_api_expr_v1alpha1:Expr
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
const_expr One google_api_expr_v1alpha1:Constant
ident_expr One google_api_expr_v1alpha1:Expr.Ident
select_expr One google_api_expr_v1alpha1:Expr.Select
call_expr One google_api_expr_v1alpha1:Expr.Call
list_expr One google_api_expr_v1alpha1:Expr.CreateList
struct_expr One google_api_expr_v1alpha1:Expr.CreateStruct
comprehension_expr One google_api_expr_v1alpha1:Expr.Comprehension
expr_kind OneOf const_expr ident_expr select_expr call_expr list_expr struct_expr comprehension_expr"""


class ParsedExpr(Message):
    __slots__ = ()
    TYPE = "google.api.expr.v1alpha1.ParsedExpr"
    expr: Expr | None
    source_info: SourceInfo | None
    SPEC = """\
expr One google_api_expr_v1alpha1:Expr
source_info One google_api_expr_v1alpha1:SourceInfo"""


class Reference(Message):
    __slots__ = ()
    TYPE = "google.api.expr.v1alpha1.Reference"
    name: str
    overload_id: tuple[str, ...]
    value: Constant | None
    SPEC = """\
name Text
overload_id *Text
value One google_api_expr_v1alpha1:Constant"""


class SourceInfo(Message):
    __slots__ = ()
    TYPE = "google.api.expr.v1alpha1.SourceInfo"

    class Extension(Message):
        __slots__ = ()
        TYPE = "google.api.expr.v1alpha1.SourceInfo.Extension"

        class Version(Message):
            __slots__ = ()
            TYPE = "google.api.expr.v1alpha1.SourceInfo.Extension.Version"
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
version One google_api_expr_v1alpha1:SourceInfo.Extension.Version"""

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
macro_calls %One google_api_expr_v1alpha1:Expr
extensions *One google_api_expr_v1alpha1:SourceInfo.Extension"""


class SourcePosition(Message):
    __slots__ = ()
    TYPE = "google.api.expr.v1alpha1.SourcePosition"
    location: str
    offset: int
    line: int
    column: int
    SPEC = """\
location Text
offset Int
line Int
column Int"""


class Type(Message):
    __slots__ = ()
    TYPE = "google.api.expr.v1alpha1.Type"

    class AbstractType(Message):
        __slots__ = ()
        TYPE = "google.api.expr.v1alpha1.Type.AbstractType"
        name: str
        parameter_types: tuple[Type, ...]
        SPEC = """\
name Text
parameter_types *One google_api_expr_v1alpha1:Type"""

    class FunctionType(Message):
        __slots__ = ()
        TYPE = "google.api.expr.v1alpha1.Type.FunctionType"
        result_type: Type | None
        arg_types: tuple[Type, ...]
        SPEC = """\
result_type One google_api_expr_v1alpha1:Type
arg_types *One google_api_expr_v1alpha1:Type"""

    class ListType(Message):
        __slots__ = ()
        TYPE = "google.api.expr.v1alpha1.Type.ListType"
        elem_type: Type | None
        SPEC = """\
elem_type One google_api_expr_v1alpha1:Type"""

    class MapType(Message):
        __slots__ = ()
        TYPE = "google.api.expr.v1alpha1.Type.MapType"
        key_type: Type | None
        value_type: Type | None
        SPEC = """\
key_type One google_api_expr_v1alpha1:Type
value_type One google_api_expr_v1alpha1:Type"""

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
list_type One google_api_expr_v1alpha1:Type.ListType
map_type One google_api_expr_v1alpha1:Type.MapType
function One google_api_expr_v1alpha1:Type.FunctionType
message_type Text
type_param Text
type One google_api_expr_v1alpha1:Type
error AnyValue
abstract_type One google_api_expr_v1alpha1:Type.AbstractType
type_kind OneOf dyn null primitive wrapper well_known list_type map_type function message_type type_param type error abstract_type"""
