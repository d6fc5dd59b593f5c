"""A queue's settled items, where its reviewers agree well enough for others to learn from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from pytest_llmobs.errors import AgreementError, ArgumentError
from pytest_llmobs.review.agreement.gate import gate
from pytest_llmobs.review.agreement.measuring import measure
from pytest_llmobs.review.agreement.tables import asked_under
from pytest_llmobs.review.outcomes.settled import SettledItem, settle
from pytest_llmobs.review.queues import Queues
from pytest_llmobs.review.records import DISAGREEMENTS, AnnotationQueue, Decision
from pytest_llmobs.review.rubric.questions import questions_of
from pytest_llmobs.wording import shell_line


@dataclass(frozen=True)
class Release:
    """What a queue has come to."""

    queue: AnnotationQueue
    items: Sequence[SettledItem]
    """In the order in which they were first decided; contested ones are among them."""
    sentence: str
    """How far its reviewers agree, with an interval."""


def release(queues: Queues, wanted: str, least: float | None = None) -> Release:
    """Return what a queue has come to.

    Args:
        queues: Those of a store.
        wanted: The queue's name or id; that of its disagreements means the same.
        least: The kappa or alpha that its reviewers have to reach, -1 to 1; None for the queue's own.

    Raises:
        NotFoundError: There is no such queue.
        ArgumentError: ``least`` is no such number.
        AgreementError: They don't reach it. The message says by how much, and what to do.
        StoreError: The queue can't be read.
    """
    check_least(least)
    queue, decisions = decided(queues, wanted)
    judged = gate(measure(queue, decisions, asked_under(queues.folder(queue))), least)
    if not judged.passes:
        raise AgreementError(f"{judged.sentence}. {_remedy(queue.name)}")
    return Release(queue, settle(decisions, questions_of(queue)), judged.sentence)


def _remedy(queue: str) -> str:
    shown = shell_line(["llmobs", "review", "agreement", queue])
    return (
        f"Nothing was written. `{shown}` says what reviewers differ about; a clearer rubric raises the figure, and "
        "--least-agreement (least_agreement=…) lowers the bar for once, to such as 0.5."
    )


def decided(queues: Queues, wanted: str) -> tuple[AnnotationQueue, list[Decision]]:
    """Return a queue and the standing decisions on what is still in it.

    Raises:
        NotFoundError: There is no such queue.
        StoreError: It can't be read.
    """
    # what was taken out of the queue since is nobody's business any more
    queue = queues.find(str(wanted).removesuffix(DISAGREEMENTS))
    there = set(map(attrgetter("run_id"), queues.items(queue).all()))
    return queue, [one for one in queues.decisions(queue).standing() if one.run_id in there]


def check_least(least: float | None) -> None:
    """Make sure that a bar is a kappa.

    Raises:
        ArgumentError: It isn't.
    """
    if least is None:
        return
    if isinstance(least, bool) or not (isinstance(least, int | float) and -1 <= least <= 1):
        raise ArgumentError(f"least_agreement is {least!r}; it must be a number from -1 to 1, such as 0.7.")
