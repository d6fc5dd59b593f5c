import pytest

from pytest_llmobs.datasets import select
from pytest_llmobs.errors import DatasetError
from pytest_llmobs.records.examples import Dataset, Example

DATASET = Dataset(
    "golden", tuple(Example(str(i), {}, split="hard" if i % 2 else "base") for i in range(6)), "golden.jsonl"
)


def ids(dataset):
    return [example.id for example in dataset]


def test_everything_is_the_dataset_itself():
    assert select(DATASET) is DATASET


def test_takes_one_split_and_its_first_examples():
    assert ids(select(DATASET, split="hard")) == ["1", "3", "5"]
    assert ids(select(DATASET, split="hard", limit=2)) == ["1", "3"]
    assert ids(select(DATASET, limit=100)) == ids(DATASET)


def test_names_the_near_split():
    with pytest.raises(DatasetError) as caught:
        select(DATASET, split="hrad")
    assert str(caught.value) == (
        "golden.jsonl has no split 'hrad'. Did you mean 'hard'? Known: base, hard. "
        "A split is the example's key 'split'."
    )


@pytest.mark.parametrize("limit", [0, -1, 1.5, True, "3"])
def test_refuses_a_limit_that_is_none(limit):
    with pytest.raises(DatasetError, match="must be a whole number above 0"):
        select(DATASET, limit=limit)
