"""Near-duplicates: what is a pair, what isn't, and that a crowd of equal texts costs little."""

from __future__ import annotations

import pytest

from pytest_llmobs.similarity import Pair, groups, near_duplicates, sketches

QUESTION = (
    "My parcel was due on Monday and has not come yet, although the page says that it was handed to the courier "
    "last week. Where is it?"
)
CHANGED = QUESTION.replace("Monday", "Tuesday")
OTHER = "How do I change the language of the invoices that you send to our accounting department every month?"


@pytest.fixture(params=["rensa", "plain"], autouse=True)
def way(request, monkeypatch):
    """Both ways to find candidates: with `rensa`, and where it isn't installed."""
    if request.param == "plain":
        monkeypatch.setitem(__import__("sys").modules, "rensa", None)
        monkeypatch.setattr(sketches, "find_spec", lambda name: None)
    return request.param


def test_one_changed_word_is_a_pair_and_another_question_none():
    (pair,) = near_duplicates([QUESTION, OTHER, CHANGED])
    assert (pair.first, pair.second) == (2, 0)
    assert 0.8 < pair.similarity < 1


def test_case_width_and_blanks_do_not_count():
    assert near_duplicates([QUESTION, f"  {QUESTION.upper()}\n".replace(" ", "\u3000 ")]) == [Pair(1, 0, 1.0)]


def test_known_texts_are_counted_first_and_not_paired_among_themselves():
    pairs = near_duplicates([CHANGED, OTHER], known=[QUESTION, QUESTION, OTHER])
    assert [(pair.first, pair.second) for pair in pairs] == [(3, 0), (3, 1), (4, 2)]


@pytest.mark.parametrize(
    "first, second, similarity",
    [
        ("", "", 1.0),
        ("", " \n", 1.0),
        ("ok", "OK", 1.0),
        ("ok", "no", None),
        ("", "ok", None),
        ("返金をお願いします。先週の注文です", "返金をお願いします。昨日の注文です", None),
        (
            "返金をお願いしたいのですが、どうすればいいですか。先週の注文です",
            "返金をお願いしたいのですが、どうすればいいですか。昨日の注文です",
            22 / 34,
        ),
        ("🎉" * 7, "🎉" * 9, 1.0),
        ("half \ud83d of a character", "half \ud83d of a charactex", 16 / 18),
    ],
)
def test_short_empty_foreign_and_broken_texts(first, second, similarity):
    found = [pair.similarity for pair in near_duplicates([first, second])]
    assert found == ([] if similarity is None else [pytest.approx(similarity)])


def test_ten_thousand_equal_texts_make_one_pair_each():
    assert near_duplicates([QUESTION] * 10_000) == [Pair(index, 0, 1.0) for index in range(1, 10_000)]


def test_groups_connect_what_is_paired_through_others():
    pairs = [Pair(5, 2, 0.7), Pair(3, 1, 0.9), Pair(6, 5, 0.8)]
    assert groups(pairs, 7) == [[1, 3], [2, 5, 6]]
    assert groups([], 3) == []


@pytest.mark.parametrize("threshold", [0, -1, 1.01, float("nan")])
def test_a_threshold_out_of_range_is_refused(threshold):
    with pytest.raises(ValueError, match="threshold must be above 0 and at most 1, not"):
        near_duplicates(["a"], threshold=threshold)


def test_both_ways_find_the_same_and_both_change_nothing_else(monkeypatch, way):
    texts = [f"{QUESTION} Order {number * 7919}, {OTHER[number % 40 :]}" for number in range(60)]
    found = near_duplicates(texts, threshold=0.5)
    monkeypatch.setattr(sketches, "find_spec", lambda name: None)
    plain = near_duplicates(texts, threshold=0.5)
    assert {pair.first for pair in found} == {pair.first for pair in plain} == set(range(1, 60))
    similarities = {pair[:2]: pair.similarity for pair in plain}
    shared = [pair for pair in found if pair[:2] in similarities]
    assert shared
    assert all(pair.similarity == similarities[pair[:2]] for pair in shared)


def test_a_text_of_a_megabyte_has_its_near_duplicate():
    long = " ".join(f"word{number * number % 9973}" for number in range(100_000))
    (pair,) = near_duplicates([long, long.replace("word77 ", "other "), OTHER])
    assert (pair.first, pair.second) == (1, 0)
    assert pair.similarity > 0.95
