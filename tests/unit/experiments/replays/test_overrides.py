"""What is changed in a request, and what can't be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.experiments.replays.overrides import (
    Overrides,
    SystemPrompt,
    read_parameters,
    read_system,
    read_variables,
)

USER = {"role": "user", "content": "Hi"}


def changed(endpoint: str, body: dict[str, Any], **given: Any) -> dict[str, Any]:
    before = repr(body)
    result = Overrides(**given).applied(endpoint, body)
    assert repr(body) == before
    return result


def with_system(endpoint: str, body: dict[str, Any]) -> dict[str, Any]:
    return changed(endpoint, body, system=SystemPrompt("Be brief.", "brief.md"))


def test_values_are_json_and_bare_words_are_texts() -> None:
    given = ["temperature=0", "stop=END", "stream=true", "top_k=null", 'name="0"', "equation=a=b"]
    assert read_parameters(given) == {
        "temperature": 0,
        "stop": "END",
        "stream": True,
        "top_k": None,
        "name": "0",
        "equation": "a=b",
    }


@pytest.mark.parametrize("given", ["temperature", "=1", " =1"])
def test_a_parameter_without_a_value_says_how_it_is_written(given: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        read_parameters([given])
    assert str(caught.value) == f"--set {given!r} has no value. Write NAME=VALUE, such as temperature=0."


def test_an_empty_value_says_how_an_empty_text_is_written() -> None:
    with pytest.raises(ArgumentError, match=r"An empty text is stop='\"\"', and null takes it out"):
        read_parameters(["stop="])


def test_a_variable_is_a_text_whatever_it_looks_like() -> None:
    assert read_variables(["days=30"]) == {"days": "30"}


def test_dotted_names_lead_into_objects_and_lists() -> None:
    body = {"messages": [USER], "thinking": {"type": "enabled"}}
    parameters = {"thinking.budget_tokens": 1000, "messages.0.content": "Hello", "a.b": 1}
    assert changed("messages", body, parameters=parameters) == {
        "messages": [{"role": "user", "content": "Hello"}],
        "thinking": {"type": "enabled", "budget_tokens": 1000},
        "a": {"b": 1},
    }


def test_null_takes_a_parameter_out() -> None:
    assert changed("messages", {"top_p": 1, "top_k": 5}, parameters={"top_p": None, "gone": None}) == {
        "top_k": 5
    }


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("model.x", "--set model.x leads into 'm', which has no parts."),
        ("messages.7.content", "--set messages.7.content: '7' is no place in a list of 1; the first is 0."),
        ("messages.x", "--set messages.x: 'x' is no place in a list of 1; the first is 0."),
    ],
)
def test_a_path_that_leads_nowhere_is_named(path: str, message: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        changed("messages", {"model": "m", "messages": [USER]}, parameters={path: 1})
    assert str(caught.value) == message


def test_the_system_prompt_of_each_api() -> None:
    assert with_system("messages", {"system": "Old"})["system"] == "Be brief."
    assert with_system("responses", {"input": "Hi"})["instructions"] == "Be brief."
    chat = with_system("chat.completions", {"messages": [{"role": "developer", "content": "Old"}, USER]})
    assert chat["messages"] == [{"role": "developer", "content": "Be brief."}, USER]
    added = with_system("chat.completions", {"messages": [USER]})
    assert added["messages"] == [{"role": "system", "content": "Be brief."}, USER]
    turns = with_system("responses", {"input": [{"role": "system", "content": "Old"}, USER]})
    assert turns == {"input": [{"role": "system", "content": "Be brief."}, USER]}


def test_what_was_cached_of_a_system_prompt_still_is() -> None:
    cached = {"type": "text", "text": "Old", "cache_control": {"type": "ephemeral"}}
    assert with_system("messages", {"system": [cached]})["system"] == [{**cached, "text": "Be brief."}]


def test_of_several_system_messages_none_is_chosen() -> None:
    message = {"role": "system", "content": "Old"}
    with pytest.raises(ArgumentError, match=r"has 2 system messages.*--set messages\.0\.content=TEXT"):
        with_system("chat.completions", {"messages": [message, USER, message]})


def test_a_request_without_a_place_for_a_system_prompt_says_so() -> None:
    with pytest.raises(ArgumentError, match=r"a request of completions has no system prompt\. Known: chat"):
        with_system("completions", {"prompt": "Hi"})


def test_a_file_that_is_no_system_prompt(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="there is no such file"):
        read_system(str(tmp_path / "gone.md"))
    (tmp_path / "empty.md").write_text(" \n")
    with pytest.raises(ArgumentError, match="is empty: it holds no system prompt"):
        read_system(str(tmp_path / "empty.md"))
    (tmp_path / "brief.md").write_text("Be brief.\n")
    assert read_system(str(tmp_path / "brief.md")).text == "Be brief."


def test_a_prompt_and_a_system_prompt_exclude_each_other() -> None:
    with pytest.raises(ArgumentError, match="--prompt and --system both replace a prompt"):
        Overrides(system=SystemPrompt("x", "x.md"), prompt="support:v2")


def test_variables_go_with_a_prompt() -> None:
    with pytest.raises(ArgumentError, match="of the prompt that --prompt names; there is none"):
        Overrides(variables={"tier": "pro"})
