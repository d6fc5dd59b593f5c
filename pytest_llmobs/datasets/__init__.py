"""Datasets: files, lists and callables that become examples.

A format is one small class in a file of its own that turns a file into raw rows; everything else (finding the file,
checking the rows, deriving ids) happens once, here. Which formats there are is said in ``defaults``.

::

    loading     the way in: a source -> a dataset    base        what a format is, and what all formats share
    finding     a path -> a file that is there       columns     flat columns -> inputs and outputs
    validation  raw rows -> checked examples         identity    ids for examples that have none
    selection   one split, the first examples        python      lists and callables
    jsonl, csv, …                                    a format each
"""

from pytest_llmobs.datasets.base import DatasetFormat, Row
from pytest_llmobs.datasets.loading import Source, load_dataset
from pytest_llmobs.datasets.selection import select

__all__ = ["DatasetFormat", "Row", "Source", "load_dataset", "select"]
