"""Names that only their own code knows: locals, nested functions, helpers. Another name there is the same evaluator."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

Renaming = Mapping[str, str]
"""What each name is written as in a version: its place in the code instead."""

_BY_NAME = frozenset({"locals", "vars", "dir", "eval", "exec", "globals"})
"""Built-in functions through which code gets at its own names."""

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def inside(function: FunctionNode, around: Renaming) -> Renaming:
    """Return how names are written within a function.

    Its parameters keep theirs: whoever calls it may use them as keywords, and an evaluator's say what it gets.

    Args:
        function: The function.
        around: How they are written outside of it.
    """
    parameters = {argument.arg for argument in ast.walk(function.args) if isinstance(argument, ast.arg)}
    renaming = {name: written for name, written in around.items() if name not in parameters}
    if _looks_names_up(function):
        return renaming
    own = dict.fromkeys(_own_names(function))
    depth = _depth(around)
    for number, name in enumerate(own):
        if name not in parameters:
            renaming[name] = f"local {depth} {number}"
    return renaming


def _depth(around: Renaming) -> int:
    """Return how many functions with names of their own lie around."""
    depths = [0]
    for written in around.values():
        kind, *place = written.split()
        if kind == "local":
            depths.append(int(place[0]) + 1)
    return max(depths)


def _looks_names_up(function: FunctionNode) -> bool:
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id in _BY_NAME:
            return True
    return False


def _own_names(function: FunctionNode) -> Iterator[str]:
    """Yield the names that a function binds itself, in the order of its code."""
    body: list[ast.AST] = []
    if isinstance(function, ast.Lambda):
        body.append(function.body)
    else:
        body += function.body
    elsewhere = _declared_elsewhere(body)
    for statement in body:
        for name in _bound_by(statement):
            if name not in elsewhere:
                yield name


def _declared_elsewhere(body: Iterable[ast.AST]) -> set[str]:
    """Return what ``global`` and ``nonlocal`` say, also in functions within: rare, and better counted by name."""
    names: set[str] = set()
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Global | ast.Nonlocal):
                names.update(node.names)
    return names


def _bound_by(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
        return  # what it binds within is its own
    if isinstance(node, ast.Lambda):
        return
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    if isinstance(node, ast.ExceptHandler) and node.name:
        yield node.name
    for child in ast.iter_child_nodes(node):
        yield from _bound_by(child)


def in_order_of_use(names: Iterable[str], nodes: Iterable[ast.AST]) -> list[str]:
    """Return ``names`` as ``nodes`` come to use them, and those that they don't use by name, last."""
    wanted = set(names)
    used: dict[str, None] = {}
    for top in nodes:
        for node in ast.walk(top):
            if isinstance(node, ast.Name) and node.id in wanted:
                used[node.id] = None
    return [*used, *sorted(wanted - used.keys())]
