import re
from typing import get_args

import pytest

from pytest_llmobs.records.decisions import ExampleState, VerdictName
from pytest_llmobs.reports.digest.metrics import Label
from pytest_llmobs.reports.glossary import GLOSSARY, all_words, find


@pytest.mark.parametrize(
    "word", [*get_args(VerdictName), *get_args(ExampleState), *filter(None, get_args(Label))]
)
def test_every_verdict_state_and_label_is_explained(word):
    assert find(word) is not None


@pytest.mark.parametrize(
    "word", ["base", "now", "Δ", "[90 % CI]", "p", "p (of 3)", "p of 15", "MDE", "passes", "n", "pp"]
)
def test_every_column_of_the_table_is_explained(word):
    assert find(word) is not None


@pytest.mark.parametrize(
    "word", ["▼ REGRESSED", "≈ DRIFTED", "regressed", "no-baseline", "No Baseline", "MUST_PASS"]
)
def test_a_word_is_found_however_it_is_written(word):
    assert find(word) is not None


@pytest.mark.parametrize(
    ("sign", "word"),
    [("▼", "REGRESSED"), ("≈", "DRIFTED"), ("▲", "IMPROVED"), ("?", "INCONCLUSIVE"), ("✗", "GREEN")],
)
def test_a_sign_alone_is_explained_by_what_it_stands_for(sign, word):
    assert find(sign).words[0] == word


@pytest.mark.parametrize(
    ("printed", "word"),
    [
        ("trials", "trial"),
        ("further looks", "look"),
        ("min_mean=", "min_mean"),
        ("+dirty", "+dirty"),
        ("RED:", "GREEN"),
    ],
)
def test_a_word_is_found_as_it_is_printed(printed, word):
    assert find(printed).words[0] == word


@pytest.mark.parametrize("word", ["!", "·", "", "rubbish", "s"])
def test_what_is_no_word_has_no_entry(word):
    assert find(word) is None


def test_a_word_means_one_thing():
    words = [word.casefold() for word in all_words()]
    assert len(words) == len(set(words))


def test_commands_and_options_that_are_named_exist():
    from pytest_llmobs.cli import COMMANDS
    from pytest_llmobs.settings import OPTIONS

    text = " ".join(f"{entry.meaning} {entry.advice}" for entry in GLOSSARY)
    assert set(re.findall(r"`llmobs (\w+)", text)) <= COMMANDS.keys()
    flags = {option.flag for option in OPTIONS}
    assert set(re.findall(r"--llm-[a-z-]+", text)) <= flags
