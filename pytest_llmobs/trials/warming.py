"""What a target's first call would import while its clock runs, and can be imported before."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import sys
from collections.abc import Collection
from contextlib import suppress
from typing import Any


def warm_up(target: Any, modules: Collection[str]) -> None:
    """Load what the first model call of a target needs: its SDK and the prices.

    Args:
        target: The function.
        modules: The modules of SDKs by which they are instrumented.
    """
    import_ahead(target, [module.partition(".")[0] for module in modules])
    if any(module in sys.modules for module in modules):
        from pytest_llmobs.providers.prices import preload

        preload()


def import_ahead(function: Any, packages: Collection[str]) -> list[str]:
    """Import those of ``packages`` that the module of a target imports within its functions.

    What other modules import on its behalf isn't looked for, and no connection is opened: only the app knows to whom.

    Args:
        function: The target.
        packages: SDKs, whose import takes seconds and does nothing else.

    Returns:
        The packages that were imported.
    """
    wanted = [name for name in packages if name not in sys.modules]
    if not wanted:
        return []
    source = _source(function)
    imported: list[str] = []
    if not any(name in source for name in wanted):  # to read the whole of a module takes 20 ms
        return imported
    late = _late_imports(source)
    for name in wanted:
        if name in late:
            with suppress(Exception):  # the target's own import tells
                importlib.import_module(name)
                imported.append(name)
    return imported


def _source(function: Any) -> str:
    """Return the text of the module in which a target is written; empty where there is none."""
    while isinstance(function, functools.partial):
        function = function.func
    function = inspect.unwrap(function)
    try:
        module = sys.modules[getattr(function, "__module__", None) or type(function).__module__]
        return inspect.getsource(module)
    except (KeyError, OSError, TypeError):
        return ""


def _late_imports(source: str) -> set[str]:
    """Return the packages that the functions in a module's text import; what stands outside has been imported."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return set()
    packages: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for inner in ast.walk(node):
                packages |= _imported_by(inner)
    return packages


def _imported_by(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return {node.module.partition(".")[0]}
    return set()
