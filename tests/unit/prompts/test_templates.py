"""What is pulled leaves no variable unfilled: every check comes before the text is handed out."""

from __future__ import annotations

import asyncio
import copy
import enum
import json
import math
import pickle
import re
import unicodedata
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmobs.errors import ArgumentError, PromptVariableError
from pytest_llmobs.prompts.filling.filled import FilledText
from pytest_llmobs.prompts.filling.origin import Origin
from pytest_llmobs.prompts.templates import PromptMessages, PromptText
from pytest_llmobs.tracing.model_calls.prompt_stamps import PromptStamp

HASH = "0123456789abcdef"
TEXT = PromptText('Answer {question} for a {tier} customer as {{"answer": …}}.', "support", HASH)
MAIL = PromptText("Dear {customer_name},\n\nyou are a {tier} customer.\nSign as {sender}.", "mail", HASH)
SECRET = "sk-ant-its-a-secret"
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


def error_of(
    prompt: PromptText | PromptMessages, values: dict[str, Any], **options: Any
) -> PromptVariableError:
    with pytest.raises(PromptVariableError) as caught:
        prompt.invoke(values, **options)
    assert SECRET not in str(caught.value)
    return caught.value


def test_a_text_is_a_text_that_is_filled_by_name() -> None:
    assert isinstance(TEXT, str)
    assert TEXT.input_variables == ["question", "tier"]
    filled = 'Answer Why? for a gold customer as {"answer": …}.'
    assert TEXT.format(question="Why?", tier="gold") == filled
    assert TEXT.invoke({"question": "Why?", "tier": "gold"}) == filled
    assert TEXT.format_map({"question": "Why?", "tier": "gold"}) == filled
    assert pickle.loads(pickle.dumps(TEXT)).commit_hash == HASH
    assert copy.deepcopy(TEXT).format(question="Why?", tier="gold") == filled


def test_messages_are_a_list_that_is_filled_by_name() -> None:
    assert CHAT.input_variables == ["tone", "question"]
    assert CHAT.format_messages(tone="kind", question="f'{why}'") == [
        {"role": "system", "content": "You are kind."},
        {
            "role": "user",
            "content": [{"type": "text", "text": "f'{why}'"}, {"type": "image", "source": "x{y}"}],
        },
    ]
    assert CHAT.invoke({"tone": "kind", "question": "x"})[0]["role"] == "system"
    assert CHAT.format(tone="kind", question="x") == CHAT.format_messages(tone="kind", question="x")
    assert CHAT[0]["content"] == "You are {tone}."
    assert pickle.loads(pickle.dumps(CHAT)).name == copy.deepcopy(CHAT).name == "chat"


def test_what_comes_of_a_prompt_remembers_its_commit() -> None:
    filled = TEXT.format(question="Why?", tier="gold")
    chat = PromptMessages(CHAT, "chat", HASH).format_messages(tone="kind", question="x")
    for text in (filled, copy.copy(filled), copy.deepcopy(filled), pickle.loads(pickle.dumps(filled))):
        assert isinstance(text, FilledText)
        assert text == filled
        assert text.prompt_stamp == PromptStamp("support", HASH)
    assert chat[0]["content"].prompt_stamp == PromptStamp("chat", HASH)
    assert chat[1]["content"][0]["text"].prompt_stamp == PromptStamp("chat", HASH)
    assert type(chat[0]) is dict
    assert json.loads(json.dumps(chat))[0]["content"] == "You are kind."
    assert PromptText("Hi").format().prompt_stamp is None


def test_a_variable_in_doubled_braces_is_one_thing_that_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "mail.md"
    prompt = PromptText("Hello,\nyou write to {{name}}.", origin=Origin("mail", HASH, file=str(file)))
    error = error_of(prompt, {"name": "Ada"})
    assert str(error) == (
        "The prompt 'mail' (commit 0123456789ab) isn't filled: 'name' is left over.\n"
        f"  left over: {{name}} ({file}:2). Doubled braces are literal text: write {{name}} to have it filled.\n"
        "Given: name. Variables: none.\n"
        'If that is intended, pass unused="allow" and leftover="allow", or a list of names each.'
    )
    assert (error.unused, error.leftover) == (("name",), ("name",))


