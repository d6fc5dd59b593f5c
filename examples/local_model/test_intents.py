"""A classifier on a real model, and its dataset in CSV."""

import pytest
from intents import classify

from pytest_llmobs.evaluators import exact_match


@pytest.mark.llm_dataset("intents.csv", target=classify, evaluators=[exact_match])
@pytest.mark.llm_gate("exact_match", min_mean=0.6)
def test_intent(example, llm_run):
    assert llm_run.score(exact_match) == 1.0
