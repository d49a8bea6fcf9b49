"""Mutants: copies of a source file with one small fault each, made on the syntax tree.

Operators change places with their neighbours (+ and -, < and <=, and and or, min and max), constants are moved by one, a sum's
`+=` becomes `=`, two neighbouring indices are swapped, a statement disappears. Docstrings, annotations, error messages and
`raise` are left alone: no test should look at them.
"""

from __future__ import annotations

import ast
import copy
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Add,
    ast.Pow: ast.Mult,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitXor: ast.BitOr,
}
COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
NAMES = {"min": "max", "max": "min", "zeros": "ones", "ones": "zeros"}


@dataclass(frozen=True)
class Mutant:
    """A file's source with one fault: where it is, what the line was, and what it became.

    `lines` are those of the statement (of its head, if it has a body).
    """

    path: str
    line: int
    before: str
    after: str
    source: str
    lines: range = range(0)

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.before}  ->  {self.after}"


def count(source: str) -> int:
    """How many mutants a file has."""
    return sum(len(_changes(node)) for node in _places(ast.parse(source)))


def mutant(path: str, source: str, number: int) -> Mutant:
    """The mutant of that number, below `count(source)`, in the order of the file."""
    tree = ast.parse(source)
    node, change = next(itertools.islice(((node, change) for node in _places(tree) for change in _changes(node)), number, None))
    statement = _statements(tree)[node]
    # A change alters its node in place or gives another one to stand there; what it alters is a copy.
    replacement = change(copy.deepcopy(node))
    before, after = _described(statement, node, replacement)
    _replace(tree, node, replacement)
    mutated = ast.unparse(ast.fix_missing_locations(tree))
    return Mutant(path, getattr(node, "lineno", 0), before, after, mutated, _lines(statement))


def descriptions(source: str) -> Iterator[str]:
    """What every mutant of a file is called, "before  ->  after", in their order: quicker than making them."""
    tree = ast.parse(source)
    statements = _statements(tree)
    for node in _places(tree):
        for change in _changes(node):
            yield "  ->  ".join(_described(statements[node], node, change(copy.deepcopy(node))))


def _described(statement: ast.stmt, node: ast.AST, replacement: ast.AST) -> tuple[str, str]:
    before = ast.unparse(statement).split("\n")[0]
    after = "(removed)" if isinstance(replacement, ast.Pass) else ast.unparse(ast.fix_missing_locations(replacement))
    return before if isinstance(node, ast.stmt) else f"{before}  [{ast.unparse(node)}]", after


def _places(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes of all function bodies and defaults that may be changed."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Raise | ast.Import | ast.ImportFrom | ast.JoinedStr):
            continue
        if isinstance(node, ast.FunctionDef):
            for default in [*node.args.defaults, *filter(None, node.args.kw_defaults)]:
                yield from _inside(default)
            for statement in node.body:
                yield from _inside(statement)
        elif isinstance(node, ast.ClassDef):
            yield from _places(node)


def _inside(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Raise | ast.JoinedStr | ast.FunctionDef | ast.Import | ast.ImportFrom):
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    yield node
    for field, child in ast.iter_fields(node):
        if field in ("annotation", "returns", "ctx"):
            continue
        for item in child if isinstance(child, list) else [child]:
            if isinstance(item, ast.AST):
                yield from _inside(item)


def _changes(node: ast.AST) -> list[Callable[[Any], ast.AST]]:
    """What may be done to a node: functions that take its twin in a copy of the tree and give what replaces it."""
    if isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in ARITHMETIC:
        changes: list[Callable[[Any], ast.AST]] = [lambda twin: _set(twin, op=ARITHMETIC[type(twin.op)]())]
        if isinstance(node, ast.AugAssign):
            changes += [_assignment, _removed]
        return changes
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
        return [lambda twin: _set(twin, ops=[COMPARISONS[type(twin.ops[0])](), *twin.ops[1:]])]
    if isinstance(node, ast.BoolOp):
        return [lambda twin: _set(twin, op=ast.Or() if isinstance(twin.op, ast.And) else ast.And())]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not):
        return [lambda twin: twin.operand]
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        return [lambda twin: _set(twin, value=not twin.value)]
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return [lambda twin: _set(twin, value=twin.value + 1)]
    if isinstance(node, ast.Tuple) and len(node.elts) > 1 and isinstance(node.ctx, ast.Load):
        neighbours = [at for at in range(len(node.elts) - 1) if ast.dump(node.elts[at]) != ast.dump(node.elts[at + 1])]
        return [lambda twin, at=at: _swapped(twin, at) for at in neighbours]  # type: ignore[misc]
    if isinstance(node, ast.Name) and node.id in NAMES:
        return [lambda twin: _set(twin, id=NAMES[twin.id])]
    stored = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript)
    if stored or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        return [_removed]
    return []


def _set(node: ast.AST, **fields: object) -> ast.AST:
    for name, value in fields.items():
        setattr(node, name, value)
    return node


def _removed(node: ast.AST) -> ast.AST:
    return ast.Pass()


def _assignment(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.AugAssign)
    return ast.Assign(targets=[node.target], value=node.value)


def _swapped(node: ast.AST, at: int) -> ast.AST:
    assert isinstance(node, ast.Tuple)
    node.elts[at], node.elts[at + 1] = node.elts[at + 1], node.elts[at]
    return node


def _replace(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    for parent in ast.walk(tree):
        for field, child in ast.iter_fields(parent):
            if child is old:
                setattr(parent, field, new)
                return
            if isinstance(child, list) and any(item is old for item in child):
                child[[item is old for item in child].index(True)] = new
                return


def _lines(statement: ast.stmt) -> range:
    body = getattr(statement, "body", [])
    last = max(statement.lineno, body[0].lineno - 1) if body else statement.end_lineno or statement.lineno
    return range(statement.lineno, last + 1)


def _statements(tree: ast.AST) -> dict[ast.AST, ast.stmt]:
    """The innermost statement that holds each node, or is it."""
    found: dict[ast.AST, ast.stmt] = {}
    for node in ast.walk(tree):  # from the outside inwards
        for child in ast.iter_child_nodes(node):
            found[child] = child if isinstance(child, ast.stmt) else found[node]
    return found
