"""The way in: reading a source, whatever it is, and making a dataset of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_llmobs.datasets import python
from pytest_llmobs.datasets.base import DatasetFormat, Row, display_path
from pytest_llmobs.datasets.columns import Columns
from pytest_llmobs.datasets.finding import find_file
from pytest_llmobs.datasets.validation import check_rows
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
    name = python.name_of(source)
    made = source
    if callable(source):
        made = python.call(source, name)
    if isinstance(made, str | os.PathLike):
        readers = _by_suffix(formats)
        file = find_file(Path(made), base_dirs, readers)
        path_from_root = Path(os.path.relpath(file, rootdir)).as_posix()
        return Dataset(file.stem, _read(file, readers, columns), path_from_root)
    if isinstance(made, Dataset) and not columns.given:
        return made
    examples = _examples(python.rows(made, name), name, columns)
    if callable(source):
        return Dataset(python.dataset_name(source), examples, name)
    return Dataset(python.dataset_name(source), examples)


def _by_suffix(formats: Iterable[DatasetFormat]) -> dict[str, DatasetFormat]:
    readers: dict[str, DatasetFormat] = {}
    for reader in formats:
        readers |= dict.fromkeys(reader.suffixes, reader)
    return readers


def _read(file: Path, readers: Mapping[str, DatasetFormat], columns: Columns) -> tuple[Example, ...]:
    suffix = file.suffix.lower()
    name = display_path(file)
    if suffix not in readers:
        raise DatasetError(
            f"{name}: unknown suffix {file.suffix!r}.{nearest(suffix, readers)} "
            f"{known(readers)} Another format is a few lines: see the hook pytest_llmobs_datasets."
        )
    try:
        return _examples(readers[suffix].rows(file), name, columns)
    except OSError as error:
        raise DatasetError(f"{name} can't be read: {error.strerror or error}.") from None


def _examples(rows: Iterable[Row], name: str, columns: Columns) -> tuple[Example, ...]:
    examples = check_rows(rows, columns, name)
    if not examples:
        raise DatasetError(
            f'{name} holds no example. Add at least one, such as {{"inputs": {{"query": "Hello"}}}}: '
            "a test without examples would pass without testing anything."
        )
    return examples
