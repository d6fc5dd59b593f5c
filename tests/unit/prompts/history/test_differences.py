"""How two versions of a prompt differ, as a reader would tell it."""

from __future__ import annotations

import pytest

from pytest_llmobs.prompts.content import Content
from pytest_llmobs.prompts.history.differences import difference
from pytest_llmobs.prompts.history.passages import passages, variables_of


def text(value: str) -> Content:
    return Content("text", value)


def messages(*pairs: tuple[str, object]) -> Content:
    return Content("messages", [{"role": role, "content": content} for role, content in pairs])


def told(before: Content | None, after: Content) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for change in difference(before, after).messages:
        roles = change.before and change.before.role, change.after and change.after.role
        rows.append((change.state, *roles, *change.texts))
    return rows


SYSTEM = ("system", "You are the support agent of Acme. Answer in one sentence.")


def test_variables_that_came_and_went_are_named_in_their_order() -> None:
    found = difference(text("Hi {name}, {tier} user: {{json}}"), text("Hi {name} {plan} {lang}"))
    assert (found.variables_added, found.variables_removed) == (["plan", "lang"], ["tier"])
    assert not found.is_none


def test_a_brace_that_stands_alone_hides_no_variable() -> None:
    assert variables_of(passages(text('{"a": {question}} and {0} {x.y} {'))) == ["question"]


def test_the_same_content_has_no_difference() -> None:
    found = difference(messages(SYSTEM), messages(SYSTEM))
    assert found.is_none
    assert told(messages(SYSTEM), messages(SYSTEM)) == [("same", "system", "system", SYSTEM[1], SYSTEM[1])]


def test_of_a_first_version_everything_is_new() -> None:
    found = difference(None, text("Hi {name}"))
    assert [change.state for change in found.messages] == ["added"]
    assert found.variables_added == ["name"]


def test_messages_are_paired_by_role() -> None:
    before = messages(SYSTEM, ("user", "Question: {question}"))
    after = messages(
        ("system", "Be brief."), ("user", "An example."), ("assistant", "Yes."), ("user", "{question}?")
    )
    assert told(before, after) == [
        ("changed", "system", "system", SYSTEM[1], "Be brief."),
        ("changed", "user", "user", "Question: {question}", "An example."),
        ("added", None, "assistant", "", "Yes."),
        ("added", None, "user", "", "{question}?"),
    ]


def test_a_message_in_another_role_is_the_same_message() -> None:
    assert told(messages(SYSTEM), messages(("developer", f"{SYSTEM[1]} Never guess."))) == [
        ("changed", "system", "developer", SYSTEM[1], f"{SYSTEM[1]} Never guess.")
    ]


def test_a_text_that_becomes_messages_is_followed() -> None:
    assert told(text(SYSTEM[1]), messages(SYSTEM, ("user", "{question}"))) == [
        ("changed", None, "system", SYSTEM[1], SYSTEM[1]),
        ("added", None, "user", "", "{question}"),
    ]


def test_blocks_that_are_no_text_are_shown_as_they_are() -> None:
    image = {"type": "image", "source": {"url": "https://example.org/a.png"}}
    content = messages(("user", [{"type": "text", "text": "See {topic}:"}, image]))
    (passage,) = passages(content)
    assert passage.text == ('See {topic}:\n{"type": "image", "source": {"url": "https://example.org/a.png"}}')


def test_what_a_message_has_besides_role_and_content_counts() -> None:
    after = Content("messages", [{"role": "system", "content": SYSTEM[1], "name": "house"}])
    assert told(messages(SYSTEM), after)[0][-1] == f'{SYSTEM[1]}\nname: "house"'


def test_templates_of_langchain_are_read_without_it() -> None:
    prompt = {"lc": 1, "id": ["langchain", "prompts", "prompt", "PromptTemplate"]}
    message = {
        "lc": 1,
        "id": ["langchain", "prompts", "chat", "SystemMessagePromptTemplate"],
        "kwargs": {"prompt": {**prompt, "kwargs": {"template": "Be {tone}."}}},
    }
    chat = {
        "lc": 1,
        "id": ["langchain", "prompts", "chat", "ChatPromptTemplate"],
        "kwargs": {"messages": [message]},
    }
    assert told(Content("langchain", {"kwargs": {"template": "Be {tone}."}}), Content("langchain", chat)) == [
        ("changed", None, "system", "Be {tone}.", "Be {tone}.")
    ]
    assert passages(Content("langchain", ["odd"]))[0].text == '[\n  "odd"\n]'


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (5, "5"),
        ({"kwargs": 5}, '{\n  "kwargs": 5\n}'),
        ({"kwargs": {"messages": [5]}}, "5"),
        ({"kwargs": {"messages": [{"id": 5}]}}, '{"id": 5}'),
        ({"kwargs": {"messages": [{"id": ["Odd"], "kwargs": 3}]}}, '{"id": ["Odd"], "kwargs": 3}'),
        ({"kwargs": {"messages": [{"id": ["Odd"], "kwargs": {"prompt": 4}}]}}, '{"prompt": 4}'),
    ],
)  # fmt: skip
def test_what_somebody_has_made_of_langchains_json_is_shown_as_it_is(data: object, shown: str) -> None:
    (passage,) = passages(Content("langchain", data))
    assert passage.text == shown
