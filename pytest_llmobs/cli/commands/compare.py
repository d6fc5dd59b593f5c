"""``llmobs compare``: two experiments side by side."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pytest_llmobs.cli.console import Console
from pytest_llmobs.cli.lookup import find_experiment
from pytest_llmobs.cli.objects import find_object
from pytest_llmobs.cli.stores import open_store
from pytest_llmobs.records.wire import to_wire

if TYPE_CHECKING:
    from pytest_llmobs.evaluators.pairs import BoundPairwise
    from pytest_llmobs.experiments.preferences import SuitePreferences
    from pytest_llmobs.records.experiments import Experiment
    from pytest_llmobs.storage.store import Store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "before", metavar="A", help="the name of the first experiment; its beginning is enough"
    )
    parser.add_argument("after", metavar="B", help="the name of the second")
    parser.add_argument("--all", action="store_true", help="name every example that moved")
    parser.add_argument(
        "--pairwise",
        metavar="FILE::NAME",
        help="show the outputs of both to this pairwise evaluator as well; the order is drawn by lot",
    )
    parser.add_argument(
        "--both-orders",
        action="store_true",
        help="ask it in both orders; a changed answer is a tie, and the cost is twice",
    )
    parser.add_argument("--seed", metavar="TEXT", default="", help="another text draws other orders")
    parser.add_argument(
        "--concurrency", metavar="N", type=int, default=8, help="pairs asked about at once (default: 8)"
    )
    parser.add_argument("--json", action="store_true", help="print everything for machines")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the comparison; return 1 where a metric is red, B loses side by side, or too many pairs tell nothing.

    Raises:
        EvaluatorError: The pairwise evaluator can't be found, or is none.
        NotFoundError: An experiment is unknown.
        StoreError: There is no store, or it can't be read.
    """
    from pytest_llmobs.experiments.compare import compare_experiments
    from pytest_llmobs.reports.pages.comparison import comparison_text
    from pytest_llmobs.reports.pages.preferences import preference_section

    store = open_store(arguments.store, console)
    before = find_experiment(arguments.before, store)
    after = find_experiment(arguments.after, store)
    evaluator = None
    if arguments.pairwise:  # before the comparison: a mistake in it should show at once
        evaluator = _find_evaluator(arguments.pairwise)
    comparison = compare_experiments(before, after)
    if not arguments.json:  # at once: asking about each pair may take minutes
        console.say(comparison_text(before, after, comparison, console.page, everything=arguments.all))
    preferences = None
    if evaluator is not None:
        preferences = _preferences(evaluator, before, after, store, arguments)
    if arguments.json:
        names = {"before": before.name, "after": after.name}
        console.json({**names, **to_wire(comparison, sparse=False), **_pairwise(preferences)})
    elif preferences is not None:
        section = preference_section(preferences, console.page, everything=arguments.all)
        console.say("\n" + "\n".join(section))
    if any(row.red for row in comparison.metrics) or _is_lost(preferences):
        return 1
    return 0


def _is_lost(preferences: Sequence[SuitePreferences] | None) -> bool:
    """Tell whether the second experiment loses side by side, or too many pairs tell nothing."""
    if preferences is None:
        return False
    if not preferences:
        return True
    return any(suite.worse or suite.lacking for suite in preferences)


def _pairwise(preferences: Sequence[SuitePreferences] | None) -> dict[str, Any]:
    if preferences is None:
        return {}
    return {"pairwise": list(map(_wire, preferences))}


def _find_evaluator(spec: str) -> BoundPairwise:
    from pytest_llmobs.evaluators.pairs import bind_pairwise

    return bind_pairwise(find_object(spec, "pairwise evaluator", _compares))


def _compares(value: Any) -> bool:
    return callable(getattr(value, "evaluate", None) or value) and not isinstance(value, type)


def _preferences(
    evaluator: BoundPairwise,
    before: Experiment,
    after: Experiment,
    store: Store,
    arguments: argparse.Namespace,
) -> list[SuitePreferences]:
    from pytest_llmobs.experiments.preferences import compare_outputs

    return compare_outputs(
        evaluator,
        before,
        after,
        store,
        seed=arguments.seed,
        both_orders=arguments.both_orders,
        concurrency=arguments.concurrency,
    )


def _wire(preferences: SuitePreferences) -> dict[str, Any]:
    result = preferences.result
    return {
        "suite": preferences.suite,
        **asdict(result),
        "win_rate": result.win_rate,
        "interval": preferences.interval,
        "p": result.p_value,
        "position_bias": result.position_bias,
        "position_p": result.position_p,
        "worse": preferences.worse,
    }
