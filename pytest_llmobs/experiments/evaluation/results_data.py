"""What an evaluation yields: its rows as trials finish, and in the end the concluded experiment."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.runs import Run
from pytest_llmobs.records.scores import Score
from pytest_llmobs.records.trials import Trial


@dataclass(frozen=True)
class EvaluationRow:
    """One finished trial with everything that is known of it."""

    run: Run
    """The root run, with its descendants nested below it, as it is stored: after redaction."""
    example: Example
    trial: Trial
    """What the experiment's document keeps of it."""
    scores: Mapping[str, Score] = field(default_factory=dict)
    """By key, those that failed included: they are unscored and say why."""
    resumed: bool = False
    """True where an earlier process ran it: its app was not called again."""


@dataclass(frozen=True)
class Interruption:
    """Why an evaluation ended before its end."""

    message: str
    """For the user: what happened, how far it came, how it goes on."""
    cause: BaseException | None = None
    """What was raised; None where the lab itself stopped it (budget, refused)."""


class Evaluation:
    """A handle on an evaluation: under way in another thread, or finished.

    Whoever runs it calls ``add``, ``conclude`` or ``interrupt`` and at last ``finish``; whoever reads it calls the
    rest, from any thread and as often as wanted.
    """

    def __init__(self, experiment: Experiment, *, stored: bool = True) -> None:
        """Begin without a row.

        Args:
            experiment: What is known at its start: name, time, suites with their expected trials.
            stored: False where nothing of it stays in the store.
        """
        self.stored = stored
        """False where nothing of it stays in the store: the rows are all there is."""
        self._experiment = experiment
        self._rows: list[EvaluationRow] = []
        self._changed = threading.Condition()
        """Guards all of it; notified at each row and at the end."""
        self._finished = False
        self._interruption: Interruption | None = None
        self._failure: BaseException | None = None
        self._recorded: Sequence[str] = ()
        self.stop_requested = threading.Event()
        """Set by ``cancel``: whoever runs it starts no further trial."""

    # For whoever runs it

    def add(self, row: EvaluationRow) -> None:
        """Take a row, in order of completion."""
        with self._changed:
            self._rows.append(row)
            self._changed.notify_all()

    def conclude(self, experiment: Experiment, recorded: Sequence[str] = ()) -> None:
        """Take the concluded experiment; ``recorded`` are baseline files that were written."""
        with self._changed:
            self._experiment, self._recorded = experiment, tuple(recorded)

    def interrupt(self, interruption: Interruption) -> None:
        """Take why it ends early."""
        with self._changed:
            self._interruption = interruption

    def finish(self, failure: BaseException | None = None) -> None:
        """Say that nothing more will come.

        Args:
            failure: What kept it from being concluded at all; ``wait`` raises it.
        """
        with self._changed:
            self._failure = failure
            self._finished = True
            self._changed.notify_all()

    # For whoever reads it

    @property
    def name(self) -> str:
        """The experiment's name, known from the start."""
        return self._experiment.name

    @property
    def plan(self) -> SuitePlan:
        """The suite: its expected trials are the denominator of every mean. Known from the start."""
        return self._experiment.suites[0]

    @property
    def plans(self) -> Sequence[SuitePlan]:
        """All suites; several where the stored experiment of a pytest session is scored again."""
        return self._experiment.suites

    @property
    def expected(self) -> int:
        """How many trials there will be, over all suites."""
        return sum(len(plan.expected) for plan in self._experiment.suites)

    @property
    def finished(self) -> bool:
        """True once nothing more will come."""
        return self._finished

    @property
    def interruption(self) -> Interruption | None:
        """Why it ended early, once it has; None where it came to its end."""
        return self._interruption

    @property
    def recorded(self) -> Sequence[str]:
        """Baseline files that it wrote, relative to the current folder."""
        return self._recorded

    def rows(self) -> Iterator[EvaluationRow]:
        """Yield all rows in order of completion, those to come as they come; ends once it is finished."""
        position = 0
        while True:
            with self._changed:
                self._changed.wait_for(partial(self._has_news, position))
                fresh = self._rows[position:]
            if not fresh:
                return
            yield from fresh
            position += len(fresh)

    def _has_news(self, seen: int) -> bool:
        return self._finished or len(self._rows) > seen

    @property
    def rows_so_far(self) -> Sequence[EvaluationRow]:
        """The rows there are at this moment."""
        with self._changed:
            return tuple(self._rows)

    def wait(self, timeout: float | None = None) -> bool:
        """Block until it is finished; return False where ``timeout`` seconds passed before.

        An interruption raises nothing here: see ``interruption``.

        Raises:
            LlmobsError: It couldn't be concluded.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._finished, timeout):
                return False
        if self._failure is not None:
            raise self._failure
        return True

    def cancel(self) -> None:
        """Ask that no further trial starts; it then ends as interrupted."""
        self.stop_requested.set()

    @property
    def experiment(self) -> Experiment:
        """The concluded experiment, its decision included; waits until it is finished.

        Raises:
            LlmobsError: It couldn't be concluded.
        """
        self.wait()
        return self._experiment
