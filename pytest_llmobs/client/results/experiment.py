"""What ``evaluate()`` returns: the rows, the figures, the report, and the gate."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from os import PathLike
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, TextIO, TypedDict, overload

from pytest_llmobs.errors import ArgumentError, IncompleteExperiment, StoreError
from pytest_llmobs.experiments.evaluation.results_data import Evaluation, EvaluationRow
from pytest_llmobs.records.decisions import Decision
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.runs import Run
from pytest_llmobs.records.scores import Score
from pytest_llmobs.wording import count, error_line

if TYPE_CHECKING:
    from pandas import DataFrame

    from pytest_llmobs.client.results.frames import Level, TrialKey
    from pytest_llmobs.client.results.gating import GateRequest, Reference
    from pytest_llmobs.client.results.summaries import SummaryScores
    from pytest_llmobs.experiments.conclude import Conclusion
    from pytest_llmobs.workspace import Workspace

_NOT_YET = "not run yet"
_END = object()


class EvaluationResults(TypedDict):
    """What the evaluators said of one run."""

    results: list[Score]


class ResultRow(TypedDict):
    """One trial, as scripts written for LangSmith read it."""

    run: Run
    example: Example
    evaluation_results: EvaluationResults


class _Awaited:
    """Awaits nothing more: ``await results.wait()`` has waited before."""

    def __await__(self) -> Generator[None, None, None]:
        return
        yield


class ExperimentResults:
    """The results of an evaluation: rows as they finish, then everything that they come to.

    Iterate over it, with ``for`` or ``async for``, or take rows by their number. Everything but the rows so far waits
    for the end of an evaluation that still goes on.
    """

    def __init__(self, evaluation: Evaluation, workspace: Workspace) -> None:
        """Hold on to an evaluation.

        Args:
            evaluation: It, under way or finished.
            workspace: Where it is kept, with its baselines and settings.
        """
        self._evaluation = evaluation
        self._workspace = workspace

    # The rows

    def __iter__(self) -> Iterator[ResultRow]:
        """Yield the rows in the order in which they finish; waits for those to come.

        Raises:
            IncompleteExperiment: It was still going on, and ended early. Of one that had ended, the rows that there
                are come without a complaint: whoever waited for it has heard.
        """
        live = not self._evaluation.finished
        for row in self._evaluation.rows():
            yield _result_row(row)
        if live:
            self.wait()

    async def __aiter__(self) -> AsyncIterator[ResultRow]:
        """Yield the rows as ``for`` does, without holding up the event loop."""
        import asyncio  # takes 30 ms, and most scripts need none

        live = not self._evaluation.finished
        rows = self._evaluation.rows()
        while live:
            row: Any = await asyncio.to_thread(next, rows, _END)
            if row is _END:
                self.wait()
                return
            yield _result_row(row)
        for row in rows:
            yield _result_row(row)

    def __len__(self) -> int:
        """How many rows there are so far."""
        return len(self._evaluation.rows_so_far)

    @overload
    def __getitem__(self, position: int) -> ResultRow: ...
    @overload
    def __getitem__(self, position: slice) -> list[ResultRow]: ...
    def __getitem__(self, position: int | slice) -> ResultRow | list[ResultRow]:
        """Return a row, or several, of those there are so far."""
        rows = self._evaluation.rows_so_far
        if isinstance(position, slice):
            return list(map(_result_row, rows[position]))
        return _result_row(rows[position])

    def wait(self) -> _Awaited:
        """Wait for the end; may also be awaited.

        Raises:
            IncompleteExperiment: It ended early; ``results`` has what was finished.
            LlmobsError: It couldn't be concluded.
        """
        self._evaluation.wait()
        interruption = self._evaluation.interruption
        if interruption is not None:
            cause = interruption.cause
            if isinstance(
                cause, KeyboardInterrupt
            ):  # where it struck says nothing, and would come before the message
                cause = cause.with_traceback(None)
            raise IncompleteExperiment(interruption.message, self) from cause
        return _Awaited()

    # What it is called, and where it lies

    @property
    def experiment_name(self) -> str:
        """The experiment's name, which is also its project's."""
        return self._evaluation.name

    @property
    def experiment_id(self) -> str:
        """The same: a project is its name."""
        return self._evaluation.name

    def get_dataset_id(self) -> str:
        """Return the dataset that it ran over: one of the client's by its name, a file by its path."""
        source = PurePosixPath(self._evaluation.plan.dataset)
        folder = self._workspace.settings.dataset_dir
        if source.is_relative_to(folder) and source != PurePosixPath(folder):
            return str(source.relative_to(folder)).removesuffix(".jsonl")
        return str(source)

    @property
    def url(self) -> str | None:
        """The ``file://`` address of its report, which is written as it is asked for; None where nothing is kept.

        Raises:
            StoreError: The report can't be written.
        """
        experiment = self._evaluation.experiment
        if not self._evaluation.stored:
            return None
        from pytest_llmobs.client.results.gating import GateRequest, report_context
        from pytest_llmobs.reports.delivery import FOLDER, ReportOrder, Reports
        from pytest_llmobs.reports.html.report import HtmlReport

        context = replace(report_context(GateRequest()), evidence=self._workspace.evidence())
        reports = Reports(experiment, context, (ReportOrder(HtmlReport()),))
        folder = self._workspace.store_folder / FOLDER
        (delivery,) = reports.written(folder)
        if delivery.path is None:
            raise StoreError(f"The report of {experiment.name!r} can't be made: {delivery.problem}.")
        return delivery.path.absolute().as_uri()

    @property
    def comparison_url(self) -> str | None:
        """The same page: it compares with the baseline."""
        return self.url

    # What it comes to

    @property
    def summary_scores(self) -> SummaryScores:
        """Each metric's mean over all expected examples, and what summary evaluators say; prints as a table."""
        from pytest_llmobs.client.results.summaries import summary_scores

        experiment = self._evaluation.experiment
        return summary_scores(experiment.suites, experiment.trials, experiment.suite_scores)

    def to_pandas(self, start: int | None = 0, end: int | None = None, *, level: Level = "row") -> DataFrame:
        """Return a data frame in the order of the dataset, with a line for every expected example.

        A metric's mean is that of ``summary_scores``: where a score is missing, 0 stands in its place, and ``unscored``
        names the metric. Where numbers leave 0..1, nothing can, and the cell is empty.

        Columns: ``inputs.*``, ``outputs.*``, ``error``, ``unscored``, ``reference.*``, each metric by its name
        and again as ``feedback.<metric>``, ``repeat``, ``execution_time`` (seconds), ``example_id``, ``id``
        (the run's). Booleans are 1.0 and 0.0, labels are texts; dicts and lists below the first level stay what
        they are. A metric with the name of another column is found under ``feedback.`` alone. Of several
        suites, as a stored session of pytest has them that was scored again, ``suite`` tells which.

        Args:
            start: The first line.
            end: The line after the last; None for all.
            level: ``example`` averages the repeats of an example: the mean of numbers, the commonest label, the first
                of anything else.

        Raises:
            ArgumentError: The level is unknown, or a bound is no whole number.
            LlmobsError: pandas isn't installed.
        """
        from pytest_llmobs.client.results.frames import data_frame

        return data_frame(
            self._evaluation.rows_so_far,
            self._evaluation.plans,
            self._why_missing,
            start=start,
            end=end,
            level=level,
        )

    def _why_missing(self, key: TrialKey) -> str:
        """Return why there is no row of a trial."""
        if not self._evaluation.finished:
            return _NOT_YET
        message = self._messages.get(key)
        if (
            message
        ):  # it ran, and error_handling="ignore" leaves it out of the rows; or the lab kept it from running
            return error_line(message)
        interruption = self._evaluation.interruption
        if interruption is None:
            return "never ran"
        return f"never ran: {interruption.message}"

    @cached_property
    def _messages(self) -> Mapping[TrialKey, str | None]:
        from pytest_llmobs.client.results.frames import key_of

        return {key_of(trial): trial.message for trial in self._as_it_ended.trials}

    # The verdict

    def compare(self, baseline: str | ExperimentResults | None = None) -> Decision:
        """Return the gate's verdict, a row a metric and a row for each example that moved; keeps and prints nothing.

        Args:
            baseline: Other results, an experiment's name, a file or folder of baselines, ``git:REVISION``; None for the
                committed baseline.

        Raises:
            BaselineError: There is no such baseline.
        """
        from pytest_llmobs.client.results.gating import GateRequest, judged

        conclusion, _ = judged(self._as_it_ended, self._workspace, _reference(baseline), GateRequest())
        return conclusion.experiment.decision

    def gate(
        self,
        baseline: str | ExperimentResults | None = None,
        *,
        min_mean: Mapping[str, float] | None = None,
        max_drop: float | Mapping[str, float] | None = None,
        must_pass: str | Sequence[str] | Mapping[str, Mapping[str, Any]] = (),
        fail_on: str | Sequence[str] | None = None,
        update_baseline: bool | str = False,
        accept_failing: bool = False,
        out: TextIO | None = None,
    ) -> int:
        """Print the verdict and return the exit status, 0 for green and 1 for red: ``sys.exit(results.gate())``.

        Args:
            baseline: As ``compare`` takes it.
            min_mean: Metric -> the mean that it must reach, whatever the baseline says.
            max_drop: The drop of a mean below which it is no regression (default: .02), or one by metric.
            must_pass: Metrics that every example must pass; or metric -> the metadata of the examples that must.
            fail_on: What else is red: ``inconclusive``, ``drifted``; by default what the configuration says.
            update_baseline: True records what ran as the baseline; ``"add"`` adds it as further passes.
            accept_failing: Record a baseline even where most examples failed.
            out: Where the report goes; standard output by default.

        Raises:
            ArgumentError: A rule makes no sense, or names a metric that there isn't.
            BaselineError: There is no such baseline, or it can't be written.
        """
        from pytest_llmobs.client.results.gating import GateRequest, exit_status, print_report, report_context

        request = GateRequest(min_mean or {}, max_drop, must_pass, fail_on, update_baseline, accept_failing)
        conclusion = conclude_as(self, _reference(baseline), request)
        context = report_context(request, conclusion, self._workspace.cassette_folder)
        print_report(conclusion, context, out or sys.stdout)
        return exit_status(conclusion)

    @cached_property
    def _as_it_ended(self) -> Experiment:
        """The experiment before any further gate: what one notes is no matter of the next."""
        return self._evaluation.experiment

    # How it looks

    def __repr__(self) -> str:
        done, expected = len(self), self._evaluation.expected
        return f"<ExperimentResults {self.experiment_name}: {done:,} of {count(expected, 'trial')}{self._state()}>"

    def _state(self) -> str:
        """Return what else there is to say of an evaluation in a word or two; waits for nothing."""
        if not self._evaluation.finished:
            return ", under way"
        if self._evaluation.interruption is not None:
            return ", interrupted"
        return ""

    def _repr_html_(self) -> str:
        """Return a table for a notebook: what it comes to, and the first rows."""
        from pytest_llmobs.client.results.notebook import notebook_table

        summaries = None
        if self._evaluation.finished:
            summaries = self.summary_scores
        return notebook_table(repr(self).strip("<>"), summaries, self._evaluation.rows_so_far)


