"""The support agent against its golden dataset, which production adds to."""

import pytest
from bookshop import answer


def right(outputs, reference_outputs):
    """Does the shop really do what the answer says?"""
    return outputs["answer"] == reference_outputs["answer"]


@pytest.mark.llm_dataset("bookshop.jsonl", target=answer, evaluators=[right])
def test_bookshop(example, llm_run):
    assert llm_run.score(right) == 1.0
