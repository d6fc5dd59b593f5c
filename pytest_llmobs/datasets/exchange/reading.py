"""The way in: a file or a folder that came from elsewhere -> drafts of examples."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import filterfalse
from pathlib import Path
from typing import Any

from pytest_llmobs.datasets.base import DatasetFormat, Row
from pytest_llmobs.datasets.columns import FIELDS, Columns
from pytest_llmobs.datasets.exchange import chat, langsmith
from pytest_llmobs.datasets.exchange.arrow_files import ArrowFile
from pytest_llmobs.datasets.exchange.hub_folder import DataFile, data_files
from pytest_llmobs.datasets.exchange.parts import PARTS
from pytest_llmobs.datasets.exchange.replacing import aside
from pytest_llmobs.datasets.json_text import decoder
from pytest_llmobs.datasets.loading import by_suffix
from pytest_llmobs.datasets.rows import row_of
from pytest_llmobs.datasets.validation import check_rows
from pytest_llmobs.errors import DatasetError
from pytest_llmobs.files import display_path
from pytest_llmobs.wording import known, listed, nearest

_LISTED = 12
"""Columns that a message names."""


@dataclass(frozen=True)
class Imported:
    """What a source holds."""

    examples: Sequence[Mapping[str, Any]]
    """Drafts of examples, checked. Those that the source gives no id have none."""
    form: str
    """What it was taken for: ``langsmith``, ``chat``, ``hf`` for a folder, else its suffix without the dot."""
    files: Mapping[str, int] = field(default_factory=dict)
    """Every file that was read, as messages name it, with the number of its examples."""


@dataclass(frozen=True)
class Choice:
    """What the user says of a source, besides where it is."""

    columns: Columns = field(default_factory=Columns)
    """Which flat columns are what, where they have names of their own."""
    split: str | None = None
    """Every example belongs to this split, whatever the source says."""
    only_splits: Collection[str] = ()
    """Of a folder: these splits alone."""
    config: str | None = None
    """Of a folder with several configurations: this one."""
    without_attachments: bool = False
    """Leave out what LangSmith's examples have attached."""


def read_foreign(path: Path, *, formats: Iterable[DatasetFormat], choice: Choice | None = None) -> Imported:
    """Return the examples of a file or folder, whichever tool wrote it.

    Args:
        path: What is read: a file of a known format, or a folder as Hugging Face has them.
        formats: The known file formats.
        choice: What is to be taken of it, and how.

    Raises:
        DatasetError: It isn't there, can't be read, makes no sense, or its columns have to be named first.
    """
    choice = choice or Choice()
    readers = by_suffix([*formats, ArrowFile()])
    name = display_path(path)
    if not path.exists() and aside(path).is_dir():
        raise DatasetError(
            f"There is no {name!r}: an export that was to replace it was killed, and what was there lies in "
            f"{display_path(aside(path))!r}. Rename it, or export again."
        )
    if not path.exists():
        raise DatasetError(f"There is no file or folder {name!r}.{_near(path)}")
    files = [DataFile(path, None)]
    if path.is_dir():
        files = _of_splits(data_files(path, readers, choice.config), choice.only_splits, name)
    elif choice.only_splits or choice.config:
        raise DatasetError(f"{name} is a file. --only-split and --config choose among the files of a folder.")
    rows: list[Row] = []
    counts: dict[str, int] = {}
    for file in files:
        own = _rows(file.path, readers)
        counts[display_path(file.path)] = len(own)
        rows += _with_split(own, file.split)
    form, rows = _ours(rows, choice, name)
    if form is None:
        form = files[0].path.suffix.lower().removeprefix(".")
    return Imported(_drafts(rows, choice, name), "hf" if path.is_dir() else form, counts)


def _near(path: Path) -> str:
    if not path.parent.is_dir():
        return ""
    return nearest(path.name, [entry.name for entry in path.parent.iterdir()])


def _of_splits(files: list[DataFile], wanted: Collection[str], name: str) -> list[DataFile]:
    splits = {file.split for file in files if file.split is not None}
    for split in wanted:
        if split not in splits:
            raise DatasetError(f"{name} has no split {split!r}.{nearest(split, splits)} {known(splits)}")
    return [file for file in files if not wanted or file.split in wanted]


def _rows(path: Path, readers: Mapping[str, DatasetFormat]) -> list[Row]:
    suffix = path.suffix.lower()
    if suffix not in readers:
        raise DatasetError(
            f"{display_path(path)}: unknown suffix {path.suffix!r}.{nearest(suffix, readers)} {known(readers)}"
        )
    try:
        return list(map(_with_objects, readers[suffix].rows(path)))
    except OSError as error:
        raise DatasetError(f"{display_path(path)} can't be read: {error.strerror or error}.") from None


def _with_objects(row: Row) -> Row:
    """Return a row whose parts are objects also where a tool without nested values keeps them as JSON text."""
    if not isinstance(row.data, Mapping):
        return row
    data = row.data
    for part in PARTS:
        text = data.get(part)
        if isinstance(text, str) and text.startswith("{"):
            with suppress(ValueError, RecursionError):  # then it is refused as the text that it is
                data = {**data, part: decoder.decode(text)}
    return row if data is row.data else row._replace(data=data)


def _ours(rows: list[Row], choice: Choice, name: str) -> tuple[str | None, list[Row]]:
    """Return the form of what was read, where another tool has one of its own, and the rows as ours are.

    Raises:
        DatasetError: Nobody said what the columns are.
    """
    if choice.columns.given:
        return None, rows
    if langsmith.is_theirs(rows):
        ours = partial(langsmith.ours, without_attachments=choice.without_attachments)
        return "langsmith", list(map(ours, rows))
    if chat.is_chat(rows):
        return "chat", list(map(chat.example_row, rows))
    for row in rows:
        _check_columns(row, name)
    return None, rows


def _check_columns(row: Row, name: str) -> None:
    """Refuse a row that has no inputs, with the columns to choose from."""
    if not isinstance(row.data, Mapping) or not row.data:
        return  # the check of rows has the words for it
    names = list(map(str, row.data))
    columns = list(filterfalse(FIELDS.__contains__, names))
    if not columns or not {key.partition(".")[0] for key in names}.isdisjoint(PARTS):
        return
    raise DatasetError(
        f"{row.place}: nothing says which columns of {name} are inputs. It has {listed(columns, _LISTED)}. Name them: "
        f"--input-keys {columns[0]} --output-keys {columns[-1]}."
    )


def _with_split(rows: Iterable[Row], split: str | None) -> Iterable[Row]:
    """Yield the rows of one file with its split; those that say their own keep it."""
    for row in rows:
        if split is None or not isinstance(row.data, Mapping) or row.data.get("split") is not None:
            yield row
        else:
            yield row._replace(data={**row.data, "split": split})


def _has_id(row: Row) -> bool:
    return isinstance(row.data, Mapping) and row.data.get("id") is not None


def _drafts(rows: Sequence[Row], choice: Choice, name: str) -> list[Mapping[str, Any]]:
    """Return drafts of rows.

    Raises:
        DatasetError: A row is no example, or two have one id; the message names both places.
    """
    have_ids = list(map(_has_id, rows))
    examples = check_rows(rows, choice.columns, name, may_ask_the_same=True)
    drafts: list[Mapping[str, Any]] = []
    for has_id, example in zip(have_ids, examples, strict=True):
        draft = row_of(example)
        if not has_id:
            del draft["id"]
        if choice.split is not None:
            draft["split"] = choice.split
        drafts.append(draft)
    return drafts
