"""The way in: reading a source, whatever it is, and making a dataset of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from pytest_llmobs.datasets import python
from pytest_llmobs.datasets.base import DatasetFormat
from pytest_llmobs.datasets.columns import Columns
from pytest_llmobs.datasets.finding import find_file
from pytest_llmobs.datasets.notices import warn
from pytest_llmobs.datasets.schemas import check_schemas, schemas_beside, violations
from pytest_llmobs.datasets.validation import check_rows
from pytest_llmobs.errors import ArgumentError, DatasetError
from pytest_llmobs.files import display_path
from pytest_llmobs.records.examples import Dataset, Example
from pytest_llmobs.records.garbage_collection import paused
from pytest_llmobs.wording import known, nearest

Source = str | os.PathLike[str] | Dataset | Iterable[Mapping[str, Any] | Example] | Callable[[], Any]
"""A path, a list of dicts or Examples, a Dataset, or a callable that returns one of them."""


@dataclass(frozen=True)
class Past:
    """What knows the versions that datasets had."""

    of_file: Callable[[Path, Any], tuple[Example, ...]]
    """Returns what a file held as of a hash, a tag, a git revision, an experiment, a time."""
    of_code: Callable[[str], tuple[Example, ...] | None]
    """Returns what code made as of ``as_of``, by the dataset's name; None where only its present is known."""
    as_of: str = ""
    """What is meant where nobody says it; empty for the current version."""


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
    past: Past | None = None,
) -> Dataset:
    """Load a dataset.

    Args:
        source: What it is made of.
        base_dirs: Where a relative path is looked for, in this order.
        formats: The known file formats; the later of two that read the same suffix wins.
        rootdir: The dataset's ``source`` is written relative to it.
        inputs: Flat columns that make up the inputs; columns that no mapping names are left out.
        outputs: Flat columns that make up the outputs.
        metadata: Flat columns that make up the metadata.
        dataset_folder: Where the client keeps datasets, of which a name without suffix is enough.
        past: Knows the versions, one of which may stand behind ``@`` in a path.

    Raises:
        DatasetError: The source can't be found or read, isn't a dataset, or breaks its schemas; the message says so.
        NotFoundError, ArgumentError: The file has no such version, or what names one may mean two.
    """
    columns = Columns(inputs, outputs, metadata)
    name = python.name_of(source)
    made = python.call(source, name) if callable(source) else source
    if isinstance(made, str | os.PathLike):
        readers = by_suffix(formats)
        find = partial(find_file, base_dirs=base_dirs, suffixes=readers, dataset_folder=dataset_folder)
        file, version = _file_and_version(made, find)
        return _of_file(file, version, past, readers, columns, rootdir)
    if isinstance(made, Dataset) and not columns.given:
        return made
    return _as_it_was(_made(source, check_rows(python.rows(made, name), columns, name)), past)


def _made(source: Source, examples: tuple[Example, ...]) -> Dataset:
    """Return a dataset that code has made."""
    name = python.name_of(source)
    some = _some(examples, name)
    if callable(source):
        return Dataset(python.dataset_name(source), some, name)
    return Dataset(_common_name(some) or python.dataset_name(source), some)


def _file_and_version(path: str | os.PathLike[str], find: Callable[[Path], Path]) -> tuple[Path, str | None]:
    """Return the file that is meant, and the version behind ``@``; a file whose name has that in it comes first.

    Raises:
        DatasetError: There is no such file.
    """
    bare, at, version = os.fspath(path).rpartition("@")
    if not at or not bare or not version:
        return find(Path(path)), None
    try:
        return find(Path(path)), None
    except DatasetError:
        return find(Path(bare)), version


def _of_file(
    file: Path,
    version: str | None,
    past: Past | None,
    readers: Mapping[str, DatasetFormat],
    columns: Columns,
    rootdir: Path,
) -> Dataset:
    """Return what a file holds, or held; of one whose version was named, that is part of its source."""
    source = Path(os.path.relpath(file, rootdir)).as_posix()
    as_of = version
    if as_of is None and past is not None:
        as_of = past.as_of
    if not as_of:
        examples = _some(read_examples(file, readers, columns), display_path(file))
        return _kept_to_schemas(Dataset(file.stem, examples, source), file, rootdir, readers, columns)
    if past is None or columns.given:
        raise ArgumentError(
            f"{display_path(file)} can't be loaded as of {as_of!r} where columns are named: they are those of the file "
            "as it is now. Name columns as 'inputs.x' and 'outputs.y' in the file."
        )
    if version is not None:
        source = f"{source}@{version}"
    return Dataset(file.stem, _some(past.of_file(file, as_of), source), source)


def _as_it_was(dataset: Dataset, past: Past | None) -> Dataset:
    """Return a dataset that code has made, with the examples that it had then, where they are known."""
    if past is None or not past.as_of:
        return dataset
    name = dataset.source or dataset.name
    examples = past.of_code(name)
    if examples is None:
        warn(
            f"{name} is made by code, and used as it is now: what it was as of {past.as_of!r} isn't known. Only an "
            "experiment knows that, of each list by its name, where no other list of it is called so. Keep the "
            "examples in a file: it has versions."
        )
        return dataset
    return replace(dataset, examples=examples)


def _kept_to_schemas(
    dataset: Dataset, file: Path, rootdir: Path, readers: Mapping[str, DatasetFormat], columns: Columns
) -> Dataset:
    """Return a dataset with the schemas that lie beside its file, which its examples keep to."""
    schemas = schemas_beside(file, rootdir)
    if not schemas:
        return dataset
    dataset = replace(dataset, inputs_schema=schemas.inputs, outputs_schema=schemas.outputs)
    if violations(dataset, {}):
        check_schemas(dataset, read_places(file, readers, columns))
    return dataset


def read_places(
    file: Path, readers: Mapping[str, DatasetFormat], columns: Columns | None = None
) -> dict[str, str]:
    """Return where each example of a file stands, by its id, as messages say it: ``tests/golden.jsonl:3``.

    Raises:
        DatasetError: The file makes no sense.
    """
    rows = list(readers[file.suffix.lower()].rows(file))
    examples = check_rows(rows, columns or Columns(), display_path(file), may_ask_the_same=True)
    places: dict[str, str] = {}
    for example, row in zip(examples, rows, strict=True):
        places[example.id] = row.place
    return places


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
        with paused():
            rows = readers[suffix].rows(file)
            return check_rows(rows, columns or Columns(), name, may_ask_the_same=may_ask_the_same)
    except OSError as error:
        raise DatasetError(f"{name} can't be read: {error.strerror or error}.") from None
    except DatasetError as error:
        conflict = _conflict(file)
        if not conflict:
            raise
        raise DatasetError(f"{error}{conflict}") from None


def _conflict(file: Path) -> str:
    """Return, for a message about a file that makes no sense, what a merge has left in it."""
    with suppress(OSError):
        before, mark, _ = file.read_bytes().partition(b"\n<<<<<<< ")
        if mark or before.startswith(b"<<<<<<< "):
            line = before.count(b"\n") + 2 if mark else 1
            return (
                f" Line {line} begins a conflict that a merge left: keep what is right of both sides, and delete the "
                "lines of '<<<<<<<', '=======' and '>>>>>>>'."
            )
    return ""


def _some(examples: tuple[Example, ...], name: str) -> tuple[Example, ...]:
    if not examples:
        raise DatasetError(
            f'{name} holds no example. Add at least one, such as {{"inputs": {{"query": "Hello"}}}}: '
            "a test without examples would pass without testing anything."
        )
    return examples
