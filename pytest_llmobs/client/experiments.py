"""The client's methods that read a stored experiment."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from pytest_llmobs.client.parameters import accept
from pytest_llmobs.client.projects import ProjectMethods

if TYPE_CHECKING:
    from pandas import DataFrame

    from pytest_llmobs.client.reading.experiments import ExperimentSummary
    from pytest_llmobs.records.experiments import Experiment


class ExperimentMethods(ProjectMethods):
    """Experiments that are stored: evaluations, and pytest's."""

    def get_experiment_results(
        self,
        name: str | None = None,
        project_id: Any = None,
        *,
        filters: Any = None,
        limit: int | None = None,
        **others: Any,
    ) -> ExperimentSummary:
        """Return what an experiment came to, and its examples with their runs.

        Args:
            name: The experiment's name.
            project_id: The same.
            filters: ``{NAME: [FILTER, …]}``: the runs that are wanted, in the filter language.
            limit: Most examples; 0 gives none, None all.
            **others: LangSmith's further parameters, which mean nothing here.

        Raises:
            NotFoundError: There is no experiment of that name.
            ArgumentError: None is named, or two are, a keyword is unknown, or a value of the wrong type.
            FilterError: A filter can't be understood.
        """
        from pytest_llmobs.client.reading.experiments import examples_with_runs, summary_of, wanted_runs
        from pytest_llmobs.client.reading.query import read_limit

        accept(self.get_experiment_results, others)
        experiment = self._experiment(name, project_id)
        is_wanted = wanted_runs(self.store, experiment.name, filters)
        examples = islice(examples_with_runs(experiment, self.store, is_wanted), read_limit(limit))
        project = self.read_project(project_name=experiment.name, include_stats=True)
        return summary_of(project, examples)

    def get_test_results(self, *, project_id: Any = None, project_name: str | None = None) -> DataFrame:
        """Return a stored experiment as a data frame, a line a trial: see ``ExperimentResults.to_pandas``.

        The means of feedback that was given later stand beside the scores of its evaluators.

        Args:
            project_id: The same as ``project_name``.
            project_name: The experiment's name.

        Raises:
            NotFoundError: There is no experiment of that name.
            ArgumentError: None is named, or two are.
            LlmobsError: pandas isn't installed.
        """
        from pytest_llmobs.client.reading.experiments import rows_with_feedback
        from pytest_llmobs.client.results.experiment import ExperimentResults
        from pytest_llmobs.experiments.evaluation.results_data import Evaluation
        from pytest_llmobs.experiments.evaluation.stored_rows import rows_by_example

        experiment = self._experiment(project_name, project_id)
        evaluation = Evaluation(experiment)
        for found in rows_by_example(experiment, self.store):
            for row in rows_with_feedback(found, self.store):
                evaluation.add(row)
        evaluation.finish()
        return ExperimentResults(evaluation, self.workspace).to_pandas()

    def _experiment(self, name: Any, project_id: Any) -> Experiment:
        from pytest_llmobs.client.reading.project_names import named_project
        from pytest_llmobs.experiments.evaluation.resuming import find_earlier

        return find_earlier(named_project(name, project_id), self.store)
