"""What this package hands out, and where each name lives: read from the imports in ``__init__``, which are the list.

Type checkers know a name from an import statement and from nothing else, so the statements have to be there. A table
beside them, or names declared in each family, would be a second list; and a family that had to be imported to say
what it holds would make every session load all of them. So the statements are read as text, once (0.4 ms), and each is
done when its name is used.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any


class LazyNames(Mapping[str, Any]):
    """Objects by name; each is imported when it is asked for."""

    def __init__(self, modules: Mapping[str, str]) -> None:
        """Hand out the names of ``modules``, which says where each lives."""
        self.modules = modules

    def __getitem__(self, name: str) -> Any:
        return getattr(import_module(self.modules[name]), name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.modules)

    def __len__(self) -> int:
        return len(self.modules)

    def __contains__(self, name: object) -> bool:
        # Mapping's own way would import the object to see whether it is there.
        return name in self.modules


def _imports_under_type_checking() -> list[dict[str, str]]:
    """Return for each block of ``if TYPE_CHECKING`` in ``__init__`` the module of every name that it imports."""
    source = Path(__file__).with_name("__init__.py").read_text(encoding="utf-8")
    blocks = []
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.If) and ast.unparse(statement.test) == "TYPE_CHECKING":
            blocks.append(_modules_of(statement.body))
    return blocks


def _modules_of(statements: list[ast.stmt]) -> dict[str, str]:
    modules = {}
    for statement in statements:
        if isinstance(statement, ast.ImportFrom) and statement.module is not None:
            for name in statement.names:
                modules[name.name] = statement.module
    return modules


_run_evaluators, _suite_evaluators, _others = _imports_under_type_checking()

EXPORTS = LazyNames({**_run_evaluators, **_suite_evaluators, **_others})
"""Everything that can be imported from the package."""


def builtin() -> Mapping[str, Any]:
    """Return every ready-made evaluator by the name under which a marker may ask for it; each loads when used."""
    return LazyNames(_run_evaluators)


def builtin_summaries() -> Mapping[str, Any]:
    """Return every ready-made evaluator of suites by its name; each loads when used."""
    return LazyNames(_suite_evaluators)