def test_all_that_is_wrong_is_one_error_with_names_and_lines_and_no_values(tmp_path: Path) -> None:
    file = tmp_path / "mail.md"
    prompt = MAIL.with_origin(Origin("mail", HASH, file=str(file)))
    error = error_of(prompt, {"customer": SECRET, "tier": " \n", "sender": SECRET.encode()})
    assert str(error) == (
        "The prompt 'mail' (commit 0123456789ab) isn't filled: 'customer_name' is missing; 'customer' is unused; "
        "'tier' is blank; 'sender' is unusable.\n"
        f"  missing: {{customer_name}} ({file}:1). Is 'customer' meant for it?\n"
        "  unused: 'customer' is no variable of it. Did you mean 'customer_name'?\n"
        f"  blank: {{tier}} ({file}:3) is blank.\n"
        f"  unusable: {{sender}} ({file}:4) is bytes: decode them.\n"
        "Given: customer, tier, sender. Variables: customer_name, tier, sender.\n"
        'If that is intended, pass unused="allow" and blank="allow", or a list of names each.'
    )
    assert (error.prompt, error.commit_hash) == ("mail", HASH)
    assert (error.missing, error.unused) == (("customer_name",), ("customer",))
    assert (error.blank, error.leftover, error.unusable) == (("tier",), (), ("sender",))
    assert error.given == ("customer", "tier", "sender")
    assert isinstance(error, ValueError)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.missing) == (str(error), error.missing)


def test_a_place_in_messages_is_message_and_line() -> None:
    prompt = PromptMessages([*CHAT, {"role": "user", "content": "One\n{tone}"}], "chat", HASH)
    message = str(error_of(prompt, {"question": "x"}))
    assert (
        "{tone} (chat:0123456789ab, message 1 (system), line 1; chat:0123456789ab, message 3 (user), line 2)"
        in (message)
    )


@pytest.mark.parametrize(
    ("value", "how"),
    [
        (None, "None"), ("", "blank"), (" \t\n", "blank"), (math.nan, "NaN"), (Decimal("NaN"), "NaN"),
        ([], "an empty list"), ({}, "an empty dict"),
    ],
)  # fmt: skip
def test_what_is_blank_is_refused_unless_it_is_meant(value: Any, how: str) -> None:
    prompt = PromptText("Hello {name}!", "greeting")
    error = error_of(prompt, {"name": value})
    assert error.blank == ("name",)
    assert f"is {how}." in str(error)
    filled = f"Hello {value}!" if isinstance(value, str) else "Hello !"
    assert prompt.format(name=value, blank="allow") == filled
    assert prompt.format(name=value, blank=["name"]) == filled
    assert prompt.format(name=value, blank={"name": "allow"}) == filled
    error_of(prompt, {"name": value}, blank={"name": "refuse"})


def test_none_of_pandas_is_blank() -> None:
    pandas = pytest.importorskip("pandas")
    prompt = PromptText("Hello {name}!", "greeting")
    assert error_of(prompt, {"name": pandas.NA}).blank == ("name",)
    assert error_of(prompt, {"name": pandas.NaT}).blank == ("name",)


class Tier(enum.Enum):
    GOLD = "gold"


class TextTier(str, enum.Enum):  # noqa: UP042
    GOLD = "gold"


class Loud:
    def __str__(self) -> str:
        raise RuntimeError(SECRET)


