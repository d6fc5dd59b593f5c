"""Rows taken out of a baseline, which stays a valid one."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date

from pytest_llmobs.baselines.records import Baseline, named_sessions
from pytest_llmobs.baselines.texts import updated_texts
from pytest_llmobs.wording import count, noun

ERASED = "erased"
"""The key of a baseline's metadata that says how many rows were erased for the sake of somebody's data, and when."""


def without_rows(baseline: Baseline, examples: Collection[str]) -> Baseline:
    """Return a baseline without the rows and texts of some examples, and without what only they named."""
    rows = {example: row for example, row in baseline.rows.items() if example not in examples}
    texts = baseline.texts
    if texts is not None:
        texts = updated_texts(texts, list(rows), ())
    sessions = named_sessions(baseline.sessions, rows.values())
    return replace(baseline, rows=rows, sessions=sessions, texts=texts)


def with_erased(baseline: Baseline, examples: Collection[str], day: date) -> Baseline:
    """Return a baseline without some examples that says how many were erased, until it is recorded anew."""
    earlier, _, _ = baseline.metadata.get(ERASED, "").partition(" ")
    number = len(examples) + (int(earlier) if earlier.isdecimal() else 0)
    metadata = {**baseline.metadata, ERASED: f"{number} on {day.isoformat()}"}
    return replace(without_rows(baseline, examples), metadata=metadata)


def erased_note(baseline: Baseline) -> Iterator[str]:
    """Yield what a reader of verdicts should know of erased rows; nothing where none were."""
    number, _, day = baseline.metadata.get(ERASED, "").partition(" on ")
    if number.isdecimal() and day:
        examples, were = count(int(number), "example"), noun(int(number), "was", "were")
        yield f"{examples} {were} erased from the baseline on {day} (`llmobs purge`), and not compared any more"
