from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_llmobs.replay.bodies import order
from pytest_llmobs.replay.bodies.cuts import cut, cuts_of

_PIECES = st.lists(st.text("ab é1,.\n\0\x7f", max_size=9), min_size=1)


@given(pieces=_PIECES)
@example(pieces=[""])
@example(pieces=[" word"] * 100)
@example(pieces=[" many words in a piece, " * 9, "", " and so on " * 3])
def test_a_text_is_cut_where_it_was(pieces: list[str]) -> None:
    cuts = cuts_of(pieces)
    assert cut("".join(pieces), cuts) == pieces
    assert '"' not in cuts
    assert "\\" not in cuts


def test_whole_words_take_little() -> None:
    assert len(cuts_of(["One", " of", " these", " things", ","] * 100)) == 50


@pytest.mark.parametrize("cuts", ["", "!", "(3)", "(99)", "((", "(x)", "é"])
def test_cuts_that_do_not_fit(cuts: str) -> None:
    with pytest.raises(ValueError, match="don't fit their text"):
        cut("some words", cuts)


@given(places=st.lists(st.integers(0, 70), min_size=1, max_size=40))
@example(places=[0, 1, 2, 1, 2, 1, 2, 1, 2, 0, 0, 0])
def test_an_order_is_read_as_it_was(places: list[int]) -> None:
    numbers = {place: number for number, place in enumerate(dict.fromkeys(places))}
    places = [numbers[place] for place in places]
    counts = [places.count(number) for number in range(len(numbers))]
    assert order.read(order.written(places), counts) == places


def test_turns_are_told_once() -> None:
    assert order.written([0, *([1, 2] * 500), 3]) == "a[bc]500d"
    assert order.written([0, 0, 1, 1, 2]) == ""


@pytest.mark.parametrize("text", ["ab", "a3", "b2", "a-a", "[a]9999999", "aa("])
def test_an_order_that_does_not_fit(text: str) -> None:
    with pytest.raises(ValueError, match="doesn't fit the events"):
        order.read(text, [2])
