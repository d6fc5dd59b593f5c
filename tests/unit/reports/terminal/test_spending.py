from dataclasses import replace

from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.reports.digest.spending import digest_spending, statuses
from pytest_llmobs.reports.terminal.spending import spending_section, statuses_text
from pytest_llmobs.reports.text.page import Page

TRIAL = Trial(suite="s", example_id="a", example_hash="h", repeat=1, nodeid="t[a]", status="passed")


def priced(**columns: object) -> Trial:
    return replace(TRIAL, llm_calls=1, total_cost=0.25, total_tokens=100, **columns)


def test_models_without_a_price_are_named_once():
    trials = [replace(TRIAL, unpriced=("b", "a")), replace(TRIAL, unpriced=("a",))]
    experiment = Experiment(name="n", started="", duration=1.5, trials=trials)
    assert digest_spending(experiment).unpriced == ("a", "b")


def test_a_partly_known_cost_names_what_it_leaves_out():
    experiment = Experiment(
        name="n",
        started="",
        duration=1.5,
        trials=[priced(), replace(TRIAL, llm_calls=1, unpriced=("claude-next",))],
    )
    assert spending_section(digest_spending(experiment), Page()) == [
        "2 trials in 1.50 s: 2 passed",
        "app at least $0.2500 (2 calls, 100 tokens)",
        "! no price is known for claude-next: the cost leaves it out",
    ]


def test_the_confirming_sessions_share_is_part_of_the_sum():
    experiment = Experiment(name="n", started="", duration=1.5, trials=[priced()], confirmation=[priced()])
    assert spending_section(digest_spending(experiment), Page()) == [
        "1 trial in 1.50 s: 1 passed",
        "app $0.5000 (2 calls, 200 tokens) · confirming $0.2500 of that (1 trial, 1 call)",
    ]


def test_a_confirming_session_of_unknown_cost_says_its_calls():
    unpriced = replace(priced(), total_cost=None, judge_cost=None)
    experiment = Experiment(name="n", started="", duration=1.5, trials=[unpriced], confirmation=[unpriced])
    assert "confirming (1 trial, 1 call)" in spending_section(digest_spending(experiment), Page())[1]


def test_statuses_in_a_steady_order():
    trials = [replace(TRIAL, status=status) for status in ("xfailed", "error", "failed", "passed", "passed")]
    assert statuses_text(statuses(trials)) == "2 passed, 1 failed, 1 error, 1 xfailed"
