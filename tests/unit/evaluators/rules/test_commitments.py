"""Prices, deadlines and percentages nobody gave."""

from __future__ import annotations

import pytest

from pytest_llmobs.evaluators import no_invented_deadlines, no_invented_percentages, no_invented_prices


@pytest.mark.parametrize(
    ("spec", "given", "said", "fine"),
    [
        (no_invented_prices, "The plan costs $49.", "It is 49.00 USD a month.", True),
        (no_invented_prices, "The plan costs $49.", "It is $39.", False),
        (no_invented_prices, "A fee of 1,200 dollars", "It costs $1200", True),
        (no_invented_prices, "nothing", "You get €5 back", False),
        (no_invented_prices, "€5", "You get $5 back", False),
        (no_invented_prices, "nothing", "It is free.", True),
        (no_invented_deadlines, "Refunds take 3 to 5 days.", "It takes five days.", True),
        (no_invented_deadlines, "Refunds take 3 to 5 days.", "You have it in 3-5 business days.", True),
        (no_invented_deadlines, "Refunds take 5 days.", "You have it within 48 hours.", False),
        (no_invented_deadlines, "nothing", "One of our team will write.", True),
        (no_invented_percentages, "15% off", "You get 15 percent off", True),
        (no_invented_percentages, "15% off", "You get 20 % off", False),
    ],
)
def test_what_is_stated_must_be_given(score, subject, spec, given, said, fine):
    assert score(spec, subject({"output": said}, inputs={"facts": given})).score is fine


def test_given_may_be_the_reference_documents_tools_or_the_system_prompt(score, subject, run):
    said = {"output": "It is $49."}
    assert score(no_invented_prices, subject(said)).comment == "nothing given supports: $49"
    assert score(no_invented_prices, subject(said, {"facts": ["$49"]})).score is True
    sources = [
        run("r", run_type="retriever", outputs={"documents": [{"text": "$49"}]}),
        run("t", run_type="tool", outputs={"output": "49 usd"}),
        run("m", run_type="llm", inputs={"system": "Our plan costs $49."}),
    ]
    for source in sources:
        assert score(no_invented_prices, subject(said, child_runs=(source,))).score is True
    # What a model said is no source for itself.
    model = run("m", run_type="llm", outputs={"content": [{"type": "text", "text": "$49"}]})
    assert score(no_invented_prices, subject(said, child_runs=(model,))).score is False
    assert score(no_invented_prices(allowed=["$49"]), subject(said)).score is True