def _result_row(row: EvaluationRow) -> ResultRow:
    return {
        "run": row.run,
        "example": row.example,
        "evaluation_results": {"results": list(row.scores.values())},
    }


def _reference(baseline: object) -> Reference:
    from pytest_llmobs.client.results.gating import Reference

    if baseline is None:
        return Reference()
    if isinstance(baseline, ExperimentResults):
        return Reference(experiment=baseline._evaluation.experiment)
    if isinstance(baseline, str | PathLike) and str(baseline):
        return Reference(name=str(baseline))
    raise ArgumentError(
        f"baseline={baseline!r}: give other results, an experiment's name, a file or folder of baselines, "
        "git:REVISION, or None for the committed baseline."
    )


def conclude_as(results: ExperimentResults, reference: Reference, request: GateRequest) -> Conclusion:
    """Judge an evaluation by these rules and keep that with the experiment, as ``gate`` does; print nothing.

    Raises:
        ArgumentError: A rule makes no sense, or names a metric that there isn't.
        BaselineError: There is no such baseline, or it can't be written.
    """
    from pytest_llmobs.client.results.gating import judged
    from pytest_llmobs.experiments.conclude import keep

    evaluation = results._evaluation
    conclusion, surroundings = judged(results._as_it_ended, results._workspace, reference, request)
    if evaluation.stored:
        conclusion = keep(conclusion, surroundings)
    evaluation.conclude(conclusion.experiment, conclusion.recorded)
    return conclusion
