"""The way out: a dataset -> a file or a folder in the form of another tool.

``FORMS`` is the registry: a row there adds a form.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pytest_llmobs.datasets.base import DatasetFormat, Row
from pytest_llmobs.datasets.columns import Columns
from pytest_llmobs.datasets.csv import Csv
from pytest_llmobs.datasets.exchange import card, chat, hub_folder, langsmith, replacing
from pytest_llmobs.datasets.exchange.checking import Fields, check_same, plain_rows
from pytest_llmobs.datasets.exchange.messages import UnfitError
from pytest_llmobs.datasets.exchange.reading import read_foreign
from pytest_llmobs.datasets.exchange.table_text import table_text
from pytest_llmobs.datasets.json import Json
from pytest_llmobs.datasets.jsonl import Jsonl
from pytest_llmobs.datasets.parquet import Parquet
from pytest_llmobs.datasets.validation import check_rows
from pytest_llmobs.errors import ArgumentError, ConflictError, DatasetError, StoreError
from pytest_llmobs.files import SHARED, display_path, write_whole
from pytest_llmobs.records.examples import Dataset
from pytest_llmobs.wording import count, known, listed, nearest

_NAMED = 5
"""Examples that a note names."""


@dataclass(frozen=True)
class Exported:
    """What was written."""

    path: Path
    form: str
    examples: int
    files: Sequence[Path]
    notes: Sequence[str] = ()
    """What the form has no place for, by name."""


@dataclass(frozen=True)
class Form:
    """One row of the table."""

    suffixes: Sequence[str]
    """Of files that are written in it unless another form is named; none for a form that has to be named."""
    about: str
    content: Callable[[Sequence[Fields], str], bytes]
    """Takes the examples as lines have them, and the dataset's name."""
    loses: str = ""
    """What of an example it has no place for, on purpose."""


def _jsonl(rows: Sequence[Fields], name: str) -> bytes:
    lines = []
    for row in rows:
        lines.append(f"{json.dumps(row, ensure_ascii=False)}\n")
    return "".join(lines).encode()


def _json(rows: Sequence[Any], name: str) -> bytes:
    return f"{json.dumps(rows, ensure_ascii=False, indent=2)}\n".encode()


def _csv(rows: Sequence[Fields], name: str) -> bytes:
    return table_text(rows, ",").encode()


def _tsv(rows: Sequence[Fields], name: str) -> bytes:
    return table_text(rows, "\t").encode()


def _parquet(rows: Sequence[Fields], name: str) -> bytes:
    from pytest_llmobs.datasets.exchange.arrow_table import parquet_bytes

    return parquet_bytes(rows)


def _langsmith(rows: Sequence[Fields], name: str) -> bytes:
    return _json(langsmith.theirs(rows, name), name)


def _chat(rows: Sequence[Fields], name: str) -> bytes:
    lines, unfit = [], []
    for row in rows:
        try:
            lines.append(chat.line_of(row["inputs"], row.get("outputs")))
        except UnfitError as error:
            unfit.append(f"{row['id']}: {error}")
    if unfit:
        raise DatasetError(
            f"{count(len(unfit), 'example')} of {name!r} {'is' if len(unfit) == 1 else 'are'} no conversation: "
            f"{listed(unfit, _NAMED)}. Complete their outputs, or export a part of the dataset: --split."
        )
    return _jsonl(lines, name)


HF = "hf"
FORMS: Mapping[str, Form] = {
    "jsonl": Form((".jsonl", ".ndjson"), "one example a line", _jsonl),
    "json": Form((".json",), "one list of examples", _json),
    "csv": Form((".csv",), "a table: a column for each key, JSON where a cell holds more than text", _csv),
    "tsv": Form((".tsv",), "the same with tabs", _tsv),
    "parquet": Form((".parquet",), "typed columns, for pandas, Polars, DuckDB", _parquet),
    HF: Form((), "a folder as Hugging Face has them: a card, and a Parquet file for each split", _parquet),
    "langsmith": Form((), "a list for LangSmith's create_examples(examples=…)", _langsmith),
    "chat": Form(
        (), "lines of messages, for fine-tuning", _chat, loses="ids, splits and metadata have no place in it"
    ),
}
"""Every form that is written, in the order of the help."""
_READERS: Mapping[str, DatasetFormat] = {
    "jsonl": Jsonl(),
    "json": Json(),
    "csv": Csv(),
    "tsv": Csv(),
    "parquet": Parquet(),
}


