"""The changes that a mutation run makes: one operator, constant, branch or statement of a module at a time.

Each mutant is the module's source with one node changed. What cannot change an answer is left alone: docstrings,
annotations, text constants (they are what people read), ``__all__``, imports, decorators, ``zip``'s ``strict`` and
``dataclasses.field``'s ``repr``. A condition that is one comparison or one ``not`` is changed there, not once more as a
whole: both would be the same program.
"""

from __future__ import annotations

import ast
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

_OPPOSITES = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot, ast.In, ast.NotIn)
_NOT_RULES = ("strict", "repr")


def _negated_below(test: ast.expr) -> bool:
    """Whether another mutant is this condition's negation."""
    if isinstance(test, ast.Compare):
        return len(test.ops) == 1 and isinstance(test.ops[0], _OPPOSITES)
    return isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: where (1-based line) and which kind. ``changed`` makes the module's source of it."""

    path: str
    index: int  # the how-many-th place of the module
    line: int
    kind: str
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

    def visit_If(self, node: ast.If | ast.IfExp) -> None:
        if not _negated_below(node.test):
            self.places.append((node, "condition", 0))
        self.generic_visit(node)

    visit_IfExp = visit_If

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg not in _NOT_RULES:
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


def _change(node: ast.AST, kind: str, variant: int) -> None:
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
        case _:
            raise TypeError(kind)


class _Swap(ast.NodeTransformer):
    """Put another node in the place of one."""

    def __init__(self, target: ast.AST, other: ast.AST) -> None:
        self.target, self.other = target, other

    def visit(self, node: ast.AST) -> ast.AST:
        return self.other if node is self.target else self.generic_visit(node)


def _places(tree: ast.Module) -> list[tuple[ast.AST, str, int]]:
    finder = _Finder()
    for statement in tree.body:
        assigned = [t.id for t in getattr(statement, "targets", ()) if isinstance(t, ast.Name)]
        if not isinstance(statement, ast.Import | ast.ImportFrom) and "__all__" not in assigned:
            finder.visit(statement)
    return finder.places


def mutants(path: str, source: str) -> Iterator[Mutant]:
    """All mutants of a module."""
    lines = source.splitlines()
    for index, (node, kind, _) in enumerate(_places(ast.parse(source))):
        line = getattr(node, "lineno", 0)
        yield Mutant(path, index, line, kind, lines[line - 1].strip() if line else "")


def changed_tree(mutant: Mutant, source: str) -> ast.Module:
    """The module with the one change, each node at its old line."""
    tree = ast.parse(source)
    node, kind, variant = _places(tree)[mutant.index]
    if kind == "statement":
        _Swap(node, ast.copy_location(ast.Pass(), node)).visit(tree)
    elif isinstance(node, ast.UnaryOp):
        call = ast.Call(ast.Name("bool", ast.Load()), [node.operand], [])
        _Swap(node, ast.copy_location(call, node)).visit(tree)
    else:
        _change(node, kind, variant)
    return ast.fix_missing_locations(tree)


def changed(mutant: Mutant, source: str) -> str:
    """The module's source with the one change."""
    return ast.unparse(changed_tree(mutant, source))
