from dataclasses import replace

from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.looks import Look
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.reports.digest.experiment_line import experiment_line
from pytest_llmobs.reports.digest.spending import digest_spending, statuses
from pytest_llmobs.reports.pages.experiments import listing
from pytest_llmobs.reports.terminal.progress import Progress, progress_line
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


def of(trials: list[Trial], *looks: Look) -> Experiment:
    return Experiment(name="n", started="", duration=1.5, trials=trials, looks=looks)


def test_what_further_looks_and_the_accepted_code_took_is_part_of_the_sum():
    passes = Look(purpose="passes", trials=[priced(), priced()])
    suspects = Look(purpose="suspects", trials=[priced()])
    control = Look(purpose="control", trials=[priced()])
    spending = digest_spending(of([priced()], passes, suspects, control))
    assert spending_section(spending, Page()) == [
        "1 trial in 1.50 s: 1 passed",
        "app $1.25 (5 calls, 500 tokens)",
        "  of that 3 trials of further looks, $0.7500; 1 of the accepted code, $0.2500",
    ]


def test_a_look_of_unknown_cost_says_its_trials():
    unpriced = replace(priced(), total_cost=None, judge_cost=None)
    lines = spending_section(
        digest_spending(of([unpriced], Look(purpose="passes", trials=[unpriced]))), Page()
    )
    assert lines[1] == "app cost unknown (2 calls, 200 tokens) · of that 1 trial of further looks"


def test_looks_without_a_model_call_are_no_part_of_none():
    looks = Look(purpose="passes", trials=[TRIAL, TRIAL]), Look(purpose="control", trials=[TRIAL])
    lines = spending_section(digest_spending(of([TRIAL], *looks)), Page())
    assert lines[1] == "no model calls, no cost · 2 trials of further looks; 1 of the accepted code"


def test_a_look_that_brought_nothing_takes_nothing():
    lines = spending_section(
        digest_spending(of([priced()], Look(purpose="passes", error="it broke"))), Page()
    )
    assert lines == ["1 trial in 1.50 s: 1 passed", "app $0.2500 (1 call, 100 tokens)"]


def test_statuses_in_a_steady_order():
    trials = [replace(TRIAL, status=status) for status in ("xfailed", "error", "failed", "passed", "passed")]
    assert statuses_text(statuses(trials)) == "2 passed, 1 failed, 1 error, 1 xfailed"


def test_a_sum_that_leaves_something_out_is_a_bound_wherever_it_stands():
    partly = priced(unpriced=("m (streamed without its usage)",), judge_calls=1, judge_unpriced=("j",))
    experiment = of([partly], Look(purpose="passes", trials=[partly]))
    assert spending_section(digest_spending(experiment), Page(width=200)) == [
        "1 trial in 1.50 s: 1 passed",
        "app at least $0.5000 (2 calls, 200 tokens) · judges cost unknown (2 calls) · "
        "of that 1 trial of further looks, at least $0.2500",
        "! no price is known for j, m (streamed without its usage): the cost leaves it out",
    ]
    assert experiment_line(experiment).at_least
    assert "at least $0.5000" in "\n".join(listing([experiment_line(experiment)], Page(width=120)))
    progress = Progress(done=1, total=2, elapsed=1.0, cost=0.5, cost_is_whole=False)
    assert "at least $0.5000" in progress_line(progress, Page())


def test_many_calls_of_unknown_cost_are_named_in_part():
    trials = [replace(TRIAL, llm_calls=1, unpriced=(f"m{number}",)) for number in range(11)]
    experiment = Experiment(name="n", started="", duration=1.5, trials=trials)
    assert "m6, 3 more: the cost" in " ".join(spending_section(digest_spending(experiment), Page(width=200)))


def test_calls_that_were_made_stand_beside_those_that_were_replayed():
    replayed = replace(
        TRIAL, llm_calls=1, replayed_calls=1, total_cost=0.0, total_tokens=100, saved_cost=0.25
    )
    judged = replace(replayed, judge_calls=2, judge_replayed=2, judge_cost=0.0, saved_cost=0.75)
    assert spending_section(digest_spending(of([replayed])), Page(width=120))[1] == (
        "app $0 (1 call replayed, 100 tokens) · recordings saved $0.2500"
    )
    assert spending_section(digest_spending(of([priced(), replayed, judged])), Page(width=120))[1] == (
        "app $0.2500 (1 call, 2 replayed, 300 tokens) · judges $0 (2 calls replayed) · recordings saved $1.00"
    )
    unknown = replace(replayed, saved_cost=None)
    assert (
        spending_section(digest_spending(of([unknown])), Page())[1] == "app $0 (1 call replayed, 100 tokens)"
    )
