"""What may be spent: a limit in USD can't be kept once something was bought whose price isn't known."""

from __future__ import annotations

from pathlib import Path

from pytest_llmobs.measures.model_calls import Spending
from pytest_llmobs.trials.budget import Budget


def _budget(folder: Path, *, max_cost: float | None = None, max_calls: int | None = None) -> Budget:
    return Budget(folder / "spent.json", max_cost=max_cost, max_calls=max_calls)


def test_it_is_reached_by_cost_and_shared_by_all_who_open_it(tmp_path: Path) -> None:
    budget = _budget(tmp_path, max_cost=0.5)
    assert budget.exhausted() is None
    budget.spend(Spending(1, 10, 0.25))
    assert budget.exhausted() is None
    _budget(tmp_path, max_cost=0.5).spend(Spending(1, 10, 0.25))
    assert budget.exhausted() == "not run: $0.5000 of $0.5 spent (--llm-max-cost)"


def test_a_call_of_unknown_cost_counts_as_reaching_a_limit_in_usd(tmp_path: Path) -> None:
    budget = _budget(tmp_path, max_cost=5.0)
    budget.spend(Spending(1, 10, 0.25))
    budget.spend(Spending(1, 10, None, frozenset({"tiny-local"})))
    budget.spend(Spending(1, None, None, frozenset({"gpt-5-mini (streamed without its usage)"})))
    assert budget.exhausted() == (
        "not run: what was spent of $5 isn't known (--llm-max-cost): at least $0.2500, and the cost of "
        "'gpt-5-mini (streamed without its usage)', 'tiny-local' is unknown; llm_max_calls limits what has no price"
    )


def test_a_limit_of_calls_needs_no_price(tmp_path: Path) -> None:
    budget = _budget(tmp_path, max_calls=2)
    budget.spend(Spending(1, 10, None, frozenset({"tiny-local"})))
    assert (budget.exhausted(), budget.limits_cost) == (None, False)
    budget.spend(Spending(1, 10, None, frozenset({"tiny-local"})))
    assert budget.exhausted() == "not run: 2 of 2 model calls made (llm_max_calls)"
