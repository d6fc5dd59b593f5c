"""What ``data=`` of ``evaluate()`` may be, made into a dataset."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_llmobs.datasets.base import DatasetFormat
from pytest_llmobs.datasets.columns import Columns
from pytest_llmobs.datasets.editing.chosen import ChosenExamples
from pytest_llmobs.datasets.loading import load_dataset
from pytest_llmobs.datasets.validation import check_rows
from pytest_llmobs.errors import ArgumentError, DatasetError, NotFoundError
from pytest_llmobs.files import display_path
from pytest_llmobs.records.copies import copied
from pytest_llmobs.records.examples import Dataset, Example

if TYPE_CHECKING:  # examples that come as they are need none
    from pytest_llmobs.datasets.editing.catalog import Catalog

_SHAPES = (
    "Give a dataset's name, 'name@version', a file, a Dataset, a data frame, or examples: a list or generator of dicts "
    "with 'inputs', or of Examples."
)
_FIELDS = ("id", "inputs", "outputs", "metadata", "split")


@dataclass(frozen=True)
class Data:
    """A dataset, and what of it is meant."""

    dataset: Dataset
    """The examples that are meant."""
    splits: Sequence[str] = ()
    """The parts of it that were asked for; empty for all of it."""
    all_ids: Sequence[str] = ()
    """Ids of all its examples, where only some are meant."""
    whole: Dataset | None = None
    """All of it, where only some are meant."""
    name: str = ""
    """Of the file that it was read from as it is now: its name or path; empty for another version, and without one."""


@dataclass(frozen=True)
class DataPlaces:
    """Where datasets are looked for."""

    open_catalog: Callable[[], Catalog]
    """Returns the client's."""
    base_dirs: Sequence[Path]
    """Where a relative path is looked for, in this order."""
    rootdir: Path
    load_formats: Callable[[], Sequence[DatasetFormat]]
    """Returns the known file formats; for what is no file it isn't asked."""

    def formats(self) -> Iterator[DatasetFormat]:
        """Yield the known file formats, loaded once they are looked at."""
        yield from self.load_formats()


def read_data(data: Any, places: DataPlaces) -> Data:
    """Return the dataset that is meant.

    Raises:
        ArgumentError: It is None, or nothing of the kind.
        NotFoundError: There is no dataset of that name or version.
        DatasetError: A file can't be read, or an example is none.
    """
    if data is None:
        raise ArgumentError(f"data is None: there is nothing to evaluate over. {_SHAPES}")
    if isinstance(data, ChosenExamples):
        return _chosen(data, places)
    if isinstance(data, str):
        return _named(data, places)
    if isinstance(data, Dataset):
        return Data(_client_dataset(data, places))
    if _is_frame(data):
        return Data(_of_frame(data))
    source: Any = data
    if not isinstance(data, os.PathLike) and not callable(data):
        source = _rows(data)
    loaded = copied(_loaded(source, places))
    return Data(loaded, name=loaded.source or loaded.name if isinstance(data, os.PathLike) else "")


def _chosen(chosen: ChosenExamples, places: DataPlaces) -> Data:
    """Return what ``list_examples`` has chosen; of one dataset it is a part, not another dataset."""
    examples = tuple(chosen)
    whole = chosen.dataset
    if not examples:
        raise DatasetError("data holds no example: list_examples chose none, or they were read before.")
    if whole is None:
        return Data(Dataset("examples", examples))
    _check_schemas(whole.name, examples, places)
    all_ids = [example.id for example in whole.examples]
    part = Dataset(whole.name, examples)
    if whole.url is None:  # a file, which goes by its path
        part = replace(whole, examples=examples)
    return Data(part, chosen.splits, all_ids, Dataset(whole.name, tuple(whole.examples), whole.source))


def _named(name: str, places: DataPlaces) -> Data:
    """Return a dataset of the client's, or a file, at a version perhaps."""
    catalog = places.open_catalog()
    if _is_clients(name, catalog):
        return Data(_at(name, None, catalog), name=name)
    bare, at, version = name.rpartition("@")
    if at and _is_clients(bare, catalog):
        return Data(_at(bare, version, catalog))
    if Path(name).suffix or os.sep in name or any((folder / name).exists() for folder in places.base_dirs):
        loaded = _loaded(name, places)
        return Data(loaded, name="" if "@" in loaded.source else loaded.source or loaded.name)
    _refuse_bare_name(bare if at else name, catalog, places)
    catalog.file(bare if at else name)  # says which there are
    raise NotFoundError(f"No dataset {name!r}. {_SHAPES}")


