"""Datasets: files, lists and callables that become examples.

A format is one small class in a file of its own (``jsonl``, ``csv``, ``yaml``, ``parquet``) that turns a file
into raw rows; everything else (finding the file, checking the rows, deriving ids) happens once, here.
"""

from pytest_llmobs.datasets.base import DatasetFormat, Row
from pytest_llmobs.datasets.loading import Source, load_dataset
from pytest_llmobs.datasets.selection import select

__all__ = ["DatasetFormat", "Row", "Source", "load_dataset", "select"]
