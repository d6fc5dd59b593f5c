"""What ``evaluate()`` takes as data, targets and evaluators, and what it says of what makes no sense."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_llmobs import Client, Dataset, Example, evaluate, evaluator, load_dataset
from pytest_llmobs.client.base import ClientBase
from pytest_llmobs.errors import (
    ArgumentError,
    DatasetError,
    EvaluatorError,
    LlmobsError,
    NotFoundError,
    NotSupported,
    TargetError,
)
from tests.unit.client.evaluating import DATA, QUESTIONS, App, client_in, length, right, scores_of, stored

LINES = (
    '{"id": "one", "inputs": {"question": "one"}, "outputs": {"answer": "ONE"}, "split": "easy"}\n'
    '{"id": "two", "inputs": {"question": "two"}, "outputs": {"answer": "TWO"}, "split": "hard"}\n'
)


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ClientBase:
    monkeypatch.chdir(tmp_path)
    return client_in(tmp_path)


@pytest.fixture
def golden(client: ClientBase) -> Path:
    """A dataset of the client's."""
    file = client.workspace.dataset_folder / "golden.jsonl"
    file.parent.mkdir()
    file.write_text(LINES)
    return file


def suite_of(client: ClientBase, results: Any) -> str:
    return stored(client, results.experiment_name).suites[0].name


# Data


def test_a_dataset_is_found_by_its_name(client: ClientBase, golden: Path) -> None:
    results = evaluate(App(), data="golden", evaluators=[right], client=client)
    assert set(scores_of(results)) == {"one", "two"}
    assert results.get_dataset_id() == "golden"
    assert suite_of(client, results) == "evaluate::golden::tests.unit.client.evaluating.App"


def test_a_dataset_has_one_suite_however_it_is_named(client: ClientBase, golden: Path) -> None:
    own = Client(workspace=client.workspace)
    read = own.read_dataset(dataset_name="golden")
    ways: list[Any] = ["golden", "golden.jsonl", "datasets/golden.jsonl", golden, read]
    suites = {suite_of(client, evaluate(App(), data=data, client=client)) for data in ways}
    assert len(suites) == 1


def test_a_version_is_named_behind_an_at(client: ClientBase, golden: Path) -> None:
    own = Client(workspace=client.workspace)
    version = own.read_dataset(dataset_name="golden").version
    own.create_example(inputs={"question": "four"}, dataset_name="golden")
    assert len(evaluate(App(), data=f"golden@{version}", client=client)) == 2
    assert len(evaluate(App(), data="golden", client=client)) == 3


def test_a_split_is_a_part_of_its_dataset(client: ClientBase, golden: Path) -> None:
    own = Client(workspace=client.workspace)
    hard = own.list_examples(dataset_name="golden", splits=["hard"])
    results = evaluate(App(), data=hard, evaluators=[right], client=client)
    plan = stored(client, results.experiment_name).suites[0]
    assert (plan.splits, plan.total, list(plan.unselected)) == (("hard",), 2, ["one"])
    assert plan.partial
    assert plan.name == "evaluate::golden::tests.unit.client.evaluating.App"


def test_a_file_elsewhere_goes_by_its_path(client: ClientBase, tmp_path: Path) -> None:
    (tmp_path / "cases.csv").write_text("inputs.question,outputs.answer\none,ONE\n")
    results = evaluate(App(), data="cases.csv", evaluators=[right], client=client)
    assert results.summary_scores["right"].mean == 1.0
    assert suite_of(client, results).startswith("evaluate::cases.csv::")


def of_langsmith() -> list[Any]:
    return [
        SimpleNamespace(id=3, inputs=row["inputs"], outputs=row["outputs"], metadata=None) for row in DATA[:1]
    ]


@pytest.mark.parametrize(
    "data",
    [
        DATA,
        tuple(DATA),
        [Example(row["id"], row["inputs"], row["outputs"]) for row in DATA],
        Dataset("golden", tuple(Example(row["id"], row["inputs"], row["outputs"]) for row in DATA)),
        load_dataset(DATA),
        (lambda: DATA),
    ],
    ids=["list", "tuple", "examples", "dataset", "loaded", "function"],
)
def test_examples_may_come_as_they_are(client: ClientBase, data: Any) -> None:
    assert set(scores_of(evaluate(App(), data=data, evaluators=[right], client=client))) == set(QUESTIONS)


