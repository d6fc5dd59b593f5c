"""Folders as Hugging Face has them: which files hold examples, and of which split.

The card in the README says it, else what ``save_to_disk`` wrote, else the files' names: ``data/train-00000-of-00002``,
``test.csv``, ``validation/part.jsonl``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pytest_llmobs.datasets.base import abridge, read_text
from pytest_llmobs.datasets.exchange import card
from pytest_llmobs.datasets.exchange.arrow_files import SUFFIX as ARROW
from pytest_llmobs.datasets.exchange.parts import column
from pytest_llmobs.errors import DatasetError
from pytest_llmobs.files import display_path, parse_json
from pytest_llmobs.wording import known

_SHARD = re.compile(r"(\w+(?:\.\w+)*)-\d{5}-of-\d{5}")
"""How the library names the files of a split."""
_WORDS = "training|train|validation|valid|val|dev|testing|test|evaluation|eval"
_WORD = re.compile(rf"(?:^|[^a-zA-Z])({_WORDS})(?:[^a-zA-Z]|$)")
SPLIT = re.compile(r"\w+(?:\.\w+)*")
"""What a split may be called on a hub."""
_ABOUT = frozenset({"dataset_dict.json", "dataset_info.json", "dataset_infos.json", "state.json"})
"""Files that say something of the dataset, and hold no examples."""


class DataFile(NamedTuple):
    """One file of a folder."""

    path: Path
    split: str | None
    """That of all its examples, unless they say their own; None where nothing names one."""


def data_files(folder: Path, suffixes: Collection[str], config: str | None = None) -> list[DataFile]:
    """Return the files of a folder that hold examples, in the order of their splits and names.

    Args:
        folder: It is there.
        suffixes: Those that can be read.
        config: The configuration that is meant, of several.

    Raises:
        DatasetError: There are none, or what the folder says of itself makes no sense.
    """
    place = display_path(folder)
    said = card.read_card(folder)
    named = card.patterns(said, config, place)
    if named:
        files = list(_matching(folder, named, suffixes))
    else:
        files = _on_disk(folder) or _by_name(folder, suffixes)
    if not files:
        raise DatasetError(f"{place} holds no file of examples. {known(suffixes)}")
    return [_without_split(file, said.get(card.UNSPLIT)) for file in files]


def _without_split(file: DataFile, unsplit: Any) -> DataFile:
    """Return a file without its split, where the card says that this one stands for none."""
    if file.split == unsplit:
        return file._replace(split=None)
    return file


def _matching(folder: Path, named: card.Patterns, suffixes: Collection[str]) -> Iterator[DataFile]:
    for split, pattern in named:
        if "://" in pattern or pattern.startswith("/") or ".." in Path(pattern).parts:
            raise DatasetError(
                f"{display_path(folder)}: its README.md names {pattern!r}, which lies outside. Download it into the "
                "folder, and name it there."
            )
        paths = _readable(folder, pattern, suffixes)
        if not paths:
            raise DatasetError(
                f"{display_path(folder)}: its README.md names {pattern!r}, and there is no such file that can be "
                f"read. {known(suffixes)}"
            )
        for path in paths:
            yield DataFile(path, split or _split_of(path.relative_to(folder), len(paths) == 1))


def _readable(folder: Path, pattern: str, suffixes: Collection[str]) -> list[Path]:
    """Return the files of a pattern that may hold examples, hidden ones left out."""
    paths = []
    for path in sorted(folder.glob(pattern)):
        is_hidden = f"/{path.relative_to(folder).as_posix()}".find("/.") >= 0
        if path.is_file() and path.suffix.lower() in suffixes and path.name not in _ABOUT and not is_hidden:
            paths.append(path)
    return paths


def _by_name(folder: Path, suffixes: Collection[str]) -> list[DataFile]:
    paths = _readable(folder, "**/*", suffixes)
    return [DataFile(path, _split_of(path.relative_to(folder), len(paths) == 1)) for path in paths]


def _split_of(below: Path, is_alone: bool) -> str | None:
    """Return the split that a path names; None for a lone file that names none."""
    shard = _SHARD.match(below.name)
    if shard is not None:
        return shard[1]
    for part in (below.stem, *reversed(below.parent.parts)):
        word = _WORD.search(part)
        if word is not None:
            return word[1]
    return None if is_alone else below.stem


def _on_disk(folder: Path) -> list[DataFile]:
    """Return the files that ``save_to_disk`` wrote; none where it wasn't that."""
    if (folder / "dataset_dict.json").is_file():
        splits = _document(folder / "dataset_dict.json").get("splits")
        files = []
        for split in splits if isinstance(splits, list) else []:
            files += _of_state(folder / str(split), str(split))
        return files
    if (folder / "state.json").is_file():
        return _of_state(folder, None)
    return []


def _of_state(folder: Path, split: str | None) -> list[DataFile]:
    state = _document(folder / "state.json")
    split = split or state.get("_split")
    files = []
    for entry in state.get("_data_files") or ():
        name = entry.get("filename") if isinstance(entry, dict) else entry
        path = folder / Path(str(name)).name
        if path.suffix != ARROW or not path.is_file():
            raise DatasetError(
                f"{display_path(folder / 'state.json')} names {abridge(name)}, which isn't there."
            )
        files.append(DataFile(path, split if isinstance(split, str) else None))
    return files


def _document(path: Path) -> Mapping[str, Any]:
    try:
        document = parse_json(read_text(path))
    except (OSError, ValueError) as error:
        raise DatasetError(f"{display_path(path)} can't be read: {error}.") from None
    return document if isinstance(document, dict) else {}


def _stand_in(splits: Sequence[Any]) -> str | None:
    """Return a split for the examples that have none, or None where all have one."""
    if splits and None not in splits:
        return None
    name = "train"
    while name in splits:
        name += "_rest"
    return name


def split_groups(rows: Sequence[Mapping[str, Any]]) -> tuple[dict[str, list[Mapping[str, Any]]], str | None]:
    """Return examples by the split whose file they belong to, and the split of those that have none.

    Raises:
        DatasetError: An example belongs to several splits, or a split's name can be no file's.
    """
    unsplit = _stand_in(column(rows, "split"))
    groups: dict[str, list[Mapping[str, Any]]] = {}
    if not rows:
        groups["train"] = []  # a folder without a file would be no dataset
    for row in rows:
        split = row.get("split", unsplit)
        if not isinstance(split, str):
            raise DatasetError(
                f"example {row['id']!r} belongs to several splits, {abridge(split)}, and in such a folder to one "
                "file. Use another form: jsonl, json or parquet."
            )
        if SPLIT.fullmatch(split) is None or not split.isascii():
            raise DatasetError(
                f"example {row['id']!r} belongs to the split {split!r}, and a hub's are of letters, digits, _ and "
                "dots. Rename it, or use another form: jsonl, json, csv or parquet."
            )
        groups.setdefault(split, []).append(row)
    return groups, unsplit