async def coroutine() -> str:
    return SECRET


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (SECRET.encode(), "is bytes: decode them"),
        ([1, b"x"], "holds bytes: decode them"),
        (len, "is a function or another callable: call it"),
        (lambda: SECRET, "is a function or another callable: call it"),
        (str, "is a class: give one of its objects"),
        (re, "is a module"),
        ((number for number in range(3)), "is an iterator: join what it yields"),
        (object(), "is an object without a text of its own"),
        (Tier.GOLD, "is a member of an Enum: give its .value"),
        (Loud(), "its str() raises RuntimeError"),
    ],
)  # fmt: skip
def test_what_is_surely_a_mistake_has_no_text(value: Any, reason: str) -> None:
    error = error_of(PromptText("Hello {name}!", "greeting"), {"name": value})
    assert error.unusable == ("name",)
    assert reason in str(error)


def test_a_coroutine_is_to_be_awaited() -> None:
    waiting = coroutine()
    assert "await it" in str(error_of(PromptText("{name}", "greeting"), {"name": waiting}))
    assert asyncio.run(waiting) == SECRET


@pytest.mark.parametrize(
    "value",
    [3, 0, False, 2.5, math.inf, Decimal("1.50"), date(2026, 11, 30), ["a", 1], {"a": None}, Path("x")],
)
def test_other_values_stand_as_their_str(value: Any) -> None:
    assert PromptText("Hello {name}!").format(name=value) == f"Hello {value}!"
    assert PromptText("{tier}").format(tier=TextTier.GOLD) == "gold"


@pytest.mark.parametrize(
    ("text", "values", "told"),
    [
        (
            "Dear {{customer_name}}", {"customer_name": SECRET},
            "{customer_name} (x, line 1). Doubled braces are literal text: write {customer_name} to have it filled.",
        ),
        ("Dear {{ name }} {name}", {"name": "you"}, "{name} (x, line 1). Doubled braces are literal text"),
        ("{a}\n{b}", {"a": "see {b}", "b": "x"}, "{b}: it stands in the value of 'a'"),
        ("{a} {b}", {"a": "see {{ b }}", "b": "x"}, "{b}: it stands in the value of 'a'"),
        ("{a} {b}", {"a": ["x", {"y": "see {b}"}], "b": "x"}, "{b}: it stands in the value of 'a'"),
        ("{a}", {"a": "{anything}"}, "{a}: its value is a placeholder that nobody filled"),
        ("{a}", {"a": "{{anything}}"}, "its value is a placeholder"),
        ("{a}", {"a": " ${any.thing} "}, "its value is a placeholder"),
        ("{a}", {"a": [{"text": "{anything}"}]}, "its value is a placeholder"),
        ("{a}", {"a": MAIL}, "{a}: its value is a prompt that isn't filled: format it first"),
        ("{a}", {"a": [MAIL]}, "{a}: its value is a prompt that isn't filled: format it first"),
        ("{a}", {"a": CHAT}, "{a}: its value is a prompt that isn't filled: format it first"),
        ("{{{a}}} {tier}", {"a": "tier", "tier": "x"}, "{tier}: braces around a value make it a variable again"),
    ],
)  # fmt: skip
def test_a_variable_that_would_stand_in_the_text_is_refused(
    text: str, values: dict[str, Any], told: str
) -> None:
    prompt = PromptText(text, "x")
    error = error_of(prompt, values)
    assert error.leftover
    assert told in str(error)
    assert isinstance(prompt.invoke(values, leftover="allow", unused="allow"), FilledText)


def test_doubled_braces_around_what_is_given_are_unused_and_left_over() -> None:
    error = error_of(PromptText("Dear {{customer_name}}", "mail", HASH), {"customer_name": "Ada"})
    assert (error.unused, error.leftover) == (("customer_name",), ("customer_name",))


def test_braces_of_somebody_s_own_are_text() -> None:
    prompt = PromptText('{question} as {{format}} like {{"a": {{}}}}', "x")
    for question in ('What is f"{x}" in Python?', "{", "{}", '{"a": 1}', "${HOME} and {{b}}", "{% if %}"):
        filled = prompt.format(question=question)
        assert filled == question + ' as {format} like {"a": {}}'


