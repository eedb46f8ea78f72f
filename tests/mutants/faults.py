# SPDX-License-Identifier: MIT
"""The faults that are put into a module: what a slip of the pen would make of each expression and statement."""

import ast
import copy
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

# Comparisons: what is wrong at the border, and what is wrong everywhere else.
BORDER: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
}
CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}
LOOPS: dict[type[ast.stmt], type[ast.stmt]] = {ast.Break: ast.Continue, ast.Continue: ast.Break}
Swap = tuple[str, ast.AST]  # what the fault is called, and what stands there instead


class Mutant:
    """One fault. `line` is as the source has it, `change` says what becomes of it; together with the function they
    tell a mutant from others however the file around it moves, `nth` where they are the same twice."""

    def __init__(self, file: str, function: str, number: int, first: int, line: str, change: str) -> None:
        self.file, self.function, self.number, self.line, self.change = file, function, number, line, change
        self.first = first  # where its statement begins, which a test must run to see the fault; 0: every test does
        self.nth = 0
        self.put: Callable[[], None]
        self.take: Callable[[], None]

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        """What an entry of listed.toml names."""
        return self.file, self.function, self.line, self.change, self.nth

    @property
    def ident(self) -> str:
        """A short name, the same for as long as the line reads the same."""
        return sha256("\0".join(map(str, self.key)).encode()).hexdigest()[:10]


class Module:
    """A source and its mutants. One fault at a time is in the tree: code(mutant) puts it there and takes it out."""

    def __init__(self, file: str, source: str) -> None:
        self.file = file
        self._lines = source.splitlines()
        self._tree = ast.parse(source)
        self.mutants: list[Mutant] = []
        seen: dict[tuple[str, str, str], int] = {}
        self._walk(self._tree.body, "")
        for one in self.mutants:
            same = one.function, one.line, one.change
            one.nth = seen[same] = seen.get(same, -1) + 1

    def code(self, mutant: Mutant | None, path: str) -> object:
        """The module compiled with one fault, or as it is."""
        if mutant is None:
            return compile(self._tree, path, "exec")
        mutant.put()
        try:
            ast.fix_missing_locations(self._tree)
            return compile(self._tree, path, "exec")
        finally:
            mutant.take()

    def watched(self, path: str, seen: str) -> object:
        """The module compiled so that each statement of a function adds (file, line) to a set of this name."""
        tree = copy.deepcopy(self._tree)
        for node in ast.walk(tree):
            for field in ("body", "orelse", "finalbody"):
                body = getattr(node, field, None)
                if isinstance(body, list) and body and not isinstance(node, ast.Module | ast.ClassDef):
                    for at in range(len(body) - 1, -1, -1):
                        mark = ast.parse(f"{seen}.add(({self.file!r}, {body[at].lineno}))").body[0]
                        body.insert(at, mark)
        return compile(ast.fix_missing_locations(tree), path, "exec")

    # --- where faults may be

    def _walk(self, body: list[ast.stmt], function: str) -> None:
        for place, node in enumerate(body):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                if isinstance(node, ast.FunctionDef):
                    self._expressions(node.args, node, function)  # defaults
                self._walk(node.body, f"{function}.{node.name}".lstrip("."))
            elif not _left_out(node):
                if function and (isinstance(node, ast.Return) or not _is_class(function)):
                    self._statement(body, place, node, function)
                self._expressions(node, node, function)
                for inner in ("body", "orelse", "finalbody"):
                    self._walk(getattr(node, inner, []), function)
                for handler in getattr(node, "handlers", []):
                    self._handler(handler, function)

    def _handler(self, handler: ast.ExceptHandler, function: str) -> None:
        if not isinstance(handler.body[-1], ast.Raise):
            first = handler.body[0]  # whoever runs it has come here
            self._add(handler, "body", None, [ast.Raise()], first, function, "except: → raised again", handler)
        if isinstance(handler.type, ast.Tuple):
            for new in _without_one(handler.type):
                name = f"{ast.unparse(handler.type)} → {ast.unparse(new)}"
                self._add(handler, "type", None, new, handler.body[0], function, name, handler)
        self._walk(handler.body, function)

    def _statement(self, body: list[ast.stmt], place: int, node: ast.stmt, function: str) -> None:
        text = ast.unparse(node).split("\n")[0]
        if isinstance(node, ast.Expr | ast.Assign | ast.AugAssign | ast.Delete | ast.Raise):
            self._add(body, None, place, ast.Pass(), node, function, f"drop {text}")
        elif type(node) in LOOPS:
            other = LOOPS[type(node)]()
            self._add(body, None, place, other, node, function, f"{text} → {ast.unparse(other)}")
        elif isinstance(node, ast.Return) and node.value is not None:
            value = node.value
            if isinstance(value, ast.Compare | ast.BoolOp):
                new: ast.expr = ast.UnaryOp(ast.Not(), value)
            elif isinstance(value, ast.Constant) and value.value in (True, False, None):
                return
            else:
                new = ast.Constant(None)
            self._add(node, "value", None, new, node, function, f"{text} → return {ast.unparse(new)}")

    def _expressions(self, node: ast.AST, statement: ast.stmt, function: str, tested: bool = False) -> None:
        """All expressions of a statement, but those of statements within it. `tested`: this one decides a branch."""
        for field, value in ast.iter_fields(node):
            if field in ("annotation", "returns", "decorator_list", "body", "orelse", "finalbody", "handlers") and (
                isinstance(node, ast.stmt | ast.arg)
            ):
                continue
            if isinstance(node, ast.Raise) or isinstance(node, ast.JoinedStr):
                continue  # what is said in an error
            for place, child in enumerate(value) if isinstance(value, list) else ((None, value),):
                if isinstance(child, ast.AST):
                    for name, new in _swaps(node, field, child, tested):
                        self._add(node, field, place, new, statement, function, name, child)
                    test = field == "test" and isinstance(node, ast.If | ast.While | ast.IfExp)
                    self._expressions(child, statement, function, test)

    def _add(
        self,
        parent: object,
        field: str | None,
        place: int | None,
        new: object,
        statement: ast.AST,
        function: str,
        change: str,
        at: ast.AST | None = None,
    ) -> None:
        number = getattr(at, "lineno", getattr(statement, "lineno", 0))
        line = self._lines[number - 1].strip()
        first = getattr(statement, "lineno", 0) if function and not isinstance(statement, ast.FunctionDef) else 0
        mutant = Mutant(self.file, function, number, first, line, change)
        holder = parent if field is None else getattr(parent, field)
        old = holder if place is None else holder[place]  # type: ignore[index]

        def put(what: object) -> None:
            if place is None:
                setattr(parent, field or "", what)
            else:
                holder[place] = what  # type: ignore[index]

        mutant.put, mutant.take = lambda: put(new), lambda: put(old)
        self.mutants.append(mutant)