def _is_clients(name: str, catalog: Catalog) -> bool:
    """Tell whether a dataset of this name lies in the client's folder."""
    return catalog.has(name) and catalog.file(name).is_relative_to(catalog.folder)


def _refuse_bare_name(name: str, catalog: Catalog, places: DataPlaces) -> None:
    """Tell of the file whose suffix was left out.

    Raises:
        NotFoundError: There is one.
    """
    suffixes = chain.from_iterable(each.suffixes for each in places.formats())
    for suffix in suffixes:
        for folder in places.base_dirs:
            if (folder / f"{name}{suffix}").is_file():
                raise NotFoundError(
                    f"No dataset {name!r} in {display_path(catalog.folder)!r}, but there is the file "
                    f"{name + suffix!r}. Name it with its suffix, or move it there."
                )


def _at(name: str, version: str | None, catalog: Catalog) -> Dataset:
    from pytest_llmobs.datasets.editing.schemas import check_current
    from pytest_llmobs.datasets.versions.as_of import examples_at

    examples = examples_at(catalog, name, version)
    if version is None:  # what it held once may break a schema of today
        check_current(catalog, name, examples)
    if not examples:
        raise DatasetError(f"The dataset {name!r} holds no example. create_examples adds some.")
    return Dataset(catalog.name_of(catalog.file(name)), examples)


def _client_dataset(dataset: Dataset, places: DataPlaces) -> Dataset:
    """Return a dataset with its examples in memory; one that the client has returned goes by its name."""
    examples = tuple(dataset.examples)
    if not examples:
        raise DatasetError(f"The dataset {dataset.name!r} holds no example: there is nothing to evaluate.")
    if dataset.url is not None and places.open_catalog().has(dataset.name):
        _check_schemas(dataset.name, examples, places)
        return Dataset(dataset.name, examples)
    return replace(dataset, examples=examples)


def _check_schemas(name: str, examples: Sequence[Example], places: DataPlaces) -> None:
    from pytest_llmobs.datasets.editing.schemas import check_current

    catalog = places.open_catalog()
    if catalog.has(name):
        check_current(catalog, name, examples)


def _loaded(source: Any, places: DataPlaces) -> Dataset:
    past = None
    if "@" in str(source):
        from pytest_llmobs.experiments.dataset_versions import past_of

        past = past_of(places.open_catalog())
    dataset = load_dataset(
        source, base_dirs=places.base_dirs, formats=places.formats(), rootdir=places.rootdir, past=past
    )
    file = places.rootdir / dataset.source
    if not dataset.source or not file.is_file():
        return dataset
    catalog = places.open_catalog()
    if file.is_relative_to(catalog.folder):  # the client's, named by its path
        return Dataset(catalog.name_of(file), dataset.examples)
    return dataset


def _rows(data: Any) -> Any:
    """Return what an iterable yields as rows; anything else as it is, for the message about it."""
    if isinstance(data, str | bytes | Mapping) or not isinstance(data, Iterable):
        raise ArgumentError(f"data is {_short(data)}, of type {type(data).__name__}. {_SHAPES}")
    return list(map(_row, data))


def _row(item: Any) -> Any:
    """Return an example of LangSmith's, or any object like it, as a dict."""
    if isinstance(item, Example | Mapping) or not hasattr(item, "inputs"):
        return item
    row: dict[str, Any] = {}
    for name in _FIELDS:
        value = getattr(item, name, None)
        if value is not None:
            row[name] = value
    if "id" in row:
        row["id"] = str(row["id"])
    return row


def _is_frame(data: Any) -> bool:
    """Return True for a data frame of pandas or Polars, without importing either."""
    return hasattr(data, "columns") and hasattr(data, "dtypes") and hasattr(data, "__getitem__")


def _of_frame(frame: Any) -> Dataset:
    """Return the examples of a data frame with columns ``inputs.x`` and ``outputs.y``, or ``inputs`` that are dicts."""
    from pytest_llmobs.datasets.editing.tables import frame_rows

    rows = frame_rows(frame, map(str, frame.columns))
    examples = check_rows(rows, Columns(), "data frame")
    if not examples:
        raise DatasetError("The data frame holds no row: there is nothing to evaluate.")
    return Dataset("examples", examples)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
