"""What ``evaluate((A, B), …)`` returns: which of two experiments answered better."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypedDict

from pytest_llmobs.errors import NotFoundError
from pytest_llmobs.evaluators.pair_results import PairwiseResult, Preference
from pytest_llmobs.evaluators.pairs import RunPair
from pytest_llmobs.experiments.compare import ExperimentComparison, compare_experiments
from pytest_llmobs.records.examples import Example
from pytest_llmobs.wording import known, nearest

if TYPE_CHECKING:  # whoever compares has imported it
    from pytest_llmobs.experiments.evaluation.comparing import Comparison


@dataclass(frozen=True)
class ComparisonEvaluationResult:
    """What one evaluator says of the compared runs of one example."""

    key: str
    """The metric's name."""
    scores: Mapping[str, float | bool]
    """Run id -> what the evaluator gave it; of one that names a winner 1 and 0, or one half each. The first
    experiment's run comes before the second's. Empty where the evaluator failed."""
    comment: str | Mapping[str, str] | None = None
    """Why; by run id where they differ."""
    preferences: Sequence[Preference] = ()
    """Which won, repeat by repeat."""

    @property
    def error(self) -> str | None:
        """Why there are no scores, of the first repeat without any; None where all have some."""
        return next((each.error for each in self.preferences if each.error), None)


@dataclass(frozen=True, kw_only=True)
class ComparativeExperiment:
    """A comparison as LangSmith's scripts know it."""

    id: str
    """A UUID: ``comparative_experiment_id`` of the feedback on the compared runs."""
    name: str
    experiment_names: tuple[str, str]
    description: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def experiments_info(self) -> list[dict[str, str]]:
        """Both experiments, by id (which is the name) and name."""
        first, second = self.experiment_names
        return [{"id": first, "name": first}, {"id": second, "name": second}]


class ComparisonRow(TypedDict):
    """One example, as scripts written for LangSmith read it."""

    example: Example
    evaluation_results: dict[str, Any]
    """``runs``: its runs, the first experiment's before the second's, repeat by repeat; ``feedback.KEY`` of each
    evaluator: a ``ComparisonEvaluationResult`` with the scores of all of them."""


class ComparativeExperimentResults:
    """Two experiments, pair by pair: iterate over its rows, one an example, or take one's results by its id."""

    def __init__(
        self,
        comparison: Comparison,
        *,
        prefix: str = "",
        description: str = "",
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        """Hold on to what was compared.

        Args:
            comparison: What the evaluators said.
            prefix: What its name begins with; by default both experiments' names.
            description: Its own.
            metadata: Its own.
        """
        self._comparison = comparison
        names = comparison.before.name, comparison.after.name
        self.comparative_experiment = ComparativeExperiment(
            id=comparison.id,
            name=f"{prefix or ' vs. '.join(names)}-{comparison.id[-8:]}",
            experiment_names=names,
            description=description,
            metadata=metadata or {},
        )
        """Its id and its name."""

    @property
    def experiment_names(self) -> tuple[str, str]:
        """The first experiment, A, and the second, B."""
        return self.comparative_experiment.experiment_names

    @property
    def url(self) -> None:
        """None: there is no page of a comparison; ``llmobs compare A B`` prints one."""
        return None

    @property
    def preferences(self) -> Mapping[str, PairwiseResult]:
        """By evaluator: ``win_rate`` of the second experiment, ``p_value``, ``position_bias``, each preference."""
        return self._comparison.results

    @cached_property
    def comparison(self) -> ExperimentComparison:
        """The metrics that both experiments have, side by side."""
        return compare_experiments(self._comparison.before, self._comparison.after)

    def __iter__(self) -> Iterator[ComparisonRow]:
        """Yield one row an example, in the order in which they were compared; its repeats share the row."""
        yield from self._rows.values()

    def __getitem__(self, example_id: str) -> dict[str, Any]:
        """Return the ``evaluation_results`` of an example.

        Raises:
            NotFoundError: It wasn't compared.
        """
        row = self._rows.get(str(example_id))
        if row is None:
            raise NotFoundError(
                f"No example {example_id!r} was compared.{nearest(str(example_id), self._rows)} {known(self._rows)}"
            )
        return row["evaluation_results"]

    def __len__(self) -> int:
        """How many examples were compared."""
        return len(self._rows)

    def __repr__(self) -> str:
        first, second = self.experiment_names
        rates = []
        for key, result in self.preferences.items():
            rate = result.win_rate
            rates.append(f"{key} {'none' if rate is None else format(rate, '.2f')}")
        return f"<ComparativeExperimentResults {first} and {second}: the second wins {', '.join(rates)}>"

    @cached_property
    def _rows(self) -> Mapping[str, ComparisonRow]:
        places: dict[str, list[int]] = {}
        for place, pair in enumerate(self._comparison.pairs):
            places.setdefault(pair.example_id, []).append(place)
        return dict(zip(places, map(self._row, places.values()), strict=True))

    def _row(self, places: Sequence[int]) -> ComparisonRow:
        """Return the row of an example, whose pairs have these places among all of them."""
        pairs = list(map(self._comparison.pairs.__getitem__, places))
        results: dict[str, Any] = {"runs": list(chain.from_iterable(map(attrgetter("runs"), pairs)))}
        for key, result in self.preferences.items():
            preferences = list(map(result.preferences.__getitem__, places))
            results[f"feedback.{key}"] = _result(key, pairs, preferences)
        return {"example": _example(pairs), "evaluation_results": results}


def _example(pairs: Sequence[RunPair]) -> Example:
    """Return an example as a run that is stored has it: of one that never ran, the content isn't known."""
    found = None
    for pair in pairs:
        for subject in (pair.first, pair.second):
            if found is None or (subject.run.id and not found.inputs):
                found = subject.example
    assert found is not None
    return found


def _result(
    key: str, pairs: Sequence[RunPair], preferences: Sequence[Preference]
) -> ComparisonEvaluationResult:
    scores: dict[str, float | bool] = {}
    comments: dict[str, str] = {}
    for pair, preference in zip(pairs, preferences, strict=True):
        if preference.scores is None:
            continue
        run_ids = pair.first.run.id, pair.second.run.id
        scores.update(zip(run_ids, preference.scores, strict=True))
        texts = preference.comments or (preference.comment, preference.comment)
        comments.update(zip(run_ids, texts, strict=True))
    return ComparisonEvaluationResult(key, scores, _in_common(comments), tuple(preferences))


def _in_common(comments: Mapping[str, str]) -> str | Mapping[str, str] | None:
    """Return the one comment there is, or all that there are by run id; None where there is none."""
    texts = {*comments.values()}
    if len(texts) == 1:
        return texts.pop() or None
    return {run_id: text for run_id, text in comments.items() if text} or None
