"""Sketches: what they share with whom."""

from __future__ import annotations

from typing import Any

from pytest_llmobs.replay.canonical import canonicalise
from pytest_llmobs.replay.sketches import DIGITS, likenesses, sketch
from tests.unit.replay.recordings import question

LONG = " ".join(f"Rule {number} says what rule{number} is about." for number in range(3000))


def of(text: str, **parameters: Any) -> str:
    return sketch(canonicalise(question(text, **parameters)))


def test_a_sketch_has_as_many_hex_digits_as_names_hold() -> None:
    for text in ("", "Hi", "Öffnungszeiten?", "返品", "\ud83d", LONG):
        assert len(of(text, system=text)) == len(bytes.fromhex(of(text, system=text))) * 2 == DIGITS == 32


def test_turns_and_all_else_have_digits_of_their_own() -> None:
    then = of("Where is it?", system="Be kind.")
    assert of("Where is it?", system="Be brief.")[:20] == then[:20]
    assert of("Where was it?", system="Be kind.")[20:] == then[20:]
    assert of("Where was it?", system="Be kind.")[:20] != then[:20]


def test_a_changed_word_leaves_most_digits_of_a_long_text() -> None:
    then, now = of("Hi", system=LONG), of("Hi", system=LONG.replace("Rule 7 says", "Rule 7 whispers"))
    assert sum(map(str.__eq__, then[24:], now[24:])) >= 7
    assert then != now


def test_endings_of_words_and_capitals_say_nothing() -> None:
    assert of("Return my orders!") == of("return MY order")


def test_all_sketches_are_compared_at_once() -> None:
    wanted = of("Where is my parcel?", system="Be kind.")
    others = [wanted, of("Where is my parcel?", system="Answer in one line."), of("Sell it", system="No.")]
    same, turns, none = likenesses(wanted, "".join(others))
    assert same == 52
    assert 40 <= turns < same
    assert none < turns
    assert likenesses(wanted, "") == b""
