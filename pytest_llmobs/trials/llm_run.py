"""``llm_run``: what a test sees of its own trial."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pytest_llmobs.errors import EvaluatorError, LlmobsError
from pytest_llmobs.evaluators.binding.declaration import BoundEvaluator, Subject, find_score, identify
from pytest_llmobs.measures.model_calls import NOTHING_SPENT, Spending, spending
from pytest_llmobs.records.copies import copied
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.runs import PAID, Run
from pytest_llmobs.records.scores import Score
from pytest_llmobs.tracing import capture
from pytest_llmobs.tracing.run_tree import RunTree
from pytest_llmobs.trials.outputs import as_outputs
from pytest_llmobs.trials.runner import Attempt
from pytest_llmobs.trials.scoring import Scorer, Scoring
from pytest_llmobs.wording import known, nearest

NO_TARGET = (
    "llm_dataset has no target=, and the test called no traced function. Name the app, as in target=support_agent, "
    "or call it in the test and hand its answer to llm_run.log_outputs(…)."
)
"""What is wrong where nothing was run."""


class LlmRun:
    """The root run of the current test: its inputs, outputs, times, tokens, cost and scores.

    What a test reads of it is the test's own copy, and what it logs is kept as it is at that moment.

    With ``target=`` on the marker it holds what the target did. Without, the test calls the app itself, and the
    outputs are what ``log_outputs`` got, else those of the only top-level run in the test.
    """

    def __init__(
        self,
        root: RunTree | None,
        example: Example | None,
        evaluators: Sequence[BoundEvaluator],
        scorer: Scorer,
        bind: Callable[[Any], BoundEvaluator],
    ) -> None:
        """Wrap a root run; made by the plugin, one for each test.

        Args:
            root: The root run, or None where the target has not run yet (see ``adopt``).
            example: The example, or None for a test without a dataset.
            evaluators: The marker's.
            scorer: Runs evaluators.
            bind: Makes an evaluator of what a test passes to ``score``.
        """
        self._own_root = root
        self._example = example
        self._evaluators = {bound.key: bound for bound in evaluators}
        self._scorer = scorer
        self._bind = bind
        self._inputs: dict[str, Any] | None = None
        self._outputs: dict[str, Any] | None = None
        self._returned: Mapping[str, Any] | None = None
        self._reference: dict[str, Any] | None = None
        self._scores: dict[str, Score] = {}
        self._gating: set[str] = set()
        self._fresh: set[str] = set()
        self._evaluated: set[str] = set()
        self._has_target = root is None
        self._children: tuple[int, Sequence[Run]] | None = None
        """How many runs of the trace had ended when a test last asked for the children, and what it was handed."""
        self.judging = NOTHING_SPENT
        """What the evaluators' own model calls cost."""
        self.broken_by: Exception | None = None
        """What kept the test's own judging from asking a model: no recording."""
        self.unscored_by: Exception | None = None
        """What kept an evaluator from it; its score says so."""

    def adopt(self, attempt: Attempt) -> None:
        """Take over what ran ahead: the root run, its outputs, and the evaluators' scores."""
        self._own_root = attempt.root
        self._returned = attempt.outputs
        if attempt.scoring is None:
            self._keep(attempt.job.evaluators, {})
        else:
            self._keep_scoring(attempt.job.evaluators, attempt.scoring)

    def __repr__(self) -> str:
        if self._own_root is None:
            return "<llm_run that has not started>"
        return f"<llm_run {self._own_root.name}>"

    @property
    def root(self) -> RunTree | None:
        """The root run as the tracer knows it; None where the target never started."""
        return self._own_root

    @property
    def broken(self) -> Exception | None:
        """What fails the trial whatever its app and its test make of it: a model was asked for what isn't recorded."""
        if self.broken_by is None and self._own_root is not None:
            return self._own_root.broken
        return self.broken_by

    @property
    def _root(self) -> RunTree:
        if self._own_root is None:
            raise LlmobsError(
                "llm_run has no run yet: the target runs once the test's fixtures are up. "
                "Read llm_run in the test itself, not in a fixture."
            )
        return self._own_root

    @property
    def id(self) -> str:
        """The root run's id: what ``llmobs show`` takes."""
        return self._root.id

    @property
    def inputs(self) -> Mapping[str, Any]:
        """What ``log_inputs`` got, else the example's inputs, else the root run's."""
        if self._inputs is not None:
            return copied(self._inputs)
        if self._example is not None:
            return copied(self._example.inputs)
        return self._root.inputs

    @property
    def outputs(self) -> Mapping[str, Any] | None:
        """What ``log_outputs`` got, else the target's, else those of the only top-level run; else None.

        They are the real ones: what is stored is redacted and may be cut, what a test sees is not.
        """
        if self._outputs is not None:
            return copied(self._outputs)
        if self._has_target:
            return self._target_outputs()
        captured = self._only_outputs_below()
        if captured is None:
            return None
        outputs: Mapping[str, Any] = capture.decode(captured)
        return outputs

    def _target_outputs(self) -> Mapping[str, Any] | None:
        captured = self._root.captured_outputs()
        if captured is None:
            return None
        if b"<cut" in captured and self._returned is not None:
            captured = capture.encode_mapping(self._returned, sys.maxsize)
        outputs: Mapping[str, Any] = capture.decode(captured)
        return outputs

    @property
    def reference_outputs(self) -> Mapping[str, Any]:
        """What ``log_reference_outputs`` got, else the example's outputs."""
        if self._reference is not None:
            return copied(self._reference)
        if self._example is not None:
            return copied(self._example.outputs)
        return {}

    @property
    def error(self) -> str | None:
        """The traceback of the run, or None."""
        return self._root.record().error

    @property
    def latency(self) -> float:
        """Seconds: the target's, or from the test's start to now (its end, once it ended)."""
        return self._root.elapsed

    @property
    def total_tokens(self) -> int | None:
        """Input and output tokens of all the app's model calls; None where none reported its usage."""
        return self.spending.tokens

    @property
    def total_cost(self) -> float | None:
        """USD of all the app's model calls; None where the cost of any of them isn't known."""
        return self.spending.known_cost

    @property
    def spending(self) -> Spending:
        """Calls, tokens and cost of the app, judges not included."""
        return spending(self._paid_calls)

    @property
    def metadata(self) -> Mapping[str, Any]:
        """The root run's metadata, with the prompts that were used so far."""
        return self._root.all_metadata

    @property
    def tags(self) -> Sequence[str]:
        """The root run's tags."""
        return self._root.tags

    @property
    def child_runs(self) -> Sequence[Run]:
        """The root run's direct children, each with its own children."""
        finished = len(self._root.collected or ())
        if self._children is None or self._children[0] != finished:
            self._children = finished, self._root.tree().child_runs
        return self._children[1]

    @property
    def llm_calls(self) -> Sequence[Run]:
        """All model calls of the trace, in the order they started."""
        return copied(self.model_calls)

    @property
    def model_calls(self) -> Sequence[Run]:
        """The same records as they are kept, for the plugin, which only looks."""
        return [run for run in self._paid_calls if run.run_type == "llm"]

    @property
    def _paid_calls(self) -> Sequence[Run]:
        if self._own_root is None:
            return ()
        return self._own_root.finished_runs(*PAID)

    @property
    def scores(self) -> Mapping[str, Score]:
        """All scores so far, by key."""
        return copied(self._scores)

    @property
    def kept_scores(self) -> Mapping[str, Score]:
        """The same scores as they are kept, for the plugin, which only looks."""
        return self._scores

    @property
    def gating(self) -> frozenset[str]:
        """Keys of the scores that the marker's evaluators made."""
        return frozenset(self._gating)

    @property
    def fresh(self) -> frozenset[str]:
        """Keys of the scores for which a model was asked in this session, and not replayed."""
        return frozenset(self._fresh)

    def score(self, evaluator: Any) -> Score:
        """Return the score of an evaluator, evaluating now where it hasn't been yet.

        Args:
            evaluator: One of the marker's evaluators or its key; or any other evaluator, whose score is then
                recorded and shown but never gates.

        Raises:
            EvaluatorError: The name is unknown, or the evaluator is misdeclared.
            UnscoredError: The evaluator made no score of that key.
        """
        __tracebackhide__ = True
        key = identify(evaluator)
        if key not in self._scores and key not in self._evaluated:
            self._evaluate([self._evaluators.get(key) or self._bind_other(evaluator)])
        return copied(find_score(list(self._scores.values()), evaluator))

    def _bind_other(self, evaluator: Any) -> BoundEvaluator:
        """Bind an evaluator that the marker doesn't have."""
        __tracebackhide__ = True
        try:
            return self._bind(evaluator)
        except EvaluatorError:
            if not isinstance(evaluator, str):
                raise
            hint = nearest(evaluator, self._evaluators)
            if not hint:
                raise
            raise EvaluatorError(
                f"The marker has no evaluator {evaluator!r}.{hint} {known(self._evaluators)}"
            ) from None

    def log_inputs(self, inputs: Mapping[str, Any]) -> None:
        """Record what the app was given, where that is not the example's inputs."""
        self._inputs = copied(dict(inputs))
        self._root.add_inputs(self._inputs)

    def log_outputs(self, outputs: Any) -> None:
        """Record what the evaluators shall see. A value that is no dict becomes ``{"output": value}``."""
        self._outputs = dict(copied(as_outputs(outputs)))
        self._root.add_outputs(self._outputs)

    def log_reference_outputs(self, outputs: Mapping[str, Any]) -> None:
        """Record the expected outputs, for a test without a dataset."""
        self._reference = copied(dict(outputs))
        self._root.patch(reference_outputs=copied(self._reference))

    def log_feedback(
        self,
        key: str,
        score: float | bool | None = None,
        *,
        value: str | None = None,
        comment: str | None = None,
    ) -> Score:
        """Record a score that the test worked out itself. It is shown and stored, and never gates."""
        self._scores[key] = Score(key, score, value, comment)
        return self._scores[key]

    def add_metadata(self, metadata: Mapping[str, Any]) -> None:
        """Add to the root run's metadata."""
        self._root.add_metadata(dict(metadata))

    def finish_scoring(self) -> None:
        """Run the marker's evaluators that have not run yet; their scores gate."""
        missing = [bound for key, bound in self._evaluators.items() if key not in self._evaluated]
        if missing:
            self._evaluate(missing)

    def end(self, error: BaseException | None) -> None:
        """End the root run of a test without a target; outputs that nobody logged are those of the only run below.

        Args:
            error: What the app or the infrastructure raised.
        """
        captured = self._only_outputs_below()
        if self._outputs is not None or captured == b"{}":
            captured = None
        self._root.finish(captured, error)

    def _only_outputs_below(self) -> bytes | None:
        """Return the outputs of the only run right below the root, as JSON; None where there are several, or none."""
        below = self._root.captured_outputs_below()
        return below[0] if len(below) == 1 else None

    def _evaluate(self, evaluators: Sequence[BoundEvaluator]) -> None:
        outputs = self.outputs
        if outputs is None:
            reason = self._why_no_outputs()
            self._keep(evaluators, {bound.key: Score(bound.key, error=reason) for bound in evaluators})
            return
        subject = Subject(self._root.tree(), self._example, self.inputs, outputs, self.reference_outputs)
        scoring = self._scorer.score(evaluators, subject, self._own_root)
        self._keep_scoring(evaluators, scoring)

    def _keep_scoring(self, evaluators: Sequence[BoundEvaluator], scoring: Scoring) -> None:
        self._keep(evaluators, scoring.scores)
        self._fresh.update(scoring.fresh)
        self.judging += scoring.judging
        self.unscored_by = self.unscored_by or scoring.broken

    def _keep(self, evaluators: Sequence[BoundEvaluator], scores: Mapping[str, Score]) -> None:
        keys = {bound.key for bound in evaluators}
        self._evaluated |= keys
        self._scores.update(scores)
        if keys <= self._evaluators.keys():  # what a test passes to score() never gates
            self._gating.update(scores)

    @property
    def lacks_target(self) -> bool:
        """True where nothing was run: the marker names no target, and the test has called nothing that is traced."""
        if self._example is None or self._has_target or self._outputs is not None:
            return False
        return not self._root.collected

    def _why_no_outputs(self) -> str:
        if self.lacks_target:
            return f"No outputs to score: {NO_TARGET}"
        top_level = self._root.captured_outputs_below()
        runs = "no traced run"
        if top_level:
            runs = f"{len(top_level)} top-level runs"
        return (
            f"No outputs to score: the test logged none and its trace has {runs}. "
            "Call llm_run.log_outputs(...), or trace one function that returns the answer."
        )
