"""``evaluate()``: what runs, where it runs, and what is kept of it."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs import Score, aevaluate, evaluate, evaluator, traceable
from pytest_llmobs.client.base import ClientBase
from pytest_llmobs.errors import IncompleteExperiment
from tests.unit.client.evaluating import (
    DATA,
    QUESTIONS,
    App,
    client_in,
    length,
    right,
    runs_of,
    scores_of,
    stored,
)


@pytest.fixture
def client(tmp_path: Path) -> ClientBase:
    return client_in(tmp_path)


def test_each_row_has_its_run_its_example_and_its_scores(client: ClientBase) -> None:
    results = evaluate(App(), data=DATA, evaluators=[right, length], client=client)
    row = results[0]
    assert row["example"].id == "one"
    assert row["run"].outputs == {"answer": "ONE"}
    assert scores_of(results)["three"] == {"right": 1, "length": 5}


def test_the_experiment_is_stored_with_what_the_caller_said_of_it(client: ClientBase) -> None:
    results = evaluate(
        App(),
        data=DATA,
        evaluators=[right],
        metadata={"prompt": "v2"},
        description="the second prompt",
        experiment_prefix="support",
        client=client,
    )
    experiment = stored(client, results.experiment_name)
    assert experiment.name.startswith("support-")
    assert (experiment.description, experiment.metadata) == ("the second prompt", {"prompt": "v2"})
    assert experiment.suites[0].dataset_version
    assert all(run.metadata["prompt"] == "v2" for run in runs_of(client, experiment.name))


def test_a_run_can_be_found_by_its_example(client: ClientBase) -> None:
    results = evaluate(App(), data=DATA, evaluators=[right], client=client)
    roots = runs_of(client, results.experiment_name)
    assert {root.columns["example_id"] for root in roots} == set(QUESTIONS)
    assert all(root.columns["attempt"] == "consumed" for root in roots)
    assert all(root.columns["scores"] == {"right": 1.0} for root in roots)


def test_a_target_that_raises_stays_in_the_denominator(client: ClientBase) -> None:
    def act(question: str) -> Any:
        if question != "one":
            raise ValueError(question)
        return {"answer": "ONE"}

    results = evaluate(App(act), data=DATA, evaluators=[right], client=client)
    experiment = stored(client, results.experiment_name)
    assert [trial.status for trial in experiment.trials] == ["passed", "error", "error"]
    assert experiment.trials[1].message == "ValueError: two"
    assert len(experiment.suites[0].expected) == 3
    assert results.summary_scores["right"].mean == pytest.approx(1 / 3)
    assert "ValueError: two" in str(results[1]["run"].error)


def test_failed_runs_are_left_out_of_the_rows_alone(client: ClientBase) -> None:
    def act(question: str) -> Any:
        raise ValueError(question)

    results = evaluate(App(act), data=DATA, evaluators=[right], error_handling="ignore", client=client)
    assert len(results) == 0
    assert len(stored(client, results.experiment_name).trials) == 3


def test_repetitions_are_trials_of_their_own(client: ClientBase) -> None:
    app = App()
    results = evaluate(app, data=DATA, evaluators=[right], num_repetitions=2, client=client)
    assert len(results) == 6
    assert app.calls == [*QUESTIONS, *QUESTIONS]
    assert stored(client, results.experiment_name).suites[0].repeat == 2


def test_without_concurrency_all_runs_in_the_callers_thread(client: ClientBase) -> None:
    app, threads = App(), set()

    def where(outputs: Mapping[str, Any]) -> bool:
        threads.add(threading.current_thread().name)
        return True

    evaluate(app, data=DATA, evaluators=[where], client=client)
    assert app.threads == threads == {threading.current_thread().name}


@pytest.mark.parametrize("concurrency", [3, None])
def test_so_many_trials_run_at_once(client: ClientBase, concurrency: int | None) -> None:
    together = threading.Barrier(3, timeout=10)

    def act(question: str) -> dict[str, str]:
        together.wait()
        return {"answer": question.upper()}

    results = evaluate(App(act), data=DATA, evaluators=[right], max_concurrency=concurrency, client=client)
    assert results.summary_scores["right"].mean == 1.0


def test_rows_come_in_the_order_in_which_trials_finish(client: ClientBase) -> None:
    may_end = threading.Event()

    def act(question: str) -> dict[str, str]:
        if question == "one":
            may_end.wait(10)
        return {"answer": question}

    results = evaluate(App(act), data=DATA, max_concurrency=3, blocking=False, client=client)
    rows = iter(results)
    first_two = {next(rows)["example"].id, next(rows)["example"].id}
    may_end.set()
    assert first_two == {"two", "three"}
    assert [row["example"].id for row in rows] == ["one"]


def test_an_async_target_is_evaluated_without_a_loop(client: ClientBase) -> None:
    async def app(question: str) -> dict[str, str]:
        await asyncio.sleep(0)
        return {"answer": question.upper()}

    results = evaluate(app, data=DATA, evaluators=[right], client=client)
    assert results.summary_scores["right"].mean == 1.0


def test_evaluate_works_where_a_loop_is_running(client: ClientBase) -> None:
    async def app(question: str) -> dict[str, str]:
        await asyncio.sleep(0)
        return {"answer": question.upper()}

    async def notebook() -> Any:
        return evaluate(app, data=DATA, evaluators=[right], max_concurrency=2, client=client)

    assert asyncio.run(notebook()).summary_scores["right"].mean == 1.0


def test_aevaluate_runs_async_targets_and_evaluators_on_the_callers_loop(client: ClientBase) -> None:
    loops = set()

    async def main() -> Any:
        lock = asyncio.Lock()

        async def app(inputs: dict[str, str]) -> dict[str, str]:
            async with lock:  # belongs to this loop
                loops.add(asyncio.get_running_loop())
                return {"answer": inputs["question"].upper()}

        async def correct(outputs: dict[str, str]) -> bool:
            loops.add(asyncio.get_running_loop())
            return outputs["answer"].isupper()

        results = await aevaluate(app, data=DATA, evaluators=[correct], max_concurrency=2, client=client)
        assert loops == {asyncio.get_running_loop()}
        return results

    assert asyncio.run(main()).summary_scores["correct"].mean == 1.0


def test_aevaluate_runs_a_sync_target_in_a_thread(client: ClientBase) -> None:
    app = App()

    async def main() -> list[str]:
        results = await aevaluate(app, data=DATA, evaluators=[right], client=client)
        return [row["example"].id async for row in results]

    assert asyncio.run(main()) == list(QUESTIONS)
    assert threading.current_thread().name not in app.threads


def test_aevaluate_takes_an_async_iterable(client: ClientBase) -> None:
    async def examples() -> Any:
        for row in DATA:
            yield row

    async def main() -> Any:
        return await aevaluate(App(), data=examples(), evaluators=[right], client=client)

    assert len(asyncio.run(main())) == 3


def test_an_evaluation_goes_on_in_the_background(client: ClientBase) -> None:
    may_go_on = threading.Event()

    def act(question: str) -> dict[str, str]:
        may_go_on.wait(10)
        return {"answer": question.upper()}

    results = evaluate(App(act), data=DATA, evaluators=[right], blocking=False, client=client)
    assert len(results) == 0
    may_go_on.set()
    assert [row["example"].id for row in results] == list(QUESTIONS)
    results.wait()


def test_aevaluate_returns_at_once_where_it_is_not_to_block(client: ClientBase) -> None:
    async def main() -> list[str]:
        gate = asyncio.Event()

        async def app(inputs: dict[str, str]) -> dict[str, str]:
            await gate.wait()
            return {"answer": inputs["question"].upper()}

        results = await aevaluate(app, data=DATA, blocking=False, client=client)
        assert len(results) == 0
        gate.set()
        return [row["example"].id async for row in results]

    assert asyncio.run(main()) == list(QUESTIONS)


def test_a_cancelled_evaluation_keeps_what_was_finished(client: ClientBase) -> None:
    async def main() -> IncompleteExperiment:
        is_stuck = asyncio.Event()

        async def app(inputs: dict[str, str]) -> dict[str, str]:
            if inputs["question"] == "two":
                is_stuck.set()
                await asyncio.sleep(3600)
            return {"answer": inputs["question"].upper()}

        task = asyncio.create_task(aevaluate(app, data=DATA, evaluators=[right], client=client))
        await is_stuck.wait()
        task.cancel()
        with pytest.raises(IncompleteExperiment) as stopped:
            await task
        return stopped.value

    assert [row["example"].id for row in asyncio.run(main()).results] == ["one"]


def test_a_loop_that_ends_too_early_is_told(client: ClientBase) -> None:
    async def main() -> Any:
        is_asked = asyncio.Event()

        async def app(inputs: dict[str, str]) -> dict[str, str]:
            is_asked.set()
            await asyncio.sleep(3600)
            return {}

        results = await aevaluate(app, data=DATA, blocking=False, client=client)
        await is_asked.wait()
        return results

    results = asyncio.run(main())
    with pytest.raises(IncompleteExperiment, match=r"a target was cancelled.*0 of 3 trials are finished"):
        results.wait()


def test_nothing_is_stored_where_nothing_is_to_be(client: ClientBase, tmp_path: Path) -> None:
    def average(outputs: list[Any]) -> float:
        return float(len(outputs))

    results = evaluate(
        App(),
        data=DATA,
        evaluators=[right],
        summary_evaluators=[average],
        upload_results=False,
        client=client,
    )
    assert results.summary_scores["average"].mean == 3.0
    assert results[0]["run"].outputs == {"answer": "ONE"}
    assert list(tmp_path.iterdir()) == []


def test_what_an_evaluator_calls_is_traced_unless_that_is_switched_off(client: ClientBase) -> None:
    @traceable(run_type="llm")
    def model(text: str) -> str:
        return text

    def judged(outputs: Mapping[str, Any]) -> bool:
        return bool(model(outputs["answer"]))

    traced = evaluate(App(), data=DATA, evaluators=[judged], client=client)
    silent = evaluate(App(), data=DATA, evaluators=[judged], disable_evaluator_tracing=True, client=client)
    assert "model" in {run.name for run in runs_of(client, traced.experiment_name)}
    assert "model" not in {run.name for run in runs_of(client, silent.experiment_name)}
    assert silent.summary_scores["judged"].mean == 1.0


def test_summary_evaluators_see_all_trials(client: ClientBase) -> None:
    def answers(outputs: list[Any], reference_outputs: list[Any]) -> dict[str, Any]:
        pairs = zip(outputs, reference_outputs, strict=True)
        return {"key": "all_right", "score": all(given == wanted for given, wanted in pairs)}

    results = evaluate(App(), data=DATA, evaluators=[right], summary_evaluators=[answers], client=client)
    assert results.summary_scores["all_right"].mean == 1.0


def test_two_targets_over_one_dataset_are_two_suites_and_stay_what_they_are(client: ClientBase) -> None:
    def first(question: str) -> dict[str, str]:
        return {"answer": question}

    def second(question: str) -> dict[str, str]:
        return {"answer": question}

    names = []
    for target in (first, second, first):
        results = evaluate(target, data=DATA, client=client)
        names.append(stored(client, results.experiment_name).suites[0].name)
    assert names[0] == names[2] != names[1]


def test_secrets_are_in_nothing_that_is_written(client: ClientBase, tmp_path: Path) -> None:
    secret = "sk-ant-api03-" + "a1B2c3D4e5" * 9 + "AA"

    def act(question: str) -> Any:
        raise ValueError(secret)

    def tells(inputs: Mapping[str, Any]) -> Score:
        return Score("tells", 1.0, comment=secret)

    evaluate(App(act), data=DATA, evaluators=[tells], metadata={"note": secret}, client=client)
    evaluate(App(), data=DATA, evaluators=[tells], description=secret, client=client)
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert written
    assert not [content for content in written if secret.encode() in content]


def test_a_hung_target_is_an_error_trial(tmp_path: Path) -> None:
    client = client_in(tmp_path, timeout=0.2)
    forever = threading.Event()

    def act(question: str) -> Any:
        if question == "two":
            forever.wait(30)
        return {"answer": question.upper()}

    results = evaluate(App(act), data=DATA, evaluators=[right], max_concurrency=3, client=client)
    forever.set()
    by_example = {trial.example_id: trial for trial in stored(client, results.experiment_name).trials}
    assert by_example["two"].status == "error"
    assert "did not end within 0.2 s" in str(by_example["two"].message)
    assert by_example["three"].status == "passed"


def test_an_evaluator_may_be_named_otherwise_than_its_function(client: ClientBase) -> None:
    shown = evaluator(key="is_upper")(lambda outputs: outputs["answer"].isupper())
    results = evaluate(App(), data=DATA, evaluators=[shown], client=client)
    assert scores_of(results)["one"] == {"is_upper": 1}


def test_the_report_says_what_the_app_raised_and_over_which_examples(client: ClientBase) -> None:
    def fails(question: str) -> dict[str, str]:
        if question == "one":
            return {"answer": "ONE"}
        raise ConnectionError("the model's address is wrong")

    results = evaluate(App(fails), data=DATA, evaluators=[right], num_repetitions=2, client=client)
    notes = stored(client, results.experiment_name).notes
    assert "4 trials ended in an error (three, two): ConnectionError: the model's address is wrong" in notes


def test_many_different_errors_are_counted_instead_of_filling_the_report(client: ClientBase) -> None:
    data = [{"id": f"e{number}", "inputs": {"question": str(number)}} for number in range(5)]

    def fails(question: str) -> None:
        raise ValueError(f"nothing about {question}")

    results = evaluate(App(fails), data=data, client=client)
    told = [note for note in stored(client, results.experiment_name).notes if "in an error" in note]
    assert [note.partition(" (")[0] for note in told] == ["1 trial ended in an error"] * 3
    assert "2 trials ended in 2 other errors" in stored(client, results.experiment_name).notes


def test_a_rows_run_says_as_the_stored_one_that_it_counts(client: ClientBase) -> None:
    results = evaluate(App(), data=DATA, evaluators=[right], client=client)
    assert {row["run"].columns["attempt"] for row in results} == {"consumed"}


@pytest.mark.parametrize("concurrency", [0, 2])
def test_an_evaluator_that_is_cancelled_from_within_is_an_evaluator_that_failed(
    client: ClientBase, concurrency: int
) -> None:
    async def gives_up(inputs: Mapping[str, Any]) -> bool:
        if inputs["question"] == "two":
            raise asyncio.CancelledError
        return True

    results = evaluate(App(), data=DATA, evaluators=[gives_up], max_concurrency=concurrency, client=client)
    assert "CancelledError" in str(scores_of(results)["two"]["gives_up"].error)
    assert str(results.summary_scores["gives_up"]) == "0.667, 1 of 3 missing, 1.000 over the others"


def test_an_evaluator_that_is_cancelled_on_the_callers_loop_is_too(client: ClientBase) -> None:
    async def gives_up(inputs: Mapping[str, Any]) -> bool:
        raise asyncio.CancelledError

    async def main() -> Any:
        return await aevaluate(App(), data=DATA, evaluators=[gives_up], client=client)

    assert {len(scores) for scores in scores_of(asyncio.run(main())).values()} == {1}


def test_an_evaluator_that_fails_on_just_the_bad_answers_keeps_no_bound(client: ClientBase) -> None:
    def lenient(inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> bool:
        assert inputs["question"] != "two", "no verdict in the reply"
        return True

    results = evaluate(App(), data=DATA, evaluators=[lenient], client=client)
    report = io.StringIO()
    assert results.gate(min_mean={"lenient": 0.7}, out=report) == 1
    told = " ".join(report.getvalue().split())
    assert "1 score is missing: where each counts 0, the mean 0.6667 is below min_mean=0.7" in told
    assert results.gate(min_mean={"lenient": 0.6}, out=report) == 0
