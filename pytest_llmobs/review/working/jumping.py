"""Which item a reviewer means by a number, the beginning of a run's id, or words of its question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pytest_llmobs.errors import NotFoundError
from pytest_llmobs.review.material import question_of
from pytest_llmobs.storage.store import Store
from pytest_llmobs.wording import count, listed, nearest

_SHORTEST = 4
"""Letters of an id that may stand for it: fewer are likelier a word of a question."""
_AT_ONCE = 200
"""Runs whose questions are read at once."""
_SHOWN = 3


def find_target(target: str, numbers: Mapping[str, int], store: Store) -> str:
    """Return the run that is meant.

    Args:
        target: A number, the beginning of a run's id, or words of its question.
        numbers: The runs of the queue, with their numbers.
        store: Where the runs lie.

    Raises:
        NotFoundError: None is meant, or several may be; the message names near ones.
    """
    wanted = target.strip()
    if wanted.isdecimal() and len(wanted) < 8:
        return _by_number(int(wanted), numbers)
    prefix = wanted.lower()
    if len(prefix) >= _SHORTEST and set(prefix) <= set("0123456789abcdef-"):
        alike = [run_id for run_id in numbers if run_id.startswith(prefix)]
        if len(alike) == 1:
            return alike[0]
        if alike:
            raise NotFoundError(
                f"{count(len(alike), 'item')} of the queue begin with {target!r}: {listed(alike, _SHOWN)}. "
                "Give more of the one you mean."
            )
    return _by_words(target, numbers, store)


def _by_number(number: int, numbers: Mapping[str, int]) -> str:
    for run_id, own in numbers.items():
        if own == number:
            return run_id
    raise NotFoundError(f"There is no item {number}: the queue has the numbers 1 to {len(numbers)}.")


def _by_words(target: str, numbers: Mapping[str, int], store: Store) -> str:
    words = target.casefold().split()
    seen: list[str] = []
    if words:
        for run_id, question in _questions(numbers, store):
            folded = question.casefold()
            if all(word in folded for word in words):
                return run_id
            seen.append(question[:80])
    raise NotFoundError(
        f"No item of the queue has {target!r} in its question, nor as a number or the beginning of an id."
        f"{nearest(target, seen)}"
    )


def _questions(run_ids: Iterable[str], store: Store) -> Iterator[tuple[str, str]]:
    """Yield the runs' questions, in the order of the numbers."""
    ids = list(run_ids)
    for start in range(0, len(ids), _AT_ONCE):
        batch = ids[start : start + _AT_ONCE]
        questions = {}
        for run in store.runs(id=batch, columns=["inputs"]):
            questions[run.id] = question_of(run.inputs)
        for run_id in batch:
            if run_id in questions:
                yield run_id, questions[run_id]