def test_what_may_be_left_over_is_named_by_the_variable_or_by_what_holds_it() -> None:
    prompt = PromptText("Write {{name}} for a name. {name} {question}", "x")
    filled = "Write {name} for a name. Ada Why {name}?"
    assert prompt.format(name="Ada", question="Why {name}?", leftover=["name"]) == filled
    assert error_of(prompt, {"name": "Ada", "question": "Why {name}?"}, leftover=["question"]).leftover == (
        "name",
    )
    assert prompt.format(name="{who}", question="y", leftover=["name"]) == "Write {name} for a name. {who} y"


def test_a_prompt_without_variables_is_filled_as_a_value() -> None:
    rules = PromptText('Answer as {{"answer": 1}}.', "rules", HASH)
    assert PromptText("{rules} Go.").format(rules=rules) == 'Answer as {"answer": 1}. Go.'


def test_a_prompt_without_variables_is_sent_as_it_is_unless_its_braces_are_doubled() -> None:
    assert PromptText("Be brief.", "rules", HASH).sending_error() is None
    assert str(PromptText('Answer as {{"answer": 1}}.', "rules").sending_error()) == (
        "The prompt 'rules' is used without being filled: doubled braces would stand in the text. Call .format() first."
    )
    image = {"type": "image_url", "image_url": {"url": "https://x/{{y}}"}}
    assert PromptMessages([{"role": "user", "content": [image]}]).sending_error() is not None
    assert PromptMessages([{"role": "user", "content": "x", "name": "{{y}}"}]).sending_error() is None


def test_a_prompt_that_is_used_unfilled_has_its_error() -> None:
    error = MAIL.sending_error()
    assert error is not None
    assert str(error) == (
        "The prompt 'mail' (commit 0123456789ab) is used without being filled: 'customer_name', 'tier', 'sender' would "
        "stand in the text. Call .format(customer_name=…, tier=…, sender=…) first."
    )
    assert isinstance(error, PromptVariableError)
    assert error.missing == ("customer_name", "tier", "sender")


def test_other_strings_of_messages_are_looked_through() -> None:
    error = error_of(CHAT, {"tone": "kind", "question": "x", "y": "z"}, unused="allow")
    assert error.leftover == ("y",)
    assert "{y} (chat, message 2 (user), line 1). Only texts are filled, and this isn't one" in str(error)
    link = PromptMessages(
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "{link}"}}]}]
    )
    assert link.format(link="https://x")[0]["content"][0]["image_url"]["url"] == "https://x"
    tool = PromptMessages(
        [{"role": "user", "content": [{"type": "tool_result", "content": [{"type": "text", "text": "{x}"}]}]}]
    )
    assert tool.format(x="y")[0]["content"][0]["content"][0]["text"] == "y"


def test_a_placeholder_where_nothing_is_filled_is_left_over_though_nobody_gave_it() -> None:
    arguments = {"function": {"name": "look_up", "arguments": '{"city": "{city}"}'}}
    chat = PromptMessages(
        [
            {"role": "user", "name": "{user_name}", "content": [{"type": "image", "source": {"data": "{image}"}}]},
            {"role": "assistant", "content": "", "tool_calls": [arguments]},
        ],
        "chat",
    )  # fmt: skip
    error = error_of(chat, {})
    assert error.leftover == ("user_name", "image")
    assert "{image} (chat, message 1 (user), line 1). Only texts are filled, and this isn't one" in str(error)
    assert chat.format(leftover=["user_name", "image"]) == list(chat)
    with pytest.raises(ArgumentError, match="leftover= names 'city', which is no variable here"):
        chat.format(leftover=["user_name", "image", "city"])


