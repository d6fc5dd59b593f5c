"""Which key does what: every failure mode has one of its own, and digits are where a reviewer expects them."""

import json
from datetime import UTC, datetime

import pytest

from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.review.keys import Keymap, answers_named, choice_keys, mode_keys
from pytest_llmobs.review.records import FAILURE_MODES, AnnotationQueue
from pytest_llmobs.review.rubric.questions import Choice, Question

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def queue_with(*modes: str) -> AnnotationQueue:
    return AnnotationQueue(id="q", name="support", failure_modes=modes, created_at=NOW, updated_at=NOW)


def scale(*values: float | str, labels: tuple[str, ...] = ()) -> Question:
    choices = []
    for place, value in enumerate(values):
        choices.append(Choice(value, labels[place] if labels else ""))
    return Question("tone", "How is the tone?", "choice", choices)


def test_the_usual_modes_have_the_letters_that_tell_them_apart() -> None:
    assert mode_keys(FAILURE_MODES) == {
        "f": "wrong fact",
        "t": "wrong tone",
        "i": "incomplete",
        "h": "harmful",
    }


@pytest.mark.parametrize(
    "modes",
    [
        ["accept too much", "save nothing", "undo", "edit", "comment"],
        ["a", "a b", "a b c", "b", "c"],
        ["falsch", "Ärger", "неверно", "間違い", "123", "?!"],
        ["x" * 3, "xx", "x"],
        [f"mode {number}" for number in range(40)],
    ],
)
def test_every_mode_has_a_key_of_its_own_and_no_other_key_is_lost(modes: list[str]) -> None:
    keymap = Keymap(queue_with(*modes))
    keys = mode_keys(modes)
    assert list(keys.values()) == modes
    for key, mode in keys.items():
        command = keymap.command(key)
        assert command is not None
        assert (command.action, command.value) == ("reject", mode)
    for key, action in {
        "a": "accept",
        "s": "skip",
        "u": "undo",
        "q": "quit",
        "e": "edit",
        "?": "help",
    }.items():
        command = keymap.command(key)
        assert command is not None
        assert command.action == action


def test_more_modes_than_letters_are_refused() -> None:
    with pytest.raises(
        ArgumentError, match=r"60 failure modes are more than there are letters: 'mode \d+' gets"
    ):
        mode_keys([f"mode {number}" for number in range(60)])


@pytest.mark.parametrize(
    "values, keys",
    [
        ((0, 1), "01"),
        ((1, 2, 3, 4, 5), "12345"),
        ((0.0, 1.0, 2.0), "012"),
        (tuple(range(1, 11)), "1234567890"),
        (tuple(range(0, 11)), ""),
        ((-2, -1, 0, 1, 2), "12345"),
        ((0.5, 1), "12"),
        (("good", "bad", "ugly"), "123"),
        (tuple("abcdefghij"), "1234567890"),
        (tuple("abcdefghijk"), ""),
    ],
)
def test_a_choice_is_at_its_own_digit_or_is_counted(values: tuple[float | str, ...], keys: str) -> None:
    assert "".join(choice_keys(scale(*values))) == keys


def test_choices_lie_at_the_digits_they_say() -> None:
    keys = choice_keys(scale(3, 1, 2))
    assert {key: choice.value for key, choice in keys.items()} == {"3": 3, "1": 1, "2": 2}
    assert choice_keys(Question("why", "", "text")) == {}


def test_what_may_be_answered_is_named() -> None:
    assert answers_named(scale(1, 2, 3, 4, 5)) == "1 to 5"
    assert answers_named(scale(0, 1, labels=("no", "yes"))) == "0 no, 1 yes"
    assert answers_named(scale("good", "bad")) == "1 good, 2 bad"
    assert answers_named(scale(*range(0, 21))) == "21 choices, from 0 to 20"
    assert answers_named(Question("n", "", "number", low=0, high=100)) == "0 to 100"
    assert answers_named(Question("n", "", "number", low=0)) == "a number from 0"
    assert answers_named(Question("n", "", "number", high=1.5)) == "a number up to 1.5"
    assert answers_named(Question("n", "", "number")) == "a number"
    assert answers_named(Question("n", "", "text")) == "a text"


def test_the_table_travels_as_json() -> None:
    rows = json.loads(json.dumps(Keymap(queue_with("rude")).as_data()))
    assert {
        "keys": ["r"],
        "action": "reject",
        "value": "rude",
        "label": "rude",
        "help": "Reject the answer: rude.",
    } in rows
    keys = [key for row in rows for key in row["keys"]]
    assert len(keys) == len(set(keys))
