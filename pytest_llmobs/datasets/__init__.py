"""Datasets: files, lists and callables that become examples.

A format is one small class in a file of its own that turns a file into raw rows; everything else (finding the file,
checking the rows, deriving ids) happens once, here. Which formats there are is said in ``defaults``.

::

    loading     the way in: a source -> a dataset    base        what a format is, and what all formats share
    finding     a path -> a file that is there       columns     flat columns -> inputs and outputs
    validation  raw rows -> checked examples         json_data   is a value JSON through and through
    identity    ids for examples that have none      json_text   JSON text without repeated keys and infinities
    notices     warnings
    selection   one split, the first examples        python      lists and callables
    schemas     JSON Schemas beside a file           leaks       near-duplicates in other splits
    rows        an example as a line of a file
    jsonl, csv, …                                    a format each; yaml_nodes and parquet_values belong to theirs
"""

from pytest_llmobs.datasets.base import DatasetFormat, Row
from pytest_llmobs.datasets.loading import Past, Source, load_dataset
from pytest_llmobs.datasets.notices import DatasetWarning
from pytest_llmobs.datasets.selection import select

__all__ = ["DatasetFormat", "DatasetWarning", "Past", "Row", "Source", "load_dataset", "select"]
