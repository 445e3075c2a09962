"""The changes that a mutation run makes: one operator, constant, branch or statement of a module at a time.

Each mutant is the module's source with one node changed. What cannot change an answer is left alone: docstrings,
annotations, text constants (they are what people read), ``__all__``, imports.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Add, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: where (1-based line), which kind, and the whole module as changed."""

    path: str
    line: int
    kind: str
    source: str
    shown: str  # the line as it was


class _Finder(ast.NodeVisitor):
    """The places of a module that can be changed, as (node, kind, variant)."""

    def __init__(self) -> None:
        self.places: list[tuple[ast.AST, str, int]] = []

    def visit_Compare(self, node: ast.Compare) -> None:
        for index, operator in enumerate(node.ops):
            if type(operator) in _COMPARISONS:
                self.places.append((node, "comparison", index))
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        self.places.append((node, "and-or", 0))
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self.places.append((node, "not", 0))
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        texts = (ast.JoinedStr, ast.Constant)
        of_text = any(
            isinstance(s, texts) and not isinstance(getattr(s, "value", ""), int)
            for s in (node.left, node.right)
        )
        if type(node.op) in _ARITHMETIC and not of_text:
            self.places.append((node, "arithmetic", 0))
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool | int) and not isinstance(node.value, str):
            self.places.append((node, "constant", 0))

    def visit_If(self, node: ast.If) -> None:
        self.places.append((node, "condition", 0))
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.places.append((node, "condition", 0))
        self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is not None and not isinstance(node.value, ast.Constant):
            self.places.append((node, "return", 0))
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Constant):
            return  # a docstring
        self.places.append((node, "statement", 0))
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.places.append((node, "statement", 0))
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for statement in node.body:  # not what decorates it: frozen and slots are not rules
            self.visit(statement)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for default in [*node.args.defaults, *[d for d in node.args.kw_defaults if d is not None]]:
            self.visit(default)
        for statement in node.body:
            self.visit(statement)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        return  # texts are what people read


def _changed(node: ast.AST, kind: str, variant: int) -> None:
    """Change a node in place."""
    match node:
        case ast.Compare():
            node.ops[variant] = _COMPARISONS[type(node.ops[variant])]()
        case ast.BoolOp():
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        case ast.BinOp():
            node.op = _ARITHMETIC[type(node.op)]()
        case ast.Constant():
            node.value = (not node.value) if isinstance(node.value, bool) else int(node.value) + 1
        case ast.If() | ast.IfExp():
            node.test = ast.UnaryOp(ast.Not(), node.test)
        case ast.Return():
            node.value = ast.Constant(None)
        case ast.UnaryOp():
            node.op = ast.UAdd()  # replaced below: "not x" becomes "bool(x)"
        case _:
            raise TypeError(kind)


class _Swap(ast.NodeTransformer):
    """Put another node in the place of one."""

    def __init__(self, target: ast.AST, other: ast.AST) -> None:
        self.target, self.other = target, other

    def visit(self, node: ast.AST) -> ast.AST:
        return self.other if node is self.target else self.generic_visit(node)


def mutants(path: str, source: str) -> Iterator[Mutant]:
    """All mutants of a module."""
    tree = ast.parse(source)
    lines = source.splitlines()
    finder = _Finder()
    for statement in tree.body:
        assigned = [t.id for t in getattr(statement, "targets", ()) if isinstance(t, ast.Name)]
        if not isinstance(statement, ast.Import | ast.ImportFrom) and "__all__" not in assigned:
            finder.visit(statement)
    count = len(finder.places)
    for index in range(count):
        changed = copy.deepcopy(tree)
        again = _Finder()
        for statement in changed.body:
            assigned = [t.id for t in getattr(statement, "targets", ()) if isinstance(t, ast.Name)]
            if not isinstance(statement, ast.Import | ast.ImportFrom) and "__all__" not in assigned:
                again.visit(statement)
        node, kind, variant = again.places[index]
        line = getattr(node, "lineno", 0)
        if kind == "statement":
            changed = _Swap(node, ast.copy_location(ast.Pass(), node)).visit(changed)
        elif isinstance(node, ast.UnaryOp):
            call = ast.Call(ast.Name("bool", ast.Load()), [node.operand], [])
            changed = _Swap(node, ast.copy_location(call, node)).visit(changed)
        else:
            _changed(node, kind, variant)
        text = ast.unparse(ast.fix_missing_locations(changed))
        yield Mutant(path, line, kind, text, lines[line - 1].strip() if line else "")
