"""What is left to shuffle where trials are on recordings of the baseline: values in which chance has a part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_llmobs.gate.replays.pairs import recorded_value
from pytest_llmobs.measures.means import present
from pytest_llmobs.measures.units import Row
from pytest_llmobs.records.trials import Trial

if TYPE_CHECKING:  # most first sessions have no baseline
    from pytest_llmobs.baselines.records import BaselineRow


def chance_rows(
    recorded: BaselineRow, trials: Sequence[Trial], rows: Sequence[Row], metrics: Sequence[str]
) -> Sequence[Row]:
    """Return what an example's trials scored by chance; trials without any such value are left out.

    Args:
        recorded: The example's row of the baseline.
        trials: Its trials.
        rows: A row of values each.
        metrics: What they are values of, a column each.
    """
    if not recorded.recordings:
        return rows
    left: list[Row] = []
    for trial, row in zip(trials, rows, strict=True):
        values: list[float | None] = []
        for metric, value in zip(metrics, row, strict=True):
            is_sure = recorded_value(recorded, trial, metric) is not None
            values.append(None if is_sure else value)
        if present(values):
            left.append(values)
    return left
