"""What filled a template, told from the text that came of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pytest_llmobs.experiments.replays.matching import Fit, fit
from pytest_llmobs.prompts.filling.variables import parse


def test_the_values_stand_between_what_the_template_says() -> None:
    template = parse("Greet {name}, who has the {tier} plan.")
    assert fit(template, "Greet Ada, who has the pro plan.") == Fit({"name": "Ada", "tier": "pro"})


def test_a_text_of_another_template_fits_not() -> None:
    assert fit(parse("Greet {name}!"), "Dear Ada!") is None
    assert fit(parse("Greet {name}!"), "Greet Ada.") is None
    assert fit(parse("You help."), "You don't help.") is None


def test_doubled_braces_are_braces_of_the_text() -> None:
    assert fit(parse('Say {{"a": {x}}}'), 'Say {"a": 1}') == Fit({"x": "1"})


def test_blanks_at_both_ends_do_not_count() -> None:
    assert fit(parse("\nGreet {name}.\n"), "Greet Ada.") == Fit({"name": "Ada"})
    assert fit(parse("You help.\n"), "You help.") == Fit({})


def test_a_value_with_the_words_behind_it_is_not_guessed() -> None:
    template = parse("Ask {one} and {two}.")
    assert fit(template, "Ask Ada and Bob and Eve.") == Fit({}, ("one", "two"))


def test_two_variables_side_by_side_are_not_guessed() -> None:
    assert fit(parse("Name: {first}{last}."), "Name: AdaLovelace.") == Fit({}, ("first", "last"))


def test_what_stands_twice_settles_what_one_place_leaves_open() -> None:
    template = parse("Ask {one} and {two}. Then {one}!")
    assert fit(template, "Ask Ada and Bob and Eve. Then Ada!") == Fit({"one": "Ada"}, ("two",))


def test_what_stands_twice_must_be_the_same() -> None:
    assert fit(parse("{a} is {a}."), "x is y.") is None


def test_a_template_without_a_word_fits_nothing() -> None:
    assert fit(parse("{question}"), "Why was I charged twice?") is None


_VALUES = st.text(st.characters(exclude_characters="{}"), max_size=12)


@given(_VALUES, _VALUES)
def test_values_are_the_ones_that_were_filled_in_or_open(one: str, two: str) -> None:
    template = parse("Hello {one}, you asked: {two} (end)")
    filled = {"one": one, "two": two}
    found = fit(template, template.filled(filled))
    assert found is not None
    for name, value in found.values.items():
        assert value == filled[name]
    assert {*found.values, *found.ambiguous} == {"one", "two"}
