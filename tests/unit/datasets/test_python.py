from pathlib import Path

import pytest

from pytest_llmobs.records.examples import Dataset, Example

EXAMPLE = {"inputs": {"q": "Hi"}, "outputs": {"a": "Hello"}}


def golden():
    return [EXAMPLE]


def test_takes_a_list_of_dicts_and_examples(load):
    given = Example("x", {"q": "Ho"}, metadata={"tier": 1}, split="hard")
    dataset = load([EXAMPLE, given])
    assert (dataset.name, dataset.source) == ("examples", "")
    assert dataset.examples[0].outputs == {"a": "Hello"}
    assert dataset.examples[1] == given


def test_takes_a_callable_and_names_the_dataset_after_it(load):
    dataset = load(golden)
    assert (dataset.name, dataset.source) == ("golden", f"{__name__}:golden")
    assert len(dataset) == 1


@pytest.mark.parametrize("made", [lambda: iter([EXAMPLE]), lambda: (dict(row) for row in [EXAMPLE])])
def test_takes_any_iterable_from_a_callable(load, made):
    dataset = load(made)
    assert dataset.name == "examples"
    assert dataset.examples[0].inputs == {"q": "Hi"}


def test_takes_a_callable_that_returns_a_path(load, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"id": "x", "inputs": {}}')
    assert load(lambda: Path("a.jsonl")).source == "a.jsonl"


def test_gives_a_dataset_back_as_it_is(load):
    dataset = Dataset("mine", (Example("x", {}),), "mine.jsonl")
    assert load(dataset) is dataset
    assert load(lambda: dataset) is dataset


def test_maps_flat_keys_of_dicts(load):
    (example,) = load([{"question": "Hi", "answer": "Hello"}], inputs=["question"], outputs=["answer"])
    assert (example.inputs, example.outputs) == ({"question": "Hi"}, {"answer": "Hello"})


@pytest.mark.parametrize(
    ("made", "is_"),
    [({"inputs": {}}, "{'inputs': {}}"), (5, "5"), (b"golden", "b'golden'"), (None, "None")],
)
def test_refuses_what_is_no_list(refuse, made, is_):
    assert refuse(made) == (
        f"The dataset {type(made).__name__} is {is_}, not a list. Give a list of dicts with 'inputs', "
        "a list of Examples, a path, or a function that returns one of them."
    )


def broken():
    raise KeyError("golden")


async def slow():
    return [EXAMPLE]


def test_names_the_line_where_a_callable_raised(refuse):
    message = refuse(broken)
    line = broken.__code__.co_firstlineno + 1
    assert message.startswith(f"The dataset {__name__}:broken raised KeyError: 'golden' (")
    assert message.endswith(
        f"test_python.py:{line}). It is called without arguments while the tests are collected."
    )


def test_refuses_a_callable_that_needs_arguments(refuse):
    assert "missing 1 required positional argument: 'path'" in refuse(lambda path: [EXAMPLE])


def test_refuses_an_asynchronous_callable(refuse):
    assert refuse(slow) == (
        f"The dataset {__name__}:slow is asynchronous. Give a plain function that returns a list."
    )


def test_names_the_example_and_the_key_of_what_json_has_no_form_for(refuse):
    assert refuse([EXAMPLE, {"inputs": {"q": {"ids": {1}}}}]) == (
        "list, example 2: inputs.q.ids is {1}, of type set, which JSON has no form for. "
        "Give text, numbers, true, false, null, lists or dicts, and build the rest in the target."
    )


def test_refuses_an_example_that_holds_itself(refuse):
    inputs = {}
    inputs["self"] = inputs
    assert refuse([{"inputs": inputs}]) == (
        "list, example 1: nested too deeply, or it holds itself: 200 lists and objects in one another are the most."
    )


@pytest.mark.parametrize(
    ("example", "problem"),
    [
        ({"inputs": {"q": ["\ud83d"]}}, "inputs.q[0] holds \\ud83d, half of a character"),
        ({"inputs": {"\ud83d": 1}}, "a key in inputs holds \\ud83d, half of a character"),
        ({"id": "\udc00", "inputs": {}}, "id holds \\udc00, half of a character"),
        ({"inputs": {"q": 10**5000}}, "inputs.q is a whole number of more than 4,200 digits"),
        ({"inputs": {"q": {"a": (1, float("-inf"))}}}, "inputs.q.a[1] is -inf, which JSON has no form for"),
    ],
    ids=["half", "half-key", "half-id", "long", "infinity"],
)
def test_names_what_could_be_neither_hashed_nor_stored(refuse, example, problem):
    assert refuse([example]).startswith(f"list, example 1: {problem}")


def test_takes_subclasses_and_tuples(load):
    class Name(str):
        pass

    (example,) = load([{"inputs": {"q": (Name("Hi"), 2**70)}}])
    assert example.inputs == {"q": ("Hi", 2**70)}
    assert len(example.hash) == 16
