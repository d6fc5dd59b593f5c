"""Finding a source, reading it in its format, and making a dataset of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pytest_llmobs.datasets import python
from pytest_llmobs.datasets.base import DatasetFormat, shown
from pytest_llmobs.datasets.columns import Columns
from pytest_llmobs.datasets.shape import examples
from pytest_llmobs.errors import DatasetError
from pytest_llmobs.records.examples import Dataset, Example
from pytest_llmobs.wording import known, nearest

Source = str | os.PathLike[str] | Dataset | Iterable[Mapping[str, Any] | Example] | Callable[[], Any]
"""A path, a list of dicts or Examples, a Dataset, or a callable that returns one of them."""


def load_dataset(
    source: Source,
    *,
    base_dirs: Sequence[Path],
    formats: Iterable[DatasetFormat],
    rootdir: Path,
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
    metadata: Sequence[str] = (),
) -> Dataset:
    """Load a dataset.

    Args:
        source: A path, a list of dicts or Examples, a Dataset, or a callable that returns one of them.
        base_dirs: Where a relative path is looked for, in this order.
        formats: The known file formats; the later of two that read the same suffix wins.
        rootdir: The dataset's ``source`` is written relative to it.
        inputs: Flat columns that make up the inputs; columns that no mapping names are left out.
        outputs: Flat columns that make up the outputs.
        metadata: Flat columns that make up the metadata.

    Raises:
        DatasetError: The source can't be found or read, or isn't a dataset; the message says what to do.
    """
    columns = Columns(inputs, outputs, metadata)
    if isinstance(source, str | os.PathLike):
        return _from_file(Path(source), base_dirs, formats, rootdir, columns)
    name = python.name_of(source)
    made = python.call(source, name) if callable(source) else source
    if isinstance(made, str | os.PathLike):
        return _from_file(Path(made), base_dirs, formats, rootdir, columns)
    if isinstance(made, Dataset) and not columns.given:
        return made
    found = _examples(python.rows(made, name), name, columns)
    short = getattr(source, "__name__", "examples") if callable(source) else "examples"
    return Dataset(short if short.isidentifier() else "examples", found, name if callable(source) else "")


def _from_file(
    path: Path, base_dirs: Sequence[Path], formats: Iterable[DatasetFormat], rootdir: Path, columns: Columns
) -> Dataset:
    readers = {suffix: reader for reader in formats for suffix in reader.suffixes}
    file = _find(path, base_dirs, readers)
    reader = readers.get(file.suffix.lower())
    if reader is None:
        raise DatasetError(
            f"{shown(file)}: unknown suffix {file.suffix!r}.{nearest(file.suffix.lower(), readers)} "
            f"{known(readers)} Another format is a few lines: see the hook pytest_llmobs_datasets."
        )
    try:
        found = _examples(reader.rows(file), shown(file), columns)
    except OSError as error:
        raise DatasetError(f"{shown(file)} can't be read: {error.strerror or error}.") from None
    return Dataset(file.stem, found, Path(os.path.relpath(file, rootdir)).as_posix())


def _examples(rows: Iterable[Any], name: str, columns: Columns) -> tuple[Example, ...]:
    found = examples(rows, columns, name)
    if not found:
        raise DatasetError(
            f'{name} holds no example. Add at least one, such as {{"inputs": {{"query": "Hello"}}}}: '
            "a test without examples would pass without testing anything."
        )
    return found


def _find(path: Path, base_dirs: Sequence[Path], suffixes: Iterable[str]) -> Path:
    candidates = list(dict.fromkeys(Path(folder) / path for folder in base_dirs)) if base_dirs else [path]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
        if candidate.is_dir():
            raise DatasetError(f"{shown(candidate)} is a folder. Name a file in it. {known(suffixes)}")
    looked = ", ".join(dict.fromkeys(shown(candidate.parent) for candidate in candidates))
    raise DatasetError(
        f"No dataset {path.as_posix()!r}.{_near(path, candidates, suffixes)} Looked in: {looked}"
    )


def _near(path: Path, candidates: Sequence[Path], suffixes: Iterable[str]) -> str:
    """Return the most similar files in the folders looked in, as the user would have to write them."""
    readable = tuple(suffixes)
    there = {
        file.name
        for folder in dict.fromkeys(candidate.parent for candidate in candidates)
        if folder.is_dir()
        for file in folder.iterdir()
        if file.suffix.lower() in readable
    }
    names = get_close_matches(path.name, sorted(there), n=3, cutoff=0.5)
    if not names:
        if there:
            return f" Datasets there: {', '.join(sorted(there)[:5])}."
        return ""
    return f" Did you mean {' or '.join(repr((path.parent / name).as_posix()) for name in names)}?"
