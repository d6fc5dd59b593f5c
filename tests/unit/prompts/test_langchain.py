"""A template of LangChain comes back as the template that it was. ``make langchain`` runs this."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

if "LLMOBS_EXPECT_LANGCHAIN" not in os.environ:
    pytest.importorskip("langchain_core", reason="`make langchain` runs it")
from langchain_core.prompts import ChatPromptTemplate  # type: ignore[import-not-found,unused-ignore]

from pytest_llmobs.prompts.folder import PromptFolder
from pytest_llmobs.prompts.pulling import Puller
from pytest_llmobs.prompts.pushing import Push, push


def test_a_template_is_pushed_once_and_pulled(tmp_path: Path) -> None:
    folder = PromptFolder(tmp_path)
    template = ChatPromptTemplate.from_messages([("system", "You are {tone}."), ("user", "{question}")])
    first = push(folder, "support", Push(template))
    assert push(folder, "support", Push(template)) == first

    pulled = Puller(folder).pull("support")
    assert pulled == template
    assert pulled.format(tone="kind", question="Why?") == "System: You are kind.\nHuman: Why?"
