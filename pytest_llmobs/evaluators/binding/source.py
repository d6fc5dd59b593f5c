"""The code behind a function or class, as JSON types: a syntax tree of what can change its result.

Comments, docstrings, type hints, layout and the names of locals and helpers are left out, and whatever the code names
at the top of its module (constants, functions, classes) is followed from one to the next. It reads source, not values,
so it is the same on every machine.
"""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
import types
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from pytest_llmobs.evaluators.binding.names import FunctionNode, Renaming, in_order_of_use, inside

_SILENT = frozenset({"annotation", "returns", "type_comment", "type_params", "kind", "ctx"})
"""Syntax that changes nothing a function returns."""

_BINDS: Mapping[type, tuple[str, ...]] = {
    ast.Name: ("id",),
    ast.FunctionDef: ("name",),
    ast.AsyncFunctionDef: ("name",),
    ast.ClassDef: ("name",),
    ast.ExceptHandler: ("name",),
}
"""Fields of nodes that hold a name which may be written otherwise."""
_AS_WRITTEN: Renaming = {}

_Names = Mapping[str, list[ast.stmt]]


_VERSIONED_AS = "__llmobs_versioned_as__"

Function = TypeVar("Function", bound=Callable[..., Any])


def versioned_as(text: str) -> Callable[[Function], Function]:
    """Have versions know a function of this package by ``text``, however its code is tidied up.

    A function that a judge or an evaluator is handed is known by its code. With ours that would move the baselines of
    all who use it whenever its layout changes; so it keeps the text by which they know it, until it does something
    else.

    Args:
        text: A module's source that defines a function of that name and what it leads to.
    """

    def mark(function: Function) -> Function:
        setattr(function, _VERSIONED_AS, text)
        return function

    return mark


def function_source(function: types.FunctionType) -> Any:
    """Return the tree of a function and of what it leads to, or its bytecode where no source is to be had."""
    frozen: str | None = getattr(function, _VERSIONED_AS, None)
    if frozen is not None:
        names = _top_level(frozen)
        return _frozen(names[function.__name__], names)
    nodes, text = _nodes_of(function)
    if not nodes:
        return _bytecode(function.__code__)
    free = {name: f"free {number}" for number, name in enumerate(closure_names(function))}
    return _with_references(nodes, _top_level(text), free)


def helper_source(function: types.FunctionType) -> Any:
    """Return ``function_source`` of a function that another one holds: what it is called there says nothing."""
    source = function_source(function)
    if isinstance(source[0], list):
        return [_nameless(source[0]), *source[1:]]
    return source


def _nameless(shape: list[Any]) -> list[Any]:
    """Return the shape of definitions without the names that they define."""
    definitions = []
    for definition in shape:
        definitions.append(
            [part for part in definition if not (isinstance(part, list) and part[0] == "name")]
        )
    return definitions


def closure_names(function: types.FunctionType) -> list[str]:
    """Return the names that a function takes from the function around it, in the order of its code."""
    names = function.__code__.co_freevars
    if not names:
        return []
    nodes, _ = _nodes_of(function)
    return in_order_of_use(names, nodes)


def _nodes_of(function: types.FunctionType) -> tuple[list[ast.AST], str]:
    """Return the definitions that may be a function's, and the source that they stand in."""
    text = "".join(linecache.getlines(function.__code__.co_filename, function.__globals__))
    return _definitions_of(function.__code__, text), text


def class_source(kind: type) -> Any:
    """Return the tree of a class and of what it leads to, or None where no source is to be had."""
    try:
        path = inspect.getsourcefile(kind)
    except (TypeError, OSError):
        return None
    if path is None:
        return None
    names = _top_level("".join(linecache.getlines(path)))
    top = kind.__qualname__.split(".")[0]
    if top in names:
        return _with_references(names[top], names)
    return None


