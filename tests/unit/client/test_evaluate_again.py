"""Stored experiments scored again, and two of them compared: no app is called."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs import Client, evaluate, evaluator
from pytest_llmobs.client.base import ClientBase
from pytest_llmobs.errors import ArgumentError, EvaluatorError, IncompleteExperiment, NotFoundError
from pytest_llmobs.experiments.evaluation.journal import journal_names
from pytest_llmobs.feedback.reading import list_feedback
from tests.unit.client.evaluating import DATA, App, client_in, length, right, runs_of, scores_of, stored


@pytest.fixture
def client(tmp_path: Path) -> ClientBase:
    return client_in(tmp_path)


@pytest.fixture
def name(client: ClientBase) -> str:
    """A stored experiment."""
    results = evaluate(App(), data=DATA, evaluators=[right], client=client)
    return str(results.experiment_name)


def strict(version: str, score: bool) -> Any:
    """Return another ``right``."""

    def again(outputs: Mapping[str, Any]) -> bool:
        return score

    return evaluator(key="right", version=version)(again)


def test_further_evaluators_add_their_scores_and_leave_the_others(client: ClientBase, name: str) -> None:
    results = evaluate(name, evaluators=[length], client=client)
    assert scores_of(results)["three"] == {"right": 1, "length": 5}
    experiment = stored(client, name)
    assert set(experiment.suites[0].metrics) == {"right", "length"}
    assert [trial.scores["length"].score for trial in experiment.trials] == [3, 3, 5]
    assert len(runs_of(client, name)) == 3


def test_a_metric_scored_again_keeps_what_it_was(client: ClientBase, name: str) -> None:
    before = stored(client, name)
    evaluate(name, evaluators=[strict("2", False)], client=client)
    experiment = stored(client, name)
    assert {trial.scores["right"].score for trial in experiment.trials} == {0.0}
    (earlier,) = experiment.earlier_scores
    assert (earlier.metric, earlier.version) == ("right", before.suites[0].metrics["right"])
    assert {each.example_id: each.score.score for each in earlier.trials} == {"one": 1, "two": 1, "three": 1}


def test_the_history_grows_with_each_time(client: ClientBase, name: str) -> None:
    evaluate(name, evaluators=[strict("2", False)], client=client)
    evaluate(name, evaluators=[strict("3", True)], client=client)
    history = stored(client, name).earlier_scores
    assert [scores.trials[0].score.score for scores in history] == [1.0, 0.0]


def test_new_scores_are_feedback_on_their_runs(client: ClientBase, name: str) -> None:
    evaluate(name, evaluators=[length], client=client)
    own = Client(workspace=client.workspace)
    long = own.list_runs(project_name=name, filter='and(eq(feedback_key, "length"), gt(feedback_score, 4))')
    assert [run.inputs["question"] for run in long] == ["three"]


def test_one_split_can_be_scored_alone(client: ClientBase, name: str) -> None:
    results = evaluate(name, data=DATA[:1], evaluators=[length], client=client)
    assert [row["example"].id for row in results] == ["one"]
    by_example = {trial.example_id: trial.scores["length"] for trial in stored(client, name).trials}
    assert by_example["one"].score == 3
    assert by_example["two"].exempt
    assert "its example was not in data=" in str(by_example["two"].error)


def test_examples_of_another_dataset_are_refused(client: ClientBase, name: str) -> None:
    other = [{"id": "four", "inputs": {"question": "four"}}]
    with pytest.raises(ArgumentError, match=f"No trial of '{name}' is of an example in data=: it has 'one'"):
        evaluate(name, data=other, evaluators=[length], client=client)


def test_summary_scores_of_before_stay(client: ClientBase) -> None:
    def answers(outputs: list[Any]) -> float:
        return float(len(outputs))

    name = evaluate(App(), data=DATA, summary_evaluators=[answers], client=client).experiment_name
    results = evaluate(name, evaluators=[length], client=client)
    assert results.summary_scores["answers"].mean == 3.0


def test_a_summary_evaluator_can_be_added(client: ClientBase, name: str) -> None:
    def answers(outputs: list[Any]) -> float:
        return float(len(outputs))

    results = evaluate(name, summary_evaluators=[answers], client=client)
    assert results.summary_scores["answers"].mean == 3.0


def test_the_verdict_is_worked_out_anew(client: ClientBase, name: str) -> None:
    evaluate(name, evaluators=[length], client=client)
    metrics = {row.metric for row in stored(client, name).decision.metrics}
    assert {"right", "length"} <= metrics


def test_results_stand_for_their_experiment(client: ClientBase) -> None:
    results = evaluate(App(), data=DATA, client=client)
    assert len(evaluate(results, evaluators=[right], client=client)) == 3


def test_a_trial_that_failed_stays_without_a_score(client: ClientBase) -> None:
    def act(question: str) -> Any:
        raise ValueError(question)

    name = evaluate(App(act), data=DATA, client=client).experiment_name
    results = evaluate(name, evaluators=[length], client=client)
    assert scores_of(results) == {"one": {}, "two": {}, "three": {}}


def test_scoring_interrupted_keeps_what_is_scored(client: ClientBase, name: str) -> None:
    def stops(inputs: Mapping[str, Any]) -> bool:
        if inputs["question"] == "two":
            raise KeyboardInterrupt
        return True

    with pytest.raises(IncompleteExperiment, match="1 of 3 trials are scored and stored") as stopped:
        evaluate(name, evaluators=[stops], client=client)
    assert len(stopped.value.results) == 1
    scored = [trial.example_id for trial in stored(client, name).trials if "stops" in trial.scores]
    assert scored == ["one"]


def test_what_was_interrupted_can_be_scored_and_still_goes_on(client: ClientBase) -> None:
    def act(question: str) -> Any:
        if question == "two":
            raise KeyboardInterrupt
        return {"answer": question.upper()}

    with pytest.raises(IncompleteExperiment) as stopped:
        evaluate(App(act), data=DATA, client=client)
    name = stopped.value.results.experiment_name
    assert len(evaluate(name, evaluators=[length], client=client)) == 1
    assert scores_of(evaluate(name, evaluators=[right], client=client))["one"] == {"length": 3, "right": 1}
    assert journal_names(client.workspace.open_store()) == [name]
    app = App()
    results = evaluate(app, data=DATA, evaluators=[length, right], experiment=name, client=client)
    assert app.calls == ["two", "three"]
    assert scores_of(results)["one"] == {"length": 3, "right": 1}


def test_an_unknown_experiment_is_told_with_the_near_ones(client: ClientBase, name: str) -> None:
    with pytest.raises(NotFoundError, match=f"No experiment is called '{name}s'.*Did you mean '{name}'"):
        evaluate(f"{name}s", evaluators=[length], client=client)


def test_nothing_to_score_by_is_refused(client: ClientBase, name: str) -> None:
    with pytest.raises(ArgumentError, match=f"'{name}'.*is about a stored experiment: give evaluators="):
        evaluate(name, client=client)


# A pair


@pytest.fixture
def pair(client: ClientBase) -> tuple[str, str]:
    """Two targets over one dataset: the second answers at greater length."""

    def short(question: str) -> dict[str, str]:
        return {"answer": question}

    def long(question: str) -> dict[str, str]:
        return {"answer": question * 2}

    first = evaluate(short, data=DATA, evaluators=[length], client=client)
    second = evaluate(long, data=DATA, evaluators=[length], client=client)
    return first.experiment_name, second.experiment_name


def longer(outputs: list[Mapping[str, Any]]) -> list[int]:
    """Prefer the longer answer."""
    return [len(output["answer"]) for output in outputs]


def test_a_pair_is_compared_example_by_example(client: ClientBase, pair: tuple[str, str]) -> None:
    results = evaluate(pair, evaluators=[longer], client=client)
    assert results.experiment_names == pair
    assert results.preferences["longer"].win_rate == 1.0
    assert [row["example"].id for row in results] == ["one", "two", "three"]
    assert len(results) == 3
    assert repr(results).endswith(f"{pair[0]} and {pair[1]}: the second wins longer 1.00>")


def test_a_row_has_the_example_both_runs_and_their_scores(client: ClientBase, pair: tuple[str, str]) -> None:
    row = next(iter(evaluate(pair, evaluators=[longer], client=client)))
    assert row["example"].inputs == {"question": "one"}
    assert row["example"].outputs == {"answer": "ONE"}
    first, second = row["evaluation_results"]["runs"]
    assert [run.outputs["answer"] for run in (first, second)] == ["one", "oneone"]
    assert [run.project for run in (first, second)] == [*pair]
    result = row["evaluation_results"]["feedback.longer"]
    assert result.key == "longer"
    assert [*result.scores.items()] == [(first.id, 3), (second.id, 6)]
    assert result.comment is None


def test_results_are_found_by_the_examples_id(client: ClientBase, pair: tuple[str, str]) -> None:
    results = evaluate(pair, evaluators=[longer], client=client)
    assert [*results["three"]["feedback.longer"].scores.values()] == [5, 10]
    with pytest.raises(NotFoundError, match=r"No example 'thre' was compared. Did you mean 'three'"):
        results["thre"]


def test_a_named_winner_is_one_and_zero_and_a_tie_one_half_each(
    client: ClientBase, pair: tuple[str, str]
) -> None:
    def winner(inputs: Mapping[str, Any], outputs: list[Mapping[str, Any]]) -> str:
        if inputs["question"] == "two":
            return "tie"
        return "A" if len(outputs[0]["answer"]) > len(outputs[1]["answer"]) else "B"

    results = evaluate(pair, evaluators=[winner], client=client)
    assert [[*row["evaluation_results"]["feedback.winner"].scores.values()] for row in results] == [
        [0, 1],
        [0.5, 0.5],
        [0, 1],
    ]


def test_repeats_share_a_row_that_has_the_runs_of_all(client: ClientBase) -> None:
    names = []
    for app in (App(), App(str.title)):
        results = evaluate(app, data=DATA, num_repetitions=2, client=client)
        names.append(results.experiment_name)

    def constant(outputs: list[Any]) -> list[float]:
        return [0.25, 0.25]

    rows = list(evaluate(tuple(names), evaluators=[constant], client=client))
    assert len(rows) == 3
    runs = rows[0]["evaluation_results"]["runs"]
    assert [run.project for run in runs] == names * 2
    assert {*rows[0]["evaluation_results"]["feedback.constant"].scores} == {run.id for run in runs}


def test_a_pairwise_evaluator_that_fails_leaves_no_scores_and_says_why(
    client: ClientBase, pair: tuple[str, str]
) -> None:
    def broken(outputs: list[Any]) -> list[float]:
        raise KeyError("nothing")

    results = evaluate(pair, evaluators=[broken], client=client)
    result = results["one"]["feedback.broken"]
    assert result.scores == {}
    assert "KeyError: 'nothing'" in result.error
    assert list(list_feedback(client.store, feedback_key="broken")) == []


def test_two_pairwise_evaluators_of_one_key_are_refused(client: ClientBase, pair: tuple[str, str]) -> None:
    with pytest.raises(EvaluatorError, match="has two with the key 'longer'"):
        evaluate(pair, evaluators=[longer, longer], client=client)


def test_what_compared_runs_were_given_is_feedback_of_the_comparison(
    client: ClientBase, pair: tuple[str, str]
) -> None:
    def told(runs: list[Any], example: Any) -> dict[str, Any]:
        scores = {run.id: len(run.outputs["answer"]) for run in runs}
        return {"key": "size", "scores": scores, "comment": {run.id: f"in {run.project}" for run in runs}}

    results = evaluate(pair, evaluators=[told], client=client)
    first, second = results["one"]["runs"]
    found = {each.run_id: each for each in list_feedback(client.store, feedback_key="size")}
    assert len(found) == 6
    assert [found[run.id].score for run in (first, second)] == [3, 6]
    assert found[second.id].comment == f"in {pair[1]}"
    assert found[first.id].source.type == "model"
    assert {each.comparison_id for each in found.values()} == {results.comparative_experiment.id}
    assert found[first.id].group_id == found[second.id].group_id
    assert len({each.group_id for each in found.values()}) == 3
    assert results["one"]["feedback.size"].comment[first.id] == f"in {pair[0]}"


def test_a_comparison_has_a_name_and_no_page(client: ClientBase, pair: tuple[str, str]) -> None:
    results = evaluate(
        pair, evaluators=[longer], client=client, experiment_prefix="tone", metadata={"by": "me"}
    )
    experiment = results.comparative_experiment
    assert experiment.name.startswith("tone-")
    assert experiment.metadata == {"by": "me"}
    assert [each["name"] for each in experiment.experiments_info] == [*pair]
    assert results.url is None


def test_a_pairs_metrics_stand_side_by_side(client: ClientBase, pair: tuple[str, str]) -> None:
    comparison = evaluate(pair, evaluators=[longer], client=client).comparison
    assert "length" in {move.metric for move in comparison.moved}


def test_langsmiths_pairwise_results_are_understood(client: ClientBase, pair: tuple[str, str]) -> None:
    def by_run(runs: list[Any], example: Any) -> dict[str, Any]:
        return {"key": "by_run", "scores": {run.id: len(run.outputs["answer"]) for run in runs}}

    def by_place(outputs: list[Any]) -> dict[str, Any]:
        return {"key": "by_place", "scores": longer(outputs)}

    results = evaluate(pair, evaluators=[by_run, by_place], client=client)
    assert {key: result.win_rate for key, result in results.preferences.items()} == {
        "by_run": 1.0,
        "by_place": 1.0,
    }


def test_the_order_is_fixed_where_it_is_not_to_be_drawn(client: ClientBase, pair: tuple[str, str]) -> None:
    drawn = evaluate(pair, evaluators=[longer], client=client).preferences["longer"]
    fixed = evaluate(pair, evaluators=[longer], randomize_order=False, client=client).preferences["longer"]
    assert {preference.first_shown for preference in fixed.preferences} == {True}
    assert {preference.winner for preference in drawn.preferences} == {"second"}


def test_a_pair_needs_two_names_and_an_evaluator(client: ClientBase, pair: tuple[str, str]) -> None:
    with pytest.raises(ArgumentError, match="a pair is two names of stored experiments"):
        evaluate(pair[:1], evaluators=[longer], client=client)
    with pytest.raises(ArgumentError, match=f"would compare {pair[0]!r} with itself"):
        evaluate((pair[0], pair[0]), evaluators=[longer], client=client)
    with pytest.raises(ArgumentError, match="evaluators is empty: a pair is compared by at least one"):
        evaluate(pair, client=client)
    with pytest.raises(ArgumentError, match="data makes no sense here: the target is a pair"):
        evaluate(pair, data=DATA, evaluators=[longer], client=client)
