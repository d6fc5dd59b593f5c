"""What ``evaluate((A, B), …)`` returns: which of two experiments answered better."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TypedDict

from pytest_llmobs.evaluators.pair_results import PairwiseResult, Preference
from pytest_llmobs.experiments.compare import ExperimentComparison, compare_experiments
from pytest_llmobs.experiments.evaluation.results_data import Comparison


class ComparisonRow(TypedDict):
    """What the evaluators say of one example, repeat by repeat."""

    example_id: str
    evaluation_results: dict[str, list[Preference]]


class ComparativeExperimentResults:
    """Two experiments, pair by pair: iterate over its rows, one an example."""

    def __init__(self, comparison: Comparison) -> None:
        """Hold on to what was compared."""
        self._comparison = comparison

    @property
    def experiment_names(self) -> tuple[str, str]:
        """The first experiment, A, and the second, B."""
        return self._comparison.before.name, self._comparison.after.name

    @property
    def preferences(self) -> Mapping[str, PairwiseResult]:
        """By evaluator: ``win_rate`` of the second experiment, ``p_value``, ``position_bias``, each preference."""
        return self._comparison.results

    @cached_property
    def comparison(self) -> ExperimentComparison:
        """The metrics that both experiments have, side by side."""
        return compare_experiments(self._comparison.before, self._comparison.after)

    def __iter__(self) -> Iterator[ComparisonRow]:
        """Yield one row an example, in the order in which they were compared."""
        rows: dict[str, dict[str, list[Preference]]] = {}
        for key, result in self._comparison.results.items():
            for preference in result.preferences:
                row = rows.setdefault(preference.example_id, {})
                row.setdefault(key, []).append(preference)
        for example_id, results in rows.items():
            yield {"example_id": example_id, "evaluation_results": results}

    def __len__(self) -> int:
        """How many examples were compared."""
        return len(list(iter(self)))

    def __repr__(self) -> str:
        first, second = self.experiment_names
        rates = []
        for key, result in self.preferences.items():
            rate = result.win_rate
            rates.append(f"{key} {'none' if rate is None else format(rate, '.2f')}")
        return f"<ComparativeExperimentResults {first} and {second}: the second wins {', '.join(rates)}>"
