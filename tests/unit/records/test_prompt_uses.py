"""How the commits of prompts are written and read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmobs.records.prompt_uses import PromptUse, prompts_of, read_uses, suites_prompts, write_uses
from pytest_llmobs.records.trials import Trial

HASHES = st.text("0123456789abcdef", min_size=16, max_size=16)


@settings(max_examples=50)
@given(st.lists(st.builds(PromptUse, HASHES, st.booleans()), unique_by=lambda use: use.commit_hash))
def test_what_is_written_is_read(uses):
    assert read_uses(write_uses(uses)) == tuple(uses)


@pytest.mark.parametrize("uses", [[("a", True), ("a", False)], [("a", False), ("a", True)]])
def test_an_object_tells_more_than_a_text(uses):
    assert write_uses(PromptUse(*use) for use in uses) == "a"


def test_stamps_of_prompts_are_told_from_others():
    stamps = {"prompt.support": "a, b", "ab.support": "control", "prompt.teams/tone": "c"}
    assert prompts_of(stamps) == {"support": "a, b", "teams/tone": "c"}


def trial(suite, prompts):
    return Trial(
        suite=suite,
        example_id="a",
        example_hash="h",
        repeat=1,
        nodeid=suite,
        status="passed",
        prompts=prompts,
    )


def test_a_suite_has_the_commits_of_its_trials_whoever_ended_first():
    trials = [trial("s", {"b": "2"}), trial("s", {"b": "1 (matched)", "a": "3"}), trial("t", {})]
    expected = {"s": {"a": "3", "b": "1 (matched), 2"}}
    assert suites_prompts(trials) == suites_prompts(trials[::-1]) == expected