def test_a_generator_is_read_once(client: ClientBase) -> None:
    results = evaluate(App(), data=(row for row in DATA), evaluators=[right], client=client)
    assert len(results) == 3


def test_examples_of_langsmith_are_examples(client: ClientBase) -> None:
    results = evaluate(App(), data=of_langsmith(), evaluators=[right], client=client)
    assert scores_of(results) == {"3": {"right": 1}}


def test_a_data_frame_is_a_dataset(client: ClientBase) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"inputs.question": ["one", "two"], "outputs.answer": ["ONE", None]})
    results = evaluate(App(), data=frame, client=client)
    assert [row["example"].outputs for row in results] == [{"answer": "ONE"}, {}]


def empty() -> Iterator[Any]:
    yield from ()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "data is None: there is nothing to evaluate over. Give a dataset's name"),
        (["one", "two"], "list, example 1: 'one' is a string, not an object. An example looks like"),
        (empty(), "list holds no example"),
        ([], "list holds no example"),
        ([{"question": "one"}], "list, example 1: unknown key 'question'"),
        ([{"outputs": {"answer": "ONE"}}], r"list, example 1: 'inputs' is missing \(it has outputs\)"),
        ({"inputs": {}}, "data is {'inputs': {}}, of type dict. Give a dataset's name"),
        (3, "data is 3, of type int. Give a dataset's name"),
        ([DATA[0], DATA[0]], "the id 'one' is taken already"),
        ("missing.jsonl", "No dataset 'missing.jsonl'"),
    ],
)
def test_data_that_makes_no_sense_is_told(
    client: ClientBase, data: Any, message: str, tmp_path: Path
) -> None:
    with pytest.raises(LlmobsError, match=message):
        evaluate(App(), data=data, client=client)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_dataset_is_told_with_the_near_ones(client: ClientBase, golden: Path) -> None:
    with pytest.raises(NotFoundError, match=r"No dataset 'golde' .*Did you mean 'golden'\?"):
        evaluate(App(), data="golde", client=client)
    with pytest.raises(NotFoundError, match="has no version 'v9'"):
        evaluate(App(), data="golden@v9", client=client)


def test_a_file_named_without_its_suffix_is_pointed_out(client: ClientBase, tmp_path: Path) -> None:
    (tmp_path / "prices.jsonl").write_text('{"inputs": {"question": "one"}}\n')
    with pytest.raises(
        NotFoundError, match=r"but there is the file 'prices\.jsonl'\. Name it with its suffix"
    ):
        evaluate(App(), data="prices", client=client)


# Targets


def of_keys(question: str, tone: str = "kind") -> dict[str, str]:
    return {"answer": f"{question}, {tone}"}


def of_dict(inputs: dict[str, str]) -> dict[str, str]:
    return {"answer": f"{inputs['question']}, kind"}


def of_any_name(example: dict[str, str]) -> dict[str, str]:
    return of_dict(example)


def with_metadata(inputs: dict[str, str], metadata: dict[str, str]) -> dict[str, str]:
    return {"answer": f"{inputs['question']}, {metadata['tone']}"}


class Runnable:
    """Has the methods of LangChain's."""

    def invoke(self, inputs: dict[str, str]) -> dict[str, str]:
        return of_dict(inputs)

    async def ainvoke(self, inputs: dict[str, str]) -> dict[str, str]:
        return of_dict(inputs)


@pytest.mark.parametrize(
    "target",
    [
        of_keys,
        of_dict,
        of_any_name,
        with_metadata,
        Runnable(),
        Runnable().invoke,
        lambda given: of_dict(given),  # noqa: PLW0108 (a lambda is what is tested)
        functools.partial(of_keys, tone="kind"),
    ],
)
def test_a_target_takes_its_inputs_in_many_ways(client: ClientBase, target: Any) -> None:
    data = [{"inputs": {"question": "why"}, "metadata": {"tone": "kind"}}]
    results = evaluate(target, data=data, client=client)
    assert results[0]["run"].outputs == {"answer": "why, kind"}


