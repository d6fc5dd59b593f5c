"""What is pulled leaves no variable unfilled."""

from __future__ import annotations

import pickle
import re

import pytest

from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.prompts.templates import PromptMessages, PromptText

TEXT = PromptText(
    'Answer {question} for a {tier} customer as {{"answer": …}}.', "support", "0123456789abcdef"
)
CHAT = PromptMessages(
    [
        {"role": "system", "content": "You are {tone}."},
        {
            "role": "user",
            "content": [{"type": "text", "text": "{question}"}, {"type": "image", "source": "x{y}"}],
        },
    ],
    "chat",
)


def test_a_text_is_a_text_that_is_filled_by_name() -> None:
    assert isinstance(TEXT, str)
    assert TEXT.input_variables == ["question", "tier"]
    filled = 'Answer Why? for a gold customer as {"answer": …}.'
    assert TEXT.format(question="Why?", tier="gold") == filled
    assert TEXT.invoke({"question": "Why?", "tier": "gold"}) == filled
    assert pickle.loads(pickle.dumps(TEXT)).commit_hash == "0123456789abcdef"


def test_messages_are_a_list_that_is_filled_by_name() -> None:
    assert CHAT.input_variables == ["tone", "question"]
    assert CHAT.format_messages(tone="kind", question="{why}") == [
        {"role": "system", "content": "You are kind."},
        {"role": "user", "content": [{"type": "text", "text": "{why}"}, {"type": "image", "source": "x{y}"}]},
    ]
    assert CHAT.invoke({"tone": "kind", "question": "x"})[0]["role"] == "system"
    assert CHAT[0]["content"] == "You are {tone}."


def test_a_variable_that_is_missing_or_unknown_is_an_error_that_names_both() -> None:
    with pytest.raises(ArgumentError) as caught:
        TEXT.format(questoin="Why?", tier="gold")
    assert str(caught.value) == (
        "The prompt 'support': 'question' isn't given; 'questoin' is no variable of it. Did you mean 'question'? "
        "Known: question, tier."
    )
    with pytest.raises(ValueError, match="'tone', 'question' isn't given"):
        CHAT.format_messages()
    with pytest.raises(ArgumentError, match="takes its variables by name"):
        TEXT.format("Why?")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"answer": 1}', "has '{\"answer\": 1}', which is no variable"),
        ("{}", "has '{}', which is no variable"),
        ("{0}", "has '{0}', which is no variable"),
        ("{a.b}", "has '{a.b}', which is no variable"),
        ("{a!r}", "has '{a!r}', which is no variable"),
        ("{a:>{b}}", "which is no variable"),
        ("{a", "has a brace that stands alone"),
        ("a}", "has a brace that stands alone"),
    ],
)
def test_a_brace_that_is_no_variable_is_an_error_with_its_remedy(text: str, message: str) -> None:
    with pytest.raises(ArgumentError, match=re.escape(message)) as caught:
        PromptText(text, "x").format(a=1)
    assert "Write {{ and }} for braces" in str(caught.value)
