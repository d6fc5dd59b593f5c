"""Slips in variables that can be seen before anything is filled."""

from __future__ import annotations

import pytest

from pytest_llmobs.prompts.filling.messages import MessageTexts
from pytest_llmobs.prompts.filling.mistakes import variable_mistakes
from pytest_llmobs.prompts.filling.origin import Origin
from pytest_llmobs.prompts.filling.problems import Part
from pytest_llmobs.prompts.filling.variables import parse

ORIGIN = Origin("support", "0123456789abcdef")


def mistakes(text: str) -> list[str]:
    return list(variable_mistakes(ORIGIN, [Part(text, parse(text))]))


def test_a_name_that_is_a_slip_of_another_names_both_places() -> None:
    assert mistakes("Hi {customer_name}.\nBye {custmer_name}.") == [
        "{customer_name} (support:0123456789ab, line 1) and {custmer_name} (support:0123456789ab, line 2) look alike. "
        "Both must be given; if one is meant, write it in both places."
    ]
    assert "{tier}" in mistakes("{Tier} {tier}")[0]


@pytest.mark.parametrize(
    "text",
    [
        "{example_1} {example_2}",
        "{question} {questions}",
        "{cat} {car}",
        "{first_name} {last_name}",
        '{{"answer": {question}}}',
        "Write {{name}} where {question} has one.",
    ],
)
def test_names_that_are_meant_are_none(text: str) -> None:
    assert mistakes(text) == []


def test_a_variable_of_another_template_language_is_text() -> None:
    (mistake,) = mistakes("Hi.\n\nFor {{ tier }} users")
    assert mistake == (
        "support:0123456789ab, line 3: '{{ tier }}' is text and is filled by nobody: '{ tier }' would be sent. Write "
        "{tier} for the variable."
    )
    chat = MessageTexts([{"role": "user", "content": "{{question}}"}])
    assert len(mistakes("{tier} and {{tier}}")) == 1
    (mistake,) = variable_mistakes(ORIGIN, chat.parts)
    assert mistake.startswith("support:0123456789ab, message 1 (user), line 1: '{{question}}' is text")


def test_a_placeholder_where_nothing_is_filled_is_a_mistake() -> None:
    chat = MessageTexts(
        [{"role": "user", "name": "{user}", "content": "Hi {tier}", "arguments": '{"a": "{b}"}'}]
    )
    assert list(variable_mistakes(ORIGIN, chat.parts)) == [
        "support:0123456789ab, message 1 (user), line 1: '{user}' is filled by nobody. Only texts are, and this isn't "
        "one: put it into the message in code."
    ]
