"""Evaluators: what scores a run. Importing this package is cheap; a name loads its family when it is used."""
# ruff: noqa: F401 - the imports below tell type checkers what __getattr__ hands out

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pytest_llmobs.errors import known, nearest

if TYPE_CHECKING:
    from pytest_llmobs.evaluators.base import (
        BoundEvaluator,
        NotApplicable,
        Subject,
        bind,
        bind_all,
        evaluator,
        find_score,
        identify,
    )
    from pytest_llmobs.evaluators.judge import Judge
    from pytest_llmobs.evaluators.text import (
        exact_match,
        forbidden_phrases,
        max_length,
        min_length,
        regex_match,
        required_keywords,
    )

_FAMILIES: Mapping[str, tuple[str, ...]] = {
    "text": (
        "required_keywords",
        "forbidden_phrases",
        "min_length",
        "max_length",
        "exact_match",
        "regex_match",
    ),
}
"""Ready-made evaluators by family: a module of this package, and the objects in it."""

_OTHERS: Mapping[str, tuple[str, ...]] = {
    "base": (
        "BoundEvaluator",
        "NotApplicable",
        "Subject",
        "bind",
        "bind_all",
        "evaluator",
        "find_score",
        "identify",
    ),
    "judge": ("Judge",),
}
"""What else is exported, by module."""

_MODULES = {
    name: module for table in (_FAMILIES, _OTHERS) for module, names in table.items() for name in names
}

__all__ = [  # noqa: PLE0604 - the tables are the list
    "builtin",
    *_MODULES,
]


def builtin() -> Mapping[str, Any]:
    """Return every ready-made evaluator by the name under which a marker may ask for it."""
    return {name: __getattr__(name) for names in _FAMILIES.values() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        hint = f"{nearest(name, _MODULES)} {known(_MODULES)}"
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}.{hint}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
