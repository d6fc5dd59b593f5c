"""The client's ``evaluate()``, that of the package, in the client's folder; and ``evaluate_run()``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Unpack

from pytest_llmobs.client.datasets import DatasetMethods
from pytest_llmobs.client.evaluation_setup.options import DEFAULTS, EvaluationOptions
from pytest_llmobs.client.feedback import FeedbackMethods
from pytest_llmobs.client.parameters import accept
from pytest_llmobs.client.runs import RunMethods
from pytest_llmobs.client.signatures import spelled_out

if TYPE_CHECKING:
    from pytest_llmobs.evaluators.binding.declaration import BoundEvaluator
    from pytest_llmobs.evaluators.binding.subject import Subject
    from pytest_llmobs.records.examples import Example
    from pytest_llmobs.records.runs import Run
    from pytest_llmobs.records.scores import Score


class EvaluationMethods(RunMethods, FeedbackMethods, DatasetMethods):
    """Experiments outside pytest, and single runs that are scored."""

    @spelled_out(EvaluationOptions, DEFAULTS)
    def evaluate(
        self,
        target: Any,
        data: Any = None,
        evaluators: Any = None,
        **options: Unpack[EvaluationOptions],
    ) -> Any:
        """Run a target over a dataset, score what it answers, and keep it as an experiment.

        Args:
            target: A function of ``inputs``, or of the inputs' keys, sync or async; or the name of a stored
                experiment, to score it again; or two names, to compare them.
            data: A dataset's name, a file, or examples.
            evaluators: Functions, objects or names; None for runs alone.
            **options: See ``EvaluationOptions``, and ``evaluate()``.

        Returns:
            ``ExperimentResults``; of a pair ``ComparativeExperimentResults``.

        Raises:
            ArgumentError: An argument makes no sense, or is unknown.
            IncompleteExperiment: It was interrupted; nothing of what was finished is lost.
        """
        from pytest_llmobs.client.evaluate import evaluate

        accept(self.evaluate, options)
        return evaluate(target, data, evaluators, client=self, **options)

    @spelled_out(EvaluationOptions, DEFAULTS)
    async def aevaluate(
        self,
        target: Any,
        data: Any = None,
        evaluators: Any = None,
        **options: Unpack[EvaluationOptions],
    ) -> Any:
        """Do what ``evaluate`` does, in the running event loop.

        Raises:
            ArgumentError: An argument makes no sense, or is unknown.
            IncompleteExperiment: It was interrupted; nothing of what was finished is lost.
        """
        from pytest_llmobs.client.evaluate import aevaluate

        accept(self.aevaluate, options)
        return await aevaluate(target, data, evaluators, client=self, **options)

    def evaluate_run(
        self,
        run: Any,
        evaluator: Any,
        *,
        source_info: dict[str, Any] | None = None,
        reference_example: Any = None,
        load_child_runs: bool = False,
        **others: Any,
    ) -> Score:
        """Score a stored run, and keep what is said as feedback of source type ``model`` on it.

        Args:
            run: It, or its id.
            evaluator: A function, an object or a name, as ``evaluate()`` takes them.
            source_info: What else names the source of the feedback.
            reference_example: The example to hold it against: it, its id, or a dict; by default the run's own.
            load_child_runs: True nests everything below the run in ``run.child_runs``.
            **others: LangSmith's further parameters, which mean nothing here.

        Returns:
            The score; of an evaluator that gives several the first, with all of them kept. One that fails gives an
            unscored one whose ``error`` says why, and no feedback.

        Raises:
            NotFoundError: There is no such run or example.
            EvaluatorError: The evaluator is unknown or misdeclared.
            ArgumentError: The id is no UUID, the example none, or a keyword is unknown.
        """
        accept(self.evaluate_run, others)
        bound, subject = self._to_score(run, evaluator, reference_example, load_child_runs)
        return self._keep_scores(subject.run, bound.score(subject), source_info)

    async def aevaluate_run(
        self,
        run: Any,
        evaluator: Any,
        *,
        source_info: dict[str, Any] | None = None,
        reference_example: Any = None,
        load_child_runs: bool = False,
        **others: Any,
    ) -> Score:
        """Do what ``evaluate_run`` does; an async evaluator runs in the running event loop.

        Raises:
            NotFoundError: There is no such run or example.
            EvaluatorError: The evaluator is unknown or misdeclared.
            ArgumentError: The id is no UUID, the example none, or a keyword is unknown.
        """
        import asyncio  # 20 ms that nobody else needs

        accept(self.aevaluate_run, others)
        bound, subject = await asyncio.to_thread(
            self._to_score, run, evaluator, reference_example, load_child_runs
        )
        scores = await bound.ascore(subject)
        return await asyncio.to_thread(self._keep_scores, subject.run, scores, source_info)

    def _to_score(
        self, run: Any, evaluator: Any, reference: Any, load_child_runs: bool
    ) -> tuple[BoundEvaluator, Subject]:
        from pytest_llmobs.client.reading.subjects import run_subject
        from pytest_llmobs.evaluators.binding.declaration import bind

        bound = bind(evaluator, self._registry() if isinstance(evaluator, str) else {})
        stored = self.read_run(getattr(run, "id", run), load_child_runs)
        if isinstance(reference, str) or type(reference).__name__ == "UUID":
            reference = self._example_of(stored, str(reference))
        return bound, run_subject(stored, reference)

    def _example_of(self, run: Run, example_id: str) -> Example | None:
        """Return an example of a dataset, or None for the run's own, which the run has with it."""
        if example_id == run.reference_example_id:
            return None
        return self.read_example(example_id)

    def _registry(self) -> Mapping[str, Any]:
        from pytest_llmobs.extensions import Extensions, standalone_manager

        return Extensions(standalone_manager()).evaluators

    def _keep_scores(self, run: Run, scores: Sequence[Score], source_info: dict[str, Any] | None) -> Score:
        for score in scores:
            if not score.unscored:
                self._feedback_writer.create(
                    score.key,
                    run_id=run.id,
                    trace_id=run.trace_id,
                    run_project=run.project,
                    score=score.score,
                    value=score.value,
                    comment=score.comment,
                    source_type="model",
                    source_info=source_info,
                )
        return scores[0]
