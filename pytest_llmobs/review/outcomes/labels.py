"""Settled items as cases to hold a judge against: what it is to say of each, people have said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_llmobs.evaluators.judging.labels import LabelledCase
from pytest_llmobs.records.runs import Run
from pytest_llmobs.review.outcomes.settled import SettledItem

VERDICT = "the verdict"
"""Where labels come from, unless the rubric asks what the judge is asked."""


@dataclass(frozen=True)
class QueueLabels:
    """The cases of a queue."""

    cases: Sequence[LabelledCase]
    source: str
    """The key of the rubric that the labels answer, or ``VERDICT``."""
    left_out: Mapping[str, int]
    """Why items are no cases -> how many of them."""


def labelled(items: Iterable[SettledItem], runs: Mapping[str, Run], judge: str, queue: str) -> QueueLabels:
    """Return the cases of settled items.

    The label is the answer under the rubric's key that is the judge's own, where anybody gave one; else whether the
    answer was accepted.

    Args:
        items: What a queue has come to.
        runs: Theirs, by id; those that are gone are missing.
        judge: The judge's key.
        queue: The queue's name.
    """
    settled = list(items)
    is_asked = any(judge in item.answers for item in settled)
    cases: list[LabelledCase] = []
    left_out: dict[str, int] = {}
    for item in settled:
        label = item.answers.get(judge) if is_asked else _accepted(item)
        why = _unfit(item, label, runs.get(item.run_id))
        if why:
            left_out[why] = left_out.get(why, 0) + 1
            continue
        run = runs[item.run_id]
        cases.append(
            LabelledCase(
                id=run.id,
                inputs=run.inputs,
                outputs=run.outputs or {},
                label=label,
                note="; ".join(item.comments),
                where=f"queue {queue}",
            )
        )
    return QueueLabels(cases, judge if is_asked else VERDICT, left_out)


def _accepted(item: SettledItem) -> bool | None:
    return None if item.verdict is None else item.verdict == "accept"


def _unfit(item: SettledItem, label: Any, run: Run | None) -> str:
    """Return why an item is no case; empty where it is one."""
    if item.is_contested:
        return "contested"
    if label is None:
        return "without a label"
    if run is None:
        return "not in the store"
    return "" if run.outputs else "without outputs"
