"""What targets raised: a test that fails shows its traceback, an evaluation has nothing but its report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_llmobs.records.experiments import SessionEnd
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.wording import count, listed

_CAUSES = 3
"""Different errors that are told; of more, how many there are."""
_EXAMPLES = 3
_TOLD_HERE = (None, "unrecorded")
"""What else the lab kept from running has a note of its own."""


def error_notes(trials: Sequence[Trial]) -> Iterator[str]:
    """Yield a note for each error that trials ended in, the most frequent first.

    Args:
        trials: All of the experiment.
    """
    hit: dict[str, list[str]] = {}
    for trial in trials:
        if trial.status == "error" and trial.not_run in _TOLD_HERE and trial.message:
            headline = trial.message.strip().partition("\n")[0]
            hit.setdefault(headline, []).append(trial.example_id)
    causes = sorted(hit.items(), key=lambda cause: -len(cause[1]))
    for headline, examples in causes[:_CAUSES]:
        names = listed(sorted(set(examples)), _EXAMPLES)
        yield f"{count(len(examples), 'trial')} ended in an error ({names}): {headline}"
    if len(causes) > _CAUSES:
        rest = sum(len(examples) for _headline, examples in causes[_CAUSES:])
        yield f"{count(rest, 'trial')} ended in {count(len(causes) - _CAUSES, 'other error')}"


def end_of(trials: Sequence[Trial]) -> SessionEnd:
    """Return how an evaluation ended: a target that raised fails it whatever the verdict, as it fails a test."""
    raised = any(trial.status == "error" for trial in trials)
    return SessionEnd(exit_status=int(raised))
