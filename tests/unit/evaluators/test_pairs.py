"""Two experiments, pair by pair."""

from __future__ import annotations

import json
from dataclasses import replace
from uuid import UUID

import pytest
from scipy.stats import binomtest

from pytest_llmobs.errors import EvaluatorError
from pytest_llmobs.evaluators import PairwiseJudge, compare_pairs
from pytest_llmobs.evaluators.pair_results import sign_test
from pytest_llmobs.evaluators.pairs import RunPair, first_is_shown_first
from pytest_llmobs.records.examples import Example


@pytest.fixture
def pairs(subject):
    """Forty pairs in which the second output is the longer one."""

    def make(count=40):
        made = []
        for number in range(count):
            example = Example(f"e{number}", {"q": number}, {"gold": "x"})
            first, second = (
                replace(subject({"output": text}, {"gold": "x"}, id=f"{text}-{number}"), example=example)
                for text in ("short", "much longer")
            )
            made.append(RunPair(first, second))
        return made

    return make


def longer(outputs):
    return [len(output["output"]) for output in outputs]


def by_place(outputs):
    return "A"


def same(outputs):
    return "tie"


def test_the_better_side_wins_whatever_the_order(pairs):
    result = compare_pairs(longer, pairs())
    assert (result.key, result.count("second"), result.count("first"), result.win_rate) == (
        "longer",
        40,
        0,
        1.0,
    )
    assert result.p_value < 1e-6
    shown = [preference.first_shown for preference in result.preferences]
    assert 10 < sum(shown) < 30
    assert result.position_p > 0.05


def test_the_order_is_the_same_in_every_process_and_another_with_another_seed(pairs):
    orders = [
        [p.first_shown for p in compare_pairs(longer, pairs(), seed=seed).preferences]
        for seed in ("", "", "x")
    ]
    assert orders[0] == orders[1] != orders[2]
    assert [first_is_shown_first(f"e{n}", "") for n in range(4)] == orders[0][:4]


def test_an_evaluator_that_goes_by_place_is_found_out(pairs):
    result = compare_pairs(by_place, pairs())
    assert result.position_bias == 1.0
    assert result.position_p < 1e-6
    assert result.p_value > 0.01
    both = compare_pairs(by_place, pairs(), both_orders=True)
    assert both.count("tie") == 40
    assert both.position_bias == 1.0
    assert "the answer changes with the order" in both.preferences[0].comment


def test_both_orders_agree_for_an_honest_one(pairs):
    asked = []

    def honest(outputs, inputs):
        asked.append(inputs)
        return longer(outputs)

    assert compare_pairs(honest, pairs(5), both_orders=True).count("second") == 5
    assert len(asked) == 10


def test_ties_and_failures_are_counted_apart(pairs):
    assert compare_pairs(same, pairs(3)).win_rate == 0.5
    assert compare_pairs(same, pairs(3)).position_bias is None

    def broken(outputs):
        raise ValueError("down")

    result = compare_pairs(broken, pairs(3))
    assert (result.count(None), result.win_rate) == (3, None)
    assert "ValueError: down" in result.preferences[0].error


async def langsmiths(runs, example):
    return {"key": "x", "scores": {run.id: float(run.id.startswith("much")) for run in runs}, "comment": "c"}


def zero_or_one(runs, example):
    return int(runs[1].id.startswith("much"))


@pytest.mark.parametrize("spec", [langsmiths, zero_or_one])
def test_langsmiths_forms(pairs, spec):
    assert compare_pairs(spec, pairs(6)).count("second") == 6


@pytest.mark.parametrize("returned", ["C", None, [1], [1, "x"], 2, [float("nan"), 1], True])
def test_anything_else_is_a_failure_that_says_what_to_return(pairs, returned):
    def odd(outputs):
        return returned

    (preference,) = compare_pairs(odd, pairs(1)).preferences
    assert preference.winner is None
    assert "returns 'A', 'B', 'tie', 0, 1 or two scores" in preference.error


def test_a_parameter_that_stands_for_nothing_is_an_error(pairs):
    def wrong(output_a, output_b, rubric):
        return "A"

    with pytest.raises(EvaluatorError, match="'wrong' has a parameter 'output_a'"):
        compare_pairs(wrong, pairs(1))


def test_a_judge_compares_by_rubric(pairs):
    prompts = []

    def model(prompt):
        prompts.append(prompt)
        shown = prompt.rpartition("<output-")[2]
        better = "first" if shown.index("much longer") < shown.index("short") else "second"
        return json.dumps({"reason": "longer", "score": better})

    judge = PairwiseJudge("depth", "Which says more?", {"model": model})
    result = compare_pairs(judge, pairs(8))
    assert (result.key, result.count("second")) == ("depth", 8)
    assert "Which says more?" in prompts[0]
    assert "One of these labels, as it stands here: first, second, tie." in prompts[0]


@pytest.mark.parametrize(("first", "second"), [(0, 0), (3, 3), (0, 5), (2, 9), (10, 1)])
def test_the_sign_test_is_scipys(first, second):
    expected = binomtest(first, first + second).pvalue if first + second else 1.0
    assert sign_test(first, second) == pytest.approx(expected)


class Ranking:
    """What a LangSmith evaluator may return: an object with fields."""

    def __init__(self, runs):
        self.key = "told"
        self.scores = {UUID(run.id): number for number, run in enumerate(runs, start=3)}
        self.comment = {UUID(run.id): run.outputs["output"] for run in runs}


def test_an_object_with_scores_by_run_id_is_understood_whatever_the_order(pairs):
    ids = ["019a0000-0000-7000-8000-000000000001", "019a0000-0000-7000-8000-000000000002"]
    (pair,) = pairs(1)
    first, second = (
        replace(subject, run=replace(subject.run, id=own))
        for subject, own in zip((pair.first, pair.second), ids, strict=True)
    )

    def ranking(runs, example):
        return Ranking(runs)

    for seed in ("", "1", "2", "3"):
        result = compare_pairs(ranking, [RunPair(first, second)], seed=seed)
        (preference,) = result.preferences
        assert result.key == "told"
        assert preference.comments == ("short", "much longer")
        assert preference.scores == ((3, 4) if preference.first_shown else (4, 3))


def test_scores_are_kept_as_they_were_given_and_a_contradiction_is_a_tie(pairs):
    (given,) = compare_pairs(longer, pairs(1)).preferences
    assert given.scores == (5, 11)
    (contradicted,) = compare_pairs(by_place, pairs(1), both_orders=True).preferences
    assert (contradicted.winner, contradicted.scores) == ("tie", (0.5, 0.5))
