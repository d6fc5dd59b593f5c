from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmobs.replay.cleaning.splitting import changed, changes_by_piece


def split_again(pieces: list[str], cleaned: str) -> list[str]:
    changes = changes_by_piece(pieces, cleaned)
    return [changed(piece, of_piece) for piece, of_piece in zip(pieces, changes, strict=True)]


_PIECES = st.lists(st.text("abc de", max_size=8), min_size=1, max_size=12)


@settings(max_examples=300, deadline=None)
@given(pieces=_PIECES, cleaned=st.text("abc [x]", max_size=60))
def test_there_are_as_many_pieces_and_the_whole_text(pieces: list[str], cleaned: str) -> None:
    again = split_again(pieces, cleaned)
    assert len(again) == len(pieces)
    assert "".join(again) == cleaned


@settings(max_examples=200, deadline=None)
@given(pieces=_PIECES)
def test_a_clean_text_is_cut_where_it_was(pieces: list[str]) -> None:
    assert split_again(pieces, "".join(pieces)) == pieces


@pytest.mark.parametrize(
    ("pieces", "cleaned", "expected"),
    [
        (["My key ", "is se", "cr", "et, keep it", " safe"], "My key is [key], keep it safe",
         ["My key ", "is [", "ke", "y], keep it", " safe"]),
        (["secret", " at first"], "[key] at first", ["[key]", " at first"]),
        (["at last ", "sec", "ret"], "at last [key]", ["at last ", "[k", "ey]"]),
        (["sec", "", "ret"], "[key]", ["[k", "", "ey]"]),
        (["one secret and ", "now another sec", "ret as well"], "one [key] and now another [key] as well",
         ["one [key] and ", "now another [k", "ey] as well"]),
    ],
)  # fmt: skip
def test_what_stands_for_a_secret_is_spread_over_the_pieces_that_held_it(
    pieces: list[str], cleaned: str, expected: list[str]
) -> None:
    assert split_again(pieces, cleaned) == expected


def test_pieces_without_a_secret_stay_in_a_long_text() -> None:
    words = [f"word {number} " for number in range(3_000)]
    pieces = [*words[:1_000], "sec", "ret ", *words[1_000:2_000], "sec", "ret ", *words[2_000:]]
    again = split_again(pieces, "".join(pieces).replace("secret", "[redacted: a key]"))
    assert again[:1_000] == words[:1_000]
    assert again[1_002:2_002] == words[1_000:2_000]
    assert again[2_004:] == words[2_000:]


def test_what_two_ways_of_reading_find_is_replaced_once() -> None:
    changes = [(3, 8, "[key]"), (5, 12, "[a longer one]"), (3, 8, "[key]"), (12, 13, "!")]
    assert changed("A: secret key?", changes) == "A: [key]!?"
