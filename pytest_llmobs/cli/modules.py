"""Objects of the user's by their module: ``app:answer``, ``checks:correct,polite``."""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.wording import known, nearest

_MOST_NAMES = 12
"""Names of a module that are listed in a complaint."""
_FRAMES = 6
"""Frames of a user's own traceback that are shown, the last ones."""
_NOT_THEIRS = (Path(importlib.__file__).parent, Path(__file__).parents[1])
"""Folders whose frames say nothing of the user's mistake: Python's import, and ours."""


def find_object(spec: str, what: str) -> Any:
    """Import ``MODULE:NAME`` and return what has that name; the current folder is importable.

    Args:
        spec: As the user wrote it; the name may have dots.
        what: What it should be, for messages: ``target``.

    Raises:
        ArgumentError: There is no such module or name, or the module raises while it is imported.
    """
    module_name, colon, name = spec.partition(":")
    if not colon or not name or not module_name or name.startswith(":"):
        raise ArgumentError(f"{spec!r} names no {what}. Write MODULE:NAME, such as app:answer.")
    return attribute(import_module(module_name, what), name, what)


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


def import_module(name: str, what: str) -> ModuleType:
    """Import a module of the user's.

    Raises:
        ArgumentError: There is none of that name, or it raises; then the message ends with its own traceback.
    """
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a script that ends with sys.exit() is a module, too
        if isinstance(error, ModuleNotFoundError) and _is_part(error.name, name):
            raise ArgumentError(_no_module(name, what)) from None
        raise ArgumentError(f"{name!r} raises while it is imported:\n{_own_traceback(error)}") from None


def attribute(module: ModuleType, name: str, what: str) -> Any:
    """Return a module's attribute; the name may have dots.

    Raises:
        ArgumentError: It has none of that name.
    """
    value: Any = module
    for part in name.split("."):
        if not hasattr(value, part):
            names = _public(value)
            raise ArgumentError(
                f"{module.__name__!r} has no {what} {name!r}.{nearest(part, names)} {_known(names)}"
            )
        value = getattr(value, part)
    return value


def _is_part(missing: str | None, name: str) -> bool:
    """Tell whether it is the module that was asked for that is missing, or the package it would be in."""
    return missing is not None and (name == missing or name.startswith(f"{missing}."))


def _no_module(name: str, what: str) -> str:
    if name.endswith(".py"):
        module = name.removesuffix(".py").replace("/", ".").lstrip(".")
        return f"{name!r} is a file; a {what} is named by its module: {module}:NAME."
    modules = [path.stem for path in Path.cwd().glob("*.py")]
    modules += [path.parent.name for path in Path.cwd().glob("*/__init__.py")]
    return (
        f"There is no module {name!r}, neither in the current folder nor installed.{nearest(name, modules)} "
        f"Here: {', '.join(sorted(modules)[:_MOST_NAMES]) or 'no module at all'}."
    )


def _unknown(name: str, what: str, module: ModuleType | None, ready_made: Collection[str]) -> str:
    if module is None:
        return (
            f"Unknown {what} {name!r}: it is none of the ready-made ones, and names no module."
            f"{nearest(name, ready_made)} Write MODULE:{name} for one of your own."
        )
    choices = [*_public(module), *ready_made]
    return (
        f"Unknown {what} {name!r}: {module.__name__!r} has none of that name, and it is none of the ready-made ones."
        f"{nearest(name, choices)}"
    )


def _public(value: Any) -> list[str]:
    return [name for name in getattr(value, "__dict__", {}) if not name.startswith("_")]


def _known(names: Sequence[str]) -> str:
    if len(names) > _MOST_NAMES:
        return f"It has {len(names)} names."
    return known(names)


def _own_traceback(error: BaseException) -> str:
    """Return the user's part of a traceback, without what Python's import and we have in it."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_theirs(frame.filename)]
    shown = traceback.format_list(frames[-_FRAMES:])
    return "".join([*shown, *traceback.format_exception_only(error)]).rstrip()


def _is_theirs(file: str) -> bool:
    if file.startswith("<frozen importlib"):
        return False
    return not any(map(Path(file).is_relative_to, _NOT_THEIRS))
