"""Examples made by Python: a list, any iterable, or a callable that returns one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from inspect import isawaitable
from pathlib import Path
from typing import Any

from pytest_llmobs.datasets.base import Row, abridge
from pytest_llmobs.errors import DatasetError
from pytest_llmobs.files import display_path
from pytest_llmobs.records.examples import Dataset, Example

_NOT_IN_FILES = frozenset({"dataset_name"})


def call(source: Callable[[], Any], name: str) -> Any:
    """Return what a callable source returns.

    Raises:
        DatasetError: It raised, needs arguments, or is asynchronous.
    """
    try:
        made = source()
    except DatasetError:
        raise
    except Exception as error:
        raise DatasetError(
            f"The dataset {name} raised {type(error).__name__}: {error} ({_last_line(error)}). "
            "It is called without arguments while the tests are collected."
        ) from error
    if isawaitable(made):
        if hasattr(made, "close"):
            # Python would warn of a coroutine that nobody awaited.
            made.close()
        raise DatasetError(f"The dataset {name} is asynchronous. Give a plain function that returns a list.")
    return made


def rows(made: Any, name: str) -> Iterator[Row]:
    """Yield one row an item of ``made``.

    Raises:
        DatasetError: ``made`` is no iterable of examples.
    """
    if isinstance(made, str | bytes | Mapping) or not isinstance(made, Iterable):
        raise DatasetError(
            f"The dataset {name} is {abridge(made)}, not a list. Give a list of dicts with 'inputs', "
            "a list of Examples, a path, or a function that returns one of them."
        )
    for number, item in enumerate(made, 1):
        place = f"{name}, example {number}"
        if isinstance(item, Example):
            yield Row(_fields(item), place, further=_NOT_IN_FILES)
        else:
            yield Row(item, place)


def _fields(example: Example) -> dict[str, Any]:
    return {field.name: getattr(example, field.name) for field in fields(Example)}


def name_of(source: Any) -> str:
    """Return how messages call a source that is no file: ``module:function`` or ``list``."""
    if isinstance(source, Dataset):
        return source.source or source.name
    if not callable(source):
        return type(source).__name__
    name = getattr(source, "__qualname__", type(source).__qualname__)
    return f"{getattr(source, '__module__', '?')}:{name}"


def dataset_name(source: Any) -> str:
    """Return how a dataset is called that comes from no file."""
    if callable(source):
        name = getattr(source, "__name__", "")
        # A lambda's is no name.
        if name.isidentifier():
            return str(name)
    return "examples"


def _last_line(error: Exception) -> str:
    from traceback import extract_tb

    frame = extract_tb(error.__traceback__)[-1]
    return f"{display_path(Path(frame.filename))}:{frame.lineno}"
