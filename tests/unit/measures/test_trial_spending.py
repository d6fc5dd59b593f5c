from dataclasses import replace

from pytest_llmobs.measures.estimates import estimate_by
from pytest_llmobs.measures.trial_spending import trial_spending
from pytest_llmobs.measures.values import own_cost, warm_latency
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


def test_replayed_calls_were_not_made_and_what_they_saved_adds_up():
    replayed = priced(replayed_calls=1, judge_calls=3, judge_replayed=2, judge_cost=0.5, saved_cost=0.125)
    total = trial_spending([replayed, priced()])
    assert (total.app.calls, total.app.replayed, total.judges.calls, total.judges.replayed) == (1, 1, 1, 2)
    assert (total.calls, total.replayed, total.saved) == (2, 3, 0.125)
    assert trial_spending([priced()]).saved is None


def test_a_replayed_trial_says_neither_what_an_answer_costs_nor_how_long_it_takes():
    replayed = replace(priced(replayed_calls=1, saved_cost=0.5), total_cost=0.0, latency=None)
    assert (own_cost(replayed), warm_latency(replayed)) == (None, None)
    estimate = estimate_by([replayed], 10, concurrency=1)
    assert estimate is not None
    assert (estimate.calls, estimate.cost) == (10, 5.0)