def _is_class(function: str) -> bool:
    return function.split(".")[-1][:1].isupper()


def _left_out(node: ast.stmt) -> bool:
    """What has no effect: docstrings, assertions, what stands there for types only."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return True
    typing = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "TYPE_CHECKING"
    return typing or isinstance(node, ast.Assert | ast.Import | ast.ImportFrom | ast.Pass)


def _swaps(parent: ast.AST, field: str, node: ast.AST, asked: bool) -> Iterator[Swap]:
    """What may stand in place of an expression, an operator or a name."""
    if isinstance(node, ast.expr):
        was = ast.unparse(node)
        within = ast.unparse(parent) if isinstance(node, ast.Constant) and isinstance(parent, ast.expr) else ""
        told = f" in {within}" if 0 < len(within) <= 40 else ""
        for new in _expression(parent, field, node):
            yield f"{was} → {ast.unparse(new)}{told}", new
        if field == "test" and isinstance(parent, ast.If | ast.While | ast.IfExp):
            for bound in (False,) if isinstance(parent, ast.While) else (True, False):
                yield f"if {was} → if {bound}", ast.Constant(bound)
        if field == "ifs":
            yield f"if {was} → if True", ast.Constant(True)
    elif isinstance(node, ast.cmpop | ast.operator) and isinstance(parent, ast.Compare | ast.BinOp | ast.AugAssign):
        tables: list[dict[Any, Any]] = [BORDER, OPPOSITE, ARITHMETIC]
        if type(node) in BORDER and asked:
            tables.remove(OPPOSITE)  # a test that always says yes, or no, is the worse fault
        if isinstance(parent, ast.BinOp) and isinstance(parent.left, ast.Constant | ast.JoinedStr):
            if isinstance(parent.left, ast.JoinedStr) or isinstance(parent.left.value, str):
                return  # a format
        was = ast.unparse(parent)
        for new in [table[type(node)]() for table in tables if type(node) in table]:
            yield f"{was} → {_sign(node)} becomes {_sign(new)}", new
    elif isinstance(node, ast.Slice):
        for end in ("lower", "upper"):
            if getattr(node, end) is not None:
                new_slice = ast.Slice(node.lower, node.upper, node.step)
                setattr(new_slice, end, None)
                yield f"[{ast.unparse(node)}] → [{ast.unparse(new_slice)}]", new_slice


def _sign(node: ast.AST) -> str:
    return type(node).__name__


def _expression(parent: ast.AST, field: str, node: ast.expr) -> Iterator[ast.expr]:
    asked = field == "test" and isinstance(parent, ast.If | ast.While | ast.IfExp)
    if isinstance(node, ast.Constant):
        value = None if asked else node.value
        if isinstance(value, bool):
            yield ast.Constant(not value)
        elif isinstance(value, int):
            yield ast.Constant(value + 1)
            if value == 1:
                yield ast.Constant(0)
        elif isinstance(value, bytes) and value:
            yield ast.Constant(bytes((value[0] ^ 1,)) + value[1:])
        elif isinstance(value, str) and value[:1] in "<>" and len(value) > 1:
            yield ast.Constant({"<": ">", ">": "<"}[value[0]] + value[1:])  # order of bytes
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values)
        for place in range(len(node.values)):
            rest = node.values[:place] + node.values[place + 1 :]
            yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert) and not asked:
        yield node.operand
    elif isinstance(node, ast.IfExp):
        yield node.body
        yield node.orelse
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
        yield ast.Call(ast.Name(CALLS[node.func.id], ast.Load()), node.args, node.keywords)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args:
        if node.func.attr == "pop":
            yield ast.Call(node.func, [ast.Constant(0)], [])
    elif isinstance(node, ast.Tuple) and len(node.elts) > 1 and all(isinstance(e, ast.Name) for e in node.elts):
        if isinstance(parent, ast.Assign) and field == "value" and str(getattr(node.elts[0], "id", ""))[:1].isupper():
            yield from _without_one(node)


def _without_one(node: ast.Tuple) -> Iterator[ast.Tuple]:
    for place in range(len(node.elts)):
        yield ast.Tuple(node.elts[:place] + node.elts[place + 1 :], ast.Load())
