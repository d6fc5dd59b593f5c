"""Which item a reviewer means by a number, the beginning of a run's id, or words of its question."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from pytest_llmobs.errors import NotFoundError
from pytest_llmobs.review.material import question_of
from pytest_llmobs.storage.store import Store
from pytest_llmobs.wording import count, listed, nearest

_SHORTEST = 4
"""Letters of an id that may stand for it: fewer are likelier a word of a question."""
_AT_ONCE = 200
"""Runs whose questions are read at once."""
MOST_READ = 2_000
"""Questions that are looked through for words: about a second, while the reviewer waits."""
_SHOWN = 3
_OFFERED = 80
"""Letters of a question among which a near one is looked for."""
_ID_LETTERS = frozenset("0123456789abcdef-")


def find_target(target: str, order: Sequence[str], there: Collection[str], store: Store) -> str:
    """Return the run that is meant.

    Args:
        target: A number, the beginning of a run's id, or words of its question.
        order: The runs, such that the first has number 1.
        there: Those of them that are still in the queue.
        store: Where the runs lie.

    Raises:
        NotFoundError: None is meant, or several may be; the message names near ones. Of words it is also raised
            where they aren't in the first ``MOST_READ`` items.
    """
    wanted = target.strip()
    if wanted.isdecimal() and 0 < int(wanted[:9]) <= len(order):
        return order[int(wanted) - 1]
    prefix = wanted.lower()
    if len(prefix) >= _SHORTEST and _ID_LETTERS.issuperset(prefix):
        alike = [run_id for run_id in order if run_id.startswith(prefix) and run_id in there]
        if len(alike) == 1:
            return alike[0]
        if alike:
            raise NotFoundError(
                f"{count(len(alike), 'item')} of the queue begin with {target!r}: {listed(alike, _SHOWN)}. "
                "Give more of the one you mean."
            )
    if wanted.isdecimal():
        raise NotFoundError(f"There is no item {wanted}: the queue has the numbers 1 to {len(order)}.")
    return _by_words(target, list(filter(there.__contains__, order)), store)


def _by_words(target: str, run_ids: Sequence[str], store: Store) -> str:
    words = target.casefold().split()
    seen: list[str] = []
    if words:
        for run_id, question in _questions(run_ids[:MOST_READ], store):
            folded = question.casefold()
            if all(word in folded for word in words):
                return run_id
            seen.append(question[:_OFFERED])
    looked_at = "No item of the queue"
    if len(run_ids) > MOST_READ:
        looked_at = f"None of the first {MOST_READ:,} items of {len(run_ids):,}"
    raise NotFoundError(
        f"{looked_at} has {target!r} in its question, nor is it a number or the beginning of an id."
        f"{nearest(target, seen)}"
    )


def _questions(run_ids: Sequence[str], store: Store) -> Iterator[tuple[str, str]]:
    """Yield the runs' questions, in the order of the numbers."""
    for start in range(0, len(run_ids), _AT_ONCE):
        batch = run_ids[start : start + _AT_ONCE]
        questions = {}
        for run in store.runs(id=batch, columns=["inputs"]):
            questions[run.id] = question_of(run.inputs)
        for run_id in batch:
            if run_id in questions:
                yield run_id, questions[run_id]
