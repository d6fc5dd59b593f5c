"""What a file says about a template of LangChain builds nothing but prompts; needs no LangChain to be refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_llmobs.errors import StoreError
from pytest_llmobs.prompts.folder import PromptFolder
from pytest_llmobs.prompts.pulling import Puller

MODEL = {"lc": 1, "type": "constructor", "id": ["langchain", "chat_models", "ChatOpenAI"], "kwargs": {}}
SECRET = {"lc": 1, "type": "secret", "id": ["OPENAI_API_KEY"]}


def prompt(**kwargs: Any) -> dict[str, Any]:
    path = ["langchain", "prompts", "prompt", "PromptTemplate"]
    return {"lc": 1, "type": "constructor", "id": path, "kwargs": kwargs}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (MODEL, "holds 'langchain.chat_models.ChatOpenAI', which is no prompt"),
        (prompt(template="x", partial_variables={"model": MODEL}), "holds 'langchain.chat_models.ChatOpenAI'"),
        (prompt(template="x", partial_variables={"key": [SECRET]}), "holds 'OPENAI_API_KEY', which is no prompt"),
        ({**prompt(template="x"), "id": ["os", "PromptTemplate"]}, "holds 'os.PromptTemplate', which is no prompt"),
        ({**prompt(template="x"), "type": "not_implemented"}, "which is no prompt"),
        ({**prompt(template="x"), "id": "os.system"}, "names no class"),
        (prompt(template="{{ 7*7 }}", template_format="jinja2"), "is written in 'jinja2', which evaluates"),
        (prompt(template="{x.__class__}"), "looks inside a value: {x.__class__}"),
        (prompt(template="{x[0]}", template_format="f-string"), "looks inside a value: {x[0]}"),
        (prompt(template={"url": "{x.__class__}"}), "looks inside a value: {x.__class__}"),
    ],
)  # fmt: skip
def test_what_is_no_prompt_is_not_made(folder: PromptFolder, data: Any, reason: str) -> None:
    (folder.folder / "support.yaml").write_text(f"langchain: {json.dumps(data)}\n")
    with pytest.raises(StoreError) as caught:
        Puller(folder).pull("support")
    assert reason in str(caught.value)
    assert str(caught.value).endswith("Nothing of it is made.")
