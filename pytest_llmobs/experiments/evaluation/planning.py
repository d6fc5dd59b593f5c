"""What an evaluation is asked for, and the trials that it promises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_llmobs.evaluators.binding.declaration import BoundEvaluator
from pytest_llmobs.records.copies import copied
from pytest_llmobs.records.examples import Dataset, Example, UsedDataset
from pytest_llmobs.records.plans import ExpectedTrial, SuitePlan
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from pytest_llmobs.trials.runner import Job
from pytest_llmobs.trials.targets import Target

if TYPE_CHECKING:  # it is asked for once everything else is under way
    from pytest_llmobs.evaluators.suites import BoundSummary


@dataclass(frozen=True, kw_only=True)
class EvaluationRequest:
    """One target over one dataset, checked: everything but where it runs."""

    suite: str
    """See ``suite_names``."""
    target: Target
    dataset: Dataset
    """The examples that are to run."""
    splits: Sequence[str] = ()
    """The parts of the dataset that they are; empty for all of it."""
    all_ids: Sequence[str] = ()
    """Ids of all examples of the dataset, where these are only some; empty where they are all."""
    used: UsedDataset | None = None
    """The whole of it; None where these are all."""
    evaluators: Sequence[BoundEvaluator] = ()
    summaries: Sequence[BoundSummary] = ()
    repetitions: int = 1
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """For every root run, and the experiment's document."""
    description: str = ""
    ignores_errors: bool = False
    """True where failed runs are left out of the rows; they stay in the denominator."""

    def trials(self) -> Iterator[EvaluationTrial]:
        """Yield all trials: each example once, then each once more."""
        for repeat in range(1, self.repetitions + 1):
            for example in self.dataset.examples:
                yield EvaluationTrial(self, example, repeat)

    def plan(self, redaction: Redaction) -> SuitePlan:
        """Return the suite with its expected trials; examples' metadata go through ``redaction``."""
        expected = []
        for trial in self.trials():
            metadata = trial.example.metadata
            if metadata:
                metadata = redaction.clean_if_suspect(metadata)
            expected.append(
                ExpectedTrial(
                    example_id=trial.example_id,
                    example_hash=trial.example_hash,
                    repeat=trial.repeat,
                    nodeid=trial.nodeid,
                    metadata=metadata,
                )
            )
        ids = {example.id for example in self.dataset.examples}
        left_out = tuple(sorted(set(self.all_ids) - ids))
        return SuitePlan(
            name=self.suite,
            path="",
            dataset=self.dataset.source or self.dataset.name,
            dataset_version=(self.used.dataset if self.used else self.dataset).version,
            splits=tuple(self.splits),
            metrics={bound.key: bound.version for bound in self.evaluators},
            summaries={bound.key: bound.version for bound in self.summaries},
            repeat=self.repetitions,
            expected=tuple(expected),
            total=len(ids) + len(left_out),
            unselected=left_out,
        )


@dataclass(frozen=True, slots=True)
class EvaluationTrial:
    """One trial of an evaluation, before it starts."""

    request: EvaluationRequest
    example: Example
    repeat: int
    """1 to K."""

    @property
    def suite(self) -> str:
        """The suite's name."""
        return self.request.suite

    @property
    def nodeid(self) -> str:
        """Empty: no test belongs to it."""
        return ""

    @property
    def example_id(self) -> str:
        """The example's id."""
        return self.example.id

    @property
    def example_hash(self) -> str:
        """Hash of the example's content."""
        return self.example.hash

    @property
    def cluster(self) -> str | None:
        """None: an evaluation has no ``cluster_by``."""
        return None

    @property
    def key(self) -> tuple[str, int]:
        """Example and repeat: what tells it from the others."""
        return self.example.id, self.repeat

    def job(self) -> Job:
        """Return what the runner takes."""
        request = self.request
        columns: dict[str, Any] = {
            "suite": request.suite,
            "dataset": request.dataset.name,
            "example_id": self.example.id,
            "repeat": self.repeat,
        }
        if self.example.outputs:
            columns["reference_outputs"] = copied(dict(self.example.outputs))
        return Job(
            key=self.key,
            suite=request.suite,
            name=request.target.name,
            example=self.example,
            target=request.target,
            evaluators=request.evaluators,
            columns=columns,
            metadata=request.metadata,
            warmed_by=id(request.target.function),
        )