def form_of(path: Path, named: str | None) -> str:
    """Return the form in which a path is written.

    Args:
        path: The file or folder; one without a suffix is a folder.
        named: What the user said, or None.

    Raises:
        ArgumentError: There is no such form, or the suffix doesn't say which one is meant.
    """
    if named is not None:
        if named not in FORMS:
            raise ArgumentError(f"Unknown form {named!r}.{nearest(named, FORMS)} {known(FORMS)}")
        return named
    suffix = path.suffix.lower()
    for name, form in FORMS.items():
        if suffix in form.suffixes:
            return name
    if not suffix:
        return HF
    suffixes = list(chain.from_iterable(form.suffixes for form in FORMS.values()))
    raise ArgumentError(
        f"The suffix of {display_path(path)!r} names no form.{nearest(suffix, suffixes)} {known(suffixes)} "
        f"Or say which one: --as. {known(FORMS)}"
    )


def write_foreign(
    dataset: Dataset, path: Path, form: str | None = None, *, overwrite: bool = False, mode: int = SHARED
) -> Exported:
    """Write a dataset, whole or not at all; it was read back, and is the same, before it takes its place.

    Args:
        dataset: Its examples.
        path: The file or folder; missing folders above it are made.
        form: One of ``FORMS``; None for what the suffix says.
        overwrite: Replace what is there. Of a folder, only what such an export left there.
        mode: Permissions of the files that hold examples.

    Raises:
        ArgumentError: The form is unknown, or has to be said.
        ConflictError: Something is there already.
        DatasetError: The form can't hold something; the message names the example, and forms that can.
        StoreError: The disk refuses.
    """
    named = form_of(path, form)
    if named == HF:
        replacing.restore(path)
    check_free(path, overwrite, is_folder=named == HF)
    rows = plain_rows(dataset)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if named == HF:
            return _write_folder(rows, dataset.name, path, mode)
        content = FORMS[named].content(rows, dataset.name)
        if not FORMS[named].loses:
            _check(rows, content, named)
        write_whole(path, content, mode=mode)
    except OSError as error:
        raise StoreError(f"{display_path(path)!r} can't be written: {error.strerror or error}.") from error
    return Exported(path, named, len(rows), [path], _notes(rows, FORMS[named]))


def check_free(path: Path, overwrite: bool, *, is_folder: bool = False) -> None:
    """Make sure that a path may be written.

    Raises:
        ConflictError: Something is there, and isn't to be replaced, or is no such file.
    """
    name = display_path(path)
    if not path.exists():
        return
    if path.is_dir() != is_folder:
        raise ConflictError(
            f"{name!r} is {'a folder' if path.is_dir() else 'a file'} already. Choose another name."
        )
    if not overwrite:
        raise ConflictError(f"{name!r} is there already. --overwrite replaces it.")
    if is_folder:
        _check_replaceable(path)


def _check_replaceable(folder: Path) -> None:
    """Refuse to replace a folder that holds what no export has left there."""
    for entry in sorted(folder.rglob("*")):
        below = entry.relative_to(folder).as_posix()
        is_ours = below in (card.NAME, "data") or (below.startswith("data/") and entry.suffix == ".parquet")
        if not is_ours:
            raise ConflictError(
                f"{display_path(folder)!r} holds {below!r}, which no export has left there. Choose another folder."
            )


def _check(rows: Sequence[Fields], content: bytes, form: str) -> None:
    """Read what is to be written.

    Raises:
        DatasetError: It isn't what was meant.
    """
    reader: DatasetFormat = _READERS.get(form, Json())
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"export{reader.suffixes[0] if form != 'tsv' else '.tsv'}"
        path.write_bytes(content)
        read: list[Row] = list(reader.rows(path))
    if form == "langsmith":
        read = list(map(langsmith.ours, read))
    examples = check_rows(read, Columns(), "export", may_ask_the_same=True)
    check_same(rows, examples, form, "jsonl or json")


def _write_folder(rows: Sequence[Fields], name: str, path: Path, mode: int) -> Exported:
    from pytest_llmobs.datasets.exchange.arrow_table import parquet_by_split

    groups, unsplit = hub_folder.split_groups(rows)
    with TemporaryDirectory(prefix=f".{path.name[:40]}.", dir=path.parent) as temporary:
        folder = Path(temporary) / "new"
        (folder / "data").mkdir(parents=True)
        write_whole(folder / card.NAME, card.card_text(name, list(groups), unsplit))
        for split, content in parquet_by_split(groups).items():
            write_whole(folder / "data" / f"{split}-00000-of-00001.parquet", content, mode=mode)
        drafts = read_foreign(folder, formats=[Parquet()]).examples
        again = check_rows([Row(draft, name) for draft in drafts], Columns(), name, may_ask_the_same=True)
        check_same(rows, again, HF, "jsonl or json")
        replacing.replace(path, folder)
    return Exported(path, HF, len(rows), sorted(file for file in path.rglob("*") if file.is_file()))


def _notes(rows: Sequence[Fields], form: Form) -> list[str]:
    if not form.loses:
        return []
    return [f"{form.loses}: {count(len(rows), 'example')} written without them"]
