"""Settled items as cases to hold a judge against: what it is to say of each, people have said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from pytest_llmobs.evaluators.judging.labels import LabelledCase
from pytest_llmobs.review.outcomes.grouping import stored_runs
from pytest_llmobs.review.outcomes.release import release
from pytest_llmobs.review.outcomes.settled import SettledItem
from pytest_llmobs.review.records import AnnotationQueue
from pytest_llmobs.review.rubric.questions import NO_YES, Question, questions_of

if TYPE_CHECKING:
    from pytest_llmobs.records.runs import Run
    from pytest_llmobs.review.queues import Queues
    from pytest_llmobs.storage.store import Store

VERDICT = "the verdicts"
"""What labels are, unless the rubric asks what the judge is asked."""


@dataclass(frozen=True)
class QueueLabels:
    """The cases of a queue."""

    queue: str
    """Its name."""
    cases: Sequence[LabelledCase]
    source: str
    """What the labels are: ``VERDICT``, or answers to an item of the rubric."""
    left_out: Mapping[str, int]
    """Why items are no cases -> how many of them."""
    agreement: str = ""
    """How far the reviewers agree, in a sentence."""


def queue_labels(
    store: Store, queues: Queues, queue: str, judge: str, least_agreement: float | None = None
) -> QueueLabels:
    """Return the cases of a queue whose reviewers agree.

    Args:
        store: Has the runs.
        queues: The store's.
        queue: The queue's name or id.
        judge: The judge's key.
        least_agreement: The kappa or alpha that the reviewers have to reach; None for the queue's own.

    Raises:
        NotFoundError: There is no such queue.
        AgreementError: Its reviewers agree too little.
        StoreError: Something can't be read.
    """
    released = release(queues, queue, least_agreement)
    ids = list(map(attrgetter("run_id"), released.items))
    runs = {run.id: run for run in stored_runs(store, ids)}
    labels = labelled(released.items, runs, judge, released.queue)
    return replace(labels, agreement=released.sentence)


def labelled(
    items: Iterable[SettledItem], runs: Mapping[str, Run], judge: str, queue: AnnotationQueue
) -> QueueLabels:
    """Return the cases of settled items.

    The label is the answer to the item of the rubric that has the judge's name, of a yes or no true or false. Where
    the rubric has no such item, it is whether the app's answer was accepted.

    Args:
        items: What a queue has come to.
        runs: Theirs, by id; those that are gone are missing.
        judge: The judge's key.
        queue: The queue.
    """
    asked = [question for question in questions_of(queue) if question.key == judge]
    cases: list[LabelledCase] = []
    left_out: dict[str, int] = {}
    for item in items:
        label = _answer(item, asked[0]) if asked else _accepted(item)
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
                where=f"queue {queue.name}",
            )
        )
    source = f"the answers to {judge!r}" if asked else VERDICT
    return QueueLabels(queue.name, cases, source, left_out)


def _answer(item: SettledItem, question: Question) -> Any:
    answer = item.answers.get(question.key)
    # a judge's true and false fit every scale of numbers
    value = attrgetter("value")
    is_yes_or_no = list(map(value, question.choices)) == list(map(value, NO_YES))
    return bool(answer) if is_yes_or_no and answer is not None else answer


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
