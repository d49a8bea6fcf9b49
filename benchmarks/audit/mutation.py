"""Makes mutants: copies of a source file with one small fault each, made on the syntax tree.

A mutant replaces an operator by a similar one (+ by -, < by <=, `and` by `or`, min by max), adds
one to a constant, turns a sum's `+=` into `=`, swaps two neighbours in a tuple, or removes a
statement. Docstrings, annotations, error messages and `raise` stay as they are: no test should
look at them. What means the same in any program is not changed either (`_without_effect`).
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
    """A source file with one fault.

    Attributes:
        path, line: where the fault is.
        before, after: the statement as it was, and what the fault made of it.
        source: the whole file with the fault.
        lines: of the statement, or of its head if it has a body.
        at_import: whether they run when the file is imported, as the defaults of arguments do.
    """

    path: str
    line: int
    before: str
    after: str
    source: str
    lines: range = range(0)
    at_import: bool = False

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.before}  ->  {self.after}"


def count(source: str) -> int:
    """The number of mutants that a file has."""
    return sum(len(_changes(node)) for node in _sites(ast.parse(source)))


def mutant(path: str, source: str, index: int) -> Mutant:
    """The mutant with the given index, below `count(source)`; they are in the order of the file."""
    tree = ast.parse(source)
    node, change = next(itertools.islice(((node, change) for node in _sites(tree) for change in _changes(node)), index, None))
    statement = _statements(tree)[node]
    # A change alters its node in place or returns another one, so it gets a copy.
    replacement = change(copy.deepcopy(node))
    before, after = _described(statement, node, replacement)
    _replace(tree, node, replacement)
    mutated = ast.unparse(ast.fix_missing_locations(tree))
    line, at_import = getattr(node, "lineno", 0), isinstance(statement, ast.FunctionDef)
    return Mutant(path, line, before, after, source=mutated, lines=_lines(statement), at_import=at_import)


def descriptions(source: str) -> Iterator[str]:
    """The descriptions "before  ->  after" of all mutants of a file, in order; faster than making
    the mutants.
    """
    tree = ast.parse(source)
    statements = _statements(tree)
    for node in _sites(tree):
        for change in _changes(node):
            yield "  ->  ".join(_described(statements[node], node, change(copy.deepcopy(node))))


def _described(statement: ast.stmt, node: ast.AST, replacement: ast.AST) -> tuple[str, str]:
    before = ast.unparse(statement).split("\n")[0]
    after = "(removed)" if isinstance(replacement, ast.Pass) else ast.unparse(ast.fix_missing_locations(replacement))
    return before if isinstance(node, ast.stmt) else f"{before}  [{ast.unparse(node)}]", after


def _sites(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes that are changed."""
    without_effect = set(_without_effect(tree))
    return (node for node in _nodes(tree) if node not in without_effect)


def _without_effect(tree: ast.AST) -> Iterator[ast.AST]:
    """Nodes whose change means the same.

    NumPy's `reshape` takes any negative length for -1. The order does not matter in a tuple of
    types, of axes, or of alternatives for `in`. `strict` of `zip` is a check, as `raise` is.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name == "reshape":
                yield from (each.operand for each in ast.walk(node) if isinstance(each, ast.UnaryOp) and _is_one(each.operand))
            if name in ("isinstance", "issubclass"):
                yield from _tuples(node.args[1])
        elif isinstance(node, ast.keyword) and node.arg == "axis":
            yield from _tuples(node.value)
        elif isinstance(node, ast.keyword) and node.arg == "strict":
            yield node.value
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
            yield from _tuples(node.comparators[0])


def _tuples(node: ast.AST) -> list[ast.AST]:
    return [node] if isinstance(node, ast.Tuple) else []


def _is_one(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value == 1


def _nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes that may be changed: those of all function bodies and defaults."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Raise | ast.Import | ast.ImportFrom | ast.JoinedStr):
            continue
        if isinstance(node, ast.FunctionDef):
            for default in [*node.args.defaults, *filter(None, node.args.kw_defaults)]:
                yield from _inside(default)
            for statement in node.body:
                yield from _inside(statement)
        elif isinstance(node, ast.ClassDef):
            yield from _nodes(node)


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
    """The possible changes of a node: functions that take a copy of the node and return what
    replaces it.
    """
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
    """The innermost statement that contains each node, or is that node."""
    found: dict[ast.AST, ast.stmt] = {}
    for node in ast.walk(tree):  # from the outermost nodes inwards
        for child in ast.iter_child_nodes(node):
            found[child] = child if isinstance(child, ast.stmt) else found[node]
    return found
