"""Modules and files of the user's, imported; what they raise is told without our part in it."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType

from pytest_llmobs.errors import ArgumentError, EvaluatorError
from pytest_llmobs.wording import nearest

_MOST_NAMES = 12
"""Modules that are listed in a complaint."""
_FRAMES = 6
"""Frames of a user's own traceback that are shown, the last ones."""
_NOT_THEIRS = (Path(importlib.__file__).parent, Path(__file__).parents[1])
"""Folders whose frames say nothing of the user's mistake: Python's import, and ours."""


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


def import_file(path: Path) -> ModuleType:
    """Import a file of the user's, with its folder (of a package: the one above it) and the current one on the path.

    Raises:
        EvaluatorError: It can't be imported.
    """
    folder, names = path.resolve().parent, [path.stem]
    while (folder / "__init__.py").is_file():
        names.insert(0, folder.name)
        folder = folder.parent
    # what a test file imports lies beside it, as pytest has it, and the app in the current folder
    sys.path[:0] = [str(folder), str(Path.cwd())]
    try:
        if len(names) > 1:  # a module of a package may have relative imports
            return importlib.import_module(".".join(names))
        return _loaded(path)
    except Exception as error:
        raise EvaluatorError(f"{str(path)!r} can't be imported: {type(error).__name__}: {error}") from error


def _loaded(path: Path) -> ModuleType:
    # by its place: a file called code.py must not give way to the module of that name
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError("it is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


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


def _own_traceback(error: BaseException) -> str:
    """Return the user's part of a traceback, without what Python's import and we have in it."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_theirs(frame.filename)]
    shown = traceback.format_list(frames[-_FRAMES:])
    return "".join([*shown, *traceback.format_exception_only(error)]).rstrip()


def _is_theirs(file: str) -> bool:
    if file.startswith("<frozen importlib"):
        return False
    return not any(map(Path(file).is_relative_to, _NOT_THEIRS))
