"""A template of LangChain comes back as the template that it was. ``make langchain`` runs this."""

from __future__ import annotations

import os

import pytest

if "LLMOBS_EXPECT_LANGCHAIN" not in os.environ:
    pytest.importorskip("langchain_core", reason="`make langchain` runs it")
from langchain_core.language_models import FakeListChatModel  # type: ignore[import-not-found,unused-ignore]
from langchain_core.messages import HumanMessage  # type: ignore[import-not-found,unused-ignore]
from langchain_core.prompts import (  # type: ignore[import-not-found,unused-ignore]
    ChatPromptTemplate,
    MessagesPlaceholder,
    PromptTemplate,
)

from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.prompts.folder import PromptFolder
from pytest_llmobs.prompts.pulling import Puller
from pytest_llmobs.prompts.pushing import Push, push


def test_a_template_is_pushed_once_and_pulled(folder: PromptFolder) -> None:
    template = ChatPromptTemplate.from_messages([("system", "You are {tone}."), ("user", "{question}")])
    first = push(folder, "support", Push(template))
    assert push(folder, "support", Push(template)) == first

    pulled = Puller(folder).pull("support")
    assert pulled == template
    assert pulled.format(tone="kind", question="Why?") == "System: You are kind.\nHuman: Why?"
    assert Puller(folder).pull("support", first.commit_hash) == template


@pytest.mark.parametrize(
    "template",
    [
        PromptTemplate.from_template("Hello {name}"),
        PromptTemplate.from_template("Hello {{name}}", template_format="mustache"),
        ChatPromptTemplate.from_messages([MessagesPlaceholder("history"), HumanMessage("Hi"), ("ai", "{x}")]),
        ChatPromptTemplate.from_messages([("user", [{"type": "text", "text": "{x}"}])]),
    ],
)
def test_every_kind_of_prompt_comes_back(folder: PromptFolder, template: object) -> None:
    push(folder, "support", Push(template))
    assert Puller(folder).pull("support") == template


def test_a_prompt_with_its_model_or_with_code_is_refused(folder: PromptFolder) -> None:
    prompt = ChatPromptTemplate.from_messages([("user", "{question}")])
    for object in (prompt | FakeListChatModel(responses=["x"]), prompt | (lambda value: value)):
        with pytest.raises(
            ArgumentError, match=r"holds .*RunnableSequence', which is no prompt. Push the prompt alone"
        ):
            push(folder, "support", Push(object))
    assert folder.names() == []