def mistyped(quesiton: str) -> str:
    return quesiton


def of_two(question: str, history: str) -> str:
    return question + history


def a_text(prompt: str) -> str:
    return prompt


async def later(question: str) -> str:
    return question


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (lambda: mistyped, "(?s)can't take the inputs of example 'one'.*Did you mean 'quesiton'"),
        (lambda: of_two, "(?s)can't take the inputs of example 'one'.*its parameters: +question, history"),
        (lambda: a_text, "(?s)can't take the inputs of example 'one'.*the example's keys: +question"),
        (
            lambda: later("one"),
            r"evaluate\(later\(…\), …\): the target was called already. Give the function itself",
        ),
        (lambda: App, r"evaluate\(App, …\): App is a class. Give an object of it"),
        (lambda: 3, r"evaluate\(3, …\): the target is neither a function"),
        (lambda: None, r"evaluate\(None, …\): the target is neither a function"),
    ],
)
def test_a_target_that_makes_no_sense_is_told(
    client: ClientBase, target: Callable[[], Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(TargetError, match=message):
        evaluate(target(), data=DATA, client=client)
    assert list(tmp_path.iterdir()) == []


# Evaluators


class EvaluationResult:
    """Like LangSmith's."""

    def model_dump(self) -> dict[str, Any]:
        return {"key": "tone", "score": 0.5, "value": None, "comment": "fine", "source_run_id": None}


class RunEvaluator:
    """Like LangSmith's."""

    evaluation_name = "tone"

    def evaluate_run(self, run: Any, example: Any = None, evaluator_run_id: Any = None) -> EvaluationResult:
        assert run.outputs["answer"] == example.outputs["answer"]
        return EvaluationResult()


def test_an_object_with_evaluate_run_is_an_evaluator(client: ClientBase) -> None:
    results = evaluate(App(), data=DATA, evaluators=[RunEvaluator()], client=client)
    assert scores_of(results)["one"] == {"tone": 0.5}


def test_two_parameters_of_any_name_are_run_and_example(client: ClientBase) -> None:
    def correct(root: Any, case: Any) -> bool:
        return bool(root.outputs == case.outputs)

    results = evaluate(App(), data=DATA, evaluators=[correct], client=client)
    assert scores_of(results)["one"] == {"correct": 1}


@pytest.mark.parametrize(
    ("returned", "scores"),
    [
        (True, {"tone": 1}),
        (3, {"tone": 3}),
        (0.25, {"tone": 0.25}),
        ("kind", {"tone": "kind"}),
        ({"score": 1}, {"tone": 1}),
        ({"key": "other", "score": 1, "comment": "why"}, {"other": 1}),
        ([{"key": "a", "score": 1}, {"key": "b", "value": "x"}], {"a": 1, "b": "x"}),
        ({"results": [{"key": "a", "score": 0}]}, {"a": 0}),
        (EvaluationResult(), {"tone": 0.5}),
    ],
)
def test_an_evaluator_returns_what_langsmiths_return(client: ClientBase, returned: Any, scores: Any) -> None:
    def tone(outputs: Mapping[str, Any]) -> Any:
        return returned

    assert scores_of(evaluate(App(), data=DATA[:1], evaluators=[tone], client=client))["one"] == scores


@pytest.mark.parametrize("returned", [None, [], {}, float("nan"), ValueError("no tone")])
def test_an_evaluator_that_says_nothing_is_unscored_listed_and_counted(
    client: ClientBase, returned: Any
) -> None:
    def tone(outputs: Mapping[str, Any]) -> Any:
        if isinstance(returned, Exception):
            raise returned
        return returned

    results = evaluate(App(), data=DATA, evaluators=[tone, right], client=client)
    score = scores_of(results)["one"]["tone"]
    assert score.unscored
    assert score.error
    summary = results.summary_scores["tone"]
    assert (summary.scored, summary.expected) == (0, 3)
    assert results.summary_scores["right"].mean == 1.0


def test_no_evaluator_is_runs_alone(client: ClientBase) -> None:
    assert len(evaluate(App(), data=DATA, client=client)) == 3
    assert len(evaluate(App(), data=DATA, evaluators=[], client=client)) == 3


def misspelt(output: Any, refernce_outputs: Any) -> bool:
    return bool(output)


@pytest.mark.parametrize(
    ("evaluators", "message"),
    [
        (["toxicityy"], "Unknown evaluator 'toxicityy'"),
        (right, r"evaluators=<function right at .*>: give a list, such as evaluators=\[right\]"),
        ("right", r"evaluators='right': give a list, such as evaluators=\['right'\]"),
        ([misspelt], "has a parameter 'output' that stands for nothing. Did you mean 'outputs'"),
        ([right, right], r"evaluators=\[…\] has two with the key 'right'"),
        (
            [evaluator(key="pass")(lambda outputs: 1)],
            r"the key 'pass', which is the name of the trials' own verdict",
        ),
        ([3], "3 is no evaluator"),
    ],
)
def test_evaluators_that_make_no_sense_are_told(
    client: ClientBase, evaluators: Any, message: str, tmp_path: Path
) -> None:
    with pytest.raises((EvaluatorError, ArgumentError), match=message):
        evaluate(App(), data=DATA, evaluators=evaluators, client=client)
    assert list(tmp_path.iterdir()) == []


def test_a_summary_evaluator_has_a_name_of_its_own(client: ClientBase) -> None:
    with pytest.raises(EvaluatorError, match="Two metrics are called 'length'"):
        evaluate(
            App(), data=DATA, evaluators=[length], summary_evaluators=[_summary("length")], client=client
        )


def _summary(name: str) -> Callable[[list[Any]], float]:
    def summary(outputs: list[Any]) -> float:
        return float(len(outputs))

    summary.__name__ = name
    return summary


# The other arguments


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_repetitions": 0}, "num_repetitions=0: give how often each example runs, 1 at least"),
        ({"num_repetitions": True}, "num_repetitions=True"),
        (
            {"max_concurrency": -1},
            "max_concurrency=-1: give how many trials run at once, 0 for one after the other",
        ),
        ({"max_concurrency": "8"}, "max_concurrency='8'"),
        ({"error_handling": "ignroe"}, "Unknown error_handling 'ignroe'. Did you mean 'ignore'"),
        ({"metadata": ["v2"]}, r"metadata=\['v2'\]: give a dict"),
        ({"description": 3}, "description=3: give a text"),
        (
            {"max_concurency": 8},
            r"evaluate\(\) got an unknown keyword 'max_concurency'. Did you mean 'max_concurrency'",
        ),
        ({"experiment": "a", "experiment_prefix": "b"}, "experiment='a' goes on .*give one of them"),
        ({"experiment": "a", "upload_results": False}, "upload_results=False stores nothing"),
        ({"experiment": 3}, "experiment=3: give the name of an experiment"),
        ({"upload_results": "no"}, "upload_results='no': give True or False. True keeps the experiment"),
        ({"upload_runs": 0}, "upload_runs=0: give True or False"),
        ({"blocking": "no"}, "blocking='no': give True or False. False returns at once"),
        ({"disable_evaluator_tracing": "yes"}, "disable_evaluator_tracing='yes': give True or False"),
        ({"randomize_order": None}, "randomize_order=None: give True or False"),
    ],
)
def test_other_arguments_that_make_no_sense_are_told(
    client: ClientBase, arguments: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ArgumentError, match=message) as refused:
        evaluate(App(), data=DATA, client=client, **arguments)
    assert isinstance(refused.value, ValueError)
    assert list(tmp_path.iterdir()) == []


def test_what_a_service_alone_can_decide_is_refused(client: ClientBase) -> None:
    with pytest.raises(NotSupported, match="llm_sample_rate"):
        evaluate(App(), data=DATA, upload_runs=lambda example: True, client=client)


def test_an_empty_dataset_is_told(client: ClientBase) -> None:
    own = Client(workspace=client.workspace)
    own.create_dataset("nothing")
    with pytest.raises(
        DatasetError, match=r"The dataset 'nothing' holds no example. create_examples adds some"
    ):
        evaluate(App(), data="nothing", client=client)