def test_the_messages_of_a_list_are_the_user_s_no_more() -> None:
    chat = PromptMessages([{"role": "placeholder", "content": "{history}"}], "chat")
    history = [{"role": "user", "content": "Hi"}]
    chat.format(history=history)[0]["content"] = "changed"
    assert history == [{"role": "user", "content": "Hi"}]
    assert "  blank: {history} is None." in str(error_of(chat, {"history": None}))


def test_a_placeholder_takes_a_list_of_messages() -> None:
    prompt = PromptMessages(
        [{"role": "system", "content": "Be {tone}."}, {"role": "placeholder", "content": "{history}"}], "chat"
    )
    said = [{"role": "user", "content": "What does f'{x}' do?"}, {"role": "assistant", "content": "It…"}]
    assert prompt.input_variables == ["tone", "history"]
    assert prompt.format(tone="kind", history=said)[1:] == said
    assert len(prompt.format(tone="kind", history=[])) == 1
    assert error_of(prompt, {"tone": "kind"}).missing == ("history",)
    assert error_of(prompt, {"tone": "kind", "history": None}).blank == ("history",)
    assert error_of(prompt, {"tone": "kind", "history": "Hi"}).unusable == ("history",)
    left = error_of(prompt, {"tone": "kind", "history": [{"role": "user", "content": "{tone}"}]})
    assert set(left.leftover) == {"history", "tone"}


def test_unused_names_are_let_be_where_it_is_said() -> None:
    values = {"question": "Why?", "tier": "gold", "extra": 1}
    assert TEXT.format(**values, unused="allow") == TEXT.invoke(values, unused=["extra"])
    assert error_of(TEXT, values, unused=["other"]).unused == ("extra",)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"unused": "alow"}, "unused is 'alow'. Did you mean 'allow'? Known: allow, refuse."),
        ({"blank": "tier"}, "blank is 'tier'. For one variable write blank=['tier']. Known: allow, refuse."),
        (
            {"leftover": True},
            "leftover is True. Known: allow, refuse. Or a list of the names that are let be.",
        ),
        ({"blank": [3]}, "blank is of type list. Known: allow, refuse."),
        ({"blank": "sk-ant 1"}, "blank is of type str. Known: allow, refuse."),
        ({"blank": {"tier": "yes"}}, "blank['tier'] is 'yes'."),
        ({"blank": ["tir"]}, "blank= names 'tir', which is no variable here. Did you mean 'tier'?"),
        ({"leftover": ["tir"]}, "leftover= names 'tir', which is no variable here. Did you mean 'tier'?"),
    ],
)
def test_what_is_let_be_is_a_word_or_names(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=re.escape(message)):
        TEXT.format(question="Why?", tier="gold", **options)


def test_a_variable_with_the_name_of_an_option_is_given_by_invoke() -> None:
    prompt = PromptText("{blank} and {unused}", "form")
    assert prompt.invoke({"blank": "a", "unused": "b"}) == "a and b"
    with pytest.raises(ArgumentError, match=r"has a variable called 'unused'.*by invoke\(\{'unused': …\}\)"):
        prompt.format(blank="a", unused="b")
    assert "A variable called 'blank' is given by invoke({'blank': …})" in str(
        error_of(prompt, {"unused": "x"})
    )


def test_a_variable_may_be_called_as_anything_is_in_python() -> None:
    values: dict[str, Any] = {"self": "a", "values": "b", "class": "c", "args": "d"}
    text = "{self} {values} {class} {args}"
    assert PromptText(text).format(**values) == PromptText(text).invoke(values) == "a b c d"
    assert PromptMessages([{"role": "user", "content": text}]).format(**values)[0]["content"] == "a b c d"


