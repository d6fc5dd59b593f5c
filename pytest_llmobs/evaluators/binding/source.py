"""The code behind a function or class, as JSON types: a syntax tree of what can change its result.

Comments, docstrings, type hints and layout are left out, and whatever the code names at the top of its module
(constants, functions, classes) is followed from one to the next. It reads source, not values, so it is the
same on every machine.
"""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

_SILENT = frozenset({"annotation", "returns", "type_comment", "type_params", "kind", "ctx"})
"""Syntax that changes nothing a function returns."""

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
        return _with_references(names[function.__name__], names)
    text = "".join(linecache.getlines(function.__code__.co_filename, function.__globals__))
    nodes = _definitions_of(function.__code__, text)
    if nodes:
        return _with_references(nodes, _top_level(text))
    return _bytecode(function.__code__)


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
    for node in ast.walk(_tree(text)):
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


def _with_references(nodes: list[ast.AST] | list[ast.stmt], names: _Names) -> Any:
    """Return the code of ``nodes`` and of every top-level name they lead to."""
    seen: dict[str, Any] = {}
    waiting: list[ast.AST] = list(nodes)
    while waiting:
        for part in ast.walk(waiting.pop()):
            if isinstance(part, ast.Name) and part.id in names and part.id not in seen:
                seen[part.id] = _shape(names[part.id])
                waiting.extend(names[part.id])
    return [_shape(nodes), sorted(seen.items())]


def _shape(node: Any) -> Any:
    """Return a node as JSON types, and a list of nodes as the list of theirs."""
    if isinstance(node, list):
        return [_shape(item) for item in node]
    if not isinstance(node, ast.AST):
        return [type(node).__name__, repr(node)]
    shape: list[Any] = [type(node).__name__]
    for name in node._fields:
        part = getattr(node, name, None)
        if name == "body" and isinstance(part, list) and part and _is_docstring(part[0]):
            part = part[1:]
        # Empty fields come and go with Python's versions.
        if name not in _SILENT and part is not None and part != []:
            shape.append([name, _shape(part)])
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