# Cached by text, not by path: a notebook's cells and an edited file keep their names.
@functools.lru_cache(maxsize=64)
def _tree(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError:
        return ast.Module(body=[], type_ignores=[])


def _definitions_of(code: types.CodeType, text: str) -> list[ast.AST]:
    """Find a function by name and first line; the lambdas of one line are taken together."""
    nodes: list[ast.AST] = []
    for node in _around(_tree(text), code.co_firstlineno):
        if isinstance(node, ast.Lambda):
            name, first_line = "<lambda>", node.lineno
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            name, first_line = node.name, node.lineno
            if node.decorator_list:  # a code object begins at the first decorator, a node at `def`
                first_line = node.decorator_list[0].lineno
        else:
            continue
        if name == code.co_name and first_line == code.co_firstlineno:
            nodes.append(node)
    return nodes


def _around(tree: ast.AST, line: int) -> Iterator[ast.AST]:
    """Yield the nodes in which a line may lie, as ``ast.walk`` does: to walk a whole module takes 20 ms."""
    waiting: deque[ast.AST] = deque([tree])
    while waiting:
        node = waiting.popleft()
        yield node
        for child in ast.iter_child_nodes(node):
            first, last = getattr(child, "lineno", line), getattr(child, "end_lineno", line)
            for decorator in getattr(child, "decorator_list", ()):
                first = min(first, decorator.lineno)
            if first <= line <= last:
                waiting.append(child)


@functools.lru_cache(maxsize=64)
def _top_level(text: str) -> dict[str, list[ast.stmt]]:
    names: dict[str, list[ast.stmt]] = {}
    for node in _statements(_tree(text).body):
        for name in _bound(node):
            names.setdefault(name, []).append(node)
    return names


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try | ast.With):
            for part in ("body", "orelse", "finalbody"):
                yield from _statements(getattr(node, part, []))


def _bound(node: ast.stmt) -> Iterator[str]:
    targets: list[ast.expr] = []
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign):
        targets = [node.target]
    for target in targets:
        for part in ast.walk(target):
            if isinstance(part, ast.Name):
                yield part.id


def _with_references(
    nodes: list[ast.AST] | list[ast.stmt], names: _Names, renaming: Renaming = _AS_WRITTEN
) -> Any:
    """Return the code of ``nodes`` and of every top-level name they lead to, each by its place instead of its name."""
    helpers = _helpers(nodes, names)
    renaming = {**{name: f"helper {number}" for number, name in enumerate(helpers)}, **renaming}
    shapes = [[renaming[name], _shape(names[name], renaming)] for name in helpers]
    return [_shape(nodes, renaming), shapes]


def _frozen(nodes: list[ast.stmt], names: _Names) -> Any:
    """Return the same with all names as written: so it stands in users' baselines."""
    shapes = [
        [name, _shape(names[name], _AS_WRITTEN, keep_names=True)] for name in sorted(_helpers(nodes, names))
    ]
    return [_shape(nodes, _AS_WRITTEN, keep_names=True), shapes]


def _helpers(nodes: list[ast.AST] | list[ast.stmt], names: _Names) -> list[str]:
    """Return the top-level names that code leads to, from one to the next, in the order in which it does."""
    seen: dict[str, None] = {}
    waiting: list[ast.AST] = list(nodes)
    while waiting:
        for part in ast.walk(waiting.pop()):
            if isinstance(part, ast.Name) and part.id in names and part.id not in seen:
                seen[part.id] = None
                waiting.extend(names[part.id])
    return list(seen)


def _shape(node: Any, renaming: Renaming, *, keep_names: bool = False) -> Any:
    """Return a node as JSON types, and a list of nodes as the list of theirs."""
    if isinstance(node, list):
        return [_shape(item, renaming, keep_names=keep_names) for item in node]
    if not isinstance(node, ast.AST):
        return [type(node).__name__, repr(node)]
    shape: list[Any] = [type(node).__name__]
    within = renaming
    if isinstance(node, FunctionNode) and not keep_names:
        within = inside(node, renaming)
    for name in node._fields:
        part = getattr(node, name, None)
        if name == "body" and isinstance(part, list) and part and _is_docstring(part[0]):
            part = part[1:]
        # Names are bound by a string in some nodes (`def`, `except … as`), and by a node in others.
        if name in _BINDS.get(type(node), ()) and isinstance(part, str):
            part = renaming.get(part, part)
        # Empty fields come and go with Python's versions.
        if name not in _SILENT and part is not None and part != []:
            shape.append([name, _shape(part, within, keep_names=keep_names)])
    return shape


def _is_docstring(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _bytecode(code: types.CodeType) -> Any:
    """Stand in for missing source (``exec``, an interactive session); differs between Python's versions."""
    constants = []
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            constants.append(_bytecode(constant))
        else:
            constants.append(_stable(constant))
    return [code.co_code.hex(), constants, list(code.co_names), list(code.co_varnames)]


def _stable(constant: Any) -> str:
    # The order in a frozenset follows the process's hash seed.
    if isinstance(constant, frozenset):
        return repr(sorted(map(repr, constant)))
    return repr(constant)
