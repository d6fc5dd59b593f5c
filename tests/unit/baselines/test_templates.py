from __future__ import annotations

from typing import Any

import pytest

from pytest_llmobs.baselines.templates import fingerprint, template


@pytest.mark.parametrize(
    ("text", "inputs", "expected"),
    [
        ("Dear Dana Smith,", {"customer_name": "Dana Smith"}, "Dear ⟨customer_name⟩,"),
        ("Dana Smith and Dana", {"first": "Dana", "full": "Dana Smith"}, "⟨full⟩ and ⟨first⟩"),
        ("order 12345: 12345", {"order": 12345}, "order ⟨order⟩: ⟨order⟩"),
        ("nested Oslo", {"address": {"city": "Oslo"}}, "nested ⟨address.city⟩"),
        ("second item", {"tags": ["first", "second"]}, "⟨tags[1]⟩ item"),
        ("several\nlines here", {"body": "several\nlines"}, "⟨body⟩ here"),
        ("price (USD)", {"what": "(USD)"}, "price ⟨what⟩"),
        ("nothing of it", {"x": ""}, "nothing of it"),
        ("no inputs", {}, "no inputs"),
    ],
)
def test_values_become_their_names(text: str, inputs: dict[str, Any], expected: str) -> None:
    assert template(text, inputs) == expected


def test_a_value_inside_a_longer_word_is_no_value() -> None:
    assert template("Announcement for Anna", {"name": "Anna"}) == "Announcement for ⟨name⟩"
    assert template("123456", {"number": 2345}) == "123456"


def test_a_short_value_counts_only_where_it_stands_alone_and_once() -> None:
    assert template("Add 3 seats.", {"seats": 3}) == "Add ⟨seats⟩ seats."
    assert template("Answer in 3 lines. Add 3 seats.", {"seats": 3}) == "Answer in 3 lines. Add 3 seats."


def test_names_are_not_replaced_in_their_turn() -> None:
    assert template("Dana 3", {"a3": "Dana", "n": 3}) == "⟨a3⟩ ⟨n⟩"


def test_booleans_are_words_of_the_prompt() -> None:
    assert template("Is it True?", {"flag": True}) == "Is it True?"


def test_examples_that_share_a_prompt_share_its_template() -> None:
    prompt = "You help {name} of plan {plan}. Keep to 3 sentences."
    customers = [("Dana Smith", "gold"), ("Lee", "silver"), ("Ann Goldberg", "basic")]
    texts = {template(prompt.format(name=n, plan=p), {"name": n, "plan": p}) for n, p in customers}
    assert texts == {"You help ⟨name⟩ of plan ⟨plan⟩. Keep to 3 sentences."}


def test_fingerprints_tell_texts_and_their_borders_apart() -> None:
    assert fingerprint("a", "b") != fingerprint("ab")
    assert fingerprint("", "") == ""
    assert len(fingerprint("a")) == 12
    assert fingerprint("\ud800") != fingerprint("a")  # half a surrogate pair must not raise