def test_values_come_by_name() -> None:
    with pytest.raises(ArgumentError, match="takes its variables by name"):
        TEXT.format("Why?")
    with pytest.raises(ArgumentError, match="takes its variables by name"):
        CHAT.format_messages("Why?")
    with pytest.raises(ArgumentError, match="takes a dict of its variables, not a value of type str"):
        TEXT.invoke(SECRET)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="names of variables, and one is of type int"):
        TEXT.invoke({3: "x"})  # type: ignore[dict-item]
    decomposed = unicodedata.normalize("NFD", "größe")
    assert PromptText(f"{{{decomposed}}}").format(größe="L") == "L"
    assert PromptText("{größe}").invoke({decomposed: "L"}) == "L"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"answer": 1}', "'{\"answer\": 1}' is no variable. Write {{ and }} for braces"),
        ("{}", "'{}' has no name. Write {name}"),
        ("{0}", "'{0}' is a position, and values are given by name"),
        ("{ a }", "'{ a }' has blanks around its name. Write {a}"),
        ("{a.__class__}", "'{a.__class__}' looks inside a value, and nothing is looked up"),
        ("{a[0]}", "'{a[0]}' looks inside a value, and nothing is looked up"),
        ("{a!r}", "'{a!r}' asks for a format, and none is applied. Format the value yourself, and write {a}"),
        ("{a:>5}", "'{a:>5}' asks for a format, and none is applied"),
        ("{a:>{b}}", "a '{' stands alone. Write '{{' for a brace that is meant as such"),
        ("{7*7}", "'{7*7}' is no variable"),
        ("One\n two {", "x, line 2, column 6: a '{' stands alone"),
        ("One\n}\n", "x, line 2, column 1: a '}' stands alone. Write '}}'"),
    ],
)
def test_a_brace_that_is_no_variable_is_an_error_with_its_remedy(text: str, message: str) -> None:
    prompt = PromptText(text, "x")
    error = error_of(prompt, {"a": 1, "b": 2})
    assert message in str(error)
    with pytest.raises(PromptVariableError):
        _ = prompt.input_variables


def test_braces_are_named_with_the_place_in_the_file(tmp_path: Path) -> None:
    file = str(tmp_path / "x.md")
    prompt = PromptText("{\n}\n" * 4, origin=Origin("x", HASH, file=file))
    lines = str(error_of(prompt, {})).splitlines()
    assert lines[0] == "The prompt 'x' (commit 0123456789ab) can't be filled:"
    assert lines[1].startswith(f"  {file}:1:1: '{{\n}}'".splitlines()[0])
    chat = PromptMessages([{"role": "user", "content": "a\n{"}], "chat")
    assert "chat, message 1 (user), line 2, column 1: a '{' stands alone" in str(error_of(chat, {}))


def test_many_braces_are_counted() -> None:
    message = str(error_of(PromptText("} " * 12, "x"), {}))
    assert message.count("stands alone") == 5
    assert message.endswith("and 7 more")


PIECES = st.sampled_from(["{{", "}}", "{a}", "{b_1}", "{größe}", "x", "\n", "$", "é😀", ": ", '"'])
VALUES = st.text(st.characters(exclude_characters="{}", exclude_categories=("Cs",)), min_size=1).filter(
    str.strip
)


@given(st.lists(PIECES).map("".join), st.fixed_dictionaries({"a": VALUES, "b_1": VALUES, "größe": VALUES}))
def test_it_agrees_with_str_format_on_what_both_take(text: str, values: dict[str, str]) -> None:
    try:
        expected = text.format(**values)
    except (ValueError, KeyError, IndexError, AttributeError):
        return
    if re.search(r"\{\{+(a|b_1|größe)\}", text):
        return  # left over
    prompt = PromptText(text, "x")
    assert prompt.invoke(values, unused="allow") == expected


@given(st.text("{}ab$ \n\"'"), st.text("{}ab$ \n\"'"))
def test_what_is_handed_out_never_holds_a_variable(text: str, value: str) -> None:
    prompt = PromptText(text, "x")
    try:
        filled = prompt.invoke({"a": value, "b": "x"}, unused="allow", blank="allow")
    except PromptVariableError:
        return
    assert not re.search(r"\{\s*[ab]\s*\}", filled)
