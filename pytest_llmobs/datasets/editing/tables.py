"""Examples of CSV files and data frames, whose columns the caller says the meaning of."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from pytest_llmobs.datasets.base import Row, abridge
from pytest_llmobs.datasets.columns import Columns
from pytest_llmobs.datasets.csv import Csv
from pytest_llmobs.datasets.validation import check_rows
from pytest_llmobs.errors import ArgumentError, DatasetError
from pytest_llmobs.files import display_path
from pytest_llmobs.records.examples import Example
from pytest_llmobs.wording import known, nearest


def examples_of_csv(source: Any, inputs: Sequence[str], outputs: Sequence[str]) -> tuple[str, list[Example]]:
    """Return the name of a CSV file without its suffix, and its examples.

    Args:
        source: Its path, or a pair of its name and an open file of bytes (a third part, the content type, says
            nothing).
        inputs: Columns that make up the inputs.
        outputs: Columns that make up the outputs.

    Raises:
        ArgumentError: The source is something else, or no column is named.
        DatasetError: It can't be read, or lacks a column.
    """
    columns = _columns(inputs, outputs)
    if isinstance(source, str | Path):
        path = Path(source)
        if not path.is_file():
            raise DatasetError(f"There is no file {display_path(path)!r}.")
        return path.stem, _read(path, columns)
    if not isinstance(source, tuple) or len(source) not in (2, 3) or not hasattr(source[1], "read"):
        raise ArgumentError(
            f"csv_file is {abridge(source)}. Give a path, or a pair of a name and an open file, such as "
            "('data.csv', BytesIO(…))."
        )
    name, file, *_ = source
    # The format reads files; a message then names the file, and its folder, which is gone.
    with tempfile.TemporaryDirectory() as folder, nullcontext(Path(folder, Path(str(name)).name)) as path:
        path.write_bytes(file.read())
        return path.stem, _read(path, columns)


def _read(path: Path, columns: Columns) -> list[Example]:
    try:
        rows = list(Csv().rows(path))
    except OSError as error:
        raise DatasetError(f"{display_path(path)} can't be read: {error.strerror or error}.") from None
    return list(check_rows(rows, columns, display_path(path), may_ask_the_same=True))


def examples_of_frame(frame: Any, inputs: Sequence[str], outputs: Sequence[str]) -> list[Example]:
    """Return the examples of a data frame of pandas or Polars: one a row, missing values left out.

    Args:
        frame: Has ``columns``, and columns with ``to_list``.
        inputs: Columns that make up the inputs.
        outputs: Columns that make up the outputs.

    Raises:
        ArgumentError: It is no data frame, lacks a column, or no column is named.
        DatasetError: A value has no form in JSON.
    """
    _columns(inputs, outputs)
    if not hasattr(frame, "columns"):
        raise ArgumentError(f"df is {abridge(frame)}, no data frame.")
    there = list(map(str, frame.columns))
    columns = (*inputs, *outputs)
    for column in columns:
        if column not in there:
            raise ArgumentError(
                f"The data frame has no column {column!r}.{nearest(column, there)} {known(there)}"
            )
    rows: list[Row] = []
    for row in frame_rows(frame, columns):
        data = {"inputs": _part(row.data, inputs), "outputs": _part(row.data, outputs)}
        rows.append(Row(data, row.place))
    return list(check_rows(rows, Columns(), "data frame", may_ask_the_same=True))


def _columns(inputs: Sequence[str], outputs: Sequence[str]) -> Columns:
    if not inputs:
        raise ArgumentError("input_keys names no column. Name those that make up the inputs.")
    try:
        return Columns(inputs, outputs)
    except DatasetError as error:
        raise ArgumentError(str(error)) from None


def _part(cells: Mapping[str, Any], columns: Sequence[str]) -> dict[str, Any]:
    return {column: cells[column] for column in columns if column in cells}


def frame_rows(frame: Any, columns: Iterable[str]) -> list[Row]:
    """Return the rows of a data frame: cells by column, missing ones left out.

    Args:
        frame: Has columns with ``to_list``.
        columns: Those to read.
    """
    cells_of_rows: list[dict[str, Any]] = []
    for _ in range(len(frame)):
        cells_of_rows.append({})
    for column in columns:
        for cells, value in zip(cells_of_rows, frame[column].to_list(), strict=True):
            cell = _plain_cell(value)
            if cell is not None:
                cells[column] = cell
    rows: list[Row] = []
    for number, cells in enumerate(cells_of_rows):
        rows.append(Row(cells, f"data frame, row {number}"))
    return rows


def _plain_cell(value: Any) -> Any:
    """Return a cell as JSON has it; None where it is missing."""
    if type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and value != value):  # noqa: PLR0124
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "tolist"):  # an array, or a number of NumPy's
        return value.tolist()
    return value
