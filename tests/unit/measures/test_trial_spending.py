from dataclasses import replace

from pytest_llmobs.measures.trial_spending import trial_spending
from pytest_llmobs.records.trials import Trial

TRIAL = Trial(suite="s", example_id="a", example_hash="h", repeat=1, nodeid="t[a]", status="passed")


def priced(**columns: object) -> Trial:
    return replace(TRIAL, llm_calls=1, total_cost=0.25, total_tokens=100, **columns)


def test_sums_keep_app_and_judges_apart():
    total = trial_spending([priced(judge_calls=2, judge_cost=0.5), priced()])
    assert (total.app.calls, total.app.tokens, total.app.cost) == (2, 200, 0.5)
    assert (total.judges.calls, total.judges.cost, total.cost) == (2, 0.5, 1.0)


def test_an_unknown_cost_is_never_zero():
    total = trial_spending([replace(TRIAL, llm_calls=1, unpriced=("m",))])
    assert total.app.cost is None
    assert total.cost is None


def test_what_the_sum_leaves_out_is_known_apart():
    partly = priced(unpriced=("m",), judge_calls=1, judge_unpriced=("j",))
    total = trial_spending([priced(), partly])
    assert (total.app.cost, total.app.known_cost, total.unpriced) == (0.5, None, {"m", "j"})
    assert (total.app.unpriced, total.judges.unpriced) == ({"m"}, {"j"})
    assert (priced().whole_cost, partly.whole_cost) == (0.25, None)
