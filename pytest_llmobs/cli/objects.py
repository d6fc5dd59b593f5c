"""Objects of the user's that a command is about: ``tests/judges.py::tone``."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from pytest_llmobs.errors import EvaluatorError
from pytest_llmobs.wording import known, nearest


def find_object(spec: str, what: str, fits: Callable[[Any], bool]) -> Any:
    """Import ``FILE::NAME`` and return the object of that name.

    Args:
        spec: As the user wrote it.
        what: What it should be, for messages: ``judge``.
        fits: Tells whether an object is one.

    Raises:
        EvaluatorError: The file or the name doesn't exist, or it is something else.
    """
    file, separator, name = spec.partition("::")
    path = Path(file)
    if not separator or not name:
        raise EvaluatorError(f"{spec!r} names no {what}. Write FILE::NAME, such as tests/judges.py::tone.")
    if not path.is_file():
        near = list(map(str, path.parent.glob("*.py")))
        raise EvaluatorError(f"There is no file {file!r}.{nearest(file, near)}")
    module = import_file(path)
    value = getattr(module, name, None)
    if not fits(value):
        names = _fitting_names(module, fits)
        raise EvaluatorError(f"{file} has no {what} {name!r}.{nearest(name, names)} {known(names)}")
    return value


def _fitting_names(module: ModuleType, fits: Callable[[Any], bool]) -> list[str]:
    names = []
    for name, value in vars(module).items():
        if fits(value) and not name.startswith("_"):
            names.append(name)
    return names


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
