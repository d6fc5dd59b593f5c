"""The way in: reading a source, whatever it is, and making a dataset of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_llmobs.datasets import python
from pytest_llmobs.datasets.base import DatasetFormat, display_path
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
    dataset_folder: Path | None = None,
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
        dataset_folder: Where the client keeps datasets, of which a name without suffix is enough.

    Raises:
        DatasetError: The source can't be found or read, or isn't a dataset; the message says what to do.
    """
    columns = Columns(inputs, outputs, metadata)
    name = python.name_of(source)
    made = source
    if callable(source):
        made = python.call(source, name)
    if isinstance(made, str | os.PathLike):
        readers = by_suffix(formats)
        return _of_file(find_file(Path(made), base_dirs, readers, dataset_folder), readers, columns, rootdir)
    if isinstance(made, Dataset) and not columns.given:
        return made
    examples = _some(check_rows(python.rows(made, name), columns, name), name)
    if callable(source):
        return Dataset(python.dataset_name(source), examples, name)
    return Dataset(_common_name(examples) or python.dataset_name(source), examples)


def _of_file(file: Path, readers: Mapping[str, DatasetFormat], columns: Columns, rootdir: Path) -> Dataset:
    examples = _some(read_examples(file, readers, columns), display_path(file))
    return Dataset(file.stem, examples, Path(os.path.relpath(file, rootdir)).as_posix())


def _common_name(examples: Iterable[Example]) -> str | None:
    """Return the dataset that examples were read from, where it is one."""
    names = {example.dataset_name for example in examples}
    if len(names) == 1:
        return names.pop()
    return None


def by_suffix(formats: Iterable[DatasetFormat]) -> dict[str, DatasetFormat]:
    """Return each format by the suffixes that it reads; of two that read one the later wins."""
    readers: dict[str, DatasetFormat] = {}
    for reader in formats:
        readers |= dict.fromkeys(reader.suffixes, reader)
    return readers


def read_examples(
    file: Path,
    readers: Mapping[str, DatasetFormat],
    columns: Columns | None = None,
    *,
    may_ask_the_same: bool = False,
) -> tuple[Example, ...]:
    """Return the examples of a file, which may be none.

    Args:
        file: It is there.
        readers: The known formats by suffix.
        columns: Which flat columns are inputs, outputs and metadata.
        may_ask_the_same: Don't warn of examples with equal inputs.

    Raises:
        DatasetError: It can't be read, or makes no sense.
    """
    suffix = file.suffix.lower()
    name = display_path(file)
    if suffix not in readers:
        raise DatasetError(
            f"{name}: unknown suffix {file.suffix!r}.{nearest(suffix, readers)} "
            f"{known(readers)} Another format is a few lines: see the hook pytest_llmobs_datasets."
        )
    try:
        rows = readers[suffix].rows(file)
        return check_rows(rows, columns or Columns(), name, may_ask_the_same=may_ask_the_same)
    except OSError as error:
        raise DatasetError(f"{name} can't be read: {error.strerror or error}.") from None


def _some(examples: tuple[Example, ...], name: str) -> tuple[Example, ...]:
    if not examples:
        raise DatasetError(
            f'{name} holds no example. Add at least one, such as {{"inputs": {{"query": "Hello"}}}}: '
            "a test without examples would pass without testing anything."
        )
    return examples
