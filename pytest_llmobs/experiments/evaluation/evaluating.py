"""One evaluation from its first trial to its document; what interrupts it costs nothing that was finished."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

from pytest_llmobs.clocks import real
from pytest_llmobs.errors import StoreError
from pytest_llmobs.experiments.evaluation.beginning import begun
from pytest_llmobs.experiments.evaluation.finishing import finished_at_the_end
from pytest_llmobs.experiments.evaluation.journal import Journal, read_journal
from pytest_llmobs.experiments.evaluation.planning import EvaluationRequest
from pytest_llmobs.experiments.evaluation.results_data import Evaluation, EvaluationRow, Interruption
from pytest_llmobs.experiments.evaluation.running import Stopped, TrialsUnderWay
from pytest_llmobs.experiments.evaluation.setup import Setup
from pytest_llmobs.experiments.evaluation.target_errors import end_of, error_notes
from pytest_llmobs.records.experiments import EarlierScores
from pytest_llmobs.records.garbage_collection import paused
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.tracing.failure import headline
from pytest_llmobs.wording import count

if TYPE_CHECKING:  # most evaluations begin anew, and conclude later
    from pytest_llmobs.experiments.conclude import Conclusion
    from pytest_llmobs.experiments.evaluation.resuming import Resumption
    from pytest_llmobs.experiments.evaluation.scoring_again import ScoredTrial

_CONCLUDING = "pytest_llmobs.experiments.evaluation.concluding"
_SEALING = "pytest_llmobs.storage.spool.sealing"


class TargetEvaluation:
    """A target over a dataset, from the start or from where it stopped."""

    def __init__(
        self, request: EvaluationRequest, setup: Setup, resumption: Resumption | None = None
    ) -> None:
        """Prepare, without running anything.

        Args:
            request: What is evaluated.
            setup: What it runs with.
            resumption: What is finished already; None for a new one.
        """
        self._request = request
        self._setup = setup
        self._resumption = resumption
        self._head = begun(request, setup, resumption.earlier if resumption else None)
        if resumption is not None:
            self._head = replace(self._head, notes=(*self._head.notes, *resumption.notes))
        self.evaluation = Evaluation(self._head, stored=setup.stored)
        self._began = real.seconds()
        self._journal: Journal | None = None
        self._examples = {example.id: example for example in request.dataset.examples}
        self._kept: list[Trial] = []
        """The finished trials of before, with their further scores."""
        self._replaced: Sequence[EarlierScores] = ()
        self._under_way: TrialsUnderWay | None = None
        self._loader = threading.Thread(target=self._prepare_ending, name="llmobs-ending")
        """Beside the thread that keeps what is finished: a finished answer waits for no import."""

    def carry_out(self) -> None:
        """Run it to its end, conclude it, and finish its handle, whatever happens.

        Raises:
            KeyboardInterrupt: The user interrupted even the ending.
        """
        with finished_at_the_end(self.evaluation, self._setup):
            try:
                self._conclude(self._interrupted())
            finally:
                if self._journal is not None:
                    self._journal.close()

    def _interrupted(self) -> Interruption | None:
        """Run all that is left; return what ended it early, if anything did."""
        try:
            self._run()
        except KeyboardInterrupt as error:
            return self._interruption("it was interrupted", error)
        except Stopped as error:
            return self._interruption(str(error), error)
        except OSError as error:
            return self._interruption(f"the disk takes no more ({error.strerror or error})", error)
        under_way = self._under_way
        if under_way is not None and under_way.refusal is not None:
            refusal = under_way.refusal
            # some name the key that they refuse, and the sentence is kept
            told = self._setup.redaction.clean_if_suspect(headline(refusal))
            return self._interruption(f"the provider refuses: {told}", refusal)
        if under_way is not None and under_way.over_budget:
            return self._interruption(under_way.over_budget.removeprefix("not run: "), None)
        return None

    def _run(self) -> None:
        waiting = list(self._request.trials())
        if self._setup.stored:
            self._journal = self._open_journal()
        if self._resumption is not None:
            self._take_over(self._resumption)
            waiting = list(self._resumption.waiting)
        if self._setup.in_turn or not waiting:
            self._setup.keep_dataset(self._request)
        self._under_way = TrialsUnderWay(self._request, self._setup, self.evaluation, self._journal)
        self._under_way.run(waiting, meanwhile=self._loader.start)

    def _prepare_ending(self) -> None:
        """Do, while the first trials run, what they and the ending would wait for."""
        self._setup.redaction.suspects(b"{}")  # compiles what it looks for
        self._setup.keep_dataset(self._request)
        with suppress(Exception), paused():  # whoever needs it says so
            import_module(_CONCLUDING)
            import_module(_SEALING)

    def _open_journal(self) -> Journal:
        path = self._setup.store.layout.journal(self._head.name)
        if self._resumption is None:
            self._setup.store.layout.create()
            return Journal(path, self._head)
        # with its head of before: the finished trials have the scores of its evaluators alone
        journal = Journal(path, self._resumption.earlier)
        for trial in self._resumption.kept.values():
            journal.keep(trial)
        return journal

    def _take_over(self, resumption: Resumption) -> None:
        """Make rows of what is finished, scored by the evaluators that are new."""
        from pytest_llmobs.experiments.evaluation.replaced_scores import replaced_scores
        from pytest_llmobs.experiments.evaluation.score_feedback import keep_as_feedback
        from pytest_llmobs.experiments.evaluation.scoring_again import promises_of, read_stored, score_again

        promises = promises_of(self._head.suites)
        stored = read_stored(resumption.kept.values(), promises, resumption.earlier, self._setup.store)
        taken = []
        for scored in score_again(stored, resumption.further, self._setup):
            taken.append(scored)
            self._add_kept(scored)
        self._replaced = replaced_scores(taken, resumption.earlier.suites, real.now())
        if self._setup.stored:
            keep_as_feedback(taken, self._setup)
        if self._journal is not None:
            self._journal.begin_again(self._head)

    def _add_kept(self, scored: ScoredTrial) -> None:
        trial = scored.trial
        self._kept.append(trial)
        if self._journal is not None and scored.fresh:
            self._journal.keep(trial)
        if self._request.ignores_errors and trial.status == "error":
            return
        example = self._examples[trial.example_id]
        self.evaluation.add(EvaluationRow(scored.stored.run, example, trial, scored.scores, resumed=True))

    def _interruption(self, reason: str, cause: BaseException | None) -> Interruption:
        name, expected = self._head.name, self.evaluation.expected
        done = f"{self._finished():,} of {count(expected, 'trial')}"
        begins = f"The evaluation {name!r} ended early: {reason.rstrip('.')}. {done}"
        if not self._setup.stored:
            return Interruption(f"{begins} are finished and in .results; nothing is stored.", cause)
        goes_on = f"the same call with experiment={name!r} runs the others"
        return Interruption(f"{begins} are finished and stored; {goes_on}.", cause)

    def _finished(self) -> int:
        """Return how many trials the same call wouldn't run again."""
        from pytest_llmobs.experiments.evaluation.resuming import resume

        if self._journal is not None:
            with suppress(StoreError):
                # what that call will read: a Ctrl-C may come between a line of it and whatever is counted here
                journal = read_journal(self._setup.store, self._head.name)
                return len(resume(journal, self._request).kept) if journal is not None else 0
        return len(self._kept) + (self._under_way.finished if self._under_way else 0)

    def _lossy(self, loss: str) -> Interruption:
        """Return what is said where every trial ran, and the disk didn't take all of their runs."""
        return Interruption(
            f"The evaluation {self._head.name!r} is not whole: {loss} Its scores are stored, and nothing is left for "
            "experiment= to run; the same call without it runs all trials anew.",
            None,
        )

    def _trials(self) -> list[Trial]:
        if self._under_way is None:
            return self._kept
        return [*self._kept, *self._under_way.trials]

    def _conclude(self, interruption: Interruption | None) -> None:
        """Seal the runs, judge what ran, and keep it; the journal stays where anything is left to run."""
        if self._loader.ident is not None:
            self._loader.join()  # two threads that import parts of one circle may meet half a module
        self._setup.seal()
        if interruption is None and (loss := self._setup.loss()):
            interruption = self._lossy(loss)
        trials = self._trials()
        is_subset = bool(self._request.all_ids) or self._resumption is not None
        self._setup.keep_uses(self._request.suite, interruption is None and not is_subset)
        notes = [*self._head.notes, *error_notes(trials), *self._setup.remarks()]
        if interruption is not None:
            notes.append(interruption.message)
            self.evaluation.interrupt(interruption)
        experiment = replace(
            self._head,
            duration=self._head.duration + real.seconds() - self._began,
            trials=tuple(trials),
            interrupted=interruption is not None,
            end=end_of(trials),
            earlier_scores=(*self._head.earlier_scores, *self._replaced),
            notes=tuple(notes),
        )
        from pytest_llmobs.experiments.evaluation.concluding import concluded, with_commit

        experiment = with_commit(experiment, self._setup)
        recall = self._resumption is not None
        conclusion = concluded(experiment, self._setup, self._request.summaries, recall=recall)
        self.evaluation.conclude(conclusion.experiment, conclusion.recorded)
        if interruption is None and self._journal is not None and _is_kept(conclusion, self._setup):
            self._journal.remove()


def _is_kept(conclusion: Conclusion, setup: Setup) -> bool:
    """Tell whether the document is there: a disk that refuses it leaves the journal."""
    try:
        head = setup.store.read_experiment(conclusion.experiment.name)
    except StoreError:
        return False
    return bool(head.get("duration") == conclusion.experiment.duration)
