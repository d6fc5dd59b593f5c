"""Finding a dataset's file, and saying what lies near where it isn't found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

from pytest_llmobs.errors import DatasetError
from pytest_llmobs.files import display_path
from pytest_llmobs.wording import known

_LISTED = 5
"""Files that a message names."""


def find_file(
    path: Path, base_dirs: Sequence[Path], suffixes: Iterable[str], dataset_folder: Path | None = None
) -> Path:
    """Return the first file of this path, or the one of the dataset of this name.

    Args:
        path: As the user wrote it.
        base_dirs: Where a relative path is looked for, in this order; none means the current folder.
        suffixes: Those that can be read.
        dataset_folder: Where the client keeps datasets: a name without a suffix, as ``evaluate()`` takes it, is one of
            these, after all paths.

    Raises:
        DatasetError: There is none; the message names the most similar ones.
    """
    folders: list[Path] = []
    for base_dir in base_dirs or [Path()]:
        candidate = Path(base_dir) / path
        if candidate.is_file():
            return candidate
        if candidate.is_dir():
            raise DatasetError(f"{display_path(candidate)} is a folder. Name a file in it. {known(suffixes)}")
        folders.append(candidate.parent)
    if dataset_folder is not None:
        for suffix in sorted(suffixes, key=_by_preference):
            candidate = dataset_folder / f"{path.as_posix()}{suffix}"
            if candidate.is_file():
                return candidate
        folders.append(candidate.parent)
    # A dict, not a set: it keeps the order.
    looked_in = ", ".join(dict.fromkeys(map(display_path, folders)))
    raise DatasetError(
        f"No dataset {path.as_posix()!r}.{_near(path, folders, suffixes)} Looked in: {looked_in}"
    )


def _by_preference(suffix: str) -> tuple[bool, str]:
    """Sort JSON Lines first, as the client does where two files differ in their suffix alone."""
    return suffix != ".jsonl", suffix


def _near(path: Path, folders: Iterable[Path], suffixes: Iterable[str]) -> str:
    """Return the most similar files in the folders looked in, as the user would have to write them."""
    names = sorted(_readable_names(folders, tuple(suffixes)))
    similar_names = get_close_matches(path.name, names, n=3, cutoff=0.5)
    if similar_names:
        paths = [repr((path.parent / name).as_posix()) for name in similar_names]
        return f" Did you mean {' or '.join(paths)}?"
    if names:
        return f" Datasets there: {', '.join(names[:_LISTED])}."
    return ""


def _readable_names(folders: Iterable[Path], suffixes: Sequence[str]) -> set[str]:
    names: set[str] = set()
    for folder in folders:
        # Unlike ``iterdir``, this finds nothing in a folder that doesn't exist.
        for file in folder.glob("*"):
            if file.suffix.lower() in suffixes:
                names.add(file.name)
    return names
