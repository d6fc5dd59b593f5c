"""The class that edits a file, by its suffix."""

from __future__ import annotations

from pathlib import Path

from pytest_llmobs.datasets.editing.files.base import EditedFile
from pytest_llmobs.datasets.editing.files.csv import CsvFile
from pytest_llmobs.datasets.editing.files.index import WORTHWHILE, read_index
from pytest_llmobs.datasets.editing.files.jsonl import JsonlFile
from pytest_llmobs.datasets.editing.files.yaml import YamlFile

_JSONL, _CSV, _YAML = (".jsonl", ".ndjson"), (".csv", ".tsv"), (".yaml", ".yml")
EDITABLE = (*_JSONL, *_CSV, *_YAML)
"""Suffixes of the files that are edited."""


def open_file(content: bytes, path: Path, index_file: Path) -> EditedFile:
    """Return a dataset's file, ready to be edited.

    Args:
        content: What it holds.
        path: Its suffix, one of ``EDITABLE``, says the format; messages name it.
        index_file: Where its index lies, if it has one.

    Raises:
        DatasetError: It makes no sense.
    """
    suffix = path.suffix.lower()
    if suffix in _CSV:
        return CsvFile(content, path)
    if suffix in _YAML:
        return YamlFile(content, path)
    index = read_index(index_file, content) if len(content) >= WORTHWHILE else None
    return JsonlFile(content, path, index)
