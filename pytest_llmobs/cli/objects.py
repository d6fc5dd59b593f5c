"""Objects of the user's by their module or file: ``app:answer``, ``checks:correct,polite``, ``judges.py::tone``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from pytest_llmobs.cli.modules import import_file, import_module
from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.wording import known, nearest

_MOST_NAMES = 12
"""Names of a module that are listed in a complaint."""


def find_object(spec: str, what: str, fits: Callable[[Any], bool] | None = None) -> Any:
    """Import what a name leads to; the current folder is importable.

    Args:
        spec: As the user wrote it: ``MODULE:NAME``, where the name may have dots, or ``FILE::NAME``.
        what: What it should be, for messages: ``target``.
        fits: Tells whether an object is one; None where anything may be.

    Raises:
        ArgumentError: There is no such module, file or name, it is something else, or the module raises while it is
            imported.
        EvaluatorError: The file raises while it is imported.
    """
    fits = fits or _anything
    file, colons, name = spec.partition("::")
    if colons and file and name:
        return attribute(_file(file), name, what, fits)
    module_name, colon, name = spec.partition(":")
    if colons or not (colon and module_name and name):
        raise ArgumentError(
            f"{spec!r} names no {what}. Write MODULE:NAME or FILE::NAME, such as app:answer or app.py::answer."
        )
    return attribute(import_module(module_name, what), name, what, fits)


def _file(name: str) -> ModuleType:
    path = Path(name)
    if not path.is_file():
        near = list(map(str, path.parent.glob("*.py")))
        raise ArgumentError(f"There is no file {name!r}.{nearest(name, near)}")
    return import_file(path)


def find_evaluators(specs: Iterable[str], ready_made: Collection[str], what: str = "evaluator") -> list[Any]:
    """Return evaluators; of ready-made ones the names.

    Args:
        specs: ``MODULE:NAME,NAME,NAME`` each. A name without a module is looked for in the module before it, then among
            the ready-made ones.
        ready_made: The names of those.
        what: What they are, for messages.

    Raises:
        ArgumentError: A name is unknown, or its module can't be imported.
    """
    found = []
    for spec in specs:
        module: ModuleType | None = None
        for word in filter(None, map(str.strip, spec.split(","))):
            if ":" in word:
                found.append(find_object(word, what))
                module = sys.modules[word.partition(":")[0]]
            elif module is not None and hasattr(module, word):
                found.append(getattr(module, word))
            elif word in ready_made:
                found.append(word)
            else:
                raise ArgumentError(_unknown(word, what, module, ready_made))
    return found


def attribute(module: ModuleType, name: str, what: str, fits: Callable[[Any], bool]) -> Any:
    """Return a module's attribute; the name may have dots.

    Raises:
        ArgumentError: It has none of that name that fits.
    """
    owner: Any = module
    value: Any = module
    for part in name.split("."):
        if not hasattr(value, part):
            raise ArgumentError(_lacks(module, name, what, _public(value, fits)))
        owner, value = value, getattr(value, part)
    if not fits(value):
        raise ArgumentError(_lacks(module, name, what, _public(owner, fits)))
    return value


def _lacks(module: ModuleType, name: str, what: str, names: Sequence[str]) -> str:
    last = name.rpartition(".")[2]
    return f"{module.__name__!r} has no {what} {name!r}.{nearest(last, names)} {_known(names)}"


def _unknown(name: str, what: str, module: ModuleType | None, ready_made: Collection[str]) -> str:
    if module is None:
        return (
            f"Unknown {what} {name!r}: it is none of the ready-made ones, and names no module."
            f"{nearest(name, ready_made)} Write MODULE:{name} for one of your own."
        )
    choices = [*_public(module, _anything), *ready_made]
    return (
        f"Unknown {what} {name!r}: {module.__name__!r} has none of that name, and it is none of the ready-made ones."
        f"{nearest(name, choices)}"
    )


def _anything(value: Any) -> bool:
    return True


def _public(owner: Any, fits: Callable[[Any], bool]) -> list[str]:
    names: list[str] = []
    for name, value in getattr(owner, "__dict__", {}).items():
        if not name.startswith("_") and fits(value):
            names.append(name)
    return names


def _known(names: Sequence[str]) -> str:
    if len(names) > _MOST_NAMES:
        return f"It has {len(names)} names."
    return known(names)
