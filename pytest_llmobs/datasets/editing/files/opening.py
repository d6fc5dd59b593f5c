"""The class that edits a file, by its suffix."""

from __future__ import annotations

from pathlib import Path

from pytest_llmobs.datasets.editing.files.base import EditedFile
from pytest_llmobs.datasets.editing.files.csv import CsvFile
from pytest_llmobs.datasets.editing.files.index import read_index
from pytest_llmobs.datasets.editing.files.jsonl import JsonlFile
from pytest_llmobs.datasets.editing.files.suffixes import CSV, YAML
from pytest_llmobs.datasets.editing.files.yaml import YamlFile


def open_file(content: bytes, path: Path, index_file: Path | None = None) -> EditedFile:
    """Return a dataset's file, ready to be edited.

    Args:
        content: What it holds.
        path: Its suffix, an editable one, says the format; messages name it.
        index_file: Where its index may lie; None where it is small enough to be read whole.

    Raises:
        DatasetError: It makes no sense.
    """
    suffix = path.suffix.lower()
    if suffix in CSV:
        return CsvFile(content, path)
    if suffix in YAML:
        return YamlFile(content, path)
    index = None if index_file is None else read_index(index_file, content)
    return JsonlFile(content, path, index)
