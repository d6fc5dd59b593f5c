from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmobs.reports.text import cells

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("", 0),
        ("abc", 3),
        ("日本語", 6),
        ("ｱｲｳ", 3),
        ("Ａ", 2),
        ("e\u0301", 1),
        ("한국", 4),
        ("\u1112\u1161\u11ab", 2),
        ("🙂", 2),
        (FAMILY, 2),
        ("👍🏽", 2),
        ("❤\ufe0f", 2),
        ("❤", 1),
        ("🇩🇪", 2),
        ("🇩🇪🇫🇷", 4),
        ("🏳\ufe0f\u200d🌈", 2),
        ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", 2),
        ("1\ufe0f\u20e3", 2),
        ("👩🏽\u200d💻 ok", 5),
        ("\u1112\ud7b0", 2),
        ("\u1112\u1161\u302e", 2),
        ("a\u200bb", 2),
        ("soft\u00adhyphen", 11),
        ("naïve ∆ −1", 10),
    ],
)
def test_width_is_counted_in_cells(text, size):
    assert cells.width(text) == size


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [
        ("short", 5, "short"),
        ("longer text", 6, "longe…"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
        ("ab", 1, "…"),
        ("ab", 0, ""),
    ],
)
def test_the_end_is_cut(text, limit, cut):
    assert cells.clip(text, limit) == cut


def test_the_middle_is_cut():
    assert cells.clip_middle("required_keywords", 9) == "requ…ords"
    assert cells.clip_middle("required_keywords", 10) == "requi…ords"
    assert cells.clip_middle("日本語テスト", 7) == "日…ト"
    assert cells.clip_middle("abc", 2) == "a…"
    assert cells.clip_middle("abcdefgh", 7, "...") == "ab...gh"


def test_the_beginning_is_cut():
    assert cells.clip_start("tests/deep/test_a.py::test_b", 14) == "…_a.py::test_b"
    assert cells.clip_start("short", 5) == "short"
    assert cells.clip_start("short", 0) == ""


def test_padding_counts_cells():
    assert cells.pad("日本", 6) == "日本  "
    assert cells.pad("日本", 6, right=True) == "  日本"
    assert cells.pad("long", 2) == "long"


@pytest.mark.parametrize(
    ("text", "limit", "lines"),
    [
        ("", 10, [""]),
        ("one two three", 7, ["one two", "three"]),
        ("one two three", 8, ["one two", "three"]),
        ("a\n\nb", 10, ["a", "", "b"]),
        ("  indented stays", 12, ["  indented", "stays"]),
        ("unbreakable", 4, ["unbr", "eaka", "ble"]),
        ("日本語日本語", 5, ["日本", "語日", "本語"]),
        ("aa bb ", 5, ["aa bb"]),
    ],
)
def test_wrapping(text, limit, lines):
    assert cells.wrap(text, limit) == lines


@given(st.text(), st.integers(2, 30))
def test_wrapped_and_cut_texts_fit(text, limit):
    assert all(cells.width(line) <= limit for line in cells.wrap(text, limit))
    for cut in (cells.clip, cells.clip_middle, cells.clip_start):
        assert cells.width(cut(text.replace("\n", " "), limit)) <= limit


@given(st.text(alphabet="ab 日e\u0301", max_size=40), st.integers(2, 12))
def test_wrapping_loses_nothing_but_spaces(text, limit):
    assert "".join(cells.wrap(text, limit)).replace(" ", "") == text.replace(" ", "")


def test_a_long_text_is_wrapped_as_far_as_it_is_read() -> None:
    text = "word " * 1_000_000
    first = list(islice(cells.wrapping(text, 60), 3))
    assert first == cells.wrap("word " * 48, 60)[:3]


@pytest.mark.parametrize("limit", [2, 3, 7, 60])
def test_lines_one_after_the_other_are_those_of_the_whole(limit: int) -> None:
    text = (
        "two  words\n\n   indented é\u0301 你好你好 👩‍👩‍👧🇩🇪🇫🇷x " + "a\u0301" * 40 + "\u0301" * 3000 + "end "
    )
    lines = cells.wrap(text, limit)
    assert list(cells.wrapping(text, limit)) == lines
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(cells.width(line) <= limit for line in lines)


def test_a_flag_is_one_letter() -> None:
    assert list(cells.clusters("🇩🇪🇫🇷🇮")) == [("🇩🇪", 2), ("🇫🇷", 2), ("🇮", 1)]
    assert cells.wrap("🇩🇪🇫🇷", 3) == ["🇩🇪", "🇫🇷"]
